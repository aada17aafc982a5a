//! The follower with a real store: the zone comes to what was decided, and stays there when the store is gone.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Class, Decision, Prefix, Rule, Serial, Timestamp, Verdict};
use atalaya_publish::{Follower, PublishConfig, Set, Zone, load_list};
use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::TestClock;
use tokio_util::sync::CancellationToken;

/// How long to wait for what must come.
const LIMIT: Duration = Duration::from_secs(20);

struct Followed {
    store: Store,
    zone: Arc<Zone>,
    now: Timestamp,
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    _folder: tempfile::TempDir,
}

/// A store with one decision in it, and a zone that follows.
async fn follow() -> Followed {
    let folder = tempfile::tempdir().unwrap();
    let time = TestClock::default();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    let store = Store::open(&url, time.clock()).await.unwrap();
    let zone = Arc::new(Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap());
    let stop = CancellationToken::new();
    let followed = Followed {
        store: store.clone(),
        zone: Arc::clone(&zone),
        now: time.now(),
        stop: stop.clone(),
        task: tokio::spawn(async {}),
        _folder: folder,
    };
    followed.decide("192.0.2.1", list(None)).await;
    let task = tokio::spawn(Follower::new(store, zone).run(stop));
    Followed { task, ..followed }
}

fn list(until: Option<Timestamp>) -> Verdict {
    Verdict::List {
        class: Class::Spam,
        until,
    }
}

impl Followed {
    async fn decide(&self, prefix: &str, verdict: Verdict) -> Serial {
        let mut transaction = self.store.begin().await.unwrap();
        let decision = Decision {
            prefix: prefix.parse::<Prefix>().unwrap(),
            verdict,
            rule: Rule::new("by-hand", 1),
            score: 1.5,
            reason: format!("{} by a test", verdict.name()),
        };
        let decided = transaction.decide(&decision, self.now).await.unwrap();
        transaction.commit().await.unwrap();
        decided.serial
    }

    /// Waits until the zone stands at a decision.
    async fn until(&self, serial: Serial) {
        let stands = async {
            while !(self.zone.is_loaded() && self.zone.serial() == serial) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(LIMIT, stands)
            .await
            .expect("the zone follows");
    }

    fn is_listed(&self, address: &str) -> bool {
        let address: IpAddr = address.parse().unwrap();
        self.zone.lookup(address, self.now).is_listed()
    }
}

#[tokio::test]
async fn the_zone_loads_what_is_there_and_follows_what_is_decided() {
    let followed = follow().await;
    followed.until(Serial(1)).await;
    assert!(followed.is_listed("192.0.2.1"));
    let second = followed.decide("198.51.100.0/24", list(None)).await;
    followed.until(second).await;
    assert!(followed.is_listed("198.51.100.77"));
    let allowed = followed
        .decide("198.51.100.77", Verdict::Allow { until: None })
        .await;
    followed.until(allowed).await;
    assert!(!followed.is_listed("198.51.100.77"));
    let withdrawn = followed
        .decide("192.0.2.1", Verdict::Withdraw { class: Class::Spam })
        .await;
    followed.until(withdrawn).await;
    assert!(!followed.is_listed("192.0.2.1"));
    assert_eq!(followed.zone.size(), (1, 1));
}

#[tokio::test]
async fn following_comes_to_the_same_as_loading_anew() {
    let followed = follow().await;
    followed.until(Serial(1)).await;
    let soon = Some(followed.now.plus(Duration::from_secs(60)));
    let later = Some(followed.now.plus(Duration::from_secs(600)));
    let extend = Verdict::Extend {
        class: Class::Spam,
        until: later,
    };
    let mut last = Serial(1);
    for (prefix, verdict) in [
        ("192.0.2.2", list(soon)),
        ("192.0.2.2", extend),
        ("192.0.2.1", list(soon)),
        ("192.0.2.3", list(soon)),
        (
            "192.0.2.3",
            Verdict::List {
                class: Class::Bot,
                until: None,
            },
        ),
        ("192.0.2.3", Verdict::Withdraw { class: Class::Spam }),
        (
            "192.0.2.0/30",
            Verdict::List {
                class: Class::Policy,
                until: later,
            },
        ),
        ("2001:db8::/64", list(None)),
        ("192.0.2.8", Verdict::Allow { until: soon }),
        ("192.0.2.9", Verdict::Allow { until: None }),
        ("192.0.2.9", Verdict::Disallow),
        ("192.0.2.8", Verdict::Allow { until: later }),
    ] {
        last = followed.decide(prefix, verdict).await;
    }
    followed.until(last).await;
    let anew = Arc::new(Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap());
    assert_eq!(load_list(&followed.store, &anew).await.unwrap(), last);
    assert_eq!(anew.size(), followed.zone.size());
    for address in [
        "192.0.2.1",
        "192.0.2.2",
        "192.0.2.3",
        "192.0.2.8",
        "192.0.2.9",
        "2001:db8::1",
    ] {
        let address = address.parse().unwrap();
        for seconds in [0, 60, 600, 3_600] {
            let now = followed.now.plus(Duration::from_secs(seconds));
            assert_eq!(
                anew.lookup(address, now),
                followed.zone.lookup(address, now),
                "{address}"
            );
        }
    }
}

#[tokio::test]
async fn a_store_put_back_from_a_backup_is_loaded_again() {
    let followed = follow().await;
    followed.until(Serial(1)).await;
    // As if the zone had seen decisions that the store has lost.
    drop(followed.zone.load(Set::default(), Serial(50)));
    followed.until(Serial(1)).await;
    assert!(followed.is_listed("192.0.2.1"));
}

#[tokio::test]
async fn answers_go_on_when_the_store_is_gone_and_the_follower_still_ends() {
    let followed = follow().await;
    followed.until(Serial(1)).await;
    followed.store.close().await;
    assert!(followed.is_listed("192.0.2.1"));
    assert!(followed.zone.is_loaded());
    followed.stop.cancel();
    tokio::time::timeout(LIMIT, followed.task).await.unwrap().unwrap();
}
