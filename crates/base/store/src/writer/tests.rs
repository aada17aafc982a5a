//! What happens when the disk of the database is full, where no small disk can be mounted: a limit on the pages does the same.

use atalaya_model::{Clock, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp, Trap};
use uuid::Uuid;

use crate::{Store, StoreUrl};

fn spam() -> Observation {
    Observation {
        kind: Kind::Spam,
        handshake: Handshake::Completed,
        trap: Some(Trap::Pristine),
        subject: "x".repeat(1_000),
        ..Observation::new(
            ObservationId(Uuid::now_v7()),
            "192.0.2.1".parse().unwrap(),
            Timestamp::EPOCH,
            Sensor::Trap,
        )
    }
}

async fn limit_pages(store: &Store, pages: u32) {
    let mut connection = store.write_facts().await.unwrap();
    connection
        .rows(format!("PRAGMA max_page_count = {pages}"), Vec::new())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_full_database_refuses_and_goes_on_when_there_is_space() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    limit_pages(&store, 60).await;
    let mut kept = 0;
    let error = loop {
        match store.record(spam(), None).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
    };
    assert!(error.is_full() && error.is_temporary(), "{error:?}");
    limit_pages(&store, 1_000_000).await;
    store.record(spam(), None).await.unwrap();
    let seen = store.observations_after(0, 10_000).await.unwrap();
    assert!(seen.iter().map(|seen| seen.position).eq(1..=kept + 1));
}

#[tokio::test]
async fn what_nobody_waits_for_any_more_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    tokio::select! {
        biased;
        _ = store.record(spam(), None) => panic!("it was written before anybody could give up"),
        () = std::future::ready(()) => {}
    }
    store.record(spam(), None).await.unwrap();
    assert_eq!(store.observations_after(0, 10).await.unwrap().len(), 1);
}

/// More callers than one group and the queue hold.
const CALLERS: u64 = 14_000;

#[tokio::test]
async fn a_store_that_stalls_holds_a_bounded_number_and_lets_the_others_wait() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    let mut stall = store.write_facts().await.unwrap();
    stall.begin().await.unwrap();
    let callers: Vec<_> = (0..CALLERS)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.record(spam(), Some(b"x".to_vec())).await })
        })
        .collect();
    let orders = &store.writer().orders;
    while orders.capacity() > 0 {
        tokio::task::yield_now().await;
    }
    // The group in hand and the queue are all that the store holds; it grows no further.
    for _ in 0..CALLERS {
        tokio::task::yield_now().await;
    }
    assert_eq!(orders.max_capacity(), super::MAX_WAITING);
    assert_eq!(orders.capacity(), 0);
    assert!(callers.iter().all(|caller| !caller.is_finished()));
    stall.rollback().await.unwrap();
    drop(stall);
    for caller in callers {
        caller.await.unwrap().unwrap();
    }
    let last = store.observations_after(CALLERS - 1, 10).await.unwrap();
    assert_eq!(last.len(), 1);
}
