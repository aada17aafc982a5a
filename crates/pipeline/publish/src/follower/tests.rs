//! What the follower does when the store is not what it was.

use atalaya_model::{Class, Decision, Rule, Timestamp, Verdict};
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;

use super::*;
use crate::PublishConfig;

/// A store in a folder that goes with it.
async fn store() -> (Store, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    let store = Store::open(&url, TestClock::default().clock()).await.unwrap();
    (store, folder)
}

/// Lists prefixes, one after the other.
async fn list(store: &Store, prefixes: &[&str]) {
    for prefix in prefixes {
        let mut transaction = store.begin().await.unwrap();
        transaction
            .decide(&decision(prefix), Timestamp::EPOCH)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
    }
}

fn decision(prefix: &str) -> Decision {
    Decision {
        prefix: prefix.parse().unwrap(),
        verdict: Verdict::List {
            class: Class::Spam,
            until: None,
        },
        rule: Rule::new("by-hand", 1),
        score: 0.0,
        reason: "a test".to_owned(),
    }
}

/// A follower that knows everything in the store.
async fn up_to_date(store: &Store) -> Follower {
    let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap();
    let mut follower = Follower::new(store.clone(), Arc::new(zone));
    catch_up(&mut follower).await;
    follower
}

/// Steps until there is no more to do; gives the number of troubles on the way.
async fn catch_up(follower: &mut Follower) -> usize {
    let mut troubles = 0;
    loop {
        match follower.step().await {
            Ok(Step::UpToDate) => return troubles,
            Ok(Step::Onward) => {}
            Err(_trouble) => troubles += 1,
        }
        assert!(troubles < 10, "it does not come to an end");
    }
}

fn is_listed(follower: &Follower, address: &str) -> bool {
    let answer = follower.zone.lookup(address.parse().unwrap(), Timestamp::EPOCH);
    answer.is_listed()
}

#[tokio::test]
async fn a_store_that_was_put_back_and_caught_up_is_loaded_again() {
    let (first, _folder) = store().await;
    list(&first, &["192.0.2.1", "192.0.2.2", "192.0.2.3"]).await;
    for others in [
        &["192.0.2.1", "192.0.2.2"][..],
        &["192.0.2.1", "192.0.2.2", "198.51.100.3"],
        &["192.0.2.1", "192.0.2.2", "198.51.100.3", "198.51.100.4"],
    ] {
        let mut follower = up_to_date(&first).await;
        let (restored, _folder) = store().await;
        list(&restored, others).await;
        follower.store = restored;
        assert_eq!(catch_up(&mut follower).await, 1, "{others:?}");
        assert!(!is_listed(&follower, "192.0.2.3"), "{others:?}");
        for address in others {
            assert!(is_listed(&follower, address), "{address} of {others:?}");
        }
        assert_eq!(follower.zone.serial(), Serial(others.len() as u64));
    }
}

#[tokio::test]
async fn a_store_that_was_emptied_is_loaded_again_and_a_new_one_followed_from_its_first_decision() {
    let (first, _folder) = store().await;
    list(&first, &["192.0.2.1"]).await;
    let mut follower = up_to_date(&first).await;
    let (empty, _folder) = store().await;
    follower.store = empty.clone();
    assert_eq!(catch_up(&mut follower).await, 1);
    assert_eq!(follower.zone.size(), (0, 0));
    list(&empty, &["192.0.2.7", "192.0.2.8"]).await;
    assert_eq!(catch_up(&mut follower).await, 0);
    assert!(is_listed(&follower, "192.0.2.7") && is_listed(&follower, "192.0.2.8"));
}

#[tokio::test]
async fn a_gap_in_the_decisions_loads_the_zone_again() {
    let (store, _folder) = store().await;
    list(&store, &["192.0.2.1", "192.0.2.2", "192.0.2.3"]).await;
    let decisions = store.decisions_after(Serial(0), 3).await.unwrap();
    let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap();
    let mut follower = Follower::new(store, Arc::new(zone));
    drop(follower.zone.load(Set::default(), Serial(1)));
    let trouble = follower
        .take(&[decisions[0].clone(), decisions[2].clone()])
        .unwrap_err();
    assert!(matches!(trouble, Trouble::Gap(_)), "{trouble:?}");
    assert_eq!(
        follower.zone.serial(),
        Serial(1),
        "nothing is applied out of order"
    );
    follower.must_load = true;
    assert_eq!(catch_up(&mut follower).await, 0);
    assert_eq!(follower.zone.size(), (3, 0));
}

#[tokio::test]
async fn a_store_that_comes_back_is_followed_on() {
    let (store, folder) = store().await;
    list(&store, &["192.0.2.1"]).await;
    let mut follower = up_to_date(&store).await;
    store.close().await;
    let mut pauses = Vec::new();
    for _try in 0..9 {
        let trouble = follower.step().await.unwrap_err();
        assert!(matches!(trouble, Trouble::Store(_)), "{trouble:?}");
        pauses.push(follower.next_pause(&trouble));
    }
    assert_eq!((pauses[0], pauses[1]), (FIRST_PAUSE, FIRST_PAUSE * 2));
    assert_eq!(pauses[8], LONGEST_PAUSE);
    assert!(is_listed(&follower, "192.0.2.1"), "answers go on");

    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    follower.store = Store::open(&url, TestClock::default().clock()).await.unwrap();
    list(&follower.store, &["192.0.2.2"]).await;
    let mut news = follower.store.subscribe(Topic::Decisions);
    while follower.pause.is_some() {
        follower.follow(&mut news).await;
    }
    assert!(is_listed(&follower, "192.0.2.1") && is_listed(&follower, "192.0.2.2"));
}
