//! Enrolments that are asked for: kept apart from those that are proven, counted, and forgotten by themselves.

use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::{Enrolment, EnrolmentRequest, EnrolmentState, Proof, RequestCounts, Store, Ways};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::Fixture;

on_both!(
    Fixture:
    a_request_is_kept_and_found,
    a_request_is_changed_and_forgotten,
    requests_are_counted_by_client_scope_and_mailbox,
    a_request_costs_who_enrolled_nothing,
    proofs_that_can_be_looked_at_are_found_once_their_end_was_announced,
);

fn request(number: u128, now: Timestamp) -> EnrolmentRequest {
    EnrolmentRequest {
        id: Uuid::from_u128(number),
        scope: "192.0.2.0/24".parse().unwrap(),
        name: "Ñandú \"Hosting\"".to_owned(),
        mailbox: "Abuse@network.example".parse().unwrap(),
        ways: Ways {
            mail: true,
            ..Ways::default()
        },
        proof: Proof::Txt,
        client: "203.0.113.7/32".to_owned(),
        confirmed_at: None,
        contact: None,
        proven_at: None,
        approved_at: None,
        created_at: now,
        ends_at: now.plus(Duration::from_secs(100)),
    }
}

async fn put(store: &Store, request: &EnrolmentRequest) {
    let mut transaction = store.begin().await.unwrap();
    transaction.put_enrolment_request(request).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn a_request_is_kept_and_found(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let (one, other) = (request(1, now), request(2, now));
    put(store, &one).await;
    put(store, &other).await;
    let all = store.enrolment_requests(None, 9).await.unwrap();
    assert_eq!(all, [one.clone(), other.clone()]);
    let rest = store.enrolment_requests(Some(one.id), 9).await.unwrap();
    assert_eq!(rest, [other]);
    let mailbox = "ABUSE@network.example".parse().unwrap();
    let his = store.enrolment_requests_of(&mailbox, 9).await.unwrap();
    assert_eq!(his.len(), 2);
}

async fn a_request_is_changed_and_forgotten(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let other = request(2, now);
    put(store, &request(1, now)).await;
    put(store, &other).await;
    let changed = EnrolmentRequest {
        confirmed_at: Some(now),
        contact: Some("NOC@registry.example".parse().unwrap()),
        proven_at: Some(now),
        approved_at: Some(now),
        ends_at: now.plus(Duration::from_secs(500)),
        ..request(1, now)
    };
    put(store, &changed).await;
    let mailbox = "noc@registry.example".parse().unwrap();
    let asked = store.enrolment_requests_of(&mailbox, 9).await.unwrap();
    assert_eq!(asked, std::slice::from_ref(&changed), "the contact is found too");
    store.delete_enrolment_requests(other.ends_at).await.unwrap();
    let left = store.enrolment_requests(None, 9).await.unwrap();
    assert_eq!(left, std::slice::from_ref(&changed));
    let mut transaction = store.begin().await.unwrap();
    assert!(transaction.remove_enrolment_request(changed.id).await.unwrap());
    assert!(!transaction.remove_enrolment_request(changed.id).await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(store.enrolment_request(changed.id).await.unwrap(), None);
}

async fn requests_are_counted_by_client_scope_and_mailbox(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let mut another = request(2, now);
    another.client = "2001:db8::/48".to_owned();
    another.scope = "AS64500".parse().unwrap();
    put(store, &request(1, now)).await;
    put(store, &another).await;
    let confirmed = EnrolmentRequest {
        confirmed_at: Some(now),
        scope: "AS64501".parse().unwrap(),
        ..request(3, now)
    };
    put(store, &confirmed).await;
    let scope = "192.0.2.0/24".parse().unwrap();
    let mailbox = "abuse@NETWORK.example".parse().unwrap();
    let counts = store
        .count_enrolment_requests("2001:db8::/48", &scope, &mailbox)
        .await;
    assert_eq!(
        counts.unwrap(),
        RequestCounts {
            all: 3,
            of_client: 1,
            for_scope: 1,
            of_mailbox: 2,
        }
    );
}

fn enrolment(number: u128, proof: Proof, now: Timestamp) -> Enrolment {
    Enrolment {
        id: Uuid::from_u128(number),
        scope: "192.0.2.0/24".parse().unwrap(),
        name: "Example".to_owned(),
        mailbox: "abuse@network.example".parse().unwrap(),
        state: EnrolmentState::Active,
        proof: Some(proof),
        ways: Ways::default(),
        pull_key: None,
        generation: 0,
        created_at: now,
        ends_at: now.plus(Duration::from_secs(100)),
        warned_at: Some(now),
    }
}

async fn enrol(store: &Store, enrolment: &Enrolment) {
    let mut transaction = store.begin().await.unwrap();
    transaction.put_enrolment(enrolment).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn a_request_costs_who_enrolled_nothing(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let one = enrolment(1, Proof::Mail, now);
    enrol(store, &one).await;
    let version = store.enrolments_version().await.unwrap();
    put(store, &request(1, now)).await;
    assert_eq!(store.enrolments_version().await.unwrap(), version);
    let mailbox = "abuse@network.EXAMPLE".parse().unwrap();
    let mine = store.enrolments_of(&mailbox, 9).await.unwrap();
    assert_eq!(mine, std::slice::from_ref(&one));
    let mut transaction = store.begin().await.unwrap();
    transaction.remove_enrolment(one.id).await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(
        store.enrolment_request(one.id).await.unwrap(),
        None,
        "what was to be proven again is gone with it"
    );
}

async fn proofs_that_can_be_looked_at_are_found_once_their_end_was_announced(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let (txt, reverse) = (enrolment(1, Proof::Txt, now), enrolment(2, Proof::Reverse, now));
    let early = Enrolment {
        warned_at: None,
        ..enrolment(4, Proof::Txt, now)
    };
    for one in [&txt, &reverse, &enrolment(3, Proof::Mail, now), &early] {
        enrol(store, one).await;
    }
    let found = store.enrolments_to_look_at(None, now, 9).await.unwrap();
    assert_eq!(found, [txt.clone(), reverse.clone()]);
    let found = store.enrolments_to_look_at(Some(txt.id), now, 9).await.unwrap();
    assert_eq!(found, [reverse]);
    let after = store.enrolments_to_look_at(None, txt.ends_at, 9).await.unwrap();
    assert_eq!(after, []);
}
