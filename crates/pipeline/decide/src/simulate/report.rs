//! What other rules would have changed, in numbers and examples.

use std::collections::{BTreeMap, HashMap};

use atalaya_model::{Class, Decision, Prefix, Timestamp, Verdict};
use serde::{Deserialize, Serialize};

/// Examples of each kind: nobody reads more.
const MOST_EXAMPLES: usize = 20;

/// What other rules would have changed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The version of the rules that are in force.
    pub present_version: String,
    /// The version of the rules that were tried.
    pub tried_version: String,
    /// The first and the last moment.
    pub since: Option<Timestamp>,
    /// The end.
    pub until: Option<Timestamp>,
    /// Observations that were judged, with those that came before to warm up.
    pub observations: u64,
    /// What the rules in force do with them.
    pub present: Totals,
    /// What the others do.
    pub tried: Totals,
    /// Listed by the others only.
    pub added: Group,
    /// Listed by those in force only.
    pub dropped: Group,
    /// Listed by both, at another time or until another.
    pub moved: Group,
    /// Listed by both, from the same moment to the same end.
    pub kept: Group,
    /// Protected or allowed units that the others would list if they could.
    pub protected: Group,
}

/// What some rules do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Decisions to list.
    pub listed: u64,
    /// Decisions to extend.
    pub extended: u64,
    /// Listings that reached their end.
    pub expired: u64,
    /// The most that stood at once.
    pub most: u64,
    /// What stood at the end.
    pub last: u64,
}

/// Units that share a fate.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// How many.
    pub count: u64,
    /// How many of them left later through the page: the likelier mistakes.
    pub removed: u64,
    /// Some, those of the highest score first.
    pub examples: Vec<Example>,
}

/// One unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Example {
    /// The unit.
    pub prefix: Prefix,
    /// The class.
    pub class: Class,
    /// When it was, or would be, listed first.
    pub since: Timestamp,
    /// Until when.
    pub until: Option<Timestamp>,
    /// The score of that decision.
    pub score: f64,
    /// Its reason, or what protects the unit.
    pub reason: String,
    /// Whether it left through the page.
    pub removed: bool,
}

/// What some rules did with one unit in one class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Spell {
    since: Timestamp,
    until: Option<Timestamp>,
    times: u32,
    score: f64,
    reason: String,
}

/// What some rules did with all units.
#[derive(Debug, Default)]
pub(super) struct Spells(HashMap<(Prefix, Class), Spell>);

impl Spells {
    /// Notes a decision.
    pub(super) fn note(&mut self, decision: &Decision, at: Timestamp) {
        let Some(class) = decision.verdict.class() else {
            return;
        };
        let is_list = matches!(decision.verdict, Verdict::List { .. });
        let spell = self.0.entry((decision.prefix, class)).or_insert_with(|| Spell {
            since: at,
            until: None,
            times: 0,
            score: decision.score,
            reason: decision.reason.clone(),
        });
        spell.until = decision.verdict.until();
        spell.times = spell.times.saturating_add(u32::from(is_list));
    }

    /// Forgets what was over before `since`.
    pub(super) fn forget(&mut self, since: Timestamp) {
        self.0
            .retain(|_, spell| spell.until.is_none_or(|until| until > since));
    }
}

/// Sorts what two sets of rules did into groups. `removed` are the units that left through the page, with the last time.
pub(super) fn compare(
    report: &mut Report,
    (present, tried): (Spells, Spells),
    removed: &HashMap<Prefix, Timestamp>,
) {
    let mut present = present.0;
    for (key, spell) in tried.0 {
        let group = match present.remove(&key) {
            None => &mut report.added,
            Some(old) if (old.since, old.until, old.times) == (spell.since, spell.until, spell.times) => {
                &mut report.kept
            }
            Some(_) => &mut report.moved,
        };
        group.add(key, spell, removed);
    }
    for (key, spell) in present {
        report.dropped.add(key, spell, removed);
    }
}

/// Puts the protected units that would be hit into their group.
pub(super) fn protected(report: &mut Report, hit: BTreeMap<Prefix, Example>) {
    for example in hit.into_values() {
        report.protected.count = report.protected.count.saturating_add(1);
        report.protected.keep(example);
    }
}

impl Group {
    fn add(&mut self, (prefix, class): (Prefix, Class), spell: Spell, removed: &HashMap<Prefix, Timestamp>) {
        let is_removed = removed.get(&prefix).is_some_and(|at| *at >= spell.since);
        self.count = self.count.saturating_add(1);
        self.removed = self.removed.saturating_add(u64::from(is_removed));
        self.keep(Example {
            prefix,
            class,
            since: spell.since,
            until: spell.until,
            score: spell.score,
            reason: spell.reason,
            removed: is_removed,
        });
    }

    /// Keeps an example, if it is among the first.
    fn keep(&mut self, example: Example) {
        let is_less = |one: &Example| {
            let removed = one.removed.cmp(&example.removed);
            let score = one.score.total_cmp(&example.score);
            // The names decide at last, so that the same facts give the same page.
            let name = example.prefix.cmp(&one.prefix);
            removed.then(score).then(name).is_lt()
        };
        let place = self.examples.iter().position(is_less);
        let place = place.unwrap_or(self.examples.len());
        if place < MOST_EXAMPLES {
            self.examples.insert(place, example);
            self.examples.truncate(MOST_EXAMPLES);
        }
    }
}
