//! The feedback loop: enrolments, events, and how far each way of telling has come.

use std::time::Duration;

use atalaya_model::{Digest, Timestamp};
use atalaya_store::{
    Delivery, Enrolment, EnrolmentState, FeedbackEvent, Proof, ReportLimits, SIGNED_READER, Store, Way, Ways,
};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::{Fixture, decide, decision, listed_until, spam_from};

on_both!(
    Fixture:
    an_enrolment_is_kept_and_found,
    an_enrolment_is_changed_and_forgotten,
    who_ends_is_found_once_before_and_again_at_the_end,
    events_are_kept_once_and_in_their_order,
    a_delivery_is_taken_by_one_and_again_after_its_lease,
    a_delivery_that_failed_waits_until_its_time_or_is_woken,
    a_day_is_summed_up_by_address,
    events_have_an_age,
    whoever_enrols_first_begins_at_the_end,
    events_of_domains_are_numbered_as_they_come_and_told_once,
    reports_are_counted_by_address_and_in_all,
    retention_waits_for_each_reader_that_tells_somebody,
);

const LEASE: Duration = Duration::from_secs(60);

fn enrolment(number: u128, now: Timestamp) -> Enrolment {
    Enrolment {
        id: Uuid::from_u128(number),
        scope: "192.0.2.0/24".parse().unwrap(),
        name: "Ñandú \"Hosting\"".to_owned(),
        mailbox: "Abuse@network.example".parse().unwrap(),
        state: EnrolmentState::Active,
        proof: Some(Proof::Operator),
        ways: Ways {
            mail: true,
            summary: false,
            webhook: Some("https://network.example/hook".to_owned()),
        },
        pull_key: Some(Digest([u8::try_from(number).unwrap(); 32])),
        generation: 3,
        created_at: now,
        ends_at: now.plus(Duration::from_secs(1_000)),
        warned_at: None,
        client: None,
    }
}

async fn put(store: &Store, enrolment: &Enrolment) {
    let mut transaction = store.begin().await.unwrap();
    transaction.put_enrolment(enrolment).await.unwrap();
    transaction.commit().await.unwrap();
}

fn event(number: u128, position: u64, address: &str, seconds: i64) -> FeedbackEvent {
    FeedbackEvent {
        enrolment: Uuid::from_u128(number),
        position,
        observation: position,
        address: address.parse().unwrap(),
        seen_at: Timestamp::from_seconds(seconds),
        traps: 2,
    }
}

async fn add(store: &Store, events: &[FeedbackEvent]) {
    let mut transaction = store.begin().await.unwrap();
    transaction.add_feedback_events(events).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn note(store: &Store, delivery: &Delivery) {
    let mut transaction = store.begin().await.unwrap();
    transaction.note_delivery(delivery).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn an_enrolment_is_kept_and_found(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let (one, other) = (enrolment(1, now), enrolment(2, now));
    let first = store.enrolments_version().await.unwrap();
    put(store, &one).await;
    put(store, &other).await;
    assert!(store.enrolments_version().await.unwrap() > first);
    assert_eq!(store.enrolment(one.id).await.unwrap(), Some(one.clone()));
    let by_key = store.enrolment_by_key(&Digest([2; 32])).await.unwrap();
    assert_eq!(by_key.as_ref(), Some(&other));
    assert_eq!(
        store.enrolments(None, 9).await.unwrap(),
        [one.clone(), other.clone()]
    );
    assert_eq!(store.enrolments(Some(one.id), 9).await.unwrap(), [other]);
    let mailbox = "ABUSE@network.example".parse().unwrap();
    assert_eq!(store.count_enrolments(&mailbox).await.unwrap(), (2, 2));
}

async fn an_enrolment_is_changed_and_forgotten(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let one = enrolment(1, now);
    put(store, &one).await;
    let ways = |deliveries: Vec<Delivery>| deliveries.iter().map(|one| one.way).collect::<Vec<_>>();
    let all = store.deliveries(one.id).await.unwrap();
    assert_eq!(ways(all), [Way::Mail, Way::Summary, Way::Webhook]);
    let changed = Enrolment {
        state: EnrolmentState::Lapsed,
        ways: Ways::default(),
        ..one
    };
    put(store, &changed).await;
    assert_eq!(store.enrolment(changed.id).await.unwrap(), Some(changed.clone()));
    assert_eq!(store.deliveries(changed.id).await.unwrap(), []);
    let mut transaction = store.begin().await.unwrap();
    transaction.remove_enrolment(changed.id).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(store.enrolment(changed.id).await.unwrap(), None);
}

async fn who_ends_is_found_once_before_and_again_at_the_end(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let one = enrolment(1, now);
    put(store, &one).await;
    let (before, after) = (one.ends_at.minus(LEASE), one.ends_at.plus(LEASE));
    assert_eq!(store.enrolments_ending(before, now, 9).await.unwrap(), []);
    assert_eq!(
        store.enrolments_ending(after, now, 9).await.unwrap(),
        std::slice::from_ref(&one)
    );
    let warned = Enrolment {
        warned_at: Some(now),
        ..one
    };
    put(store, &warned).await;
    assert_eq!(store.enrolments_ending(after, now, 9).await.unwrap(), []);
    assert_eq!(store.enrolments_ending(after, after, 9).await.unwrap(), [warned]);
}

async fn events_are_kept_once_and_in_their_order(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    put(store, &enrolment(1, now)).await;
    let events = [event(1, 3, "192.0.2.1", 5), event(1, 8, "2001:db8::1", 4)];
    add(store, &events).await;
    add(store, &events).await;
    let id = Uuid::from_u128(1);
    assert_eq!(store.feedback_events(id, 0, 9).await.unwrap(), events);
    assert_eq!(store.feedback_events(id, 3, 9).await.unwrap(), events[1..]);
    assert_eq!(store.feedback_events(id, 0, 1).await.unwrap(), events[..1]);
    assert_eq!(store.feedback_events(Uuid::from_u128(2), 0, 9).await.unwrap(), []);
}

async fn a_delivery_is_taken_by_one_and_again_after_its_lease(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    put(store, &enrolment(1, now)).await;
    assert_eq!(
        store.take_delivery(Way::Webhook, LEASE).await.unwrap(),
        None,
        "nothing to tell"
    );
    add(store, &[event(1, 3, "192.0.2.1", 5)]).await;
    let taken = store.take_delivery(Way::Webhook, LEASE).await.unwrap().unwrap();
    assert_eq!((taken.position, taken.latest), (0, 3));
    assert_eq!(
        store.take_delivery(Way::Webhook, LEASE).await.unwrap(),
        None,
        "it is being told"
    );
    assert!(
        store.take_delivery(Way::Mail, LEASE).await.unwrap().is_some(),
        "the other way waits for none"
    );
    fixture.time.advance(LEASE);
    assert!(store.take_delivery(Way::Webhook, LEASE).await.unwrap().is_some());
}

async fn a_delivery_that_failed_waits_until_its_time_or_is_woken(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    put(store, &enrolment(1, now)).await;
    add(store, &[event(1, 3, "192.0.2.1", 5)]).await;
    let mut again = store.take_delivery(Way::Webhook, LEASE).await.unwrap().unwrap();
    again.attempts = 2;
    again.failing_since = Some(now);
    again.last_error = Some("no".to_owned());
    again.due_at = now.plus(LEASE * 5);
    note(store, &again).await;
    let kept = store.deliveries(Uuid::from_u128(1)).await.unwrap();
    assert!(kept.contains(&again), "{kept:?}");
    assert_eq!(
        store.take_delivery(Way::Webhook, LEASE).await.unwrap(),
        None,
        "not before its time"
    );
    let mut transaction = store.begin().await.unwrap();
    transaction.wake_deliveries(again.enrolment).await.unwrap();
    transaction.commit().await.unwrap();
    let mut woken = store.take_delivery(Way::Webhook, LEASE).await.unwrap().unwrap();
    assert_eq!((woken.attempts, woken.failing_since), (0, None));
    woken.position = 3;
    woken.due_at = now;
    note(store, &woken).await;
    assert_eq!(
        store.take_delivery(Way::Webhook, LEASE).await.unwrap(),
        None,
        "all is told"
    );
}

async fn a_day_is_summed_up_by_address(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    put(store, &enrolment(1, now)).await;
    let day = 86_400;
    let events = [
        event(1, 1, "192.0.2.1", 2 * day - 1),
        event(1, 2, "192.0.2.1", 2 * day),
        event(1, 3, "192.0.2.1", 2 * day + 60),
        event(1, 4, "2001:db8::1", 3 * day - 1),
        event(1, 5, "192.0.2.1", 3 * day),
    ];
    add(store, &events).await;
    let until = listed_until(now.seconds() + 100);
    decide(store, &decision("2001:db8::/64", until), now).await;
    let lines = store.feedback_day(Uuid::from_u128(1), 2, now, 9).await.unwrap();
    let told = lines.iter().map(|line| {
        let (first, last) = (line.first_seen.seconds(), line.last_seen.seconds());
        (
            line.address.to_string(),
            first,
            last,
            line.messages,
            line.traps,
            line.listed,
        )
    });
    assert_eq!(
        told.collect::<Vec<_>>(),
        [
            ("192.0.2.1".to_owned(), 2 * day, 2 * day + 60, 2, 4, false),
            ("2001:db8::1".to_owned(), 3 * day - 1, 3 * day - 1, 1, 2, true),
        ]
    );
    assert_eq!(
        store
            .feedback_day(Uuid::from_u128(1), u64::MAX, now, 9)
            .await
            .unwrap(),
        []
    );
}

async fn events_have_an_age(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    put(store, &enrolment(1, now)).await;
    let events = [event(1, 1, "192.0.2.1", 5), event(1, 2, "192.0.2.1", 50)];
    add(store, &events).await;
    let before = Timestamp::from_seconds(50);
    assert!(store.delete_feedback(before).await.unwrap());
    assert!(!store.delete_feedback(before).await.unwrap());
    assert_eq!(
        store.feedback_events(Uuid::from_u128(1), 0, 9).await.unwrap(),
        events[1..]
    );
}

async fn whoever_enrols_first_begins_at_the_end(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    store.record(spam_from("192.0.2.1"), None).await.unwrap();
    put(store, &enrolment(1, now)).await;
    assert_eq!(store.position("feedback").await.unwrap(), 1);
    store.record(spam_from("192.0.2.1"), None).await.unwrap();
    put(store, &enrolment(2, now)).await;
    assert_eq!(
        store.position("feedback").await.unwrap(),
        1,
        "who is there already misses nothing"
    );
}

async fn events_of_domains_are_numbered_as_they_come_and_told_once(fixture: Fixture) {
    let store = &fixture.store;
    let ids = [1, 2].map(Uuid::from_u128);
    for number in [1, 2] {
        let domain = Enrolment {
            scope: "dkim:news.example".parse().unwrap(),
            ..enrolment(number, fixture.time.now())
        };
        put(store, &domain).await;
    }
    let mut transaction = store.begin().await.unwrap();
    // A later message was verified first.
    for (observation, whom, added) in [
        (9, &ids[..1], 1),
        (7, &ids[..], 2),
        (9, &ids[..], 1),
        (7, &ids[..], 0),
    ] {
        let seen = event(0, observation, "192.0.2.7", 100);
        assert_eq!(transaction.add_signed_events(&seen, whom).await.unwrap(), added);
    }
    transaction.commit().await.unwrap();
    for (id, observations) in ids.iter().zip([[9, 7], [7, 9]]) {
        let events = store.feedback_events(*id, 0, 10).await.unwrap();
        let told: Vec<u64> = events.iter().map(|event| event.observation).collect();
        assert_eq!(told, observations);
        let rest = store.feedback_events(*id, events[0].position, 10).await.unwrap();
        assert_eq!(rest, events[1..]);
        let waiting = store.deliveries(*id).await.unwrap();
        assert!(
            waiting
                .iter()
                .any(|delivery| delivery.latest == events[1].position && delivery.position == 0)
        );
    }
    let late = Enrolment {
        scope: "dkim:late.example".parse().unwrap(),
        ..enrolment(3, fixture.time.now())
    };
    put(store, &late).await;
    let begins = store.deliveries(late.id).await.unwrap();
    assert!(
        begins
            .iter()
            .filter(|delivery| delivery.way != Way::Summary)
            .all(|delivery| delivery.position == 4)
    );
}

async fn reports_are_counted_by_address_and_in_all(fixture: Fixture) {
    let limits = ReportLimits {
        per_address: 2,
        in_all: 3,
    };
    let mut transaction = fixture.store.begin().await.unwrap();
    let asked = [("a", 1), ("A", 1), ("a", 1), ("b", 1), ("c", 1), ("a", 2)];
    let mut may = Vec::new();
    for (local, day) in asked {
        let address = format!("{local}@x.example").parse().unwrap();
        may.push(transaction.count_report(&address, day, limits).await.unwrap());
    }
    assert_eq!(may, [true, true, false, true, false, true]);
    transaction.commit().await.unwrap();
}

async fn retention_waits_for_each_reader_that_tells_somebody(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.told_up_to().await.unwrap(), None, "nobody to tell");
    let mut by_domain = enrolment(1, Timestamp::from_seconds(100));
    by_domain.scope = "dkim:news.example".parse().unwrap();
    put(store, &by_domain).await;
    assert_eq!(store.told_up_to().await.unwrap(), Some(0));
    let mut transaction = store.begin().await.unwrap();
    transaction.set_position(SIGNED_READER, 7).await.unwrap();
    transaction.set_position("feedback", 5).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(store.told_up_to().await.unwrap(), Some(7), "nobody by address");
    put(store, &enrolment(2, Timestamp::from_seconds(100))).await;
    let told = store.told_up_to().await.unwrap();
    assert!(told.is_some_and(|told| told < 7), "{told:?}");
    by_domain.state = EnrolmentState::Lapsed;
    put(store, &by_domain).await;
    assert_eq!(
        store.told_up_to().await.unwrap(),
        told,
        "one who lapsed is not told"
    );
}
