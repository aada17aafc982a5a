//! What the store holds about the addresses of a batch, read at once before it is judged: three questions, however long the batch.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use atalaya_model::{Decision, Listing, Observation, Prefix, Timestamp, reserved};
use atalaya_store::{Purge, Seen, SourceRecord, StoreError, Tally, Transaction};

use crate::allowed::Allowed;
use crate::learn::{Source, worth};
use crate::protect::Protected;
use crate::rule_on;
use crate::rules::{Rules, is_strangers_word};

/// What a batch is judged by, taken once for all of it.
#[derive(Debug)]
pub(super) struct Measures {
    /// The rules in force.
    pub(super) rules: Arc<Rules>,
    /// What they never list.
    pub(super) protected: Arc<Protected>,
    /// What counts no more.
    pub(super) purges: Vec<Purge>,
}

/// What the list holds while a batch is judged.
#[derive(Debug)]
pub(super) struct Standing {
    /// What stands about the units of the batch.
    listings: HashMap<Prefix, Vec<Listing>>,
    /// What is on the allow list around the addresses of the batch.
    allowed: Allowed,
    /// What it is judged by.
    pub(super) rules: Arc<Rules>,
    /// What the rules never list.
    pub(super) protected: Arc<Protected>,
    /// What became of what the strangers of this batch said before.
    sources: HashMap<Source, SourceRecord>,
    /// What counts no more.
    purges: Vec<Purge>,
    /// When the batch is judged.
    pub(super) now: Timestamp,
}

impl Standing {
    /// Reads what is known about a batch.
    pub(super) async fn read(
        transaction: &mut Transaction,
        batch: &[Seen],
        by: Measures,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let seen = || batch.iter().map(|seen| &seen.observation);
        let units: Vec<Prefix> = seen().map(Observation::unit).collect();
        let addresses: Vec<Prefix> = seen().map(address).collect();
        let mut listings: HashMap<Prefix, Vec<Listing>> = HashMap::new();
        for listing in transaction.listings_in(&units).await? {
            listings.entry(listing.prefix).or_default().push(listing);
        }
        let allowed = Allowed::around(transaction, &addresses, now).await?;
        let strangers = seen().filter(|seen| is_strangers_word(seen));
        let strangers: BTreeSet<Source> = strangers.map(|seen| (seen.sensor, seen.source.clone())).collect();
        let records = match strangers.is_empty() {
            true => Vec::new(),
            false => transaction.sources_of(&strangers).await?,
        };
        Ok(Self {
            listings,
            allowed,
            rules: by.rules,
            protected: by.protected,
            sources: records
                .into_iter()
                .map(|record| ((record.sensor, record.source.clone()), record))
                .collect(),
            purges: by.purges,
            now,
        })
    }

    /// Whether an observation is evidence against its unit. What an allowed address did is none, not even against its unit: the
    /// neighbours in a /64 do not answer for it.
    pub(super) fn is_evidence(&self, seen: &Observation) -> bool {
        seen.counts()
            && reserved(&seen.unit()).is_none()
            && !self.allowed.covers(address(seen))
            && !self.is_purged(seen)
    }

    /// Whether by it a reporter takes back what he said.
    pub(super) fn takes_back(&self, seen: &Observation) -> bool {
        seen.takes_back() && !self.is_purged(seen)
    }

    fn is_purged(&self, seen: &Observation) -> bool {
        self.purges.iter().any(|purge| purge.takes(seen))
    }

    /// Whether a unit may not be listed, whatever is known.
    pub(super) fn is_kept_off(&self, unit: Prefix) -> bool {
        reserved(&unit).is_some() || self.allowed.covers(unit) || self.protected.touching(unit).is_some()
    }

    /// Applies the rules to one unit; gives what follows, if something does.
    pub(super) fn rule_on(&self, tally: &mut Tally) -> Vec<Decision> {
        if self.is_kept_off(tally.unit) {
            return Vec::new();
        }
        rule_on(tally, self.listings_of(tally.unit), &self.rules, self.now)
    }

    /// What stands about a unit, also what is over.
    pub(super) fn listings_of(&self, unit: Prefix) -> &[Listing] {
        self.listings.get(&unit).map_or(&[], Vec::as_slice)
    }

    /// What the word of the source of an observation is worth.
    pub(super) fn worth(&self, seen: &Observation) -> f64 {
        if !is_strangers_word(seen) {
            return 1.0;
        }
        // Without a name of its own, a source is one of many.
        let source = (seen.sensor, seen.source.clone());
        worth(self.sources.get(&source), &self.rules.learning, self.now)
    }
}

/// The address that an observation speaks of, as a prefix.
fn address(observation: &Observation) -> Prefix {
    Prefix::single(observation.address)
}
