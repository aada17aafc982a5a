//! Mails that come back, and what follows from each.

use atalaya_model::{Class, Decision, Rule, Serial, Verdict};
use atalaya_store::{Counting, Letter, StoreUrl};
use atalaya_testkit::TestClock;
use tempfile::TempDir;

use super::*;

/// A hearer with a notice to `abuse@net.example` about `192.0.2.1`.
struct Fixture {
    hearer: Hearer,
    store: Store,
    time: TestClock,
    notice: Notice,
    _folder: TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let time = TestClock::default();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, time.clock()).await.unwrap();
        let notice = Notice {
            id: Uuid::from_u128(0x5c1f),
            serial: Serial(1),
            prefix: prefix(),
            contact: contact(),
            token: "token".to_owned(),
            at: time.now(),
            told_at: None,
        };
        let mut transaction = store.begin().await.unwrap();
        transaction.add_notice(&notice).await.unwrap();
        transaction.commit().await.unwrap();
        let config = HearingConfig {
            addresses: vec!["abuse@list.example".parse().unwrap(), bounces()],
            strange_per_day: 2,
            ..HearingConfig::default()
        };
        assert_eq!(config.check(), Ok(()));
        let sender = Some("abuse@list.example".parse().unwrap());
        Self {
            hearer: Hearer::new(config, sender, [], (store.clone(), time.clock())),
            store,
            time,
            notice,
            _folder: folder,
        }
    }

    /// The return path of the notice.
    async fn return_path(&self) -> String {
        let key = self.store.secret(RETURN_PATH_SECRET).await.unwrap();
        ReturnPath::seal(&bounces(), self.notice.id, &key).to_string()
    }

    async fn hear(&self, mail: &str, recipient: &str) -> HeardMail {
        self.hearer
            .hear(mail.as_bytes().to_vec(), recipient)
            .await
            .unwrap()
    }

    /// Hears an answer to the notice, at its sealed address.
    async fn reply(&self, from: &str, text: &str) -> HeardMail {
        self.reply_to(&self.return_path().await, from, text).await
    }

    /// Hears an answer to the notice at an address.
    async fn reply_to(&self, to: &str, from: &str, text: &str) -> HeardMail {
        let id = self.notice.id;
        let mail =
            format!("From: {from}\nSubject: Re: 192.0.2.1\nIn-Reply-To: <{id}@list.example>\n\n{text}\n");
        self.hear(&mail, to).await
    }

    /// Lists addresses and tells of all of them in one letter, which bears the name of the first.
    async fn digest(&self, addresses: &[&str]) -> Notice {
        let (now, mut notices) = (self.time.now(), Vec::new());
        let mut transaction = self.store.begin_deciding().await.unwrap();
        for (number, address) in (1_u64..).zip(addresses) {
            let notice = Notice {
                id: Uuid::from_u128(number.into()),
                serial: Serial(number),
                prefix: Prefix::single(address.parse().unwrap()),
                token: format!("word{number}"),
                ..self.notice.clone()
            };
            let decision = Decision {
                prefix: notice.prefix,
                verdict: Verdict::List {
                    class: Class::Spam,
                    until: None,
                },
                rule: Rule::new("x", 1),
                score: 1.0,
                reason: "x".to_owned(),
            };
            transaction.decide(&decision, now).await.unwrap();
            let counting = Counting {
                span: now,
                quiet_since: now,
            };
            transaction.gather_notice(&notice, "{}", counting).await.unwrap();
            notices.push(notice);
        }
        let letter = Letter {
            mail: notices[0].id,
            contact: contact(),
            network: "192.0.2.0/24".parse().unwrap(),
            at: now,
        };
        let told = transaction.tell_gathered(&letter, Serial(99), 99).await.unwrap();
        assert_eq!(told, notices.len() as u64);
        transaction.commit().await.unwrap();
        notices.swap_remove(0)
    }

    /// What must stay as it was, whatever is heard.
    async fn is_quiet(&self) {
        assert!(
            self.store
                .take_mail(std::time::Duration::ZERO)
                .await
                .unwrap()
                .is_none()
        );
        assert!(self.store.observations_after(0, 9).await.unwrap().is_empty());
        assert_eq!(self.store.serial().await.unwrap(), Serial(0));
        assert_eq!(self.store.notices_of(&prefix(), 9).await.unwrap().len(), 1);
    }
}

fn contact() -> MailAddress {
    "abuse@net.example".parse().unwrap()
}

fn bounces() -> MailAddress {
    "bounces@list.example".parse().unwrap()
}

fn prefix() -> Prefix {
    "192.0.2.1/32".parse().unwrap()
}

/// A delivery status of a mail server.
fn status(recipient: &str, status: &str, said: &str) -> String {
    format!(
        "From: MAILER-DAEMON@mx.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=x\n\n--x\n\nno\n--x\n\
         Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nFinal-Recipient: rfc822; {recipient}\nAction: failed\n\
         Status: {status}\nDiagnostic-Code: smtp; {said}\n--x--\n"
    )
}

#[tokio::test]
async fn a_bounce_to_the_return_path_marks_the_contact() {
    let fixture = Fixture::new().await;
    let to = fixture.return_path().await;
    let bounce = status("abuse@net.example", "5.1.1", "550 5.1.1 no such user");
    let heard = fixture.hear(&bounce, &to.to_uppercase()).await;
    assert_eq!(
        (heard.kind.as_str(), heard.action.as_str()),
        ("bounce", "counted")
    );
    assert_eq!(heard.notice, Some(fixture.notice.id));
    assert!(
        fixture
            .store
            .is_dead(&contact(), fixture.time.now())
            .await
            .unwrap()
    );
    assert!(fixture.hear(&bounce, &to).await.known);
    let kept = fixture.store.heard(heard.id).await.unwrap().unwrap();
    let message = fixture
        .store
        .message(&kept.message.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(message, bounce.as_bytes());
    assert_eq!(kept.told.details["failures"][0]["reason"], "unknown-user");
    fixture.is_quiet().await;
}

#[tokio::test]
async fn a_bounce_that_names_no_notice_marks_nobody() {
    let fixture = Fixture::new().await;
    let bounce = status("abuse@net.example", "5.1.1", "550 5.1.1 no such user");
    for to in [
        "bounces@list.example",
        "bounces+aerukz4jvpg66ajdivtytk6n55h32buwpd4encvt@list.example",
    ] {
        let heard = fixture.hear(&format!("X: {to}\n{bounce}"), to).await;
        assert_eq!((heard.action.as_str(), heard.notice), ("noted", None));
    }
    assert_eq!(fixture.store.mailbox(&contact()).await.unwrap(), None);
    // Two strangers a day are enough.
    let third = fixture
        .hearer
        .hear(b"From: a@b.example\n\nhi\n".to_vec(), "abuse@list.example")
        .await;
    assert!(matches!(third, Err(HearingError::Enough)));
    fixture.time.advance(DAY + std::time::Duration::from_secs(1));
    let later = fixture
        .hear("From: a@b.example\n\nhi\n", "abuse@list.example")
        .await;
    assert_eq!((later.kind.as_str(), later.action.as_str()), ("unsure", "noted"));
}

#[tokio::test]
async fn strangers_do_not_drown_the_others() {
    let mut fixture = Fixture::new().await;
    fixture.hearer.config.strange_per_day = 100;
    fixture.digest(&["192.0.2.7"]).await;
    for number in 0..STRANGE_OF_DOMAIN {
        let spam = format!("From: {number}@spam.example\n\nBuy cheap watches\n");
        assert_eq!(fixture.hear(&spam, "abuse@list.example").await.action, "noted");
    }
    let more = b"From: more@SPAM.example\n\nBuy cheap watches\n".to_vec();
    let more = fixture.hearer.hear(more, "abuse@list.example").await;
    assert!(matches!(more, Err(HearingError::Enough)));
    let known = fixture
        .hear("From: noc@net.example\n\nWho are you\n", "abuse@list.example")
        .await;
    assert_eq!((known.action.as_str(), known.notice), ("person", None));
    assert_eq!(fixture.store.count_unsettled().await.unwrap(), 1);
    let hearer = &fixture.hearer;
    let about = hearer.settle(known.id, Settlement::Stop, &[]).await;
    assert!(matches!(about, Err(HearingError::AboutNothing(_))));
    hearer.settle(known.id, Settlement::Ignore, &[]).await.unwrap();
}

#[tokio::test]
async fn a_failure_behind_the_contact_or_beside_it_kills_nobody_at_once() {
    let fixture = Fixture::new().await;
    let to = fixture.return_path().await;
    let beside = status("somebody@else.example", "5.1.1", "550 5.1.1 no such user");
    assert_eq!(fixture.hear(&beside, &to).await.action, "noted");
    let full = status("abuse@net.example", "4.2.2", "452 mailbox full");
    assert_eq!(fixture.hear(&full, &to).await.action, "noted");
    let behind = status(
        "bob@net.example\nOriginal-Recipient: rfc822; abuse@net.example",
        "5.1.1",
        "550 no such user",
    );
    assert_eq!(fixture.hear(&behind, &to).await.action, "counted");
    let mailbox = fixture.store.mailbox(&contact()).await.unwrap().unwrap();
    assert_eq!((mailbox.hard, mailbox.dead_until), (1, None));
}

#[tokio::test]
async fn plain_answers_of_the_contact_are_obeyed() {
    let fixture = Fixture::new().await;
    let heard = fixture
        .reply("Desk <noc@mail.net.example>", "192.0.2.1 is not ours.")
        .await;
    assert_eq!(
        (heard.kind.as_str(), heard.action.as_str()),
        ("not-ours", "refused")
    );
    let address = "192.0.2.1".parse().unwrap();
    assert!(fixture.store.is_refused(address, &contact()).await.unwrap());
    let heard = fixture
        .reply("abuse@NET.example", "Please stop sending these mails.")
        .await;
    assert_eq!(
        (heard.kind.as_str(), heard.action.as_str()),
        ("stop", "left-alone")
    );
    assert!(fixture.store.is_left_alone(&contact()).await.unwrap());
    let heard = fixture
        .reply("abuse@net.example", "Hemos solucionado el problema.")
        .await;
    assert_eq!((heard.kind.as_str(), heard.action.as_str()), ("fixed", "noted"));
    let mailbox = fixture.store.mailbox(&contact()).await.unwrap().unwrap();
    assert_eq!(mailbox.last_reply_at, Some(fixture.time.now()));
    assert_eq!(fixture.store.count_heard_of(fixture.notice.id).await.unwrap(), 3);
    fixture.is_quiet().await;
}

#[tokio::test]
async fn answers_of_somebody_else_wait_for_a_person() {
    let fixture = Fixture::new().await;
    for (from, text) in [
        ("abuse@net.example.evil.example", "stop"),
        ("abuse@evilnet.example", "It is not ours."),
        ("x@example", "stop"),
        ("abuse@net.example", "Could you send us the logs?"),
        ("abuse@net.example", "Hmm."),
    ] {
        assert_eq!(fixture.reply(from, text).await.action, "person", "{from}: {text}");
    }
    // Without the name of the notice nothing holds, whoever it says to be; and no letter was ever written there.
    let bare = fixture
        .hear("From: abuse@net.example\n\nstop\n", "abuse@list.example")
        .await;
    assert_eq!((bare.action.as_str(), bare.notice), ("noted", None));
    assert!(!fixture.store.is_left_alone(&contact()).await.unwrap());
    let address = "192.0.2.1".parse().unwrap();
    assert!(!fixture.store.is_refused(address, &contact()).await.unwrap());
    fixture.is_quiet().await;
}

#[tokio::test]
async fn who_only_knows_the_message_id_takes_nobody_away() {
    let fixture = Fixture::new().await;
    for text in ["Stop sending us these notices.", "This IP is not ours."] {
        let heard = fixture
            .reply_to("abuse@list.example", "abuse@net.example", text)
            .await;
        assert_eq!(
            (heard.action.as_str(), heard.notice),
            ("person", Some(fixture.notice.id))
        );
    }
    let id = fixture.notice.id;
    let bounce = status("abuse@net.example", "5.1.1", "550 5.1.1 no such user");
    let forged = format!("References: <{id}@list.example>\n{bounce}");
    let heard = fixture.hear(&forged, "bounces@list.example").await;
    assert_eq!((heard.action.as_str(), heard.notice), ("counted", Some(id)));
    let mailbox = fixture.store.mailbox(&contact()).await.unwrap().unwrap();
    assert_eq!((mailbox.hard, mailbox.dead_until), (1, None));
    fixture.is_quiet().await;
}

#[tokio::test]
async fn a_contact_where_anybody_gets_a_mailbox_is_asked_about() {
    let mut fixture = Fixture::new().await;
    fixture.notice = Notice {
        id: Uuid::from_u128(7),
        contact: "small.network@gmail.com".parse().unwrap(),
        token: "other".to_owned(),
        ..fixture.notice.clone()
    };
    let mut transaction = fixture.store.begin().await.unwrap();
    transaction.add_notice(&fixture.notice).await.unwrap();
    transaction.commit().await.unwrap();
    for from in ["small.network@gmail.com", "somebody.else@gmail.com"] {
        assert_eq!(fixture.reply(from, "stop").await.action, "person", "{from}");
    }
}

#[tokio::test]
async fn programs_are_noted_and_our_own_mail_does_nothing() {
    let fixture = Fixture::new().await;
    let to = fixture.return_path().await;
    let away = "From: a@net.example\nAuto-Submitted: auto-replied\nSubject: Out of office\n\nStop it.\n";
    let heard = fixture.hear(away, &to).await;
    assert_eq!(
        (heard.kind.as_str(), heard.action.as_str()),
        ("auto-reply", "noted")
    );
    let gone = format!("{away}The mailbox is no longer in use.\n");
    assert_eq!(fixture.hear(&gone, &to).await.action, "person");
    let desk = "From: abuse@net.example\nAuto-Submitted: auto-generated\nSubject: [Case#481516] x\n\nWe have received your report. Please stop sending.\n";
    let heard = fixture.hear(desk, &to).await;
    assert_eq!(
        (heard.kind.as_str(), heard.action.as_str()),
        ("acknowledgement", "noted")
    );
    let own = fixture.hear("From: abuse@list.example\n\nstop\n", &to).await;
    assert_eq!(own.action, "noted");
    assert!(!fixture.store.is_left_alone(&contact()).await.unwrap());
    fixture.is_quiet().await;
}

#[tokio::test]
async fn a_person_settles_what_waits_once() {
    let fixture = Fixture::new().await;
    let waiting = fixture.reply("x@other.example", "This is not ours.").await;
    let hearer = &fixture.hearer;
    assert_eq!(hearer.replies(Which::Waiting, 9).await.unwrap().len(), 1);
    hearer.settle(waiting.id, Settlement::NotOurs, &[]).await.unwrap();
    let address = "192.0.2.1".parse().unwrap();
    assert!(fixture.store.is_refused(address, &contact()).await.unwrap());
    assert!(hearer.replies(Which::Waiting, 9).await.unwrap().is_empty());
    assert_eq!(hearer.replies(Which::All, 9).await.unwrap().len(), 2);
    let again = hearer.settle(waiting.id, Settlement::Stop, &[]).await;
    assert!(matches!(again, Err(HearingError::Settled(_))));
    let nothing = hearer.settle(Uuid::nil(), Settlement::Ignore, &[]).await;
    assert!(matches!(nothing, Err(HearingError::Unheard(_))));
    fixture.is_quiet().await;
}

#[tokio::test]
async fn which_prefix_of_a_digest_is_meant_says_a_person() {
    let mut fixture = Fixture::new().await;
    fixture.notice = fixture.digest(&["192.0.2.7", "192.0.2.8"]).await;
    let heard = fixture.reply("abuse@net.example", "This IP is not ours.").await;
    assert_eq!(
        (heard.kind.as_str(), heard.action.as_str()),
        ("not-ours", "person")
    );
    let kept = fixture.store.heard(heard.id).await.unwrap().unwrap();
    assert_eq!(kept.told.details["prefixes"], json!(["192.0.2.7", "192.0.2.8"]));
    let settle = async |prefixes: &[Prefix]| {
        fixture
            .hearer
            .settle(heard.id, Settlement::NotOurs, prefixes)
            .await
    };
    let [other, meant] = ["192.0.2.9/32", "192.0.2.8/32"].map(|text| text.parse().unwrap());
    assert!(matches!(settle(&[]).await, Err(HearingError::WhichPrefix(told)) if told.len() == 2));
    assert!(matches!(settle(&[meant, other]).await, Err(HearingError::NotTold(prefix)) if prefix == other));
    settle(&[meant]).await.unwrap();
    for (address, refused) in [("192.0.2.7", false), ("192.0.2.8", true)] {
        let found = fixture
            .store
            .is_refused(address.parse().unwrap(), &contact())
            .await;
        assert_eq!(found.unwrap(), refused, "{address}");
    }
}

#[tokio::test]
async fn the_trap_hears_at_its_addresses_only() {
    let fixture = Fixture::new().await;
    let takes = |to: &[&str]| {
        fixture
            .hearer
            .takes(&to.iter().map(|to| (*to).to_owned()).collect::<Vec<_>>())
    };
    assert!(takes(&["Bounces+x@LIST.example"]) && takes(&["abuse@list.example"]));
    for to in [
        &["bouncesx@list.example"][..],
        &["bounces@other.example"],
        &["abuse@list.example", "trap@list.example"],
        &["abuse"],
        &[],
    ] {
        assert!(!takes(to), "{to:?}");
    }
    let long = fixture
        .hearer
        .hear(vec![b'x'; MAX_MAIL + 1], "abuse@list.example")
        .await;
    assert!(matches!(long, Err(HearingError::TooLong(_))));
    fixture.is_quiet().await;
}
