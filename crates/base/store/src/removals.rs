//! Removals: who asked to leave the list, and when.

use atalaya_model::{Class, Prefix, Timestamp};

use crate::{Store, StoreError, Transaction};

impl Store {
    /// When `prefix` was removed at its owner's wish since a moment, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn removals_of(
        &self,
        _prefix: &Prefix,
        _since: Timestamp,
    ) -> Result<Vec<Timestamp>, StoreError> {
        todo!()
    }

    /// How many removals `client` asked for since a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn removals_by(&self, _client: &str, _since: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }
}

impl Transaction {
    /// Remembers a removal.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_removal(
        &mut self,
        _prefix: &Prefix,
        _class: Class,
        _client: &str,
        _at: Timestamp,
    ) -> Result<(), StoreError> {
        todo!()
    }
}
