//! Ids of what may be told again: a client that is put off comes back with the same mail, and that is one observation.
//!
//! A day counts from the first sight, which is remembered within a limit; whatever is not remembered any more, also after a restart, is the same
//! within a day of the calendar.

use std::collections::HashMap;
use std::mem;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Observation, ObservationId, Timestamp, Trap};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

/// The time within which something is the same: greylisting and deferring last no longer, and a queue tries again some hours later at most.
const DAY: Duration = Duration::from_secs(86_400);
/// First sights that are remembered, at about 50 bytes each, before older ones begin to be forgotten; at most twice as many.
const MOST: usize = 32_768;

/// What tells one from another, whenever it is told.
type Key = [u8; 16];

/// What something is that may be told again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Sight {
    /// The same each time.
    pub(crate) id: ObservationId,
    /// Whether it was not told before, as far as is known.
    pub(crate) is_first: bool,
}

/// When each was told first.
#[derive(Debug, Default)]
pub(crate) struct Again(Mutex<Firsts>);

#[derive(Debug, Default)]
struct Firsts {
    young: HashMap<Key, Timestamp>,
    old: HashMap<Key, Timestamp>,
}

impl Again {
    /// Notes an observation, known by its source, client, kind, trap and sender, and by `what` was told.
    pub(crate) fn sight(&self, observation: &Observation, what: &[u8]) -> Sight {
        let key = key(observation, what);
        let now = observation.seen_at;
        let mut firsts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = firsts.get(&key).filter(|first| now.since(*first) < DAY);
        if known.is_none() {
            firsts.put(key, now);
        }
        Sight {
            id: id(&key, known.unwrap_or(now)),
            is_first: known.is_none(),
        }
    }
}

impl Firsts {
    fn get(&self, key: &Key) -> Option<Timestamp> {
        self.young.get(key).or_else(|| self.old.get(key)).copied()
    }

    fn put(&mut self, key: Key, first: Timestamp) {
        if self.young.len() >= MOST {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, first);
    }
}

fn key(observation: &Observation, what: &[u8]) -> Key {
    let parts = [
        observation.sensor.name().as_bytes(),
        observation.source.as_bytes(),
        observation.address.to_string().as_bytes(),
        observation.kind.name().as_bytes(),
        observation.trap.map_or("", Trap::name).as_bytes(),
        observation.envelope.mail_from.as_bytes(),
        what,
    ]
    .map(Sha256::digest);
    start(&parts.concat())
}

/// The id of what was told first then. A day later it is another one.
fn id(key: &Key, first: Timestamp) -> ObservationId {
    let day = first.seconds().div_euclid(86_400);
    let bytes = start(&[&key[..], &day.to_be_bytes()].concat());
    ObservationId(Builder::from_custom_bytes(bytes).into_uuid())
}

/// The start of a digest.
fn start(bytes: &[u8]) -> Key {
    let mut start = [0; 16];
    for (byte, from) in start.iter_mut().zip(Sha256::digest(bytes)) {
        *byte = from;
    }
    start
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use atalaya_model::Sensor;
    use uuid::Uuid;

    use super::*;

    /// 2026-11-23 10:58.
    const FIRST: i64 = 1_795_431_480;
    const HOUR: i64 = 3_600;

    fn seen(seconds: i64) -> Observation {
        let (id, at) = (ObservationId(Uuid::nil()), Timestamp::from_seconds(seconds));
        Observation::new(id, IpAddr::from([192, 0, 2, 1]), at, Sensor::Policy)
    }

    #[test]
    fn it_is_the_same_for_a_day_from_the_first_sight_on() {
        for first in [FIRST, FIRST + 13 * HOUR] {
            let again = Again::default();
            let sight = again.sight(&seen(first), b"a");
            assert!(sight.is_first);
            for later in [0, 300, 24 * HOUR - 1] {
                let told = again.sight(&seen(first + later), b"a");
                assert_eq!((told.id, told.is_first), (sight.id, false), "{later}");
            }
            let next = again.sight(&seen(first + 24 * HOUR), b"a");
            assert!(next.is_first && next.id != sight.id);
            let other = again.sight(&seen(first), b"b");
            assert!(other.is_first && other.id != sight.id);
        }
    }

    #[test]
    fn after_a_restart_it_is_the_same_until_midnight() {
        let id = |seconds| Again::default().sight(&seen(seconds), b"a").id;
        assert_eq!(id(FIRST), id(FIRST + 13 * HOUR));
        assert_ne!(id(FIRST), id(FIRST + 14 * HOUR));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let again = Again::default();
        for number in 0..100_000 {
            let address = Ipv4Addr::from_bits(number).into();
            again.sight(
                &Observation {
                    address,
                    ..seen(FIRST)
                },
                b"a",
            );
        }
        let firsts = again.0.lock().unwrap();
        assert!(firsts.young.len() <= MOST && firsts.old.len() <= MOST);
    }
}
