//! What the operator decides: list, unlist, allow, disallow.
//!
//! The same protections hold as for the rules: what is reserved or allowed is never listed.

use atalaya_model::{AllowEntry, Class, Decided, Decision, Prefix, Rule, Timestamp, Verdict, reserved};
use atalaya_store::Store;

use crate::DecideError;

/// The rule named in every decision made by hand.
fn rule() -> Rule {
    Rule::new("by-hand", 1)
}

/// Lists `prefix` in `class` until a date, or without end. A listing that stands already is replaced.
///
/// # Errors
/// The prefix is reserved or allowed, the end has passed, or the store failed.
pub async fn list(
    store: &Store,
    (prefix, class): (Prefix, Class),
    reason: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Decided, DecideError> {
    if let Some(purpose) = reserved(&prefix) {
        return Err(DecideError::Reserved { prefix, purpose });
    }
    if until.is_some_and(|until| until <= now) {
        return Err(DecideError::AlreadyOver);
    }
    let mut transaction = store.begin().await?;
    if let Some(entry) = covering(&transaction.allowed().await?, &prefix, now) {
        return Err(DecideError::Allowed {
            prefix,
            allowed: entry,
        });
    }
    let verdict = Verdict::List { class, until };
    let decision = Decision {
        prefix,
        verdict,
        rule: rule(),
        score: 0.0,
        reason: reason.to_owned(),
    };
    let decided = transaction.decide(&decision, now).await?;
    transaction.commit().await?;
    Ok(decided)
}

/// Takes `prefix` out of `class`, or out of every class.
///
/// # Errors
/// It is not listed there, or the store failed.
pub async fn unlist(
    store: &Store,
    prefix: Prefix,
    class: Option<Class>,
    reason: &str,
    now: Timestamp,
) -> Result<Vec<Decided>, DecideError> {
    let mut transaction = store.begin().await?;
    let mut listings = transaction.listings_in(&[prefix]).await?;
    listings.retain(|listing| class.is_none_or(|class| class == listing.class));
    if listings.is_empty() {
        return Err(DecideError::NotListed { prefix, class });
    }
    let mut decided = Vec::new();
    for listing in listings {
        let verdict = Verdict::Withdraw { class: listing.class };
        let decision = Decision {
            prefix,
            verdict,
            rule: rule(),
            score: 0.0,
            reason: reason.to_owned(),
        };
        decided.push(transaction.decide(&decision, now).await?);
    }
    transaction.commit().await?;
    Ok(decided)
}

/// Puts `prefix` on the allow list. It acts backwards: every listing inside is withdrawn in the same transaction.
///
/// # Errors
/// The end has passed, or the store failed.
pub async fn allow(
    store: &Store,
    prefix: Prefix,
    reason: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Vec<Decided>, DecideError> {
    if until.is_some_and(|until| until <= now) {
        return Err(DecideError::AlreadyOver);
    }
    let mut transaction = store.begin().await?;
    let verdict = Verdict::Allow { until };
    let decision = Decision {
        prefix,
        verdict,
        rule: rule(),
        score: 0.0,
        reason: reason.to_owned(),
    };
    let mut decided = vec![transaction.decide(&decision, now).await?];
    for listing in transaction.listings_inside(&prefix).await? {
        let decision = Decision {
            prefix: listing.prefix,
            verdict: Verdict::Withdraw { class: listing.class },
            rule: Rule::new("allowed", 1),
            score: 0.0,
            reason: format!("{prefix} was put on the allow list"),
        };
        decided.push(transaction.decide(&decision, now).await?);
    }
    transaction.commit().await?;
    Ok(decided)
}

/// Takes `prefix` off the allow list. What was withdrawn stays withdrawn until new evidence comes.
///
/// # Errors
/// It is not on the allow list, or the store failed.
pub async fn disallow(
    store: &Store,
    prefix: Prefix,
    reason: &str,
    now: Timestamp,
) -> Result<Decided, DecideError> {
    let mut transaction = store.begin().await?;
    if !transaction
        .allowed()
        .await?
        .iter()
        .any(|entry| entry.prefix == prefix)
    {
        return Err(DecideError::NotAllowed(prefix));
    }
    let decision = Decision {
        prefix,
        verdict: Verdict::Disallow,
        rule: rule(),
        score: 0.0,
        reason: reason.to_owned(),
    };
    let decided = transaction.decide(&decision, now).await?;
    transaction.commit().await?;
    Ok(decided)
}

/// The entry of the allow list that covers `prefix` and is not over, if there is one.
pub(crate) fn covering(allowed: &[AllowEntry], prefix: &Prefix, now: Timestamp) -> Option<Prefix> {
    let in_force = |entry: &&AllowEntry| entry.until.is_none_or(|until| until > now);
    allowed
        .iter()
        .filter(in_force)
        .map(|entry| entry.prefix)
        .find(|entry| entry.covers(prefix))
}
