//! Removals: who asked to leave the list, and when.

use atalaya_model::{Class, Prefix, Timestamp};

use crate::sql::values;
use crate::{Store, StoreError, Transaction};

impl Store {
    /// When `prefix` was removed at its owner's wish since a moment, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn removals_of(&self, prefix: &Prefix, since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        let sql =
            "SELECT removed_at FROM removals WHERE prefix = $1 AND removed_at >= $2 ORDER BY removed_at DESC";
        let rows = self.read().await?.rows(sql, values![prefix, since]).await?;
        rows.into_iter().map(|mut row| row.take_time()).collect()
    }

    /// How many removals `client` asked for since a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn removals_by(&self, client: &str, since: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM removals WHERE client = $1 AND removed_at >= $2";
        let row = self.read().await?.row(sql, values![client, since]).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }
}

impl Transaction {
    /// Remembers a removal.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_removal(
        &mut self,
        prefix: &Prefix,
        class: Class,
        client: &str,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO removals (prefix, class, client, removed_at) VALUES ($1, $2, $3, $4)";
        self.connection
            .execute(sql, values![prefix, class.name(), client, at])
            .await
            .map(|_count| ())
    }
}
