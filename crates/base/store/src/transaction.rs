//! One write transaction, and how far each reader of the facts has come.

use std::fmt;

use crate::StoreError;

/// One write transaction; dropped without [`Self::commit`] it is rolled back.
pub struct Transaction {}

impl Transaction {
    /// How far `reader` has read; 0 before its first time. On PostgreSQL this keeps other processes from reading as the same reader.
    ///
    /// # Errors
    /// The store failed.
    pub async fn position(&mut self, _reader: &str) -> Result<u64, StoreError> {
        todo!()
    }

    /// Remembers how far `reader` has read.
    ///
    /// # Errors
    /// The store failed.
    pub async fn set_position(&mut self, _reader: &str, _position: u64) -> Result<(), StoreError> {
        todo!()
    }

    /// Makes everything durable, then wakes the subscribers of what was touched.
    ///
    /// # Errors
    /// The store failed, and nothing was kept. After [`StoreError::Unreachable`] it may have been kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        todo!()
    }
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}
