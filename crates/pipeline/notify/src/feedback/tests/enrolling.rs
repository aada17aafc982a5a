//! Enrolling without the operator: from a stranger's form to the key, with DNS and a registry that are asked on loopback.

use std::net::IpAddr;
use std::sync::Mutex;

use atalaya_model::MailAddress;
use atalaya_net::Resolver;
use atalaya_store::{EnrolmentRequest, EnrolmentState, Proof};
use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply, HttpPeer, HttpReply};

use super::*;
use crate::feedback::asking::Unfit;
use crate::feedback::{Enrolling, Need, Provers, Stepped};
use crate::{ContactConfig, ContactFinder};

pub(super) const HOLDER: &str = "abuse@cheap.example";
pub(super) const REGISTERED: &str = "noc@registry-contact.example";
const STRANGER: &str = "203.0.113.9";

/// What DNS holds, changed as the story goes.
pub(super) type Records = Arc<Mutex<Vec<DnsRecord>>>;

/// A house that asks a name server of the test's own, and a file as the registry.
pub(super) struct Asked {
    pub(super) house: House,
    pub(super) records: Records,
    dns: DnsPeer,
}

/// The loop of a house, which asks these for proofs.
fn asking(house: &House, provers: Provers) -> Feedback {
    let feedback = Feedback::new(
        house.feedback.config.clone(),
        &NoticeConfig {
            sender: Some("abuse@list.example".parse().unwrap()),
            ..NoticeConfig::default()
        },
        house.feedback.names.clone(),
        (house.store.clone(), house.time.clock()),
        house.feedback.traps.clone(),
    );
    feedback.unwrap().proving_by(provers)
}

impl Asked {
    pub(super) async fn new(change: impl Fn(&mut FeedbackConfig)) -> Self {
        let mut house = House::new(change).await;
        let records = Records::default();
        let known = Arc::clone(&records);
        let dns = DnsPeer::start(move |name| {
            let known = known.lock().unwrap();
            let found: Vec<_> = known.iter().filter(|one| one.is_about(name)).cloned().collect();
            match found.is_empty() {
                true => DnsReply::Status(3),
                false => DnsReply::Records(found),
            }
        })
        .await
        .unwrap();
        let folder = house._folder.path();
        let file = folder.join("contacts.csv");
        std::fs::write(
            &file,
            format!("198.51.100.0/24, {REGISTERED}\n192.0.2.0/24, {HOLDER}\n203.0.113.0/25, {HOLDER}\n203.0.113.128/25, {REGISTERED}\n198.51.102.0/24, {TRAP}\n"),
        )
        .unwrap();
        let config = ContactConfig {
            file: Some(file),
            bootstrap_url: String::new(),
            whois_server: String::new(),
            resolvers: Vec::new(),
            ..ContactConfig::default()
        };
        let clock = house.time.clock();
        let finder = ContactFinder::new(&config, house.store.clone(), clock, folder).unwrap();
        let provers = Provers::new(Some(Resolver::new(vec![dns.address()])), Some(Arc::new(finder)));
        house.feedback = Arc::new(asking(&house, provers));
        Self { house, records, dns }
    }

    /// Asks a registry by RDAP, in the place of the file.
    fn ask_registry(&mut self, bootstrap: &str) {
        let config = ContactConfig {
            bootstrap_url: bootstrap.to_owned(),
            whois_server: String::new(),
            resolvers: Vec::new(),
            ..ContactConfig::default()
        };
        let house = &self.house;
        let folder = house._folder.path().join("rdap");
        let finder = ContactFinder::new(&config, house.store.clone(), house.time.clock(), &folder).unwrap();
        let provers = Provers::new(None, Some(Arc::new(finder)));
        self.house.feedback = Arc::new(asking(house, provers));
    }

    pub(super) fn put(&self, record: DnsRecord) {
        self.records.lock().unwrap().push(record);
    }

    pub(super) async fn ask(&self, scope: &str, mailbox: &str, proof: Proof) {
        let client: IpAddr = STRANGER.parse().unwrap();
        let new = NewEnrolment {
            mailbox: mailbox.parse().unwrap(),
            ..enrolling(scope, Ways::default())
        };
        self.house.feedback.ask(new, proof, client).await.unwrap();
    }

    /// Asks, and gives what was written down.
    pub(super) async fn asked(&self, scope: &str, proof: Proof) -> EnrolmentRequest {
        self.ask(scope, HOLDER, proof).await;
        let all = self.requests().await;
        all.into_iter()
            .find(|one| one.scope.to_string() == scope)
            .unwrap()
    }

    pub(super) async fn requests(&self) -> Vec<EnrolmentRequest> {
        self.house.feedback.requests(None, 5_000).await.unwrap()
    }

    pub(super) async fn go_on(&self, request: &EnrolmentRequest) -> Stepped {
        self.house
            .feedback
            .go_on(&request.mailbox, request.id)
            .await
            .unwrap()
    }

    pub(super) async fn needs(&self, request: &EnrolmentRequest) -> Need {
        match self.go_on(request).await {
            Stepped::Waits(need) => need,
            stepped => panic!("{stepped:?}"),
        }
    }

    /// To whom mails went, and their texts, by whom.
    pub(super) async fn mailed(&self) -> Vec<(String, String)> {
        let mails = self.house.mails().await;
        let text = |mail: &OutgoingMail| String::from_utf8_lossy(&mail.message).into_owned();
        let mut all: Vec<_> = mails
            .iter()
            .map(|mail| (mail.recipient.to_string(), text(mail)))
            .collect();
        all.sort();
        all
    }
}

pub(super) fn mailbox(text: &str) -> MailAddress {
    text.parse().unwrap()
}

pub(super) fn txt(owner: &str, token: &str) -> DnsRecord {
    DnsRecord::txt(owner, &format!("v=1; token={token}"))
}

/// The ticket of the link in a mail.
pub(super) fn ticket(text: &str) -> String {
    let plain = text.replace("=\r\n", "");
    let (_, rest) = plain.split_once("/feedback/mine/").unwrap();
    rest.chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect()
}

#[tokio::test]
async fn whoever_confirms_and_has_the_record_is_enrolled_and_told() {
    let mut asked = Asked::new(|_| {}).await;
    let request = asked.asked("192.0.2.0/24", Proof::Txt).await;
    let mails = asked.mailed().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].0, HOLDER);
    assert!(
        !mails[0].1.contains("Cheap Hosting"),
        "what a stranger typed stands in no mail: {}",
        mails[0].1
    );
    let holder = asked
        .house
        .feedback
        .open_page(&ticket(&mails[0].1))
        .await
        .unwrap();
    assert_eq!(holder.mailbox, request.mailbox);
    let page = asked.house.feedback.own_page(&holder.mailbox).await.unwrap();
    assert_eq!(page.asked, std::slice::from_ref(&request));

    let owner = "_atalaya-feedback.2.0.192.in-addr.arpa";
    assert_eq!(asked.needs(&request).await, Need::Record(owner.to_owned()));
    asked.put(txt(owner, "aaaaaaaaaaaaaaaaaaaaaaaa"));
    assert_eq!(asked.needs(&request).await, Need::Record(owner.to_owned()));
    let record = asked.house.feedback.record_of(&request).await.unwrap().unwrap();
    asked.put(txt(owner, &record.token));
    let Stepped::Enrolled(enrolment, secrets) = asked.go_on(&request).await else {
        panic!("the record stands");
    };
    assert_eq!(
        (enrolment.state, enrolment.proof, enrolment.id),
        (EnrolmentState::Active, Some(Proof::Txt), request.id)
    );
    assert!(asked.requests().await.is_empty());
    asked.house.spam(1, "192.0.2.7").await;
    let feedback = &asked.house.feedback;
    let whose = feedback.holder(&secrets.pull_key).await.unwrap();
    assert_eq!(
        feedback
            .pull(&whose, 0, 9)
            .await
            .unwrap()
            .to_string()
            .matches("cursor")
            .count(),
        1
    );
}

#[tokio::test]
async fn a_contact_that_is_the_mailbox_has_said_all_by_confirming() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("192.0.2.0/25", Proof::Mail).await;
    let stepped = asked.go_on(&request).await;
    assert!(matches!(stepped, Stepped::Enrolled(..)), "{stepped:?}");
    assert_eq!(asked.mailed().await.len(), 1, "one mail, two steps");
}

#[tokio::test]
async fn a_contact_that_is_somebody_else_has_to_say_yes() {
    let asked = Asked::new(|_| {}).await;
    let (feedback, contact) = (&asked.house.feedback, mailbox(REGISTERED));
    let request = asked.asked("198.51.100.0/24", Proof::Mail).await;
    assert!(
        feedback.vouch(&contact, request.id).await.is_err(),
        "nobody asked it yet"
    );
    for _ in 0..2 {
        assert_eq!(asked.needs(&request).await, Need::Contact(contact.clone()));
    }
    let mails = asked.mailed().await;
    let whom: Vec<_> = mails.iter().map(|(to, _)| to.as_str()).collect();
    assert_eq!(whom, [HOLDER, REGISTERED], "pressed twice, asked once");
    let page = feedback.own_page(&contact).await.unwrap();
    assert_eq!((page.asked.len(), page.to_vouch.len()), (0, 1));
    assert!(
        feedback.vouch(&request.mailbox, request.id).await.is_err(),
        "nobody vouches for himself"
    );
    feedback.vouch(&contact, request.id).await.unwrap();
    assert_eq!(asked.mailed().await.len(), 1, "whoever asked is told to go on");
    let Stepped::Enrolled(enrolment, _) = asked.go_on(&request).await else {
        panic!("the contact said yes");
    };
    assert_eq!(enrolment.proof, Some(Proof::Mail));
}

#[tokio::test]
async fn a_contact_for_a_part_proves_nothing_of_the_rest() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("203.0.113.0/24", Proof::Mail).await;
    assert_eq!(asked.needs(&request).await, Need::NoContact);
    let wider = asked.asked("192.0.2.0/23", Proof::Mail).await;
    assert_eq!(
        asked.needs(&wider).await,
        Need::NoContact,
        "nobody is named for the other half"
    );
}

#[tokio::test]
async fn names_prove_a_prefix_only_where_every_address_has_one() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("192.0.2.6/31", Proof::Reverse).await;
    let token = asked
        .house
        .feedback
        .record_of(&request)
        .await
        .unwrap()
        .unwrap()
        .token;
    asked.put(DnsRecord::ptr("6.2.0.192.in-addr.arpa", "mail.cheap.example"));
    asked.put(DnsRecord::ptr(
        "6.2.0.192.in-addr.arpa",
        &format!("atalaya-{token}.cheap.example"),
    ));
    assert_eq!(asked.needs(&request).await, Need::Record("192.0.2.7".to_owned()));
    asked.put(DnsRecord::ptr(
        "7.2.0.192.in-addr.arpa",
        &format!("ATALAYA-{}.cheap.example", token.to_uppercase()),
    ));
    assert!(matches!(asked.go_on(&request).await, Stepped::Enrolled(..)));
}

#[tokio::test]
async fn each_zone_of_a_wider_prefix_is_asked_and_the_first_that_is_missing_ends_it() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("198.51.96.0/20", Proof::Txt).await;
    let token = asked
        .house
        .feedback
        .record_of(&request)
        .await
        .unwrap()
        .unwrap()
        .token;
    let owner = |third: u8| format!("_atalaya-feedback.{third}.51.198.in-addr.arpa");
    for third in 96..111 {
        asked.put(txt(&owner(third), &token));
    }
    assert_eq!(asked.needs(&request).await, Need::Record(owner(111)));
    asked.records.lock().unwrap().clear();
    let before = asked.dns.asked().len();
    assert_eq!(asked.needs(&request).await, Need::Record(owner(96)));
    assert_eq!(
        asked.dns.asked().len() - before,
        2,
        "whoever has nothing costs us two questions"
    );
    asked.put(txt("_atalaya-feedback.51.198.in-addr.arpa", &token));
    assert!(matches!(asked.go_on(&request).await, Stepped::Enrolled(..)));
}

#[tokio::test]
async fn somebody_elses_page_is_as_unknown_as_none() {
    let asked = Asked::new(|_| {}).await;
    let (feedback, other) = (&asked.house.feedback, mailbox("thief@evil.example"));
    let request = asked.asked("192.0.2.0/24", Proof::Mail).await;
    assert!(feedback.go_on(&other, request.id).await.is_err());
    assert!(feedback.drop_request(&other, request.id).await.is_err());
    assert!(matches!(asked.go_on(&request).await, Stepped::Enrolled(..)));
    assert!(feedback.rotate_own(&other, request.id).await.is_err());
    assert!(feedback.remove_own(&other, request.id).await.is_err());
    assert!(feedback.renew_proof(&other, request.id).await.is_err());
    let mine = feedback.own_page(&other).await.unwrap();
    assert_eq!(
        (mine.asked.len(), mine.to_vouch.len(), mine.enrolled.len()),
        (0, 0, 0)
    );
    for wrong in ["", "x", &"A".repeat(400)] {
        assert!(feedback.open_page(wrong).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn strangers_cannot_fill_the_store_or_a_mailbox() {
    let asked = Asked::new(|_| {}).await;
    for number in 0..20 {
        let scope = format!("10.{number}.0.0/24");
        asked.ask(&scope, "victim@home.example", Proof::Txt).await;
        asked.ask("10.0.0.0/24", "victim@home.example", Proof::Txt).await;
        asked.ask(&scope, "Victim+1@home.example", Proof::Txt).await;
    }
    assert_eq!(asked.requests().await.len(), 2, "two of one client");
    assert_eq!(
        asked.mailed().await.len(),
        2,
        "and none for what was asked before"
    );
    for number in 0..20 {
        let mailbox = format!("someone@other{number}.example");
        asked.ask("192.0.2.0/24", &mailbox, Proof::Txt).await;
    }
    assert_eq!(asked.requests().await.len(), 4, "two for one scope");
    for number in 0..20 {
        let scope = format!("10.0.{number}.0/24");
        asked
            .ask(&scope, &format!("someone@more{number}.example"), Proof::Txt)
            .await;
    }
    assert_eq!(asked.requests().await.len(), 10, "ten of one client");
    asked.house.time.advance(DAY * 8);
    asked.house.feedback.look().await.unwrap();
    assert!(asked.requests().await.is_empty());
}

#[tokio::test]
async fn many_at_once_are_not_more() {
    let asked = Asked::new(|_| {}).await;
    let mut all = tokio::task::JoinSet::new();
    for number in 0..20 {
        let feedback = Arc::clone(&asked.house.feedback);
        let new = NewEnrolment {
            mailbox: "victim@home.example".parse().unwrap(),
            ..enrolling(&format!("10.{number}.0.0/24"), Ways::default())
        };
        all.spawn(async move { feedback.ask(new, Proof::Txt, STRANGER.parse().unwrap()).await });
    }
    while let Some(done) = all.join_next().await {
        done.unwrap().unwrap();
    }
    assert_eq!(asked.mailed().await.len(), 2);
}

#[tokio::test]
async fn our_own_mailboxes_and_those_that_want_no_mail_get_none() {
    let asked = Asked::new(|_| {}).await;
    asked
        .house
        .store
        .leave_alone(&mailbox("quiet@home.example"), asked.house.time.now())
        .await
        .unwrap();
    for mailbox in [TRAP, "abuse@list.example", "quiet@home.example"] {
        asked.ask("192.0.2.0/24", mailbox, Proof::Txt).await;
    }
    assert!(asked.requests().await.is_empty() && asked.mailed().await.is_empty());
    let feedback = &asked.house.feedback;
    feedback
        .ask_for_page(&mailbox("nobody@home.example"))
        .await
        .unwrap();
    asked.ask("192.0.2.0/24", HOLDER, Proof::Mail).await;
    feedback.ask_for_page(&mailbox(HOLDER)).await.unwrap();
    assert_eq!(
        asked.mailed().await.len(),
        1,
        "no page before the mailbox confirmed"
    );
    assert!(matches!(
        asked.go_on(&asked.requests().await[0]).await,
        Stepped::Enrolled(..)
    ));
    for _ in 0..3 {
        feedback
            .ask_for_page(&mailbox("ABUSE@cheap.example"))
            .await
            .unwrap();
        asked.ask("192.0.2.0/24", HOLDER, Proof::Mail).await;
    }
    assert_eq!(asked.mailed().await.len(), 1, "one link a day");
}

#[tokio::test]
async fn what_cannot_be_is_told_at_once() {
    let asked =
        Asked::new(|config| config.webhook_servers = vec!["soar.inside.example:443".to_owned()]).await;
    let unfit = |scope: &str, hook: Option<&str>, proof| {
        let ways = Ways {
            webhook: hook.map(str::to_owned),
            ..Ways::default()
        };
        asked.house.feedback.unfit(&enrolling(scope, ways), proof)
    };
    assert_eq!(
        unfit("192.0.2.0/24", Some("https://soar.cheap.example/x"), Proof::Txt),
        None
    );
    for hook in [
        "http://cheap.example/",
        "https://127.0.0.1/",
        "https://cheap.example:8443/",
        "https://soar.inside.example/",
        "ftp://x",
        "",
    ] {
        assert_eq!(
            unfit("192.0.2.0/24", Some(hook), Proof::Txt),
            Some(Unfit::Webhook),
            "{hook}"
        );
    }
    for (scope, proof, wrong) in [
        ("AS64500", Proof::Mail, None),
        ("AS64500", Proof::Txt, Some(Unfit::Proof)),
        ("192.0.2.0/24", Proof::Reverse, Some(Unfit::Proof)),
        ("192.0.2.0/27", Proof::Reverse, None),
        ("192.0.2.0/24", Proof::Operator, Some(Unfit::Proof)),
    ] {
        assert_eq!(unfit(scope, None, proof), wrong, "{scope} {proof}");
    }
}

#[tokio::test]
async fn the_operator_can_close_it_or_be_asked() {
    let asked = Asked::new(|config| config.enrol = Enrolling::Closed).await;
    asked.ask("192.0.2.0/24", HOLDER, Proof::Mail).await;
    assert!(asked.requests().await.is_empty());

    let asked = Asked::new(|config| config.enrol = Enrolling::Approve).await;
    let request = asked.asked("192.0.2.0/24", Proof::Mail).await;
    assert_eq!(asked.needs(&request).await, Need::Operator, "though it is proven");
    asked.house.feedback.approve(request.id).await.unwrap();
    assert_eq!(asked.mailed().await.len(), 2, "whoever asked is told to go on");
    let Stepped::Enrolled(enrolment, _) = asked.go_on(&request).await else {
        panic!("it is approved");
    };
    assert_eq!(enrolment.proof, Some(Proof::Mail));
}

#[tokio::test]
async fn the_number_of_a_network_waits_for_the_operator() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("AS64500", Proof::Mail).await;
    assert_eq!(asked.needs(&request).await, Need::Operator);
    asked.house.feedback.approve(request.id).await.unwrap();
    let Stepped::Enrolled(enrolment, _) = asked.go_on(&request).await else {
        panic!("it is approved");
    };
    assert_eq!(enrolment.proof, Some(Proof::Operator), "his word was the proof");
}

#[tokio::test]
async fn the_number_of_a_network_is_proven_by_the_mailbox_of_its_registry() {
    let autnum = format!(
        r#"{{"startAutnum": 64500, "endAutnum": 64500, "entities": [{{"roles": ["abuse"],
            "vcardArray": ["vcard", [["email", {{}}, "text", "{HOLDER}"]]]}}]}}"#
    );
    let base = Arc::new(std::sync::OnceLock::<String>::new());
    let own = Arc::clone(&base);
    let registry = HttpPeer::start(move |path| match path {
        "/asn.json" => HttpReply::rdap(format!(
            r#"{{"services": [[["64496-64511"], ["{}"]]]}}"#,
            own.get().unwrap()
        )),
        "/autnum/64500" => HttpReply::rdap(autnum.clone()),
        _ => HttpReply::status(404),
    });
    let registry = registry.await.unwrap();
    base.set(registry.url("")).unwrap();
    let mut asked = Asked::new(|_| {}).await;
    asked.ask_registry(&registry.url(""));
    let request = asked.asked("AS64500", Proof::Mail).await;
    let Stepped::Enrolled(enrolment, _) = asked.go_on(&request).await else {
        panic!("the registry names the mailbox");
    };
    assert_eq!(enrolment.proof, Some(Proof::Mail));
    asked.ask("AS64501", HOLDER, Proof::Mail).await;
    let other = asked.requests().await.pop().unwrap();
    assert_eq!(asked.needs(&other).await, Need::NoContact, "no such number there");
}

#[tokio::test]
async fn a_name_server_that_lies_or_is_silent_proves_nothing() {
    for reply in [
        DnsReply::Status(2),
        DnsReply::Raw(vec![0x81, 0x80, 0, 1, 0xff, 0xff]),
        DnsReply::Status(3),
    ] {
        let dns = DnsPeer::start(move |_| reply.clone()).await.unwrap();
        let house = House::new(|_| {}).await;
        let provers = Provers::new(Some(Resolver::new(vec![dns.address()])), None);
        let feedback = asking(&house, provers);
        let new = enrolling("192.0.2.0/24", Ways::default());
        feedback
            .ask(new, Proof::Txt, STRANGER.parse().unwrap())
            .await
            .unwrap();
        let request = feedback.requests(None, 9).await.unwrap().pop().unwrap();
        let stepped = feedback.go_on(&request.mailbox, request.id).await.unwrap();
        assert!(
            matches!(stepped, Stepped::Waits(Need::Later | Need::Record(_))),
            "{stepped:?}"
        );
    }
}
