//! The keys that are known, by their hash, each with what was used of it today.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_model::{Digest, Timestamp};
use metrics::{Counter, counter};
use serde::{Deserialize, Serialize};

use super::file::{KeptKey, KeyFile, KeyTerms, hash_label};
use super::quota::Quota;

/// The keys by their hash.
#[derive(Debug, Default)]
pub(super) struct KeyTable {
    by_hash: HashMap<Digest, Holder>,
}

/// Who holds a key.
#[derive(Debug)]
pub(super) struct Holder {
    name: String,
    terms: KeyTerms,
    usage: Arc<Usage>,
}

/// What was used of a key; it stays when the keys are read again.
#[derive(Debug)]
struct Usage {
    today: Quota,
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
    /// The keys of a file. What was used by holders that stood in `old` too goes on, also with a key that was made anew.
    pub(super) fn new(file: &KeyFile, old: &Self) -> Self {
        let known = old.by_hash.values();
        let known: HashMap<&str, &Arc<Usage>> = known.map(|one| (one.name.as_str(), &one.usage)).collect();
        let holder = |key: &KeptKey| {
            let name = key.name.as_str();
            let usage = known.get(name).copied();
            let holder = Holder {
                name: name.to_owned(),
                terms: key.terms,
                usage: usage.map_or_else(|| Arc::new(Usage::new(name)), Arc::clone),
            };
            (key.digest, holder)
        };
        Self {
            by_hash: file.keys().iter().map(holder).collect(),
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
                today: holder.usage.today.used(now),
                per_day: holder.terms.per_day,
            })
            .collect();
        used.sort_by(|one, other| one.name.cmp(&other.name));
        used
    }
}

impl Holder {
    /// Takes one question of the day; false if none is left.
    pub(super) fn take(&self, now: Timestamp) -> bool {
        let took = self.usage.today.take(now, self.terms.per_day);
        if took {
            self.usage.questions.increment(1);
        }
        took
    }

    /// Whether the key is good no more.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.terms.is_over(now)
    }

    /// Whether no question of the day is left.
    pub(super) fn is_used_up(&self, now: Timestamp) -> bool {
        self.terms
            .per_day
            .is_some_and(|most| self.usage.today.used(now) >= most)
    }
}

impl Usage {
    fn new(name: &str) -> Self {
        Self {
            today: Quota::new(),
            questions: counter!("atalaya_publish_key_questions_total", "key" => name.to_owned()),
        }
    }
}
