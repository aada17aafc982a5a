//! Who asks most, and about which addresses, since midnight UTC.
//!
//! Each thread that answers has a shard of its own, so that none waits for another; they are put together when somebody reads them.
//! Clients are counted by address, those of IPv6 by /64. What is asked is counted by address and zone and not by name: names hold keys,
//! which nobody is to read here.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atalaya_model::{Prefix, Timestamp};
use serde::{Deserialize, Serialize};

use super::sketch::{Counted, SpaceSaving, greatest};

/// Places of one sketch. Whoever asks more than one in so many of a shard's questions is seen; about 100 bytes each.
const PLACES: usize = 1024;
/// Shards at most: threads that answer, and one for each transport. Those beyond share the last.
const MOST_SHARDS: usize = 64;
/// Entries of each list of a report at most.
const MOST_TOLD: usize = 1000;
/// Seconds of a day.
const DAY_SECONDS: i64 = 86_400;

/// What is asked: the number of the zone, and the address.
type Asked = (usize, IpAddr);

/// All shards.
#[derive(Debug, Default)]
pub(crate) struct Top {
    shards: Mutex<Vec<TopShard>>,
}

/// The part of one thread, or of a few that seldom count.
#[derive(Debug, Clone, Default)]
pub(crate) struct TopShard(Arc<Mutex<Sketches>>);

/// What one shard has counted.
#[derive(Debug)]
pub(crate) struct Sketches {
    /// The day that is counted.
    day: i64,
    /// Questions of that day.
    questions: u64,
    clients: SpaceSaving<Prefix>,
    asked: SpaceSaving<Asked>,
}

/// Who asks most, and about what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopReport {
    /// The beginning of the day that was counted.
    pub since: Timestamp,
    /// All questions since then.
    pub questions: u64,
    /// The clients that asked most, the first one most of all.
    pub clients: Vec<TopEntry>,
    /// What was asked most.
    pub asked: Vec<TopEntry>,
}

/// One of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TopEntry {
    /// The client, or the address that was asked about.
    pub who: Prefix,
    /// The zone in which it was asked about; none for a client.
    pub zone: Option<String>,
    /// How often; never too low.
    pub count: u64,
    /// By how much the count may be too high.
    pub error: u64,
}

impl Top {
    /// A shard to count in.
    pub(crate) fn shard(&self) -> TopShard {
        let mut shards = lock(&self.shards);
        let shared = (shards.len() >= MOST_SHARDS).then(|| shards.last().cloned());
        shared.flatten().unwrap_or_else(|| {
            let shard = TopShard(Arc::default());
            shards.push(shard.clone());
            shard
        })
    }

    /// The greatest of today, at most `most` of each list; `zones` are the names of the zones.
    pub(crate) fn read(&self, most: usize, zones: &[String], now: Timestamp) -> TopReport {
        let today = day(now);
        let shards: Vec<TopShard> = lock(&self.shards).clone();
        let locked: Vec<_> = shards.iter().map(TopShard::lock).collect();
        let sketches = || locked.iter().filter(|sketches| sketches.day == today);
        let clients: Vec<_> = sketches().map(|sketches| &sketches.clients).collect();
        let asked: Vec<_> = sketches().map(|sketches| &sketches.asked).collect();
        let most = most.min(MOST_TOLD);
        TopReport {
            since: Timestamp::from_seconds(today.saturating_mul(DAY_SECONDS)),
            questions: sketches().fold(0, |sum, sketches| sum.saturating_add(sketches.questions)),
            clients: greatest(&clients, most)
                .into_iter()
                .map(|counted| entry(&counted, counted.key, None))
                .collect(),
            asked: greatest(&asked, most)
                .into_iter()
                .map(|counted| {
                    let (zone, address) = counted.key;
                    entry(&counted, Prefix::single(address), zones.get(zone).cloned())
                })
                .collect(),
        }
    }
}

impl TopShard {
    /// Takes the shard, for one question or for many in a row.
    pub(crate) fn lock(&self) -> MutexGuard<'_, Sketches> {
        lock(&self.0)
    }
}

impl Default for Sketches {
    fn default() -> Self {
        Self {
            day: 0,
            questions: 0,
            clients: SpaceSaving::new(PLACES),
            asked: SpaceSaving::new(PLACES),
        }
    }
}

impl Sketches {
    /// Counts a question of a client for so many, and what it was about: the number of the zone and the address, where it was one.
    pub(crate) fn count(
        &mut self,
        client: IpAddr,
        asked: Option<(usize, IpAddr)>,
        times: u64,
        now: Timestamp,
    ) {
        let today = day(now);
        if self.day != today {
            self.day = today;
            self.questions = 0;
            self.clients.clear();
            self.asked.clear();
        }
        self.questions = self.questions.saturating_add(times);
        self.clients.count(Prefix::unit(client), times);
        if let Some(asked) = asked {
            self.asked.count(asked, times);
        }
    }
}

fn entry<K>(counted: &Counted<K>, who: Prefix, zone: Option<String>) -> TopEntry {
    TopEntry {
        who,
        zone,
        count: counted.count,
        error: counted.error,
    }
}

/// The number of a day.
fn day(now: Timestamp) -> i64 {
    now.seconds().div_euclid(DAY_SECONDS)
}

/// A count that was cut short by a panic is off by one, and goes on.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn shards_are_told_together_and_a_new_day_begins_anew() {
        let top = Top::default();
        let (one, other) = (top.shard(), top.shard());
        let asked = (1, IpAddr::from([192, 0, 2, 99]));
        let [v4, v6, near] = ["198.51.100.7", "2001:db8::1", "2001:db8::2"].map(|text| text.parse().unwrap());
        one.lock().count(v4, Some(asked), 1, at(10));
        one.lock().count(v6, None, 1, at(11));
        other.lock().count(near, Some(asked), 1, at(12));
        let zones = ["bl.test", "spam.bl.test"].map(str::to_owned);
        let report = top.read(10, &zones, at(20));
        assert_eq!((report.questions, report.since), (3, at(0)));
        let told = |entries: &[TopEntry]| -> Vec<String> {
            entries
                .iter()
                .map(|entry| format!("{} {} {}", entry.who, entry.count, entry.error))
                .collect()
        };
        assert_eq!(told(&report.clients), ["2001:db8::/64 2 0", "198.51.100.7 1 0"]);
        assert_eq!(told(&report.asked), ["192.0.2.99 2 0"]);
        assert_eq!(report.asked[0].zone.as_deref(), Some("spam.bl.test"));
        assert_eq!(top.read(1, &zones, at(20)).clients.len(), 1);
        one.lock().count(v4, None, 1, at(DAY_SECONDS));
        let report = top.read(10, &zones, at(DAY_SECONDS + 1));
        assert_eq!((report.questions, report.since), (1, at(DAY_SECONDS)));
        assert_eq!(told(&report.clients), ["198.51.100.7 1 0"]);
        assert!(report.asked.is_empty());
    }

    #[test]
    fn there_are_no_more_shards_than_the_most() {
        let top = Top::default();
        let shards: Vec<TopShard> = (0..100).map(|_| top.shard()).collect();
        assert_eq!(lock(&top.shards).len(), MOST_SHARDS);
        shards
            .iter()
            .for_each(|shard| shard.lock().count([192, 0, 2, 1].into(), None, 1, at(0)));
        assert_eq!(top.read(1, &[], at(0)).clients[0].count, 100);
    }
}
