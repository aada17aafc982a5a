//! Who is told because of a signature: domains that enrolled, and the address that a message names for complaints.

use std::sync::Mutex;

use atalaya_formats::dkim::claims;
use atalaya_model::Timestamp;
use atalaya_store::Suppressed;
use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply};
use data_encoding::BASE64;
use mail_parser::{MessageParser, MimeHeaders};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};

use super::*;
use crate::SignedFollower;

const BODY: &str = "Hello maria.trap@trap.example!\r\n";
const ALL: &str = "From:Subject:CFBL-Address:CFBL-Feedback-ID";
/// A minute more than DNS is left alone after a failure.
const LATER: Duration = Duration::from_secs(120);

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

/// A mail with these signatures: each by its domain, of these fields.
fn mail(from: &str, fields: &str, signers: &[(&str, &str)]) -> Vec<u8> {
    let mut mail =
        format!("From: News <news@{from}>\r\n{fields}Message-ID: <1@{from}>\r\nSubject: x\r\n\r\n{BODY}");
    for (domain, names) in signers {
        let hash = BASE64.encode(digest(&SHA256, BODY.as_bytes()).as_ref());
        let field =
            format!("DKIM-Signature: v=1; a=ed25519-sha256; d={domain}; s=s; h={names}; bh={hash}; b=");
        let unsigned = format!("{field}\r\n{mail}");
        let claim = claims(unsigned.as_bytes(), Timestamp::from_seconds(0), |_| true)
            .remove(0)
            .unwrap();
        let signature = pair().sign(digest(&SHA256, claim.signed()).as_ref());
        mail = format!("{field}{}\r\n{mail}", BASE64.encode(signature.as_ref()));
    }
    mail.into_bytes()
}

/// A loop whose domains all have one key, while their name server answers.
struct Signed {
    house: House,
    follower: SignedFollower,
    dns: DnsPeer,
    answers: Arc<Mutex<bool>>,
    number: u128,
    /// Where messages come from.
    source: &'static str,
}

impl Signed {
    async fn new(change: impl Fn(&mut FeedbackConfig)) -> Self {
        let record = format!("k=ed25519; p={}", BASE64.encode(pair().public_key().as_ref()));
        let answers = Arc::new(Mutex::new(true));
        let does = Arc::clone(&answers);
        let dns = DnsPeer::start(move |name| match *does.lock().unwrap() {
            true => DnsReply::Records(vec![DnsRecord::txt(name, &record)]),
            false => DnsReply::Status(2),
        })
        .await
        .unwrap();
        let house = House::new(|config| {
            config.resolvers = vec![dns.address()];
            change(config);
        })
        .await;
        Self {
            follower: SignedFollower::new(Arc::clone(&house.feedback)),
            house,
            dns,
            answers,
            number: 0,
            source: "192.0.2.7",
        }
    }

    /// A message comes, and all that follows is worked.
    async fn comes(&mut self, message: Vec<u8>) {
        self.recorded(message).await;
        self.work().await;
    }

    /// A message comes.
    async fn recorded(&mut self, message: Vec<u8>) {
        self.number += 1;
        let seen = Observation {
            kind: Kind::Spam,
            handshake: Handshake::Completed,
            trap: Some(Trap::Pristine),
            traps: vec![TRAP.to_owned()],
            envelope: Envelope {
                helo: "mx.news.example".to_owned(),
                mail_from: "bounce@news.example".to_owned(),
                recipients: vec![TRAP.to_owned()],
            },
            ..Observation::new(
                ObservationId(Uuid::from_u128(self.number)),
                self.source.parse().unwrap(),
                self.house.time.now(),
                Sensor::Trap,
            )
        };
        self.house.store.record(seen, Some(message)).await.unwrap();
    }

    async fn work(&mut self) {
        while self.follower.step().await.unwrap() {}
        self.house.feedback.verify_all_due().await;
        self.house.work(Way::Mail).await;
    }

    async fn enrol(&self, scope: &str) -> Uuid {
        let ways = Ways {
            mail: true,
            ..Ways::default()
        };
        self.house
            .feedback
            .add(enrolling(scope, ways))
            .await
            .unwrap()
            .0
            .id
    }

    /// How many events an enrolment has.
    async fn events(&self, id: Uuid) -> usize {
        self.house.store.feedback_events(id, 0, 100).await.unwrap().len()
    }

    async fn recipients(&self) -> Vec<String> {
        let mails = self.house.mails().await.into_iter();
        let mut all: Vec<_> = mails.map(|mail| mail.recipient.to_string()).collect();
        // Mails of one moment leave in any order.
        all.sort();
        all
    }
}

fn with_cfbl(config: &mut FeedbackConfig) {
    config.cfbl = true;
}

#[tokio::test]
async fn a_domain_is_told_of_what_it_and_those_below_it_signed() {
    let mut at = Signed::new(|_| {}).await;
    let (own, parent, other) = (
        at.enrol("dkim:mail.news.example").await,
        at.enrol("dkim:news.example").await,
        at.enrol("dkim:ews.example").await,
    );
    at.comes(mail("news.example", "", &[("mail.news.example", "From")]))
        .await;
    at.comes(mail(
        "customer.example",
        "",
        &[("x.example", "From"), ("news.example", "From:Subject")],
    ))
    .await;
    at.comes(mail("news.example", "", &[])).await;
    assert_eq!(
        (
            at.events(own).await,
            at.events(parent).await,
            at.events(other).await
        ),
        (1, 2, 0)
    );
    let mails = at.house.mails().await;
    assert_eq!(mails.len(), 3);
    let text = String::from_utf8_lossy(&mails[0].message);
    assert!(
        text.contains("Source-IP: 192.0.2.7\r\n") && !text.contains("maria.trap"),
        "{text}"
    );
    assert!(
        !at.dns.asked().iter().any(|name| name.contains("x.example")),
        "nobody else's key is asked for"
    );
    at.work().await;
    assert_eq!(at.recipients().await, [""; 0], "each event is told once");
}

#[tokio::test]
async fn forged_and_changed_messages_are_not_told() {
    let mut at = Signed::new(|_| {}).await;
    let id = at.enrol("dkim:news.example").await;
    let good = String::from_utf8(mail("news.example", "", &[("news.example", "From:Subject")])).unwrap();
    for bad in [
        good.replace("Subject: x", "Subject: y"),
        good.replace("Hello", "Hullo"),
        good.replace("b=", "l=5; b="),
        good.replace("d=news.example", "d=sub.news.example"),
        good.replace("h=From:", "h="),
    ] {
        at.comes(bad.into_bytes()).await;
    }
    assert_eq!(at.events(id).await, 0);
    at.comes(good.into_bytes()).await;
    assert_eq!(at.events(id).await, 1);
}

#[tokio::test]
async fn where_nobody_could_be_told_no_message_is_looked_into_and_nobody_is_asked() {
    let mut at = Signed::new(|_| {}).await;
    let signed = || {
        mail(
            "news.example",
            "CFBL-Address: fbl@news.example\r\n",
            &[("news.example", ALL)],
        )
    };
    at.comes(signed()).await;
    at.house.time.advance(LATER);
    let id = at.enrol("dkim:news.example").await;
    at.work().await;
    assert_eq!(
        (at.events(id).await, at.dns.asked().len()),
        (0, 0),
        "what came before is not told"
    );
    at.comes(mail("other.example", "", &[("other.example", "From")]))
        .await;
    assert_eq!(at.dns.asked().len(), 0);
    at.comes(signed()).await;
    assert_eq!((at.events(id).await, at.dns.asked().len()), (1, 1));
    assert_eq!(at.recipients().await, ["abuse@cheap.example"]);
}

#[tokio::test]
async fn while_dns_fails_others_are_told_and_what_waits_is_told_later_behind_them() {
    let mut at = Signed::new(|_| {}).await;
    let id = at.enrol("dkim:news.example").await;
    let network = at.enrol("192.0.2.0/24").await;
    *at.answers.lock().unwrap() = false;
    at.comes(mail("news.example", "", &[("a.news.example", "From")]))
        .await;
    while at.house.follower.step().await.unwrap() {}
    assert_eq!((at.events(id).await, at.events(network).await), (0, 1));
    *at.answers.lock().unwrap() = true;
    at.comes(mail("news.example", "", &[("b.news.example", "From")]))
        .await;
    let first = at.house.store.feedback_events(id, 0, 10).await.unwrap();
    assert_eq!(
        first.iter().map(|event| event.observation).collect::<Vec<_>>(),
        [2]
    );
    at.house.time.advance(LATER);
    at.work().await;
    let after = at
        .house
        .store
        .feedback_events(id, first[0].position, 10)
        .await
        .unwrap();
    assert_eq!(
        after.iter().map(|event| event.observation).collect::<Vec<_>>(),
        [1]
    );
}

#[tokio::test]
async fn a_key_that_never_comes_is_given_up() {
    let mut at = Signed::new(|_| {}).await;
    let id = at.enrol("dkim:news.example").await;
    *at.answers.lock().unwrap() = false;
    at.comes(mail("news.example", "", &[("news.example", "From")]))
        .await;
    for _ in 0..8 {
        at.house.time.advance(Duration::from_secs(3_601));
        at.work().await;
    }
    *at.answers.lock().unwrap() = true;
    at.house.time.advance(DAY);
    at.work().await;
    assert_eq!(at.events(id).await, 0);
}

#[tokio::test]
async fn a_message_is_reported_where_it_says_and_its_signatures_allow() {
    let mut at = Signed::new(with_cfbl).await;
    let fields = "CFBL-Address: fbl@news.example; report=arf\r\nCFBL-Feedback-ID: 1:2:maria\r\n";
    let good = mail("news.example", fields, &[("news.example", ALL)]);
    at.comes(good.clone()).await;
    at.comes(mail(
        "news.example",
        fields,
        &[("news.example", "From:Subject:CFBL-Address")],
    ))
    .await;
    at.comes(mail("news.example", fields, &[])).await;
    at.comes(mail("bank.example", fields, &[("news.example", ALL)]))
        .await;
    let mails = at.house.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient.as_str(), "fbl@news.example");
    let text = String::from_utf8_lossy(&mails[0].message);
    for there in [
        "Feedback-Type: abuse\r\n",
        "report-type=\"feedback-report\"",
        "CFBL-Feedback-ID: 1:2:maria\r\n",
        "Message-ID: <1@news.example>\r\n",
        "Auto-Submitted: auto-generated\r\n",
    ] {
        assert!(text.contains(there), "{there} {text}");
    }
    assert!(
        !text.contains("maria.trap") && !text.contains("trap.example"),
        "{text}"
    );
}

#[tokio::test]
async fn a_report_can_be_asked_for_as_x_arf() {
    let mut at = Signed::new(with_cfbl).await;
    let fields = "CFBL-Address: fbl@esp.example; report=xarf\r\n";
    let signers = [("news.example", "From"), ("esp.example", ALL)];
    at.comes(mail("news.example", fields, &signers)).await;
    let mails = at.house.mails().await;
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    let part = mail.attachment(0).unwrap();
    assert_eq!(part.content_type().unwrap().subtype(), Some("json"));
    let xarf: serde_json::Value = serde_json::from_slice(part.contents()).unwrap();
    assert_eq!(xarf["source_identifier"], "192.0.2.7");
}

#[tokio::test]
async fn reports_have_caps_and_never_go_to_ourselves_or_to_whoever_wants_none() {
    let mut at = Signed::new(|config| {
        with_cfbl(config);
        (config.cfbl_per_address, config.cfbl_per_day) = (2, 3);
    })
    .await;
    let to = |address: &str| {
        let domain = address.rsplit_once('@').unwrap().1;
        mail(domain, &format!("CFBL-Address: {address}\r\n"), &[(domain, ALL)])
    };
    let unwanted = Suppressed {
        address: "gone@news.example".parse().unwrap(),
        why: "asked".to_owned(),
        since: at.house.time.now(),
        until: None,
    };
    at.house.store.suppress_by_hand(&unwanted).await.unwrap();
    for own in [TRAP, "abuse@list.example", "gone@news.example"] {
        at.comes(to(own)).await;
    }
    assert_eq!(at.recipients().await, [""; 0]);
    for address in [
        "a@x.example",
        "a@x.example",
        "a@x.example",
        "b@x.example",
        "c@x.example",
    ] {
        at.comes(to(address)).await;
    }
    let mut told = at.recipients().await;
    // Mails of one moment are taken in no order.
    told.sort_unstable();
    assert_eq!(told, ["a@x.example", "a@x.example", "b@x.example"]);
    at.house.time.advance(DAY);
    at.comes(to("a@x.example")).await;
    assert_eq!(at.recipients().await, ["a@x.example"]);
}

#[tokio::test]
async fn a_report_about_an_old_message_is_not_sent() {
    let mut at = Signed::new(with_cfbl).await;
    *at.answers.lock().unwrap() = false;
    let fields = "CFBL-Address: fbl@news.example\r\n";
    at.comes(mail("news.example", fields, &[("news.example", ALL)]))
        .await;
    *at.answers.lock().unwrap() = true;
    at.house.time.advance(DAY + LATER);
    at.work().await;
    assert_eq!(at.recipients().await, [""; 0]);
}

#[tokio::test]
async fn junk_of_one_source_uses_up_no_reports_of_others() {
    let mut at = Signed::new(with_cfbl).await;
    let fields = |number: u32| format!("CFBL-Address: fbl{number}@evil.example\r\n");
    for number in 0..60 {
        let forged =
            String::from_utf8(mail("evil.example", &fields(number), &[("evil.example", ALL)])).unwrap();
        at.comes(forged.replace("Subject: x", "Subject: y").into_bytes())
            .await;
    }
    assert_eq!(at.recipients().await, [""; 0]);
    let good = || {
        mail(
            "news.example",
            "CFBL-Address: fbl@news.example\r\n",
            &[("news.example", ALL)],
        )
    };
    at.comes(good()).await;
    assert_eq!(
        at.recipients().await,
        [""; 0],
        "nobody believes that source today"
    );
    at.source = "198.51.100.9";
    at.comes(good()).await;
    assert_eq!(at.recipients().await, ["fbl@news.example"]);
}

#[tokio::test]
async fn signatures_put_above_hide_none() {
    let mut at = Signed::new(|_| {}).await;
    let id = at.enrol("dkim:news.example").await;
    let own = mail("news.example", "", &[("news.example", "From")]);
    let junk = "DKIM-Signature: v=1; a=rsa-sha256; d=other.example; s=s; h=From; bh=AAAA; b=AAAA\r\n";
    at.comes([junk.repeat(20).as_bytes(), &own].concat()).await;
    assert_eq!(at.events(id).await, 1);
}

#[tokio::test]
async fn a_job_that_fails_each_time_is_left_out() {
    let mut at = Signed::new(|_| {}).await;
    let id = at.enrol("dkim:news.example").await;
    let store = at.house.store.clone();
    let message = mail("news.example", "", &[("news.example", "From")]);
    at.recorded(message).await;
    while at.follower.step().await.unwrap() {}
    // Each time whoever took it died.
    for _ in 0..8 {
        let job = store.take_job("feedback-domain", LEASE).await.unwrap();
        assert!(job.is_some());
        at.house.time.advance(LEASE);
    }
    at.work().await;
    assert_eq!(at.events(id).await, 0);
    at.house.time.advance(DAY);
    assert!(store.take_job("feedback-domain", LEASE).await.unwrap().is_none());
}
