//! The rules applied to one unit: how much evidence it takes to list it, and for how long.
//!
//! In: the tally of a unit, what stands listed, the rules, the time. Out: a [`Ruling`] for each class. Plain functions only.
//!
//! The score of a class is a sum of weights, one for each kind of observation, in which each part halves in the half-life of its kind, so
//! that a few numbers and their date are all that must be kept. It is judged as of the last observation, not as of the moment at which
//! the judge comes to it: the same facts give the same ruling however late and in whatever order they are read. Corroboration ages with the
//! score: what a witness saw long ago does not make up for what is missing today.

mod reason;
mod rule;
mod taken_back;

use std::time::Duration;

use atalaya_model::{Class, Kind, Listing, Observation, Sensor, Timestamp};
use atalaya_store::{Case, Tally};

pub use rule::rule_on;
pub(crate) use taken_back::{TakenBack, is_taken_back, take_back};

use crate::rules::{Alone, Lifetime, Rules, is_our_own};

/// Most witnesses remembered for one class of a unit; the highest number that rules can ask for.
const MAX_WITNESSES: usize = 16;
/// Longest name of a witness, in characters: longer ones are told apart well enough by their beginning.
const LONGEST_NAME: usize = 120;
/// Half-lives after which a witness corroborates nothing any more: by then what it saw weighs a thirty-second of what it did.
pub(crate) const MEMORY: u32 = 5;

/// What the evidence against a unit calls for.
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
    /// Nothing was seen that may list alone, and too few independent witnesses saw the rest.
    Uncorroborated,
    /// The rules do not list in this class any more.
    NoSuchClass,
    /// The listing would be over by now: the evidence is read that late.
    TooOld,
    /// It is listed, and its end would move by too little to be worth a decision.
    ListedLongEnough,
}

/// Adds one observation to the tally of its unit, unless it does not count, was taken back, or was seen before the evidence was wiped.
///
/// `worth` is what the word of its source has proven to be worth, from 0 to 1.
///
/// In whatever order observations are read, the tally comes out the same.
pub fn weigh(tally: &mut Tally, observation: &Observation, rules: &Rules, worth: f64, now: Timestamp) {
    correct(tally, now);
    let at = observation.seen_at.min(now);
    let is_wiped = tally.wiped_at.is_some_and(|wiped_at| at <= wiped_at);
    if is_wiped || is_taken_back(&tally.taken_back, observation) {
        return;
    }
    let Some(weighing) = rules.weighing(observation) else {
        return;
    };
    let case = tally.cases.entry(weighing.class).or_default();
    // Both sides are brought to the time of the later one: what is read late counts by its age.
    let last = at.max(case.at);
    let age = last.since(case.at);
    case.weights.retain(|kind, weight| {
        *weight = decayed(*weight, age, *kind, rules);
        *weight > 0.0
    });
    let weight = decayed(weighing.weight * worth, last.since(at), observation.kind, rules);
    *case.weights.entry(observation.kind).or_default() += weight;
    case.at = last;
    case.observations = case.observations.saturating_add(1);
    if weighing.alone == Alone::Lists {
        case.strong_at = case.strong_at.max(Some(at));
    }
    for name in witnesses(observation, rules) {
        let last = case.witnesses.entry(name).or_insert(at);
        *last = at.max(*last);
    }
    forget_oldest_witnesses(case);
}

/// Takes back to `now` what a clock that was ahead wrote into a tally: taken at its word, it would hold for years.
fn correct(tally: &mut Tally, now: Timestamp) {
    let moments = [&mut tally.last_withdrawn_at, &mut tally.wiped_at];
    for at in moments.into_iter().flatten().chain(tally.taken_back.values_mut()) {
        *at = now.min(*at);
    }
    for case in tally.cases.values_mut() {
        let moments = case.strong_at.iter_mut().chain(case.witnesses.values_mut());
        for at in moments.chain([&mut case.at]) {
            *at = now.min(*at);
        }
    }
}

/// Keeps the witnesses that were heard last, within the bound.
fn forget_oldest_witnesses(case: &mut Case) {
    while case.witnesses.len() > MAX_WITNESSES {
        let oldest = case.witnesses.iter().min_by_key(|(name, at)| (**at, *name));
        let Some(name) = oldest.map(|(name, _)| name.clone()) else {
            return;
        };
        case.witnesses.remove(&name);
    }
}

/// Says what the case for one class calls for, given the listing in that class if there is one, and how often the unit was listed
/// before.
#[must_use]
pub fn judge(
    (class, case): (Class, &Case),
    standing: Option<&Listing>,
    times: u32,
    rules: &Rules,
    now: Timestamp,
) -> Ruling {
    let Some(life) = rules.classes.get(&class) else {
        return Ruling::Leave(Why::NoSuchClass);
    };
    let score = score(case);
    if score < rules.list_at {
        return Ruling::Leave(Why::TooLittle(score));
    }
    if !is_corroborated((class, case), rules) {
        return Ruling::Leave(Why::Uncorroborated);
    }
    let lifetime = lifetime(times, life);
    let until = case.at.plus(lifetime);
    match standing.filter(|listing| !listing.is_over(now)) {
        _ if until <= now => Ruling::Leave(Why::TooOld),
        None => Ruling::List { score, until },
        Some(listing) if is_worth_extending(listing, until, lifetime) => Ruling::Extend { score, until },
        Some(_) => Ruling::Leave(Why::ListedLongEnough),
    }
}

/// The score of a case as of its last observation.
#[must_use]
pub fn score(case: &Case) -> f64 {
    case.weights.values().sum()
}

/// Whether something was seen that may list alone, or by enough independent witnesses, not too long before the last observation.
fn is_corroborated((class, case): (Class, &Case), rules: &Rules) -> bool {
    let memory = rules.longest_half_life(class).saturating_mul(MEMORY);
    let is_fresh = |at: &Timestamp| case.at.since(*at) <= memory;
    case.strong_at.as_ref().is_some_and(is_fresh)
        || case.witnesses.values().filter(|at| is_fresh(at)).count() >= rules.witnesses as usize
}

/// How long a listing lasts for a unit that was listed `times` before: twice as long at each return, up to the longest.
#[must_use]
pub fn lifetime(times: u32, life: &Lifetime) -> Duration {
    let doubled = life
        .first
        .duration()
        .saturating_mul(1_u32.checked_shl(times).unwrap_or(u32::MAX));
    doubled.min(life.longest.duration())
}

/// Whether the end moves by more than an eighth of the lifetime: a flood must not become a flood of decisions.
fn is_worth_extending(listing: &Listing, until: Timestamp, lifetime: Duration) -> bool {
    listing.until.is_some_and(|end| until.since(end) > lifetime / 8)
}

/// What is left of a weight after so long; nothing where its kind counts no more.
fn decayed(weight: f64, age: Duration, kind: Kind, rules: &Rules) -> f64 {
    let Some(half_life) = rules.half_life(kind) else {
        return 0.0;
    };
    if age.is_zero() {
        return weight;
    }
    let half_lives = age.as_secs_f64() / half_life.as_secs_f64();
    weight * (-half_lives).exp2()
}

/// Names the independent witnesses of an observation, so that the same one is not counted twice.
///
/// Two are independent where their sensor or source differs, or, where sensors of our own saw it, the trap that was hit. The other
/// recipients of a mail to traps are none, a forwarder brings one, and whom a stranger names says nothing: he could invent as many as he
/// likes, and is one witness.
fn witnesses(observation: &Observation, rules: &Rules) -> impl Iterator<Item = String> {
    let most = match rules.is_forwarded(observation) {
        true => 1,
        false => MAX_WITNESSES,
    };
    let traps = traps_of(observation);
    let unnamed = traps.is_empty().then_some("");
    let traps = traps.iter().map(String::as_str).chain(unnamed).take(most);
    traps.map(|trap| {
        let name = match trap.is_empty() {
            // The same trap is hit once, however many of our listeners and sensors saw it.
            false => format!("trap:{}", trap.to_lowercase()),
            true => format!("{}/{}", observation.sensor, observation.source),
        };
        name.chars().take(LONGEST_NAME).collect()
    })
}

/// The traps that one of our own sensors saw hit.
fn traps_of(observation: &Observation) -> &[String] {
    if !is_our_own(observation) || observation.trap.is_none() {
        return &[];
    }
    match (
        observation.traps.as_slice(),
        observation.envelope.recipients.as_slice(),
    ) {
        // Kept before traps were told from other recipients: there is no doubt where there is only one. Whom a replayed mail names may be
        // its sender's invention.
        ([], [recipient]) if observation.sensor != Sensor::Replay => std::slice::from_ref(recipient),
        (traps, _) => traps,
    }
}

#[cfg(test)]
mod tests;
