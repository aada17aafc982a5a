//! When a destination may be tried.
//!
//! One that cannot be reached is left alone for a growing while, for all mails at once. One that has its share of mails waits for the next minute,
//! or for a connection. Mails that may not go are given a time, one behind the other, so that each is taken again about once.
//!
//! In: how tries ended, and the time. Out: whether to go, or until when to wait. Nothing here is kept over a restart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_model::Timestamp;
use tokio::sync::Semaphore;

use super::relay::Reached;

/// The first time for which a destination is left alone.
const FIRST: Duration = Duration::from_secs(10);
/// The longest one.
const LONGEST: Duration = Duration::from_secs(600);
/// Doublings after which the longest is reached in any case.
const MOST_DOUBLINGS: u32 = 6;
/// How far ahead of its pace a destination may be: mails that come due are looked for every 5 seconds.
const AHEAD: Duration = Duration::from_secs(10);
/// The first wait where as many mails as may be are under way.
const CROWDED: Duration = Duration::from_secs(10);
/// How much longer each further one waits.
const CROWD_STEP: Duration = Duration::from_secs(1);
/// How long a destination is left alone that took a mail slowly.
const SLOW: Duration = Duration::from_secs(300);
/// Destinations that are remembered before those are forgotten of which nothing need be known.
const MOST: usize = 10_000;

/// What a destination is given at most.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Connections at once.
    pub(super) connections: u32,
    /// Mails under way at once: on these connections, and waiting for them.
    pub(super) under_way: u32,
    /// The time between two mails, seen over many.
    pub(super) interval: Duration,
}

/// All destinations.
#[derive(Debug)]
pub(super) struct Pace {
    share: Share,
    known: Mutex<HashMap<String, Destination>>,
}

#[derive(Debug)]
struct Destination {
    /// Left alone until then.
    closed_until: Timestamp,
    failures: u32,
    /// When the next mail would be due if all came evenly.
    next_at: Timestamp,
    /// The time that was given to the last mail that has to wait.
    line: Timestamp,
    under_way: u32,
    connections: Arc<Semaphore>,
}

impl Destination {
    fn new(share: Share) -> Self {
        let connections = usize::try_from(share.connections).unwrap_or(1);
        Self {
            closed_until: Timestamp::EPOCH,
            failures: 0,
            next_at: Timestamp::EPOCH,
            line: Timestamp::EPOCH,
            under_way: 0,
            connections: Arc::new(Semaphore::new(connections)),
        }
    }
}

impl Pace {
    pub(super) fn new(share: Share) -> Self {
        Self {
            share,
            known: Mutex::default(),
        }
    }

    /// Lets a mail go, with what its connection is to be taken from; or says until when it has to wait. One that goes is told of by
    /// [`Self::tried`].
    pub(super) fn go(&self, destination: &str, now: Timestamp) -> Result<Arc<Semaphore>, Timestamp> {
        let share = self.share;
        let mut known = self.lock();
        let found = known
            .entry(destination.to_owned())
            .or_insert_with(|| Destination::new(share));
        if found.closed_until > now {
            return Err(found.closed_until);
        }
        if found.under_way >= share.under_way {
            let step = share.interval.max(CROWD_STEP);
            found.line = found.line.max(now.plus(CROWDED)).plus(step);
            return Err(found.line);
        }
        if found.next_at > now.plus(AHEAD) {
            found.line = found.line.max(found.next_at.minus(AHEAD)).plus(share.interval);
            return Err(found.line);
        }
        found.next_at = found.next_at.max(now).plus(share.interval);
        found.under_way = found.under_way.saturating_add(1);
        Ok(Arc::clone(&found.connections))
    }

    /// Remembers that a mail is not under way any more, and whether its destination was reached. Of those who try it at the same time, the first
    /// to fail speaks for all.
    pub(super) fn tried(&self, destination: &str, reached: Reached, now: Timestamp) {
        let mut known = self.lock();
        let Some(found) = known.get_mut(destination) else {
            return;
        };
        found.under_way = found.under_way.saturating_sub(1);
        match reached {
            Reached::Yes => found.failures = 0,
            Reached::Unknown => {}
            Reached::Slowly => found.closed_until = found.closed_until.max(now.plus(SLOW)),
            Reached::No if found.closed_until > now => {}
            Reached::No => {
                let doublings = found.failures.min(MOST_DOUBLINGS);
                let wait = FIRST.saturating_mul(1 << doublings).min(LONGEST);
                found.closed_until = now.plus(wait);
                found.failures = found.failures.saturating_add(1);
            }
        }
        if known.len() > MOST {
            known.retain(|_name, one| {
                one.under_way > 0 || one.failures > 0 || one.next_at > now || one.closed_until > now
            });
        }
    }

    /// The map is whole even if a thread panicked while it held it.
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Destination>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pace(connections: u32) -> Pace {
        Pace::new(Share {
            connections,
            under_way: connections * 4,
            interval: SECOND,
        })
    }

    #[test]
    fn who_cannot_be_reached_is_left_alone_for_a_growing_while() {
        let pace = pace(5);
        let mut now = Timestamp::from_seconds(1_000);
        let mut waits = Vec::new();
        for _ in 0..9 {
            for _together in 0..5 {
                pace.go("a", now).unwrap();
            }
            for _together in 0..5 {
                pace.tried("a", Reached::No, now);
            }
            let until = pace.go("a", now).unwrap_err();
            waits.push(until.since(now).as_secs());
            now = until;
        }
        assert_eq!(waits, [10, 20, 40, 80, 160, 320, 600, 600, 600]);
        assert!(pace.go("b", now).is_ok());
        pace.go("a", now).unwrap();
        pace.tried("a", Reached::Yes, now);
        pace.go("a", now).unwrap();
        pace.tried("a", Reached::No, now);
        assert_eq!(pace.go("a", now).unwrap_err(), now.plus(FIRST));
    }

    #[test]
    fn mails_go_at_the_pace_and_those_that_wait_come_back_one_behind_the_other() {
        let pace = pace(100);
        let start = Timestamp::from_seconds(1_000);
        let mut due = vec![start; 100];
        let (mut taken, mut last) = (0, start);
        for second in 0..200 {
            let now = start.plus(SECOND * second);
            let (these, later): (Vec<_>, Vec<_>) = due.into_iter().partition(|at| *at <= now);
            taken += these.len();
            let waiting = these.iter().filter_map(|_one| pace.go("a", now).err());
            due = later.into_iter().chain(waiting).collect();
            if !these.is_empty() {
                last = now;
            }
        }
        assert!(due.is_empty());
        let took = last.since(start).as_secs();
        assert!((85..=100).contains(&took), "{took}");
        assert!(taken <= 250, "{taken}");
    }

    #[test]
    fn who_is_slow_is_left_alone_for_a_while() {
        let pace = pace(5);
        let now = Timestamp::from_seconds(1_000);
        pace.go("a", now).unwrap();
        pace.tried("a", Reached::Slowly, now);
        assert_eq!(pace.go("a", now).unwrap_err(), now.plus(SLOW));
        assert!(pace.go("a", now.plus(SLOW)).is_ok());
    }

    #[test]
    fn few_wait_for_a_connection_and_the_others_come_back() {
        let pace = pace(2);
        let now = Timestamp::from_seconds(1_000);
        let (gone, waiting): (Vec<_>, Vec<_>) = (0..20).map(|_| pace.go("a", now)).partition(Result::is_ok);
        assert_eq!(gone.len(), 8);
        let waits: Vec<_> = waiting.into_iter().map(Result::unwrap_err).collect();
        assert!(waits.is_sorted_by(|one, next| one < next), "one behind the other");
        pace.tried("a", Reached::Yes, now);
        assert!(pace.go("a", now).is_ok());
    }
}
