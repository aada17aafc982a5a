//! Replacing: what an import listed before and its list names no more is withdrawn.
//!
//! In: pages of what stands by an import, and the prefixes that are gone. Whoever has the list compares the two, because it may be
//! longer than what fits into memory here. What others listed, by hand or by a trap, is never touched.

use atalaya_formats::why::Why;
use atalaya_model::{Decision, Listing, Prefix, Timestamp, Verdict};
use atalaya_store::Store;
use serde::{Deserialize, Serialize};

use super::Import;
use crate::DecideError;

/// Prefixes of one page of [`standing`].
const PAGE: u32 = 10_000;

/// What replacing would take out, in numbers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// Listed by the import until now.
    pub standing: u64,
    /// Of these, what its list names no more.
    pub gone: u64,
}

impl Replacement {
    /// Whether more than half would go: a list that was cut or is empty looks like this.
    #[must_use]
    pub const fn is_drastic(&self) -> bool {
        self.gone > self.standing / 2
    }
}

/// A page of what the import has listed, ordered by first and last address; `after` is the last of the page before. An empty page is the
/// last.
///
/// # Errors
/// The store failed.
pub async fn standing(
    store: &Store,
    import: &Import,
    after: Option<&Prefix>,
) -> Result<Vec<Prefix>, DecideError> {
    let rule = import.rule();
    Ok(store.prefixes_by_rule(import.class, &rule, after, PAGE).await?)
}

/// Withdraws prefixes as far as the import has listed them, in one transaction; gives their number. The evidence against them stays: it
/// was never the reason.
///
/// # Errors
/// The store failed; then nothing of these was withdrawn.
pub async fn withdraw(
    store: &Store,
    import: &Import,
    prefixes: &[Prefix],
    now: Timestamp,
) -> Result<u64, DecideError> {
    let rule = import.rule();
    let mut transaction = store.begin_deciding().await?;
    let mut listings = transaction.listings_in(prefixes).await?;
    listings.retain(|listing| listing.class == import.class && listing.rule == rule);
    let leave = |listing: &Listing| Decision {
        prefix: listing.prefix,
        verdict: Verdict::Withdraw { class: listing.class },
        rule: rule.clone(),
        score: 0.0,
        reason: Why::OffItsList.to_string(),
    };
    let decisions: Vec<Decision> = listings.iter().map(leave).collect();
    if decisions.is_empty() {
        transaction.rollback().await?;
        return Ok(0);
    }
    let decided = transaction.decide_all(&decisions, now).await?;
    transaction.commit().await?;
    Ok(decided.len() as u64)
}
