//! The rules: how much evidence it takes to list an address, and for how long.
//!
//! In: the tally of an address, what stands listed, the rules, the time. Out: a [`Ruling`]. Plain functions only.
//!
//! The score is a sum of weights in which each part halves every `half_life`, so that one number and its date are all that
//! must be kept: `score(at) = score * 2^(-(at - scored_at) / half_life)`. It is judged as of the last observation, not as of the
//! moment at which the judge comes to it: the same facts give the same ruling however late they are read.

use std::time::Duration;

use atalaya_model::{Listing, Observation, Timestamp, Trap};
use atalaya_store::{Strength, Tally};

use crate::DecideConfig;

/// Most witnesses remembered for one address; above the highest `witnesses` that the configuration takes.
const MAX_WITNESSES: usize = 16;

/// What the evidence against an address calls for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Ruling {
    /// Nothing changes.
    Leave(Why),
    /// Enter it.
    List {
        /// The score as of the last observation.
        score: f64,
        /// The end.
        until: Timestamp,
    },
    /// Move the end of its listing.
    Extend {
        /// The score as of the last observation.
        score: f64,
        /// The new end.
        until: Timestamp,
    },
}

/// Why nothing changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Why {
    /// The score is below the threshold.
    TooLittle(f64),
    /// Only weak traps were hit, and too few different ones.
    Uncorroborated,
    /// The listing would be over by now: the evidence is read that late.
    TooOld,
    /// It is listed, and its end would move by too little to be worth a decision.
    ListedLongEnough,
}

/// Adds one observation to the tally of its address. See [`Observation::counts`].
pub fn weigh(tally: &mut Tally, observation: &Observation, rules: &DecideConfig) {
    if !observation.counts() {
        return;
    }
    let at = observation.seen_at.max(tally.scored_at);
    let weight = match observation.trap {
        Trap::Pristine => rules.weights.pristine,
        Trap::Recycled => rules.weights.recycled,
        Trap::Typo => rules.weights.typo,
        Trap::Role => return,
    };
    tally.score = decayed(tally, at, rules) + weight;
    tally.scored_at = at;
    tally.observations = tally.observations.saturating_add(1);
    if observation.trap == Trap::Pristine {
        tally.strength = Strength::Strong;
    }
    let witness = witness(observation);
    if tally.witnesses.len() < MAX_WITNESSES && !tally.witnesses.contains(&witness) {
        tally.witnesses.push(witness);
    }
}

/// Says what the tally of an address calls for, given its listing if it has one.
#[must_use]
pub fn judge(tally: &Tally, standing: Option<&Listing>, rules: &DecideConfig, now: Timestamp) -> Ruling {
    let score = tally.score;
    if score < rules.list_at {
        return Ruling::Leave(Why::TooLittle(score));
    }
    if tally.strength == Strength::Weak && tally.witnesses.len() < rules.witnesses as usize {
        return Ruling::Leave(Why::Uncorroborated);
    }
    let standing = standing.filter(|listing| !listing.is_over(now));
    let times = tally.listed_times.saturating_sub(u32::from(standing.is_some()));
    let lifetime = lifetime(times, rules);
    let until = tally.scored_at.plus(lifetime);
    match standing {
        _ if until <= now => Ruling::Leave(Why::TooOld),
        None => Ruling::List { score, until },
        Some(listing) if is_worth_extending(listing, until, lifetime) => Ruling::Extend { score, until },
        Some(_) => Ruling::Leave(Why::ListedLongEnough),
    }
}

/// How long a listing lasts for an address that was listed `times` before: twice as long at each return, up to the longest.
#[must_use]
pub fn lifetime(times: u32, rules: &DecideConfig) -> Duration {
    let doubled = rules
        .first_lifetime
        .duration()
        .saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX));
    doubled.min(rules.longest_lifetime.duration())
}

/// Whether the end moves by more than an eighth of the lifetime: a flood must not become a flood of decisions.
fn is_worth_extending(listing: &Listing, until: Timestamp, lifetime: Duration) -> bool {
    listing.until.is_some_and(|end| until.since(end) > lifetime / 8)
}

/// The score of a tally at a later time.
fn decayed(tally: &Tally, at: Timestamp, rules: &DecideConfig) -> f64 {
    let age = at.since(tally.scored_at).as_secs_f64() / rules.half_life.duration().as_secs_f64();
    tally.score * (-age).exp2()
}

/// Names the trap that was hit, so that the same one is not counted twice as a witness.
fn witness(observation: &Observation) -> String {
    let trap = observation.envelope.recipients.first().map_or("", String::as_str);
    format!("{}:{}", observation.sensor, trap.to_lowercase())
        .chars()
        .take(120)
        .collect()
}

#[cfg(test)]
mod tests;
