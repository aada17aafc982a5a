//! Trying rules before they bite: the kept observations are judged once more in memory, by the rules in force and by others, and the
//! difference is told.
//!
//! In: the facts of the store (observations, and the decisions of others than the rules). Out: a [`Report`]. Nothing is written. Both sets
//! of rules see the same facts in the same order and are judged as if the judge had come to each observation at once, so that the difference
//! is one of the rules and of nothing else. Observations before `since` warm up the tallies; what ended before `since` is not told.
//!
//! What is held in memory is a tally for each unit that was seen in that time, once for each set of rules: about 1 KB a unit.

mod report;
mod world;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Decided, Observation, Prefix, Serial, Timestamp, Verdict};
use atalaya_store::{Purge, Store, StoreError};

pub use report::{Example, Group, Report, Totals};
pub use world::{Step, World};

use crate::judge::{MEMORY, TakenBack, is_taken_back};
use crate::protect::Protected;
use crate::rules::Rules;
use crate::withdraw::is_ruled;
use report::Spells;

/// Rows read at once.
const PAGE: u32 = 2_000;

/// One set of rules at work.
struct Side {
    world: World,
    spells: Spells,
    totals: Totals,
    /// Protected units that it would list.
    stopped: BTreeMap<Prefix, Example>,
}

impl Side {
    fn new(rules: Arc<Rules>, protected: Arc<Protected>) -> Self {
        Self {
            world: World::new(rules, protected),
            spells: Spells::default(),
            totals: Totals::default(),
            stopped: BTreeMap::new(),
        }
    }

    /// Lets time pass.
    fn advance(&mut self, to: Timestamp, since: Timestamp) {
        let ended = self.world.advance(to);
        let told = ended.iter().filter(|(at, ..)| *at >= since).count();
        self.totals.expired = self.totals.expired.saturating_add(told as u64);
    }

    /// Judges an observation.
    fn observe(&mut self, seen: &Observation, (now, since): (Timestamp, Timestamp)) {
        for step in self.world.observe(seen) {
            match step {
                Step::Decided(decision) => {
                    self.spells.note(&decision, now);
                    let count = match decision.verdict {
                        Verdict::List { .. } => &mut self.totals.listed,
                        _ => &mut self.totals.extended,
                    };
                    *count = count.saturating_add(u64::from(now >= since));
                }
                Step::Stopped(decision, why) if now >= since => self.stop(&decision, why, now),
                Step::Stopped(..) => {}
            }
        }
        if now >= since {
            self.totals.most = self.totals.most.max(self.world.listed() as u64);
        }
    }

    /// Notes a protected unit that would be listed.
    fn stop(&mut self, decision: &atalaya_model::Decision, why: String, now: Timestamp) {
        let Some(class) = decision.verdict.class() else {
            return;
        };
        self.stopped.entry(decision.prefix).or_insert_with(|| Example {
            prefix: decision.prefix,
            class,
            since: now,
            until: decision.verdict.until(),
            score: decision.score,
            reason: why,
            removed: false,
        });
    }
}

/// The rules in force, and those to try.
#[derive(Debug, Clone)]
pub struct Trial {
    /// In force.
    pub present: Arc<Rules>,
    /// To try.
    pub tried: Arc<Rules>,
    /// What neither lists.
    pub protected: Arc<Protected>,
    /// From when on decisions are compared.
    pub since: Timestamp,
}

/// Compares two sets of rules over the kept observations.
///
/// # Errors
/// The store failed.
pub async fn simulate(store: &Store, trial: &Trial) -> Result<Report, StoreError> {
    let mut run = Run {
        present: Side::new(Arc::clone(&trial.present), Arc::clone(&trial.protected)),
        tried: Side::new(Arc::clone(&trial.tried), Arc::clone(&trial.protected)),
        removed: HashMap::new(),
        purges: store.purges().await?,
        taken_back: store.taken_back().await?.into_iter().collect(),
        begin: trial
            .since
            .minus(memory(&trial.present).max(memory(&trial.tried))),
        since: trial.since,
        now: Timestamp::EPOCH,
        judged: 0,
    };
    let mut decisions = Pages::default();
    let mut position = 0;
    loop {
        let page = store.observations_after(position, PAGE).await?;
        let Some(last) = page.last() else { break };
        position = last.position;
        for seen in &page {
            let seen = &seen.observation;
            while let Some(decided) = decisions.up_to(store, seen.seen_at.max(run.now)).await? {
                run.follow(&decided);
            }
            run.observe(seen);
        }
        tokio::task::yield_now().await;
    }
    while let Some(decided) = decisions.up_to(store, Timestamp::from_micros(i64::MAX)).await? {
        run.follow(&decided);
    }
    Ok(run.report(trial))
}

/// How long observations count.
fn memory(rules: &Rules) -> Duration {
    let longest = rules.kinds.values().map(|kind| kind.half_life.duration());
    longest.max().unwrap_or_default().saturating_mul(MEMORY)
}

/// A simulation at work.
struct Run {
    present: Side,
    tried: Side,
    /// Who left through the page, and when last.
    removed: HashMap<Prefix, Timestamp>,
    purges: Vec<Purge>,
    /// What reporters took back: it counts in neither.
    taken_back: HashMap<Prefix, TakenBack>,
    /// What was seen before counts no more.
    begin: Timestamp,
    since: Timestamp,
    now: Timestamp,
    judged: u64,
}

impl Run {
    /// Lets time pass up to a moment, if it is not past.
    fn advance(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
        self.present.advance(self.now, self.since);
        self.tried.advance(self.now, self.since);
    }

    fn observe(&mut self, seen: &Observation) {
        let taken_back = self.taken_back.get(&seen.unit());
        if seen.seen_at < self.begin
            || seen.takes_back()
            || self.purges.iter().any(|purge| purge.takes(seen))
            || taken_back.is_some_and(|taken_back| is_taken_back(taken_back, seen))
        {
            return;
        }
        self.advance(seen.seen_at);
        self.judged = self.judged.saturating_add(1);
        self.present.observe(seen, (self.now, self.since));
        self.tried.observe(seen, (self.now, self.since));
    }

    /// Takes over what others than the rules decided. Purges, and what was taken back, are left out: what they took
    /// away is not judged in the first place.
    fn follow(&mut self, decided: &Decided) {
        let rule = &decided.decision.rule;
        if rule.name() == "removal" {
            self.removed.insert(decided.decision.prefix, decided.at);
        }
        if is_ruled(rule) || matches!(rule.name(), "expired" | "purge" | "retracted" | "protected") {
            return;
        }
        self.advance(decided.at);
        self.present.world.follow(decided);
        self.tried.world.follow(decided);
    }

    fn report(self, trial: &Trial) -> Report {
        let Self {
            mut present,
            mut tried,
            removed,
            ..
        } = self;
        let totals = |side: &Side| Totals {
            last: side.world.listed() as u64,
            ..side.totals
        };
        let mut report = Report {
            present_version: trial.present.version.clone(),
            tried_version: trial.tried.version.clone(),
            since: Some(trial.since),
            until: Some(self.now),
            observations: self.judged,
            present: totals(&present),
            tried: totals(&tried),
            ..Report::default()
        };
        present.spells.forget(trial.since);
        tried.spells.forget(trial.since);
        report::compare(&mut report, (present.spells, tried.spells), &removed);
        report::protected(&mut report, tried.stopped);
        report
    }
}

/// The decisions of the store, one after the other.
#[derive(Default)]
struct Pages {
    waiting: std::collections::VecDeque<Decided>,
    read: Serial,
    is_at_end: bool,
}

impl Pages {
    /// The next decision that was made up to a moment.
    async fn up_to(&mut self, store: &Store, moment: Timestamp) -> Result<Option<Decided>, StoreError> {
        if self.waiting.is_empty() && !self.is_at_end {
            let page = store.decisions_after(self.read, PAGE).await?;
            self.is_at_end = page.is_empty();
            self.read = page.last().map_or(self.read, |last| last.serial);
            self.waiting = page.into();
        }
        match self.waiting.front() {
            Some(next) if next.at <= moment => Ok(self.waiting.pop_front()),
            _ => Ok(None),
        }
    }
}

#[cfg(test)]
mod tests;
