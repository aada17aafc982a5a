//! What is on the allow list around some prefixes.

use std::collections::HashSet;

use atalaya_model::{Prefix, Timestamp};
use atalaya_store::{StoreError, Transaction};

/// The entries of the allow list around some prefixes.
#[derive(Debug)]
pub(crate) struct Allowed(HashSet<Prefix>);

impl Allowed {
    /// Asks for those that hold now.
    pub(crate) async fn around(
        transaction: &mut Transaction,
        prefixes: &[Prefix],
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let entries = transaction.allowed_covering(prefixes).await?.into_iter();
        let holding = entries.filter(|entry| !entry.is_over(now));
        Ok(Self(holding.map(|entry| entry.prefix).collect()))
    }

    /// Whether all of `prefix`, which was asked for, is on the allow list.
    pub(crate) fn covers(&self, prefix: Prefix) -> bool {
        !self.0.is_empty() && prefix.with_parents().any(|around| self.0.contains(&around))
    }
}
