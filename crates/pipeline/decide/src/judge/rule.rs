//! What follows for one unit: the decisions of all classes, as the judge makes them and as a simulation would.

use atalaya_model::{Class, Decision, Listing, Timestamp, Verdict};
use atalaya_store::{Case, Tally};

use super::{Ruling, judge, reason::reason};
use crate::rules::{Rules, SCORE};

/// Applies the rules to a unit, whose listings stand in `standing`; gives what follows. The tally learns how often it was listed.
///
/// Whether anything may be listed there at all is for the caller to ask.
#[must_use]
pub fn rule_on(tally: &mut Tally, standing: &[Listing], rules: &Rules, now: Timestamp) -> Vec<Decision> {
    let standing: Vec<&Listing> = standing.iter().filter(|at| !at.is_over(now)).collect();
    forget_old_listings(tally, &standing, rules, now);
    // Whoever stands listed already has not come back.
    let count = u32::try_from(standing.len()).unwrap_or(u32::MAX);
    let times = tally.listed_times.saturating_sub(count);
    let mut decisions = Vec::new();
    for (class, case) in &tally.cases {
        let listing = standing.iter().find(|listing| listing.class == *class);
        let ruling = judge((*class, case), listing.copied(), times, rules, now);
        if matches!(ruling, Ruling::List { .. }) {
            tally.listed_times = tally.listed_times.saturating_add(1);
        }
        decisions.extend(decision(tally.unit, (*class, case), ruling, rules));
    }
    decisions
}

/// A unit that behaved for long enough counts as new.
fn forget_old_listings(tally: &mut Tally, standing: &[&Listing], rules: &Rules, now: Timestamp) {
    let quiet = tally.last_withdrawn_at.map(|at| now.since(at));
    if standing.is_empty() && quiet.is_some_and(|quiet| quiet > rules.forget_after.duration()) {
        tally.listed_times = 0;
    }
}

/// The decision that a ruling is, if it changes something.
fn decision(
    prefix: atalaya_model::Prefix,
    (class, case): (Class, &Case),
    ruling: Ruling,
    rules: &Rules,
) -> Option<Decision> {
    let (verdict, score) = match ruling {
        Ruling::Leave(_) => return None,
        Ruling::List { score, until } => {
            let until = Some(until);
            (Verdict::List { class, until }, score)
        }
        Ruling::Extend { score, until } => {
            let until = Some(until);
            (Verdict::Extend { class, until }, score)
        }
    };
    Some(Decision {
        prefix,
        verdict,
        rule: rules.rule(SCORE),
        score,
        reason: reason(case),
    })
}
