//! Retention: what is older than wanted goes, a batch at a time, each kind after its own time.

use std::time::Duration;

use atalaya_model::{DialectId, Prefix, Timestamp};
use atalaya_store::{Evidence, EvidenceKind};
use atalaya_testkit::on_both;

use crate::support::{Fixture, count, spam_from};

on_both!(
    Fixture:
    each_kind_of_evidence_goes_after_its_own_time_and_what_was_seen_stays,
    what_was_deleted_may_come_again,
    what_arrives_again_is_young_again,
    much_is_deleted_in_batches,
    only_judged_observations_go,
    texts_that_are_met_no_more_go_and_those_that_are_stay,
);

const DAY: Duration = Duration::from_secs(86_400);

async fn record(fixture: &Fixture, message: &[u8]) {
    let evidence = Evidence {
        message: Some(message.to_vec()),
        conversation: Some([b"S: 220 ", message].concat()),
        ..Evidence::default()
    };
    fixture
        .store
        .record(spam_from("192.0.2.1"), evidence)
        .await
        .unwrap();
}

async fn delete(fixture: &Fixture, kind: EvidenceKind, before: Timestamp) -> usize {
    let mut times = 0;
    while fixture.store.delete_evidence(kind, before).await.unwrap() {
        times += 1;
    }
    times
}

async fn each_kind_of_evidence_goes_after_its_own_time_and_what_was_seen_stays(fixture: Fixture) {
    let store = &fixture.store;
    record(&fixture, b"old").await;
    fixture.time.advance(DAY * 10);
    record(&fixture, b"young").await;
    let before = fixture.time.now().minus(DAY * 5);
    delete(&fixture, EvidenceKind::Message, before).await;

    let seen = store.observations_after(0, 10).await.unwrap();
    let old = &seen[0].observation;
    let (message, conversation) = (old.message.unwrap(), old.conversation.unwrap());
    assert_eq!(store.message(&message).await.unwrap(), None);
    assert_eq!(store.recipients_of(&message, 9).await.unwrap().len(), 0);
    let kept = store.message(&conversation).await.unwrap();
    assert_eq!(kept.unwrap(), b"S: 220 old");
    let young = seen[1].observation.message.unwrap();
    assert_eq!(store.message(&young).await.unwrap().unwrap(), b"young");
    let unit = Prefix::unit("192.0.2.1".parse().unwrap());
    assert_eq!(store.count_observations(&unit).await.unwrap(), 2);

    delete(&fixture, EvidenceKind::Conversation, before).await;
    assert_eq!(store.message(&conversation).await.unwrap(), None);
    assert_eq!(count(&fixture.url, "evidence").await, 2);
}

async fn what_was_deleted_may_come_again(fixture: Fixture) {
    record(&fixture, b"old").await;
    fixture.time.advance(DAY * 10);
    delete(&fixture, EvidenceKind::Message, fixture.time.now()).await;
    record(&fixture, b"old").await;
    let seen = fixture.store.observations_after(1, 10).await.unwrap();
    let message = seen[0].observation.message.unwrap();
    assert_eq!(fixture.store.message(&message).await.unwrap().unwrap(), b"old");
}

async fn what_arrives_again_is_young_again(fixture: Fixture) {
    record(&fixture, b"campaign").await;
    fixture.time.advance(DAY * 10);
    record(&fixture, b"campaign").await;
    delete(&fixture, EvidenceKind::Message, fixture.time.now().minus(DAY * 5)).await;
    let seen = fixture.store.observations_after(0, 10).await.unwrap();
    let message = seen[0].observation.message.unwrap();
    assert_eq!(seen[1].observation.message, Some(message));
    assert_eq!(
        fixture.store.message(&message).await.unwrap().unwrap(),
        b"campaign"
    );
}

async fn much_is_deleted_in_batches(fixture: Fixture) {
    let records = (0..1_200_u32).map(|number| {
        let store = fixture.store.clone();
        let message = number.to_be_bytes().to_vec();
        tokio::spawn(async move { store.record(spam_from("192.0.2.1"), Some(message)).await })
    });
    for record in records.collect::<Vec<_>>() {
        record.await.unwrap().unwrap();
    }
    fixture.time.advance(DAY);
    let batches = delete(&fixture, EvidenceKind::Message, fixture.time.now()).await;
    assert!(batches > 1, "{batches}");
    assert_eq!(count(&fixture.url, "evidence").await, 0);
}

async fn texts_that_are_met_no_more_go_and_those_that_are_stay(fixture: Fixture) {
    let store = &fixture.store;
    let [old, met] = [1, 2].map(|byte| DialectId([byte; 8]));
    let meet = async |dialect| {
        let mut observation = spam_from("192.0.2.1");
        observation.dialect = Some(dialect);
        let evidence = Evidence {
            dialect: Some(format!("smtp/{dialect}")),
            ..Evidence::default()
        };
        store.record(observation, evidence).await.unwrap();
    };
    meet(old).await;
    meet(met).await;
    fixture.time.advance(DAY * 10);
    meet(met).await;
    while store
        .delete_habits(fixture.time.now().minus(DAY * 5))
        .await
        .unwrap()
    {}
    assert_eq!(store.text_of(old).await.unwrap(), None);
    assert_eq!(store.text_of(met).await.unwrap(), Some(format!("smtp/{met}")));
    meet(old).await;
    assert_eq!(store.text_of(old).await.unwrap(), Some(format!("smtp/{old}")));
}

async fn only_judged_observations_go(fixture: Fixture) {
    let store = &fixture.store;
    for _ in 0..3 {
        record(&fixture, b"same").await;
    }
    let before = spam_from("192.0.2.1").seen_at.plus(DAY);
    while store.delete_observations(before, 2).await.unwrap() {}
    let left = store.observations_after(0, 10).await.unwrap();
    assert_eq!(left.iter().map(|seen| seen.position).collect::<Vec<_>>(), [3]);
    assert!(
        !store
            .delete_observations(left[0].observation.seen_at, 3)
            .await
            .unwrap()
    );
    record(&fixture, b"same").await;
    let next = store.observations_after(3, 10).await.unwrap();
    assert_eq!(next.iter().map(|seen| seen.position).collect::<Vec<_>>(), [4]);
}
