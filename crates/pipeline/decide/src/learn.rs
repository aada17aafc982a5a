//! What the word of each source is worth, learned from how the listings ended that it brought about.
//!
//! A listing that a source spoke for can stand until its end, or fall: taken back by hand, by the allow list or by a protected range, or
//! left through the page. If the source is right with an unknown probability, what is known of that probability after `stood` and
//! `fell` such listings is a Beta distribution with the parameters `stood` and `fell` (plus those of a beginner, `[learning]` in the rules).
//! Its mean, `stood / (stood + fell)`, is what one word is worth: the weight of an observation is multiplied by it. A source of which
//! nothing is known begins at the mean of the beginner, one half in the standard rules, and each listing moves it less than the one before.
//! Both numbers halve in `learning.half_life`: a source that was bought or broken is found out, one that was mended is forgiven.
//!
//! It is the word of strangers that is multiplied (reports, complaints, feeds); what our own sensors saw, they saw. Their records are
//! kept all the same, because they show a misplaced trap.
//!
//! In: the decisions, in their order, and the observations behind them. Out: the table `sources`. It can be rebuilt from both.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use atalaya_model::{Class, Decided, Prefix, Rule, Sensor, Serial, Timestamp, Verdict};
use atalaya_store::{SourceRecord, Store, StoreError};

use crate::rules::{Learning, Rules};
use crate::withdraw::is_ruled;
use crate::work::elsewhere;

/// The name under which the store keeps how far was learned.
pub(crate) const READER: &str = "learn";
/// Withdrawals looked at in one step.
const BATCH: u32 = 500;
/// Decisions among which withdrawals are looked for in one step.
const SPAN: u64 = 100_000;
/// Decisions without a withdrawal that are passed over without a note of it: looking again costs less than a transaction.
const IDLE_SPAN: u64 = 2_000;
/// Observations of one unit in which the sources of a listing are looked for, the newest before its end.
const MOST_OBSERVATIONS: u32 = 100;
/// Decisions about one unit among which the beginning of a listing is looked for, the newest.
const MOST_DECISIONS: u32 = 200;

/// A sensor and the one of its kind.
pub type Source = (Sensor, String);

/// How a listing ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Outcome {
    /// It reached its end.
    Stood,
    /// It was taken back; so much of a mistake that is.
    Fell(f64),
}

/// How a listing ended that was withdrawn by this rule; none where that says nothing about its sources.
#[must_use]
pub fn outcome(rule: &Rule, learning: &Learning) -> Option<Outcome> {
    match rule.name() {
        "expired" => Some(Outcome::Stood),
        "removal" => Some(Outcome::Fell(learning.removal)),
        "by-hand" | "allowed" | "protected" => Some(Outcome::Fell(1.0)),
        _ => None,
    }
}

/// Adds how a listing ended at `at` to the record of a source.
pub fn add(record: &mut SourceRecord, outcome: Outcome, at: Timestamp, learning: &Learning) {
    let as_of = at.max(record.as_of);
    record.stood = aged(record.stood, as_of.since(record.as_of), learning);
    record.fell = aged(record.fell, as_of.since(record.as_of), learning);
    record.as_of = as_of;
    match outcome {
        Outcome::Stood => record.stood += 1.0,
        Outcome::Fell(part) => record.fell += part,
    }
}

/// What the word of a source is worth at `now`, from 0 to 1: the mean of its Beta distribution.
#[must_use]
pub fn worth(record: Option<&SourceRecord>, learning: &Learning, now: Timestamp) -> f64 {
    let count = |part: fn(&SourceRecord) -> f64| {
        record.map_or(0.0, |record| {
            aged(part(record), now.since(record.as_of), learning)
        })
    };
    let stood = learning.stood + count(|record| record.stood);
    let fell = learning.fell + count(|record| record.fell);
    stood / (stood + fell)
}

/// A source of which nothing is known.
#[must_use]
pub fn beginner((sensor, source): Source) -> SourceRecord {
    SourceRecord {
        sensor,
        source,
        stood: 0.0,
        fell: 0.0,
        as_of: Timestamp::EPOCH,
    }
}

/// What is left of a number after so long.
fn aged(number: f64, age: Duration, learning: &Learning) -> f64 {
    if age.is_zero() {
        return number;
    }
    number * (-(age.as_secs_f64() / learning.half_life.duration().as_secs_f64())).exp2()
}

/// Learns from the next withdrawals, which alone teach something; tells whether there may be more.
pub(crate) async fn learn_batch(store: &Store, rules: &Rules) -> Result<bool, StoreError> {
    let position = store.position(READER).await?;
    let end = store.serial().await?.0;
    let up_to = end.min(position.saturating_add(SPAN));
    let withdrawn = store
        .withdrawals((Serial(position), Serial(up_to)), BATCH)
        .await?;
    // Where the batch is full there may be more behind it.
    let is_full = withdrawn.len() >= BATCH as usize;
    let last = withdrawn
        .last()
        .filter(|_last| is_full)
        .map_or(up_to, |last| last.serial.0);
    if withdrawn.is_empty() && last.saturating_sub(position) < IDLE_SPAN {
        return Ok(false);
    }
    let mut lessons: Vec<(Source, Outcome, Timestamp)> = Vec::new();
    for decided in &withdrawn {
        let Some((class, outcome)) = lesson(decided, &rules.learning) else {
            continue;
        };
        let sources = sources_of(store, rules, decided, class).await?;
        lessons.extend(sources.into_iter().map(|source| (source, outcome, decided.at)));
    }
    let mut transaction = store.begin_deciding().await?;
    if transaction.position(READER).await? != position {
        // Another process has learned this meanwhile.
        return elsewhere(store, transaction, (READER, position)).await;
    }
    let sources: BTreeSet<Source> = lessons.iter().map(|(source, ..)| source.clone()).collect();
    let known = transaction.sources_of(&sources).await?;
    let mut records: BTreeMap<Source, SourceRecord> = known
        .into_iter()
        .map(|record| ((record.sensor, record.source.clone()), record))
        .collect();
    for (source, outcome, at) in lessons {
        let record = records.entry(source.clone()).or_insert_with(|| beginner(source));
        add(record, outcome, at, &rules.learning);
    }
    let records: Vec<SourceRecord> = records.into_values().collect();
    transaction.put_sources(&records).await?;
    transaction.set_position(READER, last).await?;
    transaction.commit().await?;
    Ok(last < end)
}

/// What a decision teaches: the class that was left, and how.
fn lesson(decided: &Decided, learning: &Learning) -> Option<(Class, Outcome)> {
    match decided.decision.verdict {
        Verdict::Withdraw { class } => Some((class, outcome(&decided.decision.rule, learning)?)),
        Verdict::List { .. } | Verdict::Extend { .. } | Verdict::Allow { .. } | Verdict::Disallow => None,
    }
}

/// The sources that spoke for a listing which was withdrawn; none where no rule had made it.
async fn sources_of(
    store: &Store,
    rules: &Rules,
    decided: &Decided,
    class: Class,
) -> Result<BTreeSet<Source>, StoreError> {
    let unit: Prefix = decided.decision.prefix;
    let observations = store.observations_of(&unit, MOST_OBSERVATIONS).await?;
    let spoke = observations.iter().filter(|seen| {
        let weighing = rules.weighing(seen);
        seen.seen_at <= decided.at && weighing.is_some_and(|weighing| weighing.class == class)
    });
    let sources: BTreeSet<Source> = spoke.map(|seen| (seen.sensor, seen.source.clone())).collect();
    if sources.is_empty() {
        return Ok(sources);
    }
    let history = store.decisions_of(&[unit], MOST_DECISIONS).await?;
    let begun = history.iter().find(|earlier| {
        let is_list = matches!(earlier.decision.verdict, Verdict::List { class: of, .. } if of == class);
        is_list && earlier.serial < decided.serial
    });
    let is_of_rules = begun.is_some_and(|begun| is_ruled(&begun.decision.rule));
    Ok(if is_of_rules { sources } else { BTreeSet::new() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

    fn record(stood: u32, fell: u32) -> SourceRecord {
        let learning = Rules::standard().unwrap().learning;
        let mut record = beginner((Sensor::Report, "member".to_owned()));
        for _ in 0..stood {
            add(&mut record, Outcome::Stood, NOW, &learning);
        }
        for _ in 0..fell {
            add(&mut record, Outcome::Fell(1.0), NOW, &learning);
        }
        record
    }

    #[test]
    fn a_word_is_worth_the_share_that_stood_and_half_at_first() {
        let learning = Rules::standard().unwrap().learning;
        let worth = |stood, fell| worth(Some(&record(stood, fell)), &learning, NOW);
        assert!((super::worth(None, &learning, NOW) - 0.5).abs() < 1e-9);
        assert!((worth(0, 0) - 0.5).abs() < 1e-9);
        assert!((worth(8, 0) - 0.9).abs() < 1e-9);
        assert!((worth(0, 8) - 0.1).abs() < 1e-9);
        assert!((worth(2, 1) - 0.6).abs() < 1e-9);
    }

    #[test]
    fn what_was_learned_is_forgotten_by_halves() {
        let learning = Rules::standard().unwrap().learning;
        let later = NOW.plus(learning.half_life.duration());
        let known = record(8, 0);
        assert!((worth(Some(&known), &learning, later) - 5.0 / 6.0).abs() < 1e-9);
        let mut known = record(8, 0);
        add(&mut known, Outcome::Fell(1.0), later, &learning);
        assert!((known.stood - 4.0).abs() < 1e-9 && (known.fell - 1.0).abs() < 1e-9);
    }

    #[test]
    fn the_end_of_a_listing_says_how_good_it_was() {
        let learning = Rules::standard().unwrap().learning;
        let of = |name: &str| outcome(&Rule::new(name, 1), &learning);
        assert_eq!(of("expired"), Some(Outcome::Stood));
        assert_eq!(of("removal"), Some(Outcome::Fell(0.25)));
        assert_eq!(of("by-hand"), Some(Outcome::Fell(1.0)));
        assert_eq!(of("purge"), None);
        assert_eq!(of("new-holder"), None);
    }
}
