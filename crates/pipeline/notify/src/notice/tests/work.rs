//! The writer at work: from a listing and its evidence to a mail in the outbox, or to the reason why there is none.

use std::sync::Mutex;
use std::time::Duration;

use atalaya_model::{Contact, ContactSource, Decision, Handshake, Kind, Observation, Timestamp, Verdict};
use atalaya_store::{DeathRules, Effect, NewHeard, Suppressed};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::fixture::{SPAM, config, contact, decision, observation};
use super::house::{House, LEASE, Script, each_alone, field, known, text};
use crate::notice::{NoticeConfig, Templates};

#[tokio::test]
async fn a_listing_with_evidence_makes_one_mail_and_one_notice() {
    let house = House::with_listing().await;
    let mails = house.mails(&house.writer(known())).await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient.as_str(), "abuse@cheap.example");
    assert_eq!(mails[0].sender, "abuse@list.example");
    assert!(text(&mails[0]).contains("https://list.example/ip/192.0.2.7"));
    let notices = house.store.notices_of(&decision().prefix, 10).await.unwrap();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].token.len(), 32);
    assert!(text(&mails[0]).contains(&format!("/notices/stop/{}", notices[0].token)));
    assert_eq!(
        house
            .store
            .notice_by_token(&notices[0].token)
            .await
            .unwrap()
            .as_ref(),
        notices.first()
    );
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn the_traps_that_got_the_same_message_from_others_are_hidden_in_it() {
    let house = House::new().await;
    let spam = SPAM.replace(
        "Hola maria.trap",
        "Hola maria.trap, juan.second y todo second.example",
    );
    let mut elsewhere = observation(2);
    elsewhere.address = "198.51.100.9".parse().unwrap();
    elsewhere.envelope.recipients = vec!["juan.second@second.example".to_owned()];
    for seen in [elsewhere, observation(1)] {
        house.store.record(seen, Some(spam.clone().into())).await.unwrap();
    }
    house.decide(&decision()).await;
    let mails = house.mails(&house.writer(known())).await;
    let text = text(&mails[0]);
    assert!(text.contains("hidden-"), "{text}");
    assert!(
        !text.contains("juan.second") && !text.contains("second.example"),
        "{text}"
    );
}

#[tokio::test]
async fn a_job_that_runs_twice_makes_one_mail() {
    let house = House::with_listing().await;
    let writer = house.writer(known());
    // Two workers hold the same job, because the lease of the first ran out before it was done.
    let job = house.job().await.unwrap();
    writer.work(&job, house.time.now()).await.unwrap();
    writer.work(&job, house.time.now()).await.unwrap();
    assert_eq!(house.mails(&writer).await.len(), 1);
    assert_eq!(
        house
            .store
            .notices_of(&decision().prefix, 10)
            .await
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn a_job_that_runs_twice_counts_its_own_incident_once() {
    let house = House::new().await;
    let writer = house.writer(known());
    for number in 1..=18 {
        house.list(number).await;
    }
    house.mails(&writer).await;
    house.list(19).await;
    let job = house.job().await.unwrap();
    for _ in 0..2 {
        writer.work(&job, house.time.now()).await.unwrap();
    }
    assert!(
        house.mails(&writer).await.is_empty(),
        "the nineteenth is no twentieth"
    );
}

#[tokio::test]
async fn without_evidence_there_is_no_notice() {
    let unproven = Observation {
        handshake: Handshake::Unproven,
        ..observation(1)
    };
    let backscatter = Observation {
        kind: Kind::Backscatter,
        ..observation(1)
    };
    let reported = Observation {
        handshake: Handshake::Reported,
        ..observation(1)
    };
    for seen in [Some(unproven), Some(backscatter), Some(reported), None] {
        let house = House::new().await;
        if let Some(seen) = seen {
            house.record(seen).await;
        }
        house.store.record(observation(2), None).await.unwrap();
        house.decide(&decision()).await;
        assert!(house.mails(&house.writer(known())).await.is_empty());
        assert!(
            house
                .store
                .notices_of(&decision().prefix, 10)
                .await
                .unwrap()
                .is_empty()
        );
        assert!(house.is_idle().await, "the job is abandoned, not tried for ever");
    }
}

#[tokio::test]
async fn what_was_withdrawn_or_allowed_meanwhile_is_not_told() {
    let Some(class) = decision().verdict.class() else {
        panic!()
    };
    for verdict in [Verdict::Withdraw { class }, Verdict::Allow { until: None }] {
        let house = House::with_listing().await;
        house
            .decide(&Decision {
                verdict,
                ..decision()
            })
            .await;
        assert!(house.mails(&house.writer(known())).await.is_empty());
        assert!(house.is_idle().await);
    }
    let house = House::with_listing().await;
    house.time.advance(Duration::from_secs(4 * 86_400));
    assert!(
        house.mails(&house.writer(known())).await.is_empty(),
        "the listing is over"
    );
}

#[tokio::test]
async fn nobody_to_tell_ends_the_job() {
    let house = House::with_listing().await;
    assert!(house.mails(&house.writer(Script::Nobody)).await.is_empty());
    assert!(house.is_idle().await);
    let house = House::with_listing().await;
    let empty = Contact {
        addresses: Vec::new(),
        ..contact("x@y.example")
    };
    assert!(
        house
            .mails(&house.writer(Script::Contact(Box::new(empty))))
            .await
            .is_empty()
    );
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn a_registry_that_asks_for_patience_gets_it() {
    let house = House::with_listing().await;
    let later = house.time.now().plus(Duration::from_secs(900));
    let writer = house.writer(Script::LaterThenContact(Mutex::new(Some(later))));
    assert!(house.mails(&writer).await.is_empty());
    house.time.advance(Duration::from_secs(899));
    assert!(house.mails(&writer).await.is_empty());
    house.time.advance(Duration::from_secs(1));
    assert_eq!(house.mails(&writer).await.len(), 1);
}

#[tokio::test]
async fn who_asked_to_be_left_alone_is_left_alone() {
    let house = House::with_listing().await;
    let mut both = contact("Abuse@cheap.example");
    both.addresses.push("noc@cheap.example".parse().unwrap());
    house
        .store
        .leave_alone(&both.addresses[0], house.time.now())
        .await
        .unwrap();
    let mails = house.mails(&house.writer(Script::Contact(Box::new(both)))).await;
    assert!(mails.is_empty(), "the second address is no way around it");
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn the_next_candidate_is_told_in_the_place_of_a_dead_one_and_not_of_one_who_wants_no_mail() {
    let all = || {
        Script::Several(vec![
            contact("abuse@cheap.example"),
            contact("noc@carrier.example"),
        ])
    };
    let first = "abuse@cheap.example".parse().unwrap();
    let house = House::with_listing().await;
    let gone = Suppressed {
        address: first,
        why: "550 no such user".to_owned(),
        since: house.time.now(),
        until: None,
    };
    house.store.suppress(&gone).await.unwrap();
    let mails = house.mails(&house.writer(all())).await;
    let told: Vec<_> = mails.iter().map(|mail| mail.recipient.as_str()).collect();
    assert_eq!(told, ["noc@carrier.example"]);
    let house = House::with_listing().await;
    house
        .store
        .leave_alone(&gone.address, house.time.now())
        .await
        .unwrap();
    assert!(house.mails(&house.writer(all())).await.is_empty());
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn a_guessed_mailbox_says_no_for_itself_alone() {
    let guesses = [
        ContactSource::Soa {
            zone: "2.0.192.in-addr.arpa".to_owned(),
        },
        ContactSource::ReverseName {
            name: "mail.cheap.example".to_owned(),
        },
        ContactSource::AbuseNet {
            domain: "cheap.example".to_owned(),
        },
        ContactSource::SecurityTxt {
            url: "https://cheap.example/.well-known/security.txt".to_owned(),
        },
    ];
    for source in guesses {
        let house = House::with_listing().await;
        let guessed = Contact {
            source,
            ..contact("abuse@cheap.example")
        };
        house
            .store
            .leave_alone(&guessed.addresses[0], house.time.now())
            .await
            .unwrap();
        let script = Script::Several(vec![guessed, contact("noc@carrier.example")]);
        let mails = house.mails(&house.writer(script)).await;
        assert_eq!(mails[0].recipient.as_str(), "noc@carrier.example");
    }
}

#[tokio::test]
async fn we_never_write_to_ourselves() {
    for ours in [
        "abuse@list.example",
        "Abuse+anything@list.example",
        "bounces+0123@list.example",
        "answers+x@list.example",
        "x@bl.atalaya.test",
        "x@sub.bl.atalaya.test",
        "x@mx.trap.example",
    ] {
        let house = House::with_listing().await;
        let config = NoticeConfig {
            return_path: "bounces@list.example".parse().ok(),
            ..config()
        };
        let writer = house
            .writer_with(config, Script::Contact(Box::new(contact(ours))))
            .with_hearing(vec!["answers@list.example".parse().unwrap()]);
        let mails = house.mails(&writer).await;
        assert!(mails.is_empty(), "{ours}");
        assert!(house.is_idle().await);
    }
    let house = House::with_listing().await;
    let other = contact("abuse@notbl.atalaya.test");
    assert_eq!(
        house
            .mails(&house.writer(Script::Contact(Box::new(other))))
            .await
            .len(),
        1
    );
}

#[tokio::test]
async fn many_incidents_are_told_on_the_curve_of_rfc_6650() {
    let house = House::new().await;
    let writer = house.writer_with(each_alone(), known());
    let mut incidents = Vec::new();
    for number in 1..=32_u8 {
        house.list(number).await;
        let mails = house.mails(&writer).await;
        incidents.extend(mails.iter().map(|mail| field(mail, "Incidents")));
    }
    assert_eq!(
        incidents,
        ["1", "1", "1", "1", "1", "1", "1", "1", "1", "1", "10", "10"]
    );
    // In the next span the first notice tells of the two that were held back, too.
    house.time.advance(Duration::from_secs(30 * 86_400));
    house.list(200).await;
    let mails = house.mails(&writer).await;
    assert_eq!(field(&mails[0], "Incidents"), "3");
}

#[tokio::test]
async fn after_a_quiet_time_the_next_incident_is_told_with_what_was_held_back() {
    let house = House::new().await;
    let writer = house.writer_with(each_alone(), known());
    for number in 1..=13_u8 {
        house.list(number).await;
    }
    house.mails(&writer).await;
    house.time.advance(Duration::from_secs(6 * 86_400));
    house.list(14).await;
    assert!(house.mails(&writer).await.is_empty(), "that is not quiet yet");
    house.time.advance(Duration::from_secs(7 * 86_400));
    house.list(15).await;
    let mails = house.mails(&writer).await;
    assert_eq!(field(&mails[0], "Incidents"), "5");
}

#[tokio::test]
async fn a_line_that_is_left_out_takes_nothing_along_that_must_be_said() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("subject.en.txt", "{{reason}} {{more}}\n"),
        ("body.en.txt", "Hello\n{{stop}} {{lookup}} {{more}}\n"),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let house = House::with_listing().await;
    let templates = Templates::load(folder.path()).unwrap();
    let writer = house.writer(known()).with_templates(templates);
    let mails = house.mails(&writer).await;
    let message = mail_parser::MessageParser::default()
        .parse(&mails[0].message)
        .unwrap();
    assert!(message.subject().unwrap().contains(" [case-"));
    let text = message.body_text(0).unwrap();
    for needed in ["/notices/stop/", "/ip/192.0.2.7", "/network/"] {
        assert!(text.contains(needed), "{needed} is missing in {text}");
    }
}

#[tokio::test]
async fn a_job_that_cannot_be_read_is_abandoned() {
    let house = House::new().await;
    for (key, payload) in [("a", "nonsense"), ("b", "{\"serial\":99}"), ("c", "{}")] {
        let mut transaction = house.store.begin().await.unwrap();
        transaction
            .add_job("notice", key, payload, house.time.now())
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
    assert!(house.mails(&house.writer(known())).await.is_empty());
    assert!(house.is_idle().await);
}

#[tokio::test]
async fn a_registry_that_never_answers_holds_up_nobody_else() {
    let house = House::new().await;
    house.list(1).await;
    house.list(2).await;
    let script = Script::SilentAbout([192, 0, 2, 1].into());
    let stop = CancellationToken::new();
    let running = tokio::spawn(house.writer(script).run(stop.clone()));
    let mut outbox = house.store.subscribe(atalaya_store::Topic::Outbox);
    let mail = loop {
        match house.store.take_mail(LEASE).await.unwrap() {
            Some(mail) => break mail,
            None => outbox.changed(LEASE).await,
        }
    };
    assert!(text(&mail).contains("Source-IP: 192.0.2.2"));
    stop.cancel();
    tokio::time::timeout(LEASE, running).await.unwrap().unwrap();
}

#[tokio::test]
async fn the_running_writer_wakes_for_a_new_job_and_ends_when_told() {
    let house = House::new().await;
    let stop = CancellationToken::new();
    let running = tokio::spawn(house.writer(known()).run(stop.clone()));
    let mut outbox = house.store.subscribe(atalaya_store::Topic::Outbox);
    house.record(observation(1)).await;
    house.decide(&decision()).await;
    outbox.changed(LEASE).await;
    assert!(house.store.take_mail(LEASE).await.unwrap().is_some());
    stop.cancel();
    tokio::time::timeout(LEASE, running).await.unwrap().unwrap();
}

/// What a report says that has no such mailbox.
fn no_such_mailbox(mailbox: &str, at: Timestamp) -> (NewHeard, [Effect; 1]) {
    let heard = NewHeard {
        id: Uuid::from_u128(1),
        at,
        notice: None,
        contact: Some(mailbox.parse().unwrap()),
        sender: String::new(),
        kind: "bounce".to_owned(),
        confidence: 99,
        because: String::new(),
        action: "counted".to_owned(),
        details: serde_json::Value::Null,
        settles: None,
    };
    let rules = DeathRules {
        after: 3,
        over: Duration::ZERO,
        rest: Duration::from_secs(3_600),
    };
    let failed = Effect::Failed {
        certain: true,
        rules,
        why: "no such user".to_owned(),
    };
    (heard, [failed])
}

#[tokio::test]
async fn dead_mailboxes_and_those_that_refused_the_address_are_passed_over() {
    let house = House::with_listing().await;
    let mailboxes = ["gone@cheap.example", "wrong@cheap.example", "noc@cheap.example"];
    let (heard, failed) = no_such_mailbox(mailboxes[0], house.time.now());
    house.store.hear(&heard, None, &failed).await.unwrap();
    let refused = mailboxes[1].parse().unwrap();
    let prefix = decision().prefix;
    house
        .store
        .contact_refused(&prefix, &refused, house.time.now())
        .await
        .unwrap();
    let found = Contact {
        addresses: mailboxes.iter().map(|mailbox| mailbox.parse().unwrap()).collect(),
        ..contact("x@cheap.example")
    };
    let script = || Script::Contact(Box::new(found.clone()));
    let mails = house.mails(&house.writer_with(each_alone(), script())).await;
    assert_eq!(mails[0].recipient.as_str(), mailboxes[2]);
    // Elsewhere it refused nothing, and after its rest the dead one is tried again.
    house.list(99).await;
    let mails = house.mails(&house.writer_with(each_alone(), script())).await;
    assert_eq!(mails[0].recipient.as_str(), mailboxes[1]);
    house.time.advance(Duration::from_secs(3_601));
    house.list(98).await;
    let mails = house.mails(&house.writer_with(each_alone(), script())).await;
    assert_eq!(mails[0].recipient.as_str(), mailboxes[0]);
}
