//! Mails, the feed, summaries, and who is told at all.

use atalaya_model::{
    Class, Decision, Handshake, Kind, Observation, ObservationId, Rule, Sensor, Timestamp, Trap, Verdict,
};
use atalaya_store::{EnrolmentState, Way, Ways};
use mail_parser::{MessageParser, MimeHeaders};
use uuid::Uuid;

use super::{DAY, House, TRAP, enrolling};
use crate::feedback::{FeedbackError, NewEnrolment, PullError};

fn by_mail() -> Ways {
    Ways {
        mail: true,
        ..Ways::default()
    }
}

#[tokio::test]
async fn names_of_several_lines_and_our_own_mailboxes_are_refused() {
    let house = House::new(|_| {}).await;
    for name in ["", " ", "a\r\nBcc: x@y.zz", "a\0b", &"x".repeat(81)] {
        let new = NewEnrolment {
            name: name.to_owned(),
            ..enrolling("192.0.2.0/24", by_mail())
        };
        assert!(house.feedback.add(new).await.is_err(), "{name:?}");
    }
    for own in [TRAP, "ABUSE@list.example"] {
        let new = NewEnrolment {
            mailbox: own.parse().unwrap(),
            ..enrolling("192.0.2.0/24", by_mail())
        };
        assert!(house.feedback.add(new).await.is_err(), "{own}");
    }
}

#[tokio::test]
async fn an_event_by_mail_is_arf_that_hides_the_trap() {
    let mut house = House::new(|_| {}).await;
    house
        .feedback
        .add(enrolling("192.0.2.0/24", by_mail()))
        .await
        .unwrap();
    house.spam(1, "192.0.2.7").await;
    house.work(Way::Mail).await;
    let mails = house.mails().await;
    assert_eq!(mails.len(), 1);
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    let kinds: Vec<String> = mail
        .parts
        .iter()
        .filter_map(|part| part.content_type())
        .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()))
        .collect();
    assert_eq!(
        kinds,
        [
            "multipart/report",
            "text/plain",
            "message/feedback-report",
            "message/rfc822"
        ]
    );
    let text = String::from_utf8_lossy(&mails[0].message);
    assert!(text.contains("Source-IP: 192.0.2.7\r\n") && text.contains("Feedback-Type: abuse\r\n"));
    assert!(
        !text.contains("maria.trap") && !text.contains("trap.example"),
        "{text}"
    );
}

#[tokio::test]
async fn a_report_says_the_reason_of_a_rule_in_both_languages_and_that_of_an_operator_once() {
    let spanish = "Llegó spam a nuestras trampas: 1 mensaje, el 2026-11-23.\r\n";
    for (rule, is_said) in [("score", true), ("by-hand", false)] {
        let mut house = House::new(|_| {}).await;
        house
            .feedback
            .add(enrolling("192.0.2.0/24", by_mail()))
            .await
            .unwrap();
        let decision = Decision {
            prefix: "192.0.2.7".parse().unwrap(),
            verdict: Verdict::List {
                class: Class::Spam,
                until: None,
            },
            rule: Rule::new(rule, 1),
            score: 1.0,
            reason: "Spam reached our traps: 1 message, the last on 2026-11-23.".to_owned(),
        };
        let mut transaction = house.store.begin().await.unwrap();
        transaction.decide(&decision, house.time.now()).await.unwrap();
        transaction.commit().await.unwrap();
        house.spam(1, "192.0.2.7").await;
        house.work(Way::Mail).await;
        let mails = house.mails().await;
        let mail = MessageParser::default().parse(&mails[0].message).unwrap();
        let text = mail
            .body_text(0)
            .unwrap()
            .replace('\n', "\r\n")
            .replace("\r\r", "\r");
        assert_eq!(text.matches(&decision.reason).count(), 1, "{text}");
        assert_eq!(text.contains(spanish), is_said, "{text}");
    }
}

#[tokio::test]
async fn beyond_the_mails_of_a_day_a_digest_tells_the_rest() {
    let mut house = House::new(|config| config.mails_per_day = 2).await;
    house
        .feedback
        .add(enrolling("192.0.2.0/24", by_mail()))
        .await
        .unwrap();
    for number in 1..=5 {
        house.spam(number, "192.0.2.7").await;
    }
    house.work(Way::Mail).await;
    assert_eq!(house.mails().await.len(), 2);
    house.time.advance(DAY);
    house.work(Way::Summary).await;
    let mails = house.mails().await;
    assert_eq!(mails.len(), 1);
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    let table = mail.attachment(0).unwrap();
    let table = String::from_utf8_lossy(table.contents()).into_owned();
    assert!(
        table.contains("192.0.2.7,2026-11-23T12:00:00Z,2026-11-23T12:00:00Z,5,5,yellow,no"),
        "{table}"
    );
    house.work(Way::Summary).await;
    house.time.advance(DAY);
    house.work(Way::Summary).await;
    assert_eq!(
        house.mails().await.len(),
        0,
        "a day without more events than mails has none"
    );
}

#[tokio::test]
async fn what_the_mails_of_the_next_day_leave_over_is_told_by_the_summary_of_its_own() {
    let mut house = House::new(|config| config.mails_per_day = 2).await;
    house
        .feedback
        .add(enrolling("192.0.2.0/24", by_mail()))
        .await
        .unwrap();
    for number in 1..=5 {
        house.spam(number, "192.0.2.7").await;
    }
    house.time.advance(DAY);
    house.work(Way::Summary).await;
    assert_eq!(house.mails().await.len(), 0, "nothing was left over so far");
    house.work(Way::Mail).await;
    assert_eq!(house.mails().await.len(), 2);
    for left_over in [1, 0] {
        house.time.advance(DAY);
        house.work(Way::Summary).await;
        let mails = house.mails().await;
        assert_eq!(mails.len(), left_over);
        let texts = mails.iter().map(|mail| String::from_utf8_lossy(&mail.message));
        assert!(texts.into_iter().all(|text| text.contains("2026-11-23")));
    }
}

#[tokio::test]
async fn the_feed_has_no_gaps_and_knows_its_keys() {
    let mut house = House::new(|_| {}).await;
    let new = enrolling("192.0.2.0/24", Ways::default());
    let (enrolment, secrets) = house.feedback.add(new).await.unwrap();
    for number in 1..=5 {
        house
            .spam(number, if number == 3 { "198.51.100.7" } else { "192.0.2.7" })
            .await;
    }
    let holder = house.feedback.holder(&secrets.pull_key).await.unwrap();
    let (mut cursor, mut seen) = (0, Vec::new());
    loop {
        let page = house.feedback.pull(&holder, cursor, 2).await.unwrap();
        let events = page["events"].as_array().unwrap();
        seen.extend(events.iter().map(|event| event["cursor"].as_u64().unwrap()));
        cursor = page["next"].as_u64().unwrap();
        if events.is_empty() {
            break;
        }
    }
    assert_eq!(seen, [1, 2, 4, 5]);
    for wrong in ["", "atf_", "atf_AAAA", &"x".repeat(10_000), "a' OR 1=1"] {
        let refused = house.feedback.holder(wrong).await;
        assert!(matches!(refused, Err(PullError::NoKey)), "{wrong}");
    }
    let (_, renewed) = house.feedback.rotate(enrolment.id).await.unwrap();
    assert!(house.feedback.holder(&secrets.pull_key).await.is_err());
    assert!(house.feedback.holder(&renewed.pull_key).await.is_ok());
}

#[tokio::test]
async fn what_could_be_spoofed_and_what_others_say_is_not_told() {
    let mut house = House::new(|_| {}).await;
    let (enrolment, _) = house
        .feedback
        .add(enrolling("192.0.2.0/24", by_mail()))
        .await
        .unwrap();
    let address = "192.0.2.7".parse().unwrap();
    for (number, handshake, trap) in [
        (1, Handshake::Unproven, Trap::Pristine),
        (2, Handshake::Reported, Trap::Pristine),
        (3, Handshake::Completed, Trap::Role),
    ] {
        let id = ObservationId(Uuid::from_u128(number));
        let seen = Observation {
            kind: Kind::Spam,
            handshake,
            trap: Some(trap),
            ..Observation::new(id, address, house.time.now(), Sensor::Trap)
        };
        house.record(seen).await;
    }
    assert_eq!(
        house.store.feedback_events(enrolment.id, 0, 10).await.unwrap(),
        []
    );
}

#[tokio::test]
async fn enrolments_are_warned_lapse_and_are_forgotten() {
    let mut house = House::new(|_| {}).await;
    let (enrolment, secrets) = house
        .feedback
        .add(enrolling("192.0.2.0/24", by_mail()))
        .await
        .unwrap();
    assert!(!house.feedback.look().await.unwrap());
    house.time.set(enrolment.ends_at.minus(DAY));
    house.feedback.look().await.unwrap();
    house.feedback.look().await.unwrap();
    assert_eq!(house.mails().await.len(), 1, "warned once");
    house.time.set(enrolment.ends_at.plus(DAY));
    house.spam(1, "192.0.2.7").await;
    assert!(matches!(
        house.feedback.holder(&secrets.pull_key).await,
        Err(PullError::Inactive)
    ));
    house.feedback.look().await.unwrap();
    let (lapsed, _) = house.feedback.show(enrolment.id).await.unwrap();
    assert_eq!(
        (lapsed.state, house.mails().await.len()),
        (EnrolmentState::Lapsed, 1)
    );
    house.feedback.prove(enrolment.id).await.unwrap();
    house.spam(2, "192.0.2.7").await;
    assert_eq!(
        house
            .store
            .feedback_events(enrolment.id, 0, 10)
            .await
            .unwrap()
            .len(),
        1
    );
    house.time.advance(DAY * 181);
    house.feedback.look().await.unwrap();
    house.time.advance(DAY * 31);
    house.feedback.look().await.unwrap();
    assert!(matches!(
        house.feedback.show(enrolment.id).await,
        Err(FeedbackError::Unknown(_))
    ));
}

#[tokio::test]
async fn what_was_seen_before_anybody_enrolled_is_not_gone_through() {
    let mut house = House::new(|_| {}).await;
    for number in 1..=3 {
        house.spam(number, "192.0.2.7").await;
    }
    let (enrolment, _) = house
        .feedback
        .add(enrolling("192.0.2.0/24", by_mail()))
        .await
        .unwrap();
    house.spam(4, "192.0.2.7").await;
    let events = house.store.feedback_events(enrolment.id, 0, 10).await.unwrap();
    assert_eq!(events.iter().map(|event| event.position).collect::<Vec<_>>(), [4]);
}

#[tokio::test]
async fn many_enrolments_overlap_and_each_gets_its_own() {
    let mut house = House::new(|config| config.most_enrolments = 302).await;
    let mut ids = Vec::new();
    for number in 0..300_u32 {
        let scope = format!("10.{}.{}.0/24", number / 250, number % 250);
        ids.push(
            house
                .feedback
                .add(enrolling(&scope, Ways::default()))
                .await
                .unwrap()
                .0
                .id,
        );
    }
    let wide = house
        .feedback
        .add(enrolling("10.0.0.0/8", Ways::default()))
        .await
        .unwrap()
        .0
        .id;
    house
        .feedback
        .add(enrolling("AS64500", Ways::default()))
        .await
        .unwrap();
    let more = house.feedback.add(enrolling("192.0.2.1", Ways::default())).await;
    assert!(more.unwrap_err().to_string().contains("feedback.most_enrolments"));
    house.spam(1, "10.1.7.9").await;
    for (id, events) in [(ids[257], 1), (wide, 1), (ids[0], 0)] {
        assert_eq!(
            house.store.feedback_events(id, 0, 10).await.unwrap().len(),
            events
        );
    }
}

#[tokio::test]
async fn the_summary_of_a_day_is_by_address() {
    let mut house = House::new(|_| {}).await;
    let new = enrolling("192.0.2.0/24", Ways::default());
    let (_, secrets) = house.feedback.add(new).await.unwrap();
    for number in 1..=12 {
        house
            .spam(number, if number > 11 { "192.0.2.8" } else { "192.0.2.7" })
            .await;
    }
    let holder = house.feedback.holder(&secrets.pull_key).await.unwrap();
    let today = house.time.now();
    let table = house.feedback.summary(&holder, today).await.unwrap();
    let lines: Vec<_> = table.lines().skip(1).collect();
    assert!(
        lines[0].starts_with("192.0.2.7,") && lines[0].ends_with(",11,11,red,no"),
        "{table}"
    );
    assert!(
        lines[1].starts_with("192.0.2.8,") && lines[1].ends_with(",1,1,green,no"),
        "{table}"
    );
    let before = house.feedback.summary(&holder, today.minus(DAY)).await.unwrap();
    assert_eq!(before.lines().count(), 1);
    assert_eq!(
        house
            .feedback
            .summary(&holder, Timestamp::EPOCH)
            .await
            .unwrap()
            .lines()
            .count(),
        1
    );
}
