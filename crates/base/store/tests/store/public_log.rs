//! The public log as it is kept.

use std::time::Duration;

use atalaya_model::{Class, Digest, Serial, Verdict};
use atalaya_store::{LogHead, LogLeaf, LogNode, Opens, Store};
use atalaya_testkit::on_both;

use crate::support::{Fixture, decide, decision, listed_until};

on_both!(
    Fixture:
    what_is_added_is_read_back,
    a_logged_decision_comes_with_what_opens_it,
    salts_are_forgotten_once_nothing_stands_by_them,
    two_do_not_add_at_once,
    a_deleted_log_begins_again,
);

fn hash(byte: u8) -> Digest {
    Digest([byte; 32])
}

fn leaf(serial: u64, byte: u8) -> LogLeaf {
    LogLeaf {
        serial: Serial(serial),
        salt: [byte; 16],
        leaf: hash(byte),
    }
}

async fn add(store: &Store, leaves: &[LogLeaf], nodes: &[LogNode], size: u64) -> LogHead {
    let head = LogHead {
        origin: "example.org/log".to_owned(),
        size,
        root: hash(9),
        note: format!("note of {size}"),
        signed_at: atalaya_model::Timestamp::from_seconds(50),
    };
    let mut transaction = store.begin().await.unwrap();
    transaction.take_log().await.unwrap();
    transaction.add_to_log(leaves, nodes, &head).await.unwrap();
    transaction.commit().await.unwrap();
    head
}

async fn what_is_added_is_read_back(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.log_head().await.unwrap(), None);
    for address in ["192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        decide(
            store,
            &decision(address, listed_until(1_000)),
            fixture.time.clock().now(),
        )
        .await;
    }
    let node = |number, byte| LogNode {
        level: 1,
        number,
        hash: hash(byte),
    };
    add(store, &[leaf(1, 1), leaf(2, 2)], &[node(0, 7)], 2).await;
    let head = add(store, &[leaf(3, 3)], &[node(1, 8)], 3).await;
    assert_eq!(store.log_head().await.unwrap(), Some(head));
    let read = async |level, first, count| store.log_hashes(level, first, count).await.unwrap();
    assert_eq!(read(0, 0, 2).await, [hash(1), hash(2)]);
    assert_eq!(read(0, 1, 256).await, [hash(2), hash(3)]);
    assert_eq!(read(1, 1, 256).await, [hash(8)]);
    assert_eq!(read(2, 0, 256).await, []);
}

async fn a_logged_decision_comes_with_what_opens_it(fixture: Fixture) {
    let store = &fixture.store;
    for address in ["192.0.2.1", "192.0.2.2"] {
        decide(
            store,
            &decision(address, listed_until(1_000)),
            fixture.time.clock().now(),
        )
        .await;
    }
    add(store, &[leaf(1, 1), leaf(2, 2)], &[], 2).await;
    let logged = store.logged(Serial(1), 1).await.unwrap();
    assert_eq!(logged.len(), 1);
    assert_eq!((logged[0].decided.serial, logged[0].leaf), (Serial(2), hash(2)));
    assert_eq!(logged[0].opens, Opens::Salt([2; 16]));
    assert_eq!(logged[0].decided.decision.prefix, "192.0.2.2".parse().unwrap());
}

async fn salts_are_forgotten_once_nothing_stands_by_them(fixture: Fixture) {
    let store = &fixture.store;
    let now = fixture.time.clock().now();
    let withdraw = Verdict::Withdraw { class: Class::Spam };
    for (address, verdict) in [
        ("192.0.2.1", listed_until(1_000)),
        ("192.0.2.2", listed_until(1_000)),
        ("192.0.2.1", withdraw),
        ("192.0.2.0/24", Verdict::Allow { until: None }),
    ] {
        decide(store, &decision(address, verdict), now).await;
    }
    add(store, &[leaf(1, 1), leaf(2, 2), leaf(3, 3), leaf(4, 4)], &[], 4).await;
    let later = now.plus(Duration::from_secs(1));
    let serials = async |after, before| -> Vec<u64> {
        let found = store.forgettable(Serial(after), before, 10).await.unwrap();
        found.iter().map(|one| one.decided.serial.0).collect()
    };
    assert_eq!(serials(0, now).await, Vec::<u64>::new());
    // The second still stands on the list, the fourth on the allow list.
    assert_eq!(serials(0, later).await, [1, 3]);
    assert_eq!(serials(1, later).await, [3]);
    let forget = [(Serial(1), hash(0xaa))];
    assert_eq!(store.forget_salts(&forget).await.unwrap(), 1);
    assert_eq!(store.forget_salts(&[(Serial(1), hash(0xbb))]).await.unwrap(), 0);
    assert_eq!(serials(0, later).await, [3]);
    let logged = store.logged(Serial(0), 1).await.unwrap();
    assert_eq!(
        (logged[0].opens, logged[0].leaf),
        (Opens::Forgotten(hash(0xaa)), hash(1))
    );
}

async fn two_do_not_add_at_once(fixture: Fixture) {
    let store = fixture.store.clone();
    let other = fixture.again().await;
    let mut first = store.begin().await.unwrap();
    assert_eq!(first.take_log().await.unwrap(), None);
    let second = tokio::spawn(async move {
        let mut second = other.begin().await.unwrap();
        second.take_log().await.unwrap()
    });
    fixture.until_somebody_waits().await;
    let head = LogHead {
        origin: "example.org/log".to_owned(),
        size: 0,
        root: hash(0),
        note: String::new(),
        signed_at: fixture.time.clock().now(),
    };
    first.add_to_log(&[], &[], &head).await.unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap(), Some(head));
}

async fn a_deleted_log_begins_again(fixture: Fixture) {
    let store = &fixture.store;
    decide(
        store,
        &decision("192.0.2.1", listed_until(1_000)),
        fixture.time.clock().now(),
    )
    .await;
    add(store, &[leaf(1, 1)], &[], 1).await;
    let mut transaction = store.begin().await.unwrap();
    transaction.take_log().await.unwrap();
    transaction.delete_log().await.unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(store.log_head().await.unwrap(), None);
    assert_eq!(store.logged(Serial(0), 9).await.unwrap(), []);
    add(store, &[leaf(1, 5)], &[], 1).await;
    assert_eq!(store.log_hashes(0, 0, 9).await.unwrap(), [hash(5)]);
}
