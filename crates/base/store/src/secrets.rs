//! Secrets of our own: random keys that every process on this store shares, and that nobody else is to know.

use uuid::Uuid;

use crate::sql::values;
use crate::{Store, StoreError};

impl Store {
    /// The secret of that name: 32 bytes, made at the first call, the same ever after and in every process on this store.
    ///
    /// # Errors
    /// The store failed.
    pub async fn secret(&self, name: &str) -> Result<Vec<u8>, StoreError> {
        let sql = "SELECT value FROM secrets WHERE name = $1";
        if let Some(mut row) = self.read().await?.row(sql, values![name]).await? {
            return row.take();
        }
        let fresh = [Uuid::new_v4().into_bytes(), Uuid::new_v4().into_bytes()].concat();
        let insert = "INSERT INTO secrets (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
        self.write_one(insert, values![name, fresh]).await?;
        // Another process may have been faster: what stands in the table counts.
        let row = self.read().await?.row(sql, values![name]).await?;
        row.ok_or_else(|| StoreError::corrupt("a secret is gone"))?.take()
    }
}
