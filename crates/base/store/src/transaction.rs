//! One write transaction, and how far each reader of the facts has come.

use std::fmt;

use crate::sql::{Connection, values};
use crate::{Store, StoreError, Topic};

/// One write transaction; dropped without [`Self::commit`] it is rolled back.
///
/// On SQLite it keeps every other writer waiting: read and reckon first, then begin.
pub struct Transaction {
    pub(crate) connection: Connection,
    store: Store,
    touched: Vec<Topic>,
}

impl Store {
    /// Begins a write transaction.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        let mut connection = self.write().await?;
        connection.begin().await?;
        Ok(Transaction {
            connection,
            store: self.clone(),
            touched: Vec::new(),
        })
    }
}

impl Transaction {
    /// How far `reader` has read; 0 before its first time.
    ///
    /// On PostgreSQL this keeps other processes from reading as the same reader until the transaction ends.
    ///
    /// # Errors
    /// The store failed.
    pub async fn position(&mut self, reader: &str) -> Result<u64, StoreError> {
        let sql = "INSERT INTO readers (name, position) VALUES ($1, 0) \
                   ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING position";
        let row = self.connection.row(sql, values![reader]).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Remembers how far `reader` has read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_position(&mut self, reader: &str, position: u64) -> Result<(), StoreError> {
        let sql = "INSERT INTO readers (name, position) VALUES ($1, $2) \
                   ON CONFLICT (name) DO UPDATE SET position = excluded.position";
        self.connection
            .execute(sql, values![reader, position])
            .await
            .map(|_count| ())
    }

    /// Makes everything durable, then wakes the subscribers of what was touched.
    ///
    /// # Errors
    /// The store failed, and nothing was kept. After [`StoreError::Unreachable`] it may have been kept.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.connection.commit().await?;
        for topic in self.touched.drain(..) {
            self.store.ring(topic);
        }
        Ok(())
    }

    /// Remembers to wake the subscribers of `topic`.
    pub(crate) fn touch(&mut self, topic: Topic) {
        if !self.touched.contains(&topic) {
            self.touched.push(topic);
        }
    }

    /// The time now.
    pub(crate) fn now(&self) -> atalaya_model::Timestamp {
        self.store.now()
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}
