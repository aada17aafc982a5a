//! Enrolments that are asked for: kept apart from those that are proven, counted, and forgotten by themselves.

use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::{
    Enrolment, EnrolmentRequest, EnrolmentState, Proof, RequestStep, SIGNED_READER, Store, Ways,
};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::Fixture;

on_both!(
    Fixture:
    a_request_is_kept_and_found,
    each_step_of_a_request_is_taken_once_and_keeps_it,
    what_is_dropped_or_refused_stays_and_is_counted,
    requests_are_forgotten_by_whoever_counts,
    a_change_of_an_enrolment_brings_no_old_key_back,
    a_change_of_an_enrolment_brings_back_none_that_ended,
    an_enrolment_lapses_once_and_is_forgotten_at_its_end,
    whoever_follows_signatures_begins_with_the_first_domain,
    a_request_costs_who_enrolled_nothing,
    proofs_that_can_be_looked_at_are_found_before_their_end_and_after,
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
        dropped_at: None,
        refused_at: None,
        created_at: now,
        ends_at: now.plus(Duration::from_secs(100)),
    }
}

async fn put(store: &Store, request: &EnrolmentRequest) {
    let mut transaction = store.begin().await.unwrap();
    transaction.add_enrolment_request(request).await.unwrap();
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

/// Takes steps of a request, and says which were taken now.
async fn step(store: &Store, id: Uuid, steps: &[RequestStep<'_>], until: Timestamp) -> Vec<bool> {
    let mut transaction = store.begin().await.unwrap();
    let mut taken = Vec::new();
    for step in steps {
        taken.push(transaction.note_request(id, *step, until).await.unwrap());
    }
    transaction.commit().await.unwrap();
    taken
}

async fn each_step_of_a_request_is_taken_once_and_keeps_it(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let other = request(2, now);
    put(store, &request(1, now)).await;
    put(store, &other).await;
    let (noc, else_) = (
        "NOC@registry.example".parse().unwrap(),
        "else@registry.example".parse().unwrap(),
    );
    let steps = [
        RequestStep::Confirmed,
        RequestStep::Asked(&noc),
        RequestStep::Asked(&else_),
        RequestStep::Proven,
        RequestStep::Approved,
    ];
    let until = now.plus(Duration::from_secs(500));
    let id = Uuid::from_u128(1);
    let taken = step(store, id, &steps, until).await;
    assert_eq!(taken, [true, true, false, true, true]);
    assert!(!step(store, id, &steps, now).await.contains(&true));
    let changed = EnrolmentRequest {
        confirmed_at: Some(now),
        contact: Some(noc),
        proven_at: Some(now),
        approved_at: Some(now),
        ends_at: until,
        ..request(1, now)
    };
    found_and_taken_once(store, (&request(1, now), &changed), other.ends_at).await;
}

/// A request that has changed is not overwritten by what it was, is found by its contact, and is taken once.
async fn found_and_taken_once(
    store: &Store,
    (was, changed): (&EnrolmentRequest, &EnrolmentRequest),
    end_of_others: Timestamp,
) {
    put(store, was).await;
    let mailbox = "noc@registry.example".parse().unwrap();
    let asked = store.enrolment_requests_of(&mailbox, 9).await.unwrap();
    assert_eq!(asked, std::slice::from_ref(changed), "the contact is found too");
    store.delete_enrolment_requests(end_of_others).await.unwrap();
    let left = store.enrolment_requests(None, 9).await.unwrap();
    assert_eq!(left, std::slice::from_ref(changed));
    let id = changed.id;
    let mut transaction = store.begin().await.unwrap();
    assert!(transaction.take_enrolment_request(id).await.unwrap());
    assert!(!transaction.take_enrolment_request(id).await.unwrap());
    assert!(!transaction.remove_enrolment_request(id).await.unwrap());
    transaction.commit().await.unwrap();
    assert_eq!(store.enrolment_request(id).await.unwrap(), None);
}

async fn what_is_dropped_or_refused_stays_and_is_counted(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let noc = "noc@registry.example".parse().unwrap();
    for number in [1, 2, 3] {
        put(store, &request(number, now)).await;
        step(store, Uuid::from_u128(number), &[RequestStep::Asked(&noc)], now).await;
    }
    let ids = [1, 2, 3].map(Uuid::from_u128);
    let scope = "192.0.2.0/24".parse().unwrap();
    let counted = async || {
        let mut transaction = store.begin().await.unwrap();
        let counted = transaction.asked_of_contact(&noc, &scope).await.unwrap();
        transaction.commit().await.unwrap();
        counted
    };
    step(store, ids[0], &[RequestStep::Dropped], now).await;
    assert_eq!(counted().await, (3, false));
    step(store, ids[1], &[RequestStep::Refused], now).await;
    step(store, ids[2], &[RequestStep::Proven], now).await;
    assert_eq!(counted().await, (2, true), "a yes makes room");
    for id in &ids[..2] {
        assert_eq!(step(store, *id, &[RequestStep::Proven], now).await, [false]);
    }
}

async fn requests_are_forgotten_by_whoever_counts(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    put(store, &request(1, now)).await;
    step(store, Uuid::from_u128(1), &[RequestStep::Dropped], now).await;
    let mut transaction = store.begin().await.unwrap();
    assert!(
        !transaction
            .take_enrolment_request(Uuid::from_u128(1))
            .await
            .unwrap(),
        "it is dropped"
    );
    transaction.hold_requests().await.unwrap();
    assert_eq!(transaction.all_requests().await.unwrap().len(), 1);
    transaction.commit().await.unwrap();
    fixture.time.advance(Duration::from_secs(100));
    let mut transaction = store.begin().await.unwrap();
    transaction.hold_requests().await.unwrap();
    assert_eq!(transaction.all_requests().await.unwrap(), []);
    transaction.commit().await.unwrap();
}

/// What a change in a transaction of its own says.
macro_rules! changed {
    ($store:expr, $method:ident($($value:expr),*)) => {{
        let mut transaction = $store.begin().await.unwrap();
        let done = transaction.$method($($value),*).await.unwrap();
        transaction.commit().await.unwrap();
        done
    }};
}

async fn a_change_of_an_enrolment_brings_no_old_key_back(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let one = enrolment(1, Proof::Txt, now);
    enrol(store, &one).await;
    let (key, until) = (atalaya_model::Digest([7; 32]), now.plus(Duration::from_secs(900)));
    assert!(changed!(store, rotate_enrolment(one.id, key)));
    assert!(
        !changed!(store, warn_enrolment(one.id, one.ends_at)),
        "warned already"
    );
    assert!(changed!(store, prove_enrolment(&one, Proof::Txt, until)));
    let proven = store.enrolment(one.id).await.unwrap().unwrap();
    assert_eq!(
        (proven.generation, proven.ends_at, proven.warned_at),
        (1, until, None)
    );
    assert_eq!(proven.pull_key, Some(key));
}

async fn a_change_of_an_enrolment_brings_back_none_that_ended(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let one = enrolment(1, Proof::Txt, now);
    enrol(store, &one).await;
    changed!(store, remove_enrolment(one.id));
    assert!(!changed!(store, prove_enrolment(&one, Proof::Txt, one.ends_at)));
    assert!(!changed!(store, warn_enrolment(one.id, one.ends_at)));
    assert_eq!(store.enrolment(one.id).await.unwrap(), None);
}

async fn an_enrolment_lapses_once_and_is_forgotten_at_its_end(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let one = enrolment(1, Proof::Txt, now);
    enrol(store, &one).await;
    fixture.time.advance(Duration::from_secs(100));
    let until = one.ends_at.plus(Duration::from_secs(100));
    assert!(changed!(store, lapse_enrolment(one.id, until)));
    assert!(!changed!(store, lapse_enrolment(one.id, until)));
    changed!(store, forget_lapsed(one.id));
    assert!(store.enrolment(one.id).await.unwrap().is_some(), "not yet");
    fixture.time.advance(Duration::from_secs(100));
    changed!(store, forget_lapsed(one.id));
    assert_eq!(store.enrolment(one.id).await.unwrap(), None);
}

async fn whoever_follows_signatures_begins_with_the_first_domain(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let seen = |number: u128| {
        let id = atalaya_model::ObservationId(Uuid::from_u128(number));
        let address = "192.0.2.7".parse().unwrap();
        atalaya_model::Observation::new(id, address, now, atalaya_model::Sensor::Trap)
    };
    let domain = |number| Enrolment {
        scope: "dkim:news.example".parse().unwrap(),
        ..enrolment(number, Proof::Txt, now)
    };
    store.record(seen(1), None).await.unwrap();
    enrol(store, &enrolment(1, Proof::Txt, now)).await;
    assert_eq!(store.position(SIGNED_READER).await.unwrap(), 0, "no domain");
    enrol(store, &domain(2)).await;
    assert_eq!(store.position(SIGNED_READER).await.unwrap(), 1);
    store.record(seen(2), None).await.unwrap();
    enrol(store, &domain(3)).await;
    assert_eq!(
        store.position(SIGNED_READER).await.unwrap(),
        1,
        "who is there already misses nothing"
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
        client: None,
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
    let again = store.enrolment_request(one.id).await.unwrap().unwrap();
    assert!(
        !again.is_open(now),
        "what was to be proven again is dropped with it"
    );
}

async fn proofs_that_can_be_looked_at_are_found_before_their_end_and_after(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let (txt, reverse) = (enrolment(1, Proof::Txt, now), enrolment(2, Proof::Reverse, now));
    let early = Enrolment {
        ends_at: now.plus(Duration::from_secs(900)),
        ..enrolment(4, Proof::Txt, now)
    };
    let lapsed = Enrolment {
        state: EnrolmentState::Lapsed,
        id: Uuid::from_u128(5),
        ..early.clone()
    };
    for one in [&txt, &reverse, &enrolment(3, Proof::Mail, now), &early, &lapsed] {
        enrol(store, one).await;
    }
    let soon = now.plus(Duration::from_secs(200));
    let look = async |after, now| store.enrolments_to_look_at(after, (now, soon), 9).await.unwrap();
    assert_eq!(
        look(None, now).await,
        [txt.clone(), reverse.clone(), lapsed.clone()]
    );
    assert_eq!(look(Some(txt.id), now).await, [reverse, lapsed.clone()]);
    assert_eq!(look(None, txt.ends_at).await, [lapsed]);
}
