//! Purge: what followed from observations that turned out to be worthless is taken back, and from nothing else.
//!
//! By sensor, source or time, the observations are named that count no more. The evidence of each unit that they spoke against is added up
//! again without them; a listing that stands without them stays. By rule, the listings that a rule made are named: they leave, and their
//! evidence is left to the rules in force. Listings by hand stay in either case. The purge itself is remembered, so that observations that
//! are read later, and every simulation, leave the same out.

use std::collections::{BTreeSet, HashMap};

use atalaya_formats::why::Why;
use atalaya_model::{Class, Listing, Observation, Prefix, Rule, Sensor, Serial, Timestamp};
use atalaya_store::{Purge, Store, StoreError, Tally, Transaction};
use serde::{Deserialize, Serialize};

use crate::again::{Measure, Part};
use crate::rules::Rules;
use crate::withdraw::{is_ruled, leave};
use crate::work::READER;

/// Units added up again in one transaction: few, because their observations are read in it.
const UNITS: u32 = 100;
/// Listings looked at in one step.
const LISTINGS: u32 = 1_000;
/// Withdrawals that are shown.
const MOST_SHOWN: usize = 20;

/// What is to be purged. At least one of the first three is given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// A rule, by its name or by name and version: what it listed.
    pub rule: Option<String>,
    /// A kind of sensor: what followed from its observations.
    pub sensor: Option<Sensor>,
    /// A source: what followed from its observations.
    pub source: Option<String>,
    /// Only what was seen, or listed, at this moment or later.
    pub since: Option<Timestamp>,
    /// Only what was seen, or listed, before this moment.
    pub until: Option<Timestamp>,
}

/// Whether it is done or only reckoned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// It is done.
    Real,
    /// Nothing changes.
    Dry,
}

/// What a purge came to.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Purged {
    /// Units that the observations spoke against.
    pub units: u64,
    /// Listings that leave.
    pub withdrawn: u64,
    /// Listings of these units that stand without the observations.
    pub standing: u64,
    /// The first that leave.
    pub sample: Vec<Sample>,
    /// The last decision; 0 where none was made.
    pub serial: Serial,
}

/// A listing that leaves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sample {
    /// The prefix.
    pub prefix: Prefix,
    /// The class.
    pub class: Class,
    /// When it was listed.
    pub since: Timestamp,
    /// Why it was listed.
    pub reason: String,
}

impl Wish {
    /// The observations that count no more; none where only a rule is named.
    fn observations(&self, now: Timestamp) -> Option<Purge> {
        let names_some = self.sensor.is_some() || self.source.is_some() || self.rule.is_none();
        names_some.then(|| Purge {
            sensor: self.sensor,
            source: self.source.clone(),
            since: self.since.unwrap_or(Timestamp::EPOCH),
            until: self
                .until
                .unwrap_or_else(|| now.plus(std::time::Duration::from_micros(1))),
        })
    }

    /// Whether a listing was made by the rule that is named, if one is.
    fn names(&self, listing: &Listing) -> bool {
        let is_of = |rule: &String| *rule == listing.rule.0 || *rule == listing.rule.name();
        is_ruled(&listing.rule) && self.rule.as_ref().is_none_or(is_of)
    }

    /// Why a listing leaves, as everybody may read it. Who reported is not told.
    fn reason(&self) -> String {
        let why = match (&self.rule, self.sensor) {
            (Some(rule), None) => Why::RulePurged(rule.clone()),
            (_, Some(sensor)) => Why::SensorPurged(sensor),
            (_, None) => Why::Purged,
        };
        why.to_string()
    }
}

/// Purges.
///
/// # Errors
/// The store failed; what was committed stays, and the same call goes on with what is left.
pub async fn purge(
    store: &Store,
    rules: &Rules,
    wish: &Wish,
    mode: Mode,
    now: Timestamp,
) -> Result<Purged, StoreError> {
    let mut work = Work {
        store,
        rules,
        wish,
        mode,
        now,
        earlier: store.purges().await?,
        purged: Purged::default(),
    };
    match wish.observations(now) {
        Some(observations) => work.by_observations(&observations).await?,
        None => work.by_rule().await?,
    }
    Ok(work.purged)
}

/// A purge at work.
struct Work<'a> {
    store: &'a Store,
    rules: &'a Rules,
    wish: &'a Wish,
    mode: Mode,
    now: Timestamp,
    earlier: Vec<Purge>,
    purged: Purged,
}

impl Work<'_> {
    /// Takes back what a rule listed.
    async fn by_rule(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let page = self.store.listings_page(None, after.as_ref(), LISTINGS).await?;
            let Some(last) = page.last().map(|last| (last.prefix, last.class)) else {
                return Ok(());
            };
            after = Some(last);
            let since = self.wish.since.unwrap_or(Timestamp::EPOCH);
            let is_in_time = |at: Timestamp| at >= since && self.wish.until.is_none_or(|until| at < until);
            let named: Vec<Listing> = page
                .into_iter()
                .filter(|listing| self.wish.names(listing) && is_in_time(listing.since))
                .collect();
            if !named.is_empty() {
                let transaction = self.store.begin_deciding().await?;
                self.take_back(transaction, named, Vec::new()).await?;
            }
        }
    }

    /// Takes back what followed from observations.
    async fn by_observations(&mut self, observations: &Purge) -> Result<(), StoreError> {
        if self.mode == Mode::Real {
            // First, so that what is judged meanwhile leaves them out too.
            let mut transaction = self.store.begin().await?;
            transaction.add_purge(observations, self.now).await?;
            transaction.commit().await?;
        }
        self.earlier.push(observations.clone());
        let mut after = String::new();
        loop {
            let units = self.store.units_of(observations, &after, UNITS).await?;
            let Some(last) = units.last() else {
                return Ok(());
            };
            after = last.to_string();
            self.purged.units = self.purged.units.saturating_add(units.len() as u64);
            self.add_up(&units, observations).await?;
        }
    }

    /// Adds up the evidence of some units without what is purged, and takes back what does not stand on the rest.
    async fn add_up(&mut self, units: &[Prefix], purge: &Purge) -> Result<(), StoreError> {
        let mut transaction = self.store.begin_deciding().await?;
        let mut known: HashMap<Prefix, Tally> = transaction.tallies(units).await?;
        let listings = transaction.listings_in(units).await?;
        let (mut gone, mut tallies) = (Vec::new(), Vec::new());
        for unit in units {
            let Some(old) = known.remove(unit) else { continue };
            let (mut tally, touched) = self.without(&mut transaction, old, purge).await?;
            let named = |listing: &&Listing| {
                listing.prefix == *unit && self.wish.names(listing) && touched.contains(&listing.class)
            };
            let named = listings.iter().filter(named);
            let (stay, leave): (Vec<_>, Vec<_>) =
                named.partition(|listing| self.measure().stands(&tally, listing.class));
            self.purged.standing = self.purged.standing.saturating_add(stay.len() as u64);
            // It was listed wrongly: it is no return if it comes again.
            let wrong = u32::try_from(leave.len()).unwrap_or(u32::MAX);
            tally.listed_times = tally.listed_times.saturating_sub(wrong);
            gone.extend(leave.into_iter().cloned());
            tallies.push(tally);
        }
        self.take_back(transaction, gone, tallies).await
    }

    /// A tally without what is purged, and the classes that lost something.
    async fn without(
        &self,
        transaction: &mut Transaction,
        tally: Tally,
        purge: &Purge,
    ) -> Result<(Tally, BTreeSet<Class>), StoreError> {
        let part = |seen: &Observation| {
            if purge.takes(seen) {
                Part::Lost
            } else if self.earlier.iter().any(|earlier| earlier.takes(seen)) {
                Part::Nothing
            } else {
                Part::Counts
            }
        };
        let up_to = transaction.position(READER).await?;
        self.measure().add_up(transaction, tally, up_to, part).await
    }

    /// What is measured by.
    const fn measure(&self) -> Measure<'_> {
        Measure {
            rules: self.rules,
            now: self.now,
        }
    }

    /// Withdraws listings and keeps tallies, unless it is only reckoned.
    async fn take_back(
        &mut self,
        mut transaction: Transaction,
        gone: Vec<Listing>,
        tallies: Vec<Tally>,
    ) -> Result<(), StoreError> {
        self.purged.withdrawn = self.purged.withdrawn.saturating_add(gone.len() as u64);
        let room = MOST_SHOWN.saturating_sub(self.purged.sample.len());
        self.purged
            .sample
            .extend(gone.iter().take(room).map(|listing| Sample {
                prefix: listing.prefix,
                class: listing.class,
                since: listing.since,
                reason: listing.reason.clone(),
            }));
        if self.mode == Mode::Dry {
            return transaction.rollback().await;
        }
        let (rule, reason) = (Rule::new("purge", 1), self.wish.reason());
        let decisions: Vec<_> = gone
            .iter()
            .map(|listing| leave(listing, &rule, &reason))
            .collect();
        let decided = transaction.decide_all(&decisions, self.now).await?;
        transaction.put_tallies(&tallies).await?;
        self.purged.serial = decided.last().map_or(self.purged.serial, |last| last.serial);
        transaction.commit().await
    }
}

#[cfg(test)]
mod tests;
