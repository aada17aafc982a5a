//! The rules: how much evidence it takes to list an address, and for how long.
//!
//! In: the tally of an address, what stands listed, the rules, the time. Out: a [`Ruling`]. Plain functions only.
//!
//! The score is a sum of weights in which each part halves every `half_life`, so that one number and its date are all that
//! must be kept: `score(at) = score * 2^(-(at - scored_at) / half_life)`. It is judged as of the last observation, not as of the
//! moment at which the judge comes to it: the same facts give the same ruling however late they are read. Corroboration ages with the
//! score: what a trap saw long ago does not make up for what is missing today.

use std::time::Duration;

use atalaya_model::{Listing, Observation, Timestamp, Trap};
use atalaya_store::Tally;

use crate::DecideConfig;

/// Most witnesses remembered for one address; above the highest `witnesses` that the configuration takes.
const MAX_WITNESSES: usize = 16;
/// Longest name of a witness, in characters: longer addresses are told apart well enough by their beginning.
const LONGEST_NAME: usize = 120;
/// Half-lives after which a hit corroborates nothing any more: by then it weighs a thirty-second of what it did.
const MEMORY: u32 = 5;

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

/// Adds one observation to the tally of its address, unless it does not count (see [`Observation::counts`]) or was seen before the
/// evidence was wiped.
///
/// In whatever order observations are read, the tally comes out the same.
pub fn weigh(tally: &mut Tally, observation: &Observation, rules: &DecideConfig, now: Timestamp) {
    correct(tally, now);
    let at = observation.seen_at.min(now);
    if !observation.counts() || tally.wiped_at.is_some_and(|wiped_at| at <= wiped_at) {
        return;
    }
    let weight = match observation.trap {
        Some(Trap::Pristine) => rules.weights.pristine,
        Some(Trap::Recycled) => rules.weights.recycled,
        Some(Trap::Typo) => rules.weights.typo,
        Some(Trap::Role) | None => return,
    };
    // Both sides are brought to the time of the later one: what is read late counts by its age.
    let last = at.max(tally.scored_at);
    tally.score =
        decayed(tally.score, last.since(tally.scored_at), rules) + decayed(weight, last.since(at), rules);
    tally.scored_at = last;
    tally.observations = tally.observations.saturating_add(1);
    if observation.trap == Some(Trap::Pristine) {
        tally.strong_at = tally.strong_at.max(Some(at));
    }
    for name in witnesses(observation) {
        let last = tally.witnesses.entry(name).or_insert(at);
        *last = at.max(*last);
    }
    forget_oldest_witnesses(tally);
}

/// Takes back to `now` what a clock that was ahead wrote into a tally: taken at its word, it would hold for years.
fn correct(tally: &mut Tally, now: Timestamp) {
    let moments = [
        &mut tally.strong_at,
        &mut tally.last_withdrawn_at,
        &mut tally.wiped_at,
    ];
    let moments = moments.into_iter().flatten().chain(tally.witnesses.values_mut());
    for at in moments.chain([&mut tally.scored_at]) {
        *at = now.min(*at);
    }
}

/// Keeps the witnesses that were hit last, within the bound.
fn forget_oldest_witnesses(tally: &mut Tally) {
    while tally.witnesses.len() > MAX_WITNESSES {
        let oldest = tally.witnesses.iter().min_by_key(|(name, at)| (**at, *name));
        let Some(name) = oldest.map(|(name, _)| name.clone()) else {
            return;
        };
        tally.witnesses.remove(&name);
    }
}

/// Says what the tally of an address calls for, given its listing if it has one.
#[must_use]
pub fn judge(tally: &Tally, standing: Option<&Listing>, rules: &DecideConfig, now: Timestamp) -> Ruling {
    let score = tally.score;
    if score < rules.list_at {
        return Ruling::Leave(Why::TooLittle(score));
    }
    if !is_corroborated(tally, rules) {
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

/// Whether a trap was hit that may list alone, or enough different ones, not too long before the last observation.
fn is_corroborated(tally: &Tally, rules: &DecideConfig) -> bool {
    let memory = rules.half_life.duration().saturating_mul(MEMORY);
    let is_fresh = |at: &Timestamp| tally.scored_at.since(*at) <= memory;
    tally.strong_at.as_ref().is_some_and(is_fresh)
        || tally.witnesses.values().filter(|at| is_fresh(at)).count() >= rules.witnesses as usize
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

/// What is left of a weight after so long.
fn decayed(weight: f64, age: Duration, rules: &DecideConfig) -> f64 {
    let half_lives = age.as_secs_f64() / rules.half_life.duration().as_secs_f64();
    weight * (-half_lives).exp2()
}

/// Names the traps that were hit, so that the same one is not counted twice as a witness.
fn witnesses(observation: &Observation) -> impl Iterator<Item = String> {
    let recipients = observation.envelope.recipients.iter().map(String::as_str);
    // A sensor that tells no recipient is one witness.
    let unnamed = observation.envelope.recipients.is_empty().then_some("");
    recipients.chain(unnamed).map(|trap| {
        format!("{}:{}", observation.sensor, trap.to_lowercase())
            .chars()
            .take(LONGEST_NAME)
            .collect()
    })
}

#[cfg(test)]
mod tests;
