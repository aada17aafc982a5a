//! One write transaction, and how far each reader of the facts has come.

use std::fmt;

use atalaya_model::Serial;

use crate::decisions::Turn;
use crate::sql::{Connection, values};
use crate::{Store, StoreError, Topic};

/// The reader of the observations who judges them.
pub const JUDGE: &str = "decide";
/// The one who counts them for the statistics.
pub const STATISTICS: &str = "stats";
/// The one who tells them to those who enrolled.
pub const FEEDBACK: &str = "feedback";
/// The one who tells reports about signatures to those who enrolled.
pub const SIGNED_READER: &str = "feedback-signed";
/// All who follow the observations.
pub(crate) const FOLLOWERS: [&str; 4] = [JUDGE, STATISTICS, FEEDBACK, SIGNED_READER];

/// One write transaction; dropped without [`Self::commit`] it is rolled back, at the price of its connection.
///
/// On SQLite it keeps every other writer waiting: read and reckon first, then begin.
pub struct Transaction {
    pub(crate) connection: Connection,
    pub(crate) turn: Option<Turn>,
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
            turn: None,
            store: self.clone(),
            touched: Vec::new(),
        })
    }

    /// Begins a write transaction for whoever decides by what he reads in it: nobody else decides until it ends, in any process, so
    /// that what was read still holds when it commits.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin_deciding(&self) -> Result<Transaction, StoreError> {
        let mut transaction = self.begin().await?;
        transaction.take_turn().await?;
        Ok(transaction)
    }

    /// How far `reader` has read; 0 before its first time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn position(&self, reader: &str) -> Result<u64, StoreError> {
        position(&mut self.read().await?, reader).await
    }
}

impl Transaction {
    /// How far `reader` has read; 0 before its first time. Begun with [`Store::begin_deciding`], nobody moves it meanwhile.
    ///
    /// # Errors
    /// The store failed.
    pub async fn position(&mut self, reader: &str) -> Result<u64, StoreError> {
        position(&mut self.connection, reader).await
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

    /// Checks that what was read up to a position stands in this database.
    ///
    /// What was written last is handed out from memory. It stands nowhere any more where the file of the database was replaced by an older copy under
    /// a running process: to decide by it, and to call it read, would pass over what takes its positions later.
    ///
    /// # Errors
    /// The store failed, or it does not ([`StoreError::Replaced`]).
    pub async fn check_observed(&self, last: u64) -> Result<(), StoreError> {
        if self.store.is_in_place() && self.store.last_position().await? >= last {
            return Ok(());
        }
        Err(StoreError::Replaced)
    }

    /// Makes everything durable, then wakes the subscribers of what was touched.
    ///
    /// # Errors
    /// The store failed, and nothing was kept. After [`StoreError::Unreachable`] it may have been kept.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.end_turn().await?;
        self.connection.commit().await?;
        for topic in self.touched.drain(..) {
            self.store.ring(topic);
        }
        Ok(())
    }

    /// Undoes everything. Dropping does the same, but costs the connection; this is for an orderly refusal.
    ///
    /// # Errors
    /// The store failed; nothing was kept all the same.
    pub async fn rollback(mut self) -> Result<(), StoreError> {
        self.connection.rollback().await
    }

    /// Remembers to wake the subscribers of `topic`.
    pub(crate) fn touch(&mut self, topic: Topic) {
        if !self.touched.contains(&topic) {
            self.touched.push(topic);
        }
    }

    /// The serial of the last decision, where this transaction has the turn and decided nothing so far.
    pub(crate) fn undecided(&self) -> Option<Serial> {
        self.turn.as_ref().and_then(Turn::undecided)
    }

    /// The store that it writes to.
    pub(crate) const fn store(&self) -> &Store {
        &self.store
    }

    /// The time now.
    pub(crate) fn now(&self) -> atalaya_model::Timestamp {
        self.store.now()
    }
}

/// How far `reader` has read.
async fn position(connection: &mut Connection, reader: &str) -> Result<u64, StoreError> {
    let sql = "SELECT position FROM readers WHERE name = $1";
    let row = connection.row(sql, values![reader]).await?;
    row.map_or(Ok(0), |mut row| row.take_count())
}

impl fmt::Debug for Transaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Transaction")
    }
}

#[cfg(test)]
mod tests {
    use atalaya_model::Clock;

    use crate::{Store, StoreUrl};

    /// Asks the one connection that writes for a mark that only this connection has.
    async fn mark(store: &Store, pragma: &'static str) -> i64 {
        let mut connection = store.write().await.unwrap();
        let mut row = connection.row(pragma, Vec::new()).await.unwrap().unwrap();
        row.take().unwrap()
    }

    #[tokio::test]
    async fn a_rollback_keeps_the_connection_and_dropping_closes_it() {
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("store.db"));
        let store = Store::open(&url, Clock::system()).await.unwrap();
        assert_eq!(mark(&store, "PRAGMA max_page_count = 12345").await, 12_345);
        let transaction = store.begin_deciding().await.unwrap();
        transaction.rollback().await.unwrap();
        assert_eq!(mark(&store, "PRAGMA max_page_count").await, 12_345);
        drop(store.begin().await.unwrap());
        assert_ne!(mark(&store, "PRAGMA max_page_count").await, 12_345);
    }
}
