//! Adding up the evidence against a unit again, from the observations that are kept: where some of it counts no more.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atalaya_model::{Class, Observation, Prefix, Timestamp};
use atalaya_store::{Case, StoreError, Tally, Transaction};

use crate::allowed::Allowed;
use crate::learn::{Source, worth};
use crate::rules::{Rules, is_strangers_word};
use crate::{Ruling, judge, judge::MEMORY, weigh};

/// Observations read at once.
const PAGE: u32 = 1_000;

/// What becomes of an observation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// It counts.
    Counts,
    /// It counted, and does no more.
    Lost,
    /// It never did, or was lost before.
    Nothing,
}

/// The rules and the time by which is added up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Measure<'a> {
    pub(crate) rules: &'a Rules,
    pub(crate) now: Timestamp,
}

impl Measure<'_> {
    /// Adds up a tally again from the observations up to a position; gives the classes that lost something too.
    pub(crate) async fn add_up(
        self,
        transaction: &mut Transaction,
        mut tally: Tally,
        up_to: u64,
        part: impl Fn(&Observation) -> Part + Send + Sync,
    ) -> Result<(Tally, BTreeSet<Class>), StoreError> {
        tally.cases = BTreeMap::new();
        let mut lost = BTreeSet::new();
        let (mut after, since) = (0, self.since());
        loop {
            let page = transaction
                .observations_against(&tally.unit, (after, up_to), since, PAGE)
                .await?;
            let Some(last) = page.last() else { break };
            after = last.position;
            let worths = self
                .worths(transaction, page.iter().map(|seen| &seen.observation))
                .await?;
            let addresses: Vec<Prefix> = page
                .iter()
                .map(|seen| Prefix::single(seen.observation.address))
                .collect();
            let allowed = Allowed::around(transaction, &addresses, self.now).await?;
            for seen in page.iter().map(|seen| &seen.observation) {
                let source = (seen.sensor, seen.source.clone());
                let worth = worths.get(&source).copied().unwrap_or(1.0);
                let part = match part(seen) {
                    Part::Counts if allowed.covers(Prefix::single(seen.address)) => Part::Nothing,
                    part => part,
                };
                self.add((&mut tally, &mut lost), seen, (part, worth));
            }
        }
        Ok((tally, lost))
    }

    /// What was seen before is not read: five half-lives before the last observation that could still list for the longest time, nothing
    /// counts any more.
    fn since(self) -> Timestamp {
        let half_lives = self.rules.kinds.values().map(|kind| kind.half_life.duration());
        let lifetimes = self.rules.classes.values().map(|life| life.longest.duration());
        let memory = half_lives.max().unwrap_or_default().saturating_mul(MEMORY);
        let oldest = memory.saturating_add(lifetimes.max().unwrap_or_default());
        self.now.minus(oldest)
    }

    /// Adds one observation to the tally, or its class to those that lost something.
    fn add(
        self,
        (tally, lost): (&mut Tally, &mut BTreeSet<Class>),
        seen: &Observation,
        (part, worth): (Part, f64),
    ) {
        match part {
            Part::Counts => weigh(tally, seen, self.rules, worth, self.now),
            Part::Lost => lost.extend(self.rules.weighing(seen).map(|weighing| weighing.class)),
            Part::Nothing => {}
        }
    }

    /// What the strangers among the sources of some observations are worth.
    async fn worths(
        self,
        transaction: &mut Transaction,
        seen: impl Iterator<Item = &Observation>,
    ) -> Result<HashMap<Source, f64>, StoreError> {
        let strangers: BTreeSet<Source> = seen
            .filter(|seen| is_strangers_word(seen))
            .map(|seen| (seen.sensor, seen.source.clone()))
            .collect();
        if strangers.is_empty() {
            return Ok(HashMap::new());
        }
        let records = transaction.sources_of(&strangers).await?;
        let worth_of = |source: Source| {
            let mut records = records.iter();
            let record = records.find(|record| (record.sensor, &record.source) == (source.0, &source.1));
            let worth = worth(record, &self.rules.learning, self.now);
            (source, worth)
        };
        Ok(strangers.into_iter().map(worth_of).collect())
    }

    /// Whether the rules would list a unit in a class by this evidence.
    pub(crate) fn stands(self, tally: &Tally, class: Class) -> bool {
        let nothing = Case::default();
        let case = tally.cases.get(&class).unwrap_or(&nothing);
        let ruling = judge((class, case), None, tally.listed_times, self.rules, self.now);
        matches!(ruling, Ruling::List { .. })
    }
}
