//! When a destination may be tried: one that cannot be reached is left alone for a growing while, for all mails at once.
//!
//! In: how tries ended, and the time. Out: whether to go, or until when to wait. Nothing here is kept over a restart.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_model::Timestamp;

use super::relay::Reached;

/// The first time for which a destination is left alone.
const FIRST: Duration = Duration::from_secs(10);
/// The longest one.
const LONGEST: Duration = Duration::from_secs(600);
/// Doublings after which the longest is reached in any case.
const MOST_DOUBLINGS: u32 = 6;
/// Destinations in trouble that are remembered; beyond, the mails alone wait.
const MOST: usize = 10_000;

/// Destinations that cannot be reached.
#[derive(Debug, Default)]
pub(super) struct Pace {
    closed: Mutex<HashMap<String, Closed>>,
}

#[derive(Debug, Clone, Copy)]
struct Closed {
    until: Timestamp,
    failures: u32,
}

impl Pace {
    /// Until when a destination is left alone; none where it may be tried.
    pub(super) fn closed_until(&self, destination: &str, now: Timestamp) -> Option<Timestamp> {
        let until = self.lock().get(destination)?.until;
        (until > now).then_some(until)
    }

    /// Remembers that a destination was reached, or that it was not. Of those who try it at the same time, the first to fail speaks for all.
    pub(super) fn tried(&self, destination: &str, reached: Reached, now: Timestamp) {
        let mut closed = self.lock();
        if reached == Reached::Yes {
            closed.remove(destination);
            return;
        }
        let known = closed.get(destination).copied();
        if known.is_some_and(|known| known.until > now) || (known.is_none() && closed.len() >= MOST) {
            return;
        }
        let failures = known.map_or(0, |known| known.failures);
        let wait = FIRST
            .saturating_mul(1 << failures.min(MOST_DOUBLINGS))
            .min(LONGEST);
        let next = Closed {
            until: now.plus(wait),
            failures: failures.saturating_add(1),
        };
        closed.insert(destination.to_owned(), next);
    }

    /// The map is whole even if a thread panicked while it held it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Closed>> {
        self.closed.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_cannot_be_reached_is_left_alone_for_a_growing_while() {
        let pace = Pace::default();
        let mut now = Timestamp::from_seconds(1_000);
        let mut waits = Vec::new();
        for _ in 0..9 {
            for _together in 0..5 {
                pace.tried("a", Reached::No, now);
            }
            let until = pace.closed_until("a", now).unwrap();
            waits.push(until.since(now).as_secs());
            now = until;
            assert_eq!(pace.closed_until("a", now), None);
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600]);
        assert_eq!(pace.closed_until("b", now), None);
        pace.tried("a", Reached::Yes, now);
        pace.tried("a", Reached::No, now);
        assert_eq!(pace.closed_until("a", now), Some(now.plus(FIRST)));
    }
}
