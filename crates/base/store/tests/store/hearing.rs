//! What is heard of notices, and how mailboxes do by it.

use std::time::Duration;

use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::{Asked, DeathRules, Effect, HeardWhich, NewHeard, Recorded};
use atalaya_testkit::on_both;
use serde_json::json;
use uuid::Uuid;

use crate::support::{Fixture, prefix};

on_both!(
    Fixture:
    what_is_heard_is_kept_once_with_its_mail,
    what_is_about_no_notice_is_counted,
    a_mailbox_dies_of_failures_in_a_row_and_lives_again,
    a_mailbox_that_does_not_exist_is_dead_at_once,
    what_was_refused_holds_for_the_prefix_and_inside_it,
    what_is_old_goes_but_for_what_waits,
    what_followed_can_be_taken_back,
    what_waits_for_a_person_waits_until_it_is_settled,
    what_was_heard_is_read_a_page_at_a_time,
);

const DAY: Duration = Duration::from_secs(86_400);
const RULES: DeathRules = DeathRules {
    after: 3,
    over: Duration::from_secs(7 * 86_400),
    rest: Duration::from_secs(90 * 86_400),
};

fn contact() -> MailAddress {
    "Abuse@net.example".parse().unwrap()
}

/// Something heard about the notice of that number.
fn heard(number: u128, action: &str, at: Timestamp) -> NewHeard {
    NewHeard {
        id: Uuid::from_u128(number),
        at,
        notice: Some(Uuid::from_u128(number)),
        contact: Some(contact()),
        sender: "mailer-daemon@net.example".to_owned(),
        kind: "bounce".to_owned(),
        confidence: 99,
        because: "a delivery status".to_owned(),
        action: action.to_owned(),
        details: json!({"status": "5.1.1"}),
        settles: None,
    }
}

/// A failure that lasts.
fn failed() -> [Effect; 1] {
    [Effect::Failed {
        certain: false,
        rules: RULES,
        why: "550 no".to_owned(),
    }]
}

/// A mailbox that does not exist.
fn gone() -> [Effect; 1] {
    [Effect::Failed {
        certain: true,
        rules: RULES,
        why: "550 no".to_owned(),
    }]
}

/// A failure about the notice of that number.
async fn fail(fixture: &Fixture, number: u128, at: Timestamp) {
    let told = heard(number, "counted", at);
    fixture.store.hear(&told, None, &failed()).await.unwrap();
}

async fn what_is_heard_is_kept_once_with_its_mail(fixture: Fixture) {
    let store = &fixture.store;
    let told = heard(1, "counted", fixture.time.now());
    for expected in [Recorded::New, Recorded::Known] {
        let mail = Some(b"Subject: x\r\n\r\n".to_vec());
        let kept = store.hear(&told, mail, &failed()).await.unwrap();
        assert_eq!(kept, expected);
    }
    // Another report about the same notice is kept, and does not count.
    let again = NewHeard {
        id: Uuid::from_u128(9),
        ..told.clone()
    };
    store.hear(&again, None, &gone()).await.unwrap();
    assert_eq!(store.heard(again.id).await.unwrap().unwrap().told.action, "noted");
    let kept = store.heard(told.id).await.unwrap().unwrap();
    assert_eq!(kept.told, told);
    let message = store.message(&kept.message.unwrap()).await.unwrap();
    assert_eq!(message.unwrap(), b"Subject: x\r\n\r\n");
    assert_eq!(store.mailbox(&contact()).await.unwrap().unwrap().hard, 1);
    assert_eq!(store.count_heard_of(told.id).await.unwrap(), 2);
    assert!(store.observations_after(0, 9).await.unwrap().is_empty());
}

async fn what_is_about_no_notice_is_counted(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    store.hear(&heard(1, "noted", now), None, &[]).await.unwrap();
    let strange = NewHeard {
        notice: None,
        contact: None,
        ..heard(5, "person", now)
    };
    store.hear(&strange, None, &[]).await.unwrap();
    assert_eq!(store.strange_since(now).await.unwrap(), 1);
    for (whom, count) in [
        ("@net.example", 1),
        ("@NET.example", 1),
        ("Mailer-Daemon@net.example", 1),
        ("@et.example", 0),
        ("daemon@net.example", 0),
        ("@%", 0),
        ("@net.example\\", 0),
        ("", 0),
    ] {
        assert_eq!(store.strange_from(whom, now).await.unwrap(), count, "{whom}");
    }
    assert_eq!(store.count_heard_of(Uuid::from_u128(1)).await.unwrap(), 1);
    assert_eq!(store.count_unsettled().await.unwrap(), 1);
    assert_eq!(store.all_heard(9).await.unwrap().len(), 2);
}

async fn a_mailbox_dies_of_failures_in_a_row_and_lives_again(fixture: Fixture) {
    let store = &fixture.store;
    let start = fixture.time.now();
    let day = |count: u32| start.plus(DAY * count);
    let is_dead = async |at| store.is_dead(&contact(), at).await.unwrap();
    for (number, at) in [(1, day(0)), (2, day(1)), (3, day(2)), (4, day(3))] {
        fail(&fixture, number, at).await;
    }
    assert!(!is_dead(day(3)).await, "four in three days are no week");
    fail(&fixture, 5, day(7)).await;
    assert_eq!([is_dead(day(8)).await, is_dead(day(96)).await], [true; 2]);
    assert!(!is_dead(day(98)).await, "after a quarter it is tried again");
    fail(&fixture, 6, day(98)).await;
    assert!(is_dead(day(99)).await, "and dead again at the first failure");
    writing_shows_that_it_lives(&fixture, day(100)).await;
    fail(&fixture, 8, day(120)).await;
    assert!(!is_dead(day(120)).await, "counting begins anew");
}

async fn writing_shows_that_it_lives(fixture: &Fixture, now: Timestamp) {
    let store = &fixture.store;
    store
        .hear(&heard(7, "noted", now), None, &[Effect::Wrote])
        .await
        .unwrap();
    let mailbox = store.mailbox(&contact()).await.unwrap().unwrap();
    assert!(!mailbox.is_dead(now));
    assert_eq!((mailbox.hard, mailbox.last_reply_at), (0, Some(now)));
}

async fn a_mailbox_that_does_not_exist_is_dead_at_once(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    store
        .hear(&heard(1, "counted", now), None, &gone())
        .await
        .unwrap();
    let small: MailAddress = "abuse@net.example".parse().unwrap();
    assert!(store.is_dead(&small, now).await.unwrap());
    // What was written to it before is not sent any more.
    let unwanted = store.unwanted(&[&contact()]).await.unwrap();
    assert_eq!(
        unwanted["abuse@net.example"],
        "mail to it failed for good: 550 no"
    );
    fixture.time.advance(DAY * 90);
    assert!(store.unwanted(&[&contact()]).await.unwrap().is_empty());
    let other: MailAddress = "noc@net.example".parse().unwrap();
    assert!(!store.is_dead(&other, now).await.unwrap());
}

async fn what_was_refused_holds_for_the_prefix_and_inside_it(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let refuse = [Effect::Refuse(prefix("192.0.2.0/25")), Effect::LeaveAlone];
    store
        .hear(&heard(1, "refused", now), None, &refuse)
        .await
        .unwrap();
    store
        .contact_refused(&prefix("2001:db8::/64"), &contact(), now)
        .await
        .unwrap();
    for (address, refused) in [("192.0.2.1", true), ("192.0.2.200", false), ("2001:db8::7", true)] {
        let found = store
            .is_refused(address.parse().unwrap(), &contact())
            .await
            .unwrap();
        assert_eq!(found, refused, "{address}");
    }
    let other: MailAddress = "noc@net.example".parse().unwrap();
    assert!(
        !store
            .is_refused("192.0.2.1".parse().unwrap(), &other)
            .await
            .unwrap()
    );
    assert!(store.is_left_alone(&contact()).await.unwrap());
}

async fn what_is_old_goes_but_for_what_waits(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    for (number, action) in [(1, "noted"), (2, "person"), (3, "person")] {
        store.hear(&heard(number, action, now), None, &[]).await.unwrap();
    }
    let settling = NewHeard {
        settles: Some(Uuid::from_u128(2)),
        ..heard(4, "settled", now)
    };
    store.hear(&settling, None, &[]).await.unwrap();
    store
        .hear(&heard(5, "noted", now.plus(DAY)), None, &[])
        .await
        .unwrap();
    while store.delete_heard(now.plus(DAY)).await.unwrap() {}
    let kept = store.all_heard(9).await.unwrap();
    let kept: Vec<u128> = kept.iter().map(|heard| heard.told.id.as_u128()).collect();
    assert_eq!(kept, [5, 3]);
    assert_eq!(store.count_unsettled().await.unwrap(), 1);
}

async fn what_followed_can_be_taken_back(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let refuse = [Effect::Refuse(prefix("192.0.2.0/25")), Effect::LeaveAlone];
    store
        .hear(&heard(1, "refused", now), None, &refuse)
        .await
        .unwrap();
    store
        .hear(&heard(2, "counted", now), None, &gone())
        .await
        .unwrap();
    let allow = async |asked| store.allow_mail_to(&contact(), asked).await.unwrap();
    let stands = async || {
        let refused = store.is_refused("192.0.2.1".parse().unwrap(), &contact()).await;
        [
            store.is_dead(&contact(), now).await.unwrap(),
            store.is_left_alone(&contact()).await.unwrap(),
            refused.unwrap(),
        ]
    };
    assert_eq!(stands().await, [true; 3]);
    assert_eq!(
        [allow(Asked::Kept).await, allow(Asked::Kept).await],
        [true, false]
    );
    assert_eq!(stands().await, [false, true, true], "what was asked for holds");
    assert!(allow(Asked::Forgotten).await);
    assert_eq!(stands().await, [false; 3]);
    assert!(!allow(Asked::Forgotten).await);
}

async fn what_waits_for_a_person_waits_until_it_is_settled(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let waiting = heard(1, "person", now);
    store.hear(&waiting, None, &[]).await.unwrap();
    store.hear(&heard(2, "noted", now), None, &[]).await.unwrap();
    assert_eq!(store.unsettled(9).await.unwrap().len(), 1);
    assert!(!store.is_settled(waiting.id).await.unwrap());
    let settling = NewHeard {
        settles: Some(waiting.id),
        ..heard(3, "settled", now)
    };
    store.hear(&settling, None, &[Effect::Wrote]).await.unwrap();
    assert!(store.unsettled(9).await.unwrap().is_empty());
    assert!(store.is_settled(waiting.id).await.unwrap());
}

async fn what_was_heard_is_read_a_page_at_a_time(fixture: Fixture) {
    let store = &fixture.store;
    // Two of each moment, so that the id has to tell them apart.
    for number in 1..=6_u128 {
        let action = if number == 3 { "noted" } else { "person" };
        let at = Timestamp::from_seconds(1_800_000_000 + i64::try_from(number).unwrap() / 2);
        let told = heard(number, action, at);
        store.hear(&told, None, &[]).await.unwrap();
    }
    for (which, expected) in [
        (HeardWhich::All, &[6_u128, 5, 4, 3, 2, 1][..]),
        (HeardWhich::Waiting, &[6, 5, 4, 2, 1]),
    ] {
        let (mut seen, mut behind) = (Vec::new(), None);
        loop {
            let page = store.heard_page(which, behind, 2).await.unwrap();
            let Some(last) = page.last() else { break };
            behind = Some((last.told.at, last.told.id));
            seen.extend(page.iter().map(|one| one.told.id.as_u128()));
        }
        assert_eq!(seen, expected, "{which:?}");
    }
}
