//! Taking listings off before their end, for whatever reason.

use atalaya_model::{Decided, Decision, Listing, Prefix, Rule, Timestamp, Verdict};
use atalaya_store::{StoreError, Transaction};

use crate::rules::{ESCALATION, SCORE};

/// Whether the rules made a listing, not a person.
#[must_use]
pub fn is_ruled(rule: &Rule) -> bool {
    matches!(rule.name(), SCORE | ESCALATION)
}

/// The decision that takes a listing off.
pub(crate) fn leave(listing: &Listing, rule: &Rule, reason: &str) -> Decision {
    Decision {
        prefix: listing.prefix,
        verdict: Verdict::Withdraw { class: listing.class },
        rule: rule.clone(),
        score: 0.0,
        reason: reason.to_owned(),
    }
}

/// Withdraws listings before their end, and wipes the evidence that made them.
pub(crate) async fn withdraw(
    transaction: &mut Transaction,
    listings: &[Listing],
    (rule, reason): (&Rule, &str),
    now: Timestamp,
) -> Result<Vec<Decided>, StoreError> {
    let decisions: Vec<Decision> = listings
        .iter()
        .map(|listing| leave(listing, rule, reason))
        .collect();
    let decided = transaction.decide_all(&decisions, now).await?;
    let prefixes = listings.iter().map(|listing| listing.prefix);
    let units: Vec<Prefix> = prefixes.filter(Prefix::is_unit).collect();
    transaction.wipe_tallies(&units, now).await?;
    Ok(decided)
}
