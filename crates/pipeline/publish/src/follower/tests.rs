//! What the follower does when the store is not what it was.

use std::path::Path;

use atalaya_model::{Class, Decision, Rule, Timestamp, Verdict};
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;

use super::*;
use crate::{PublishConfig, Set, snapshot};

/// When everything is decided: not on a whole second.
const MOMENT: Timestamp = Timestamp::from_micros(1_795_435_200_123_456);

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
        transaction.decide(&decision(prefix), MOMENT).await.unwrap();
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
        score: 1.0 / 3.0,
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

/// Follows the store to its end with the list on disk, and stops in an orderly way.
async fn run_with_file(store: &Store, path: &Path) -> Arc<Zone> {
    let zone = Arc::new(Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap());
    let follower = Follower::new(store.clone(), Arc::clone(&zone)).with_file(path.to_owned());
    let stop = CancellationToken::new();
    let run = tokio::spawn(follower.run(stop.clone()));
    let serial = store.serial().await.unwrap();
    let reached = async {
        while !zone.is_loaded() || zone.serial() < serial {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), reached)
        .await
        .unwrap();
    stop.cancel();
    run.await.unwrap();
    zone
}

fn lists(zone: &Zone, address: &str) -> bool {
    zone.lookup(address.parse().unwrap(), Timestamp::EPOCH)
        .is_listed()
}

#[tokio::test]
async fn the_list_on_disk_is_where_the_next_start_begins() {
    let (store, folder) = store().await;
    let path = folder.path().join("list");
    list(&store, &["192.0.2.1", "2001:db8::/64"]).await;
    run_with_file(&store, &path).await;
    let (standing, set) = snapshot::load(&path).unwrap().unwrap();
    assert_eq!((standing.serial, set.view().listings()), (Serial(2), 2));
    list(&store, &["192.0.2.3"]).await;
    let zone = run_with_file(&store, &path).await;
    assert_eq!((zone.serial(), zone.size().0), (Serial(3), 3));
    assert!(lists(&zone, "192.0.2.1") && lists(&zone, "192.0.2.3") && lists(&zone, "2001:db8::7"));
    let (standing, mut set) = snapshot::load(&path).unwrap().unwrap();
    assert_eq!(standing.serial, Serial(3));
    // What only the file knows is there: the list was not read from the store.
    set.apply([&Decided {
        serial: Serial(4),
        at: MOMENT,
        decision: decision("198.51.100.77"),
    }]);
    snapshot::save(&path, &standing, set.view()).unwrap();
    let zone = run_with_file(&store, &path).await;
    assert!(lists(&zone, "198.51.100.77"));
}

#[tokio::test]
async fn a_broken_list_on_disk_is_refused_and_made_anew() {
    let (store, folder) = store().await;
    let path = folder.path().join("list");
    list(&store, &["192.0.2.1", "192.0.2.2"]).await;
    run_with_file(&store, &path).await;
    let mut bytes = std::fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    std::fs::write(&path, &bytes).unwrap();
    let zone = run_with_file(&store, &path).await;
    assert_eq!((zone.serial(), zone.size().0), (Serial(2), 2));
    assert_eq!(snapshot::load(&path).unwrap().unwrap().0.serial, Serial(2));
}

#[tokio::test]
async fn the_list_of_another_store_is_not_believed() {
    let (one, folder) = store().await;
    let path = folder.path().join("list");
    list(&one, &["192.0.2.1", "192.0.2.2"]).await;
    run_with_file(&one, &path).await;
    let (other, _other_folder) = store().await;
    list(&other, &["198.51.100.1", "198.51.100.2", "198.51.100.3"]).await;
    let zone = run_with_file(&other, &path).await;
    assert!(lists(&zone, "198.51.100.3") && !lists(&zone, "192.0.2.1"));
    let (same, _same_folder) = store().await;
    list(&same, &["203.0.113.1", "203.0.113.2", "203.0.113.3"]).await;
    run_with_file(&same, &path).await;
    let (standing, _) = snapshot::load(&path).unwrap().unwrap();
    let last = same.decisions_after(Serial(2), 1).await.unwrap().pop();
    assert_eq!(
        standing.last, last,
        "the file is of this store now, although the serial is the same"
    );
    let (short, _short_folder) = store().await;
    let zone = run_with_file(&short, &path).await;
    assert_eq!((zone.serial(), zone.size().0), (Serial(0), 0));
}

#[tokio::test]
async fn with_the_store_down_the_list_on_disk_answers() {
    let (store, folder) = store().await;
    let path = folder.path().join("list");
    list(&store, &["192.0.2.1"]).await;
    run_with_file(&store, &path).await;
    store.close().await;
    let zone = Arc::new(Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap());
    let mut follower = Follower::new(store, Arc::clone(&zone)).with_file(path);
    follower.step().await.unwrap();
    assert!(zone.is_loaded() && lists(&zone, "192.0.2.1"));
    assert!(follower.step().await.is_err(), "it cannot follow");
}
