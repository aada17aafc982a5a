//! What the operator decides: list, unlist, allow, disallow.
//!
//! The same protections hold as for the rules: what is reserved or allowed is never listed.

use atalaya_formats::why::Why;
use atalaya_model::{Class, Decided, Decision, Prefix, Rule, Serial, Timestamp, Verdict, reserved};
use atalaya_store::{Store, StoreError};
use serde::{Deserialize, Serialize};

use crate::DecideError;
use crate::withdraw::withdraw;

/// Listings withdrawn in one transaction when the allow list acts backwards: few enough that others write in between.
const WITHDRAW_BATCH: u32 = 1_000;
/// Most decisions told of when the allow list acts backwards: nobody reads more, and the answer must fit into one message.
const MOST_SHOWN: usize = 1_000;

/// The rule named in every decision made by hand.
fn rule() -> Rule {
    Rule::new(Rule::BY_HAND, 1)
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
    let mut transaction = store.begin_deciding().await?;
    let around = transaction.allowed_covering(&[prefix]).await?;
    if let Some(entry) = around.into_iter().find(|entry| !entry.is_over(now)) {
        transaction.rollback().await?;
        return Err(DecideError::Allowed {
            prefix,
            allowed: entry.prefix,
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

/// Takes `prefix` out of `class`, or out of every class. Its evidence is wiped: only what is seen from now on lists it again.
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
    let mut transaction = store.begin_deciding().await?;
    let mut listings = transaction.listings_in(&[prefix]).await?;
    listings.retain(|listing| class.is_none_or(|class| class == listing.class));
    if listings.is_empty() {
        transaction.rollback().await?;
        return Err(DecideError::NotListed { prefix, class });
    }
    let decided = withdraw(&mut transaction, &listings, (&rule(), reason), now).await?;
    transaction.commit().await?;
    Ok(decided)
}

/// What came of putting a prefix on the allow list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Allowed {
    /// The entry, and the first of the withdrawals that followed from it.
    pub decided: Vec<Decided>,
    /// Withdrawals beyond those.
    pub more: u64,
    /// The last decision.
    pub serial: Serial,
}

/// Puts `prefix` on the allow list. It acts backwards: every listing inside is withdrawn.
///
/// The entry comes first, so that nothing inside is listed or answered from then on. The withdrawals follow in batches, because there
/// may be millions and others want to write meanwhile. Cut short, the same call goes on with what is left.
///
/// # Errors
/// The end has passed, or the store failed; what was committed before that stays.
pub async fn allow(
    store: &Store,
    prefix: Prefix,
    reason: &str,
    until: Option<Timestamp>,
    now: Timestamp,
) -> Result<Allowed, DecideError> {
    if until.is_some_and(|until| until <= now) {
        return Err(DecideError::AlreadyOver);
    }
    let verdict = Verdict::Allow { until };
    let decision = Decision {
        prefix,
        verdict,
        rule: rule(),
        score: 0.0,
        reason: reason.to_owned(),
    };
    let mut transaction = store.begin_deciding().await?;
    let entry = transaction.decide(&decision, now).await?;
    let mut allowed = Allowed {
        serial: entry.serial,
        decided: vec![entry],
        more: 0,
    };
    let why = Why::Allowed(prefix).to_string();
    loop {
        let listings = transaction.listings_inside(&prefix, WITHDRAW_BATCH).await?;
        let decided = withdraw(&mut transaction, &listings, (&Rule::new("allowed", 1), &why), now).await?;
        transaction.commit().await?;
        allowed.add(decided);
        if listings.len() < WITHDRAW_BATCH as usize {
            return Ok(allowed);
        }
        transaction = store.begin_deciding().await?;
    }
}

impl Allowed {
    /// Adds withdrawals; those beyond the first are only counted.
    fn add(&mut self, decided: Vec<Decided>) {
        self.serial = decided.last().map_or(self.serial, |last| last.serial);
        for one in decided {
            if self.decided.len() < MOST_SHOWN {
                self.decided.push(one);
            } else {
                self.more = self.more.saturating_add(1);
            }
        }
    }
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
    let decision = Decision {
        prefix,
        verdict: Verdict::Disallow,
        rule: rule(),
        score: 0.0,
        reason: reason.to_owned(),
    };
    let mut transaction = store.begin_deciding().await?;
    match transaction.decide(&decision, now).await {
        Ok(decided) => {
            transaction.commit().await?;
            Ok(decided)
        }
        Err(StoreError::NothingListed(_)) => {
            transaction.rollback().await?;
            Err(DecideError::NotAllowed(prefix))
        }
        Err(error) => Err(error.into()),
    }
}
