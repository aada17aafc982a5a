//! The step from one version to the next, and the quota of a key, in every order that threads can take.
//!
//! Not a copy is tried but `src/publication.rs` and `src/access/quota.rs` themselves: here they stand on the parts of `sync`, which loom
//! watches. loom runs each model once for every order of its threads, and lets a thread that nothing has told of a change see the memory
//! as it was before. What a version holds is therefore written with `Relaxed`: nothing but the publication itself can make it visible.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../src/publication.rs"]
mod publication;
#[path = "../../src/access/quota.rs"]
mod quota;
mod sync;

use std::sync::Arc;
use std::sync::atomic::Ordering::{Relaxed, Release};

use atalaya_model::{Serial, Timestamp};
use loom::thread;

use crate::publication::{Numbered, Publication};
use crate::quota::Quota;
use crate::sync::{ArcSwap, AtomicU64};

/// A version in two parts, as a set has many; each holds the serial once it is written.
#[derive(Debug)]
struct Version {
    serial: Serial,
    parts: [AtomicU64; 2],
}

impl Version {
    fn new(serial: u64) -> Self {
        let parts = [AtomicU64::new(0), AtomicU64::new(0)];
        for part in &parts {
            part.store(serial, Relaxed);
        }
        Self {
            serial: Serial(serial),
            parts,
        }
    }

    /// The serial, if all of the version is there.
    fn read(&self) -> u64 {
        for part in &self.parts {
            assert_eq!(
                part.load(Relaxed),
                self.serial.0,
                "the whole version or none of it"
            );
        }
        self.serial.0
    }
}

impl Numbered for Version {
    fn serial(&self) -> Serial {
        self.serial
    }
}

/// Versions with a writer that keeps the serials that it made, as the journal does.
type Versions = Publication<Version, Vec<u64>>;

fn versions() -> Arc<Versions> {
    Arc::new(Publication::new(Version::new(1), vec![1]))
}

/// Makes the next version.
fn decide(versions: &Versions) -> u64 {
    versions.change(|made, before| {
        let serial = before.read() + 1;
        made.push(serial);
        (Some(Version::new(serial)), serial)
    })
}

#[test]
fn readers_see_whole_versions_and_none_goes_back() {
    loom::model(|| {
        let versions = versions();
        let readers = [(), ()].map(|()| {
            let versions = Arc::clone(&versions);
            thread::spawn(move || {
                let [first, second] = [(), ()].map(|()| versions.current().read());
                assert!(first <= second, "{second} after {first}");
            })
        });
        assert_eq!([(), ()].map(|()| decide(&versions)), [2, 3]);
        for reader in readers {
            reader.join().unwrap();
        }
        assert_eq!(versions.current().read(), 3);
    });
}

#[test]
fn a_version_that_is_kept_stays_as_it_is() {
    loom::model(|| {
        let versions = versions();
        let reader = Arc::clone(&versions);
        let reader = thread::spawn(move || {
            let kept = reader.current();
            let serial = kept.read();
            let newer = reader.current().read();
            assert_eq!((kept.read(), newer >= serial), (serial, true));
        });
        decide(&versions);
        decide(&versions);
        reader.join().unwrap();
    });
}

#[test]
fn those_who_change_take_turns_and_no_change_is_lost() {
    loom::model(|| {
        let versions = versions();
        let other = Arc::clone(&versions);
        let other = thread::spawn(move || decide(&other));
        let mut serials = [decide(&versions), other.join().unwrap()];
        serials.sort_unstable();
        assert_eq!(serials, [2, 3]);
        let made = versions.both(|made, version| (made.clone(), version.read()));
        assert_eq!(made, (vec![1, 2, 3], 3));
    });
}

#[test]
fn the_journal_is_read_with_the_version_that_it_belongs_to() {
    loom::model(|| {
        let versions = versions();
        let transfer = Arc::clone(&versions);
        let transfer = thread::spawn(move || {
            let (last, serial) = transfer.both(|made, version| (made.last().copied(), version.read()));
            assert_eq!(last, Some(serial));
        });
        decide(&versions);
        decide(&versions);
        transfer.join().unwrap();
    });
}

#[test]
fn where_nothing_changes_nobody_is_told() {
    loom::model(|| {
        let versions = versions();
        let reader = Arc::clone(&versions);
        let reader = thread::spawn(move || reader.current().read());
        versions.change(|_made, before| (None, before.read()));
        assert_eq!(reader.join().unwrap(), 1);
        assert!(!versions.news().has_changed());
    });
}

#[test]
fn who_is_told_of_a_version_finds_it() {
    loom::model(|| {
        let versions = versions();
        let (mut news, standing) = (versions.news(), Arc::clone(&versions));
        let teller = thread::spawn(move || {
            let mut told = 1;
            // loom knows when nobody will ever wake it: no news is lost.
            while told < 3 {
                told = news.changed().0;
                assert!(
                    standing.current().read() >= told,
                    "told of {told} before it was there"
                );
            }
        });
        decide(&versions);
        decide(&versions);
        teller.join().unwrap();
    });
}

/// Midnight between two days.
const DAY: i64 = 86_400;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

#[test]
fn threads_together_take_no_more_than_the_day_has() {
    loom::model(|| {
        let quota = Arc::new(Quota::new());
        let others = [(), ()].map(|()| {
            let quota = Arc::clone(&quota);
            thread::spawn(move || quota.take(at(0), Some(2)))
        });
        let mut taken = u64::from(quota.take(at(0), Some(2)));
        for other in others {
            taken += u64::from(other.join().unwrap());
        }
        assert_eq!((taken, quota.used(at(0))), (2, 2));
    });
}

#[test]
fn a_thread_that_is_late_at_midnight_does_not_bring_the_day_before_back() {
    loom::model(|| {
        let quota = Arc::new(Quota::new());
        assert!(quota.take(at(DAY - 1), Some(1)));
        let late = Arc::clone(&quota);
        let late = thread::spawn(move || late.take(at(DAY - 1), Some(1)));
        let on_time = [(), ()].map(|()| quota.take(at(DAY), Some(1)));
        assert_eq!(on_time, [true, false]);
        assert!(!late.join().unwrap());
    });
}

/// Nothing is proved by a model that would miss a mistake: published without an order, a version is no more than a race.
#[test]
#[should_panic(expected = "Causality violation")]
fn the_model_sees_what_is_published_without_an_order() {
    loom::model(|| {
        let current = Arc::new(ArcSwap::from_pointee(Version::new(1)));
        let reader = Arc::clone(&current);
        let reader = thread::spawn(move || reader.load().read());
        current.put(Arc::new(Version::new(2)), Relaxed);
        reader.join().unwrap();
    });
}

/// The same with the order, so that nothing else makes the one above fail.
#[test]
fn the_model_is_content_with_what_is_published_in_order() {
    loom::model(|| {
        let current = Arc::new(ArcSwap::from_pointee(Version::new(1)));
        let reader = Arc::clone(&current);
        let reader = thread::spawn(move || reader.load().read());
        current.put(Arc::new(Version::new(2)), Release);
        reader.join().unwrap();
    });
}
