//! The keys that are known, by their hash, each with what was used of it today.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use atalaya_model::Timestamp;
use metrics::{Counter, counter};
use serde::{Deserialize, Serialize};

use super::file::{KeyFile, KeyHash, hash_label};

/// Seconds of a day in UTC, which a quota is for.
const DAY_SECONDS: i64 = 86_400;
/// Bits of a count; what stands above is the number of the day. A day's questions over all the sockets there are stay far below.
const COUNT_BITS: u32 = 40;
/// The bits of the count.
const COUNT: u64 = (1 << COUNT_BITS) - 1;

/// The keys by their hash.
#[derive(Debug, Default)]
pub(super) struct KeyTable {
    by_hash: HashMap<KeyHash, Holder>,
}

/// Who holds a key.
#[derive(Debug)]
pub(super) struct Holder {
    name: String,
    per_day: Option<u64>,
    usage: Arc<Usage>,
}

/// What was used of a key; it stays when the keys are read again.
#[derive(Debug)]
struct Usage {
    /// The day, and the questions of that day.
    today: AtomicU64,
    questions: Counter,
}

/// What a key was used for on a day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUse {
    /// The name of the holder.
    pub name: String,
    /// Questions since midnight UTC.
    pub today: u64,
    /// The most of a day; none for no limit.
    pub per_day: Option<u64>,
}

impl KeyTable {
    /// The keys of a file. What was used of those that stood in `old` too goes on.
    pub(super) fn new(file: &KeyFile, old: &Self) -> Self {
        let holder = |(name, hash, per_day): (&str, &KeyHash, Option<u64>)| {
            let known = old.by_hash.get(hash).filter(|known| known.name == name);
            let usage = known.map_or_else(|| Arc::new(Usage::new(name)), |known| Arc::clone(&known.usage));
            let name = name.to_owned();
            (*hash, Holder { name, per_day, usage })
        };
        Self {
            by_hash: file.entries().map(holder).collect(),
        }
    }

    /// Who holds the key of a label.
    pub(super) fn find(&self, label: &[u8]) -> Option<&Holder> {
        if self.by_hash.is_empty() {
            return None;
        }
        self.by_hash.get(&hash_label(label))
    }

    /// What each key was used for today, by name.
    pub(super) fn used(&self, now: Timestamp) -> Vec<KeyUse> {
        let mut used: Vec<KeyUse> = self
            .by_hash
            .values()
            .map(|holder| KeyUse {
                name: holder.name.clone(),
                today: holder.usage.count(now),
                per_day: holder.per_day,
            })
            .collect();
        used.sort_by(|one, other| one.name.cmp(&other.name));
        used
    }
}

impl Holder {
    /// Takes one question of the day; false if none is left.
    pub(super) fn take(&self, now: Timestamp) -> bool {
        let took = self.usage.take(now, self.per_day);
        if took {
            self.usage.questions.increment(1);
        }
        took
    }

    /// Whether no question of the day is left.
    pub(super) fn is_used_up(&self, now: Timestamp) -> bool {
        self.per_day.is_some_and(|most| self.usage.count(now) >= most)
    }
}

impl Usage {
    fn new(name: &str) -> Self {
        Self {
            today: AtomicU64::default(),
            questions: counter!("atalaya_publish_key_questions_total", "key" => name.to_owned()),
        }
    }

    /// The questions of today.
    fn count(&self, now: Timestamp) -> u64 {
        count_of(self.today.load(Ordering::Relaxed), day(now))
    }

    /// Counts one more, if there are less than `most`. The order among threads does not matter, only that none is lost.
    fn take(&self, now: Timestamp, most: Option<u64>) -> bool {
        let today = day(now);
        let taken = self
            .today
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |packed| {
                let count = count_of(packed, today);
                let more = count.saturating_add(1).min(COUNT);
                most.is_none_or(|most| count < most)
                    .then_some((today << COUNT_BITS) | more)
            });
        taken.is_ok()
    }
}

/// The count of a packed day and count, if it is of that day.
fn count_of(packed: u64, day: u64) -> u64 {
    if packed >> COUNT_BITS == day {
        packed & COUNT
    } else {
        0
    }
}

/// The number of a day, in so many bits as stand above a count.
fn day(now: Timestamp) -> u64 {
    let days = now.seconds().div_euclid(DAY_SECONDS);
    u64::try_from(days).unwrap_or_default() & (u64::MAX >> COUNT_BITS)
}
