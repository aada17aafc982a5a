//! The store itself: opening, closing, asking whether it answers.

use std::fmt;
use std::sync::Arc;

use atalaya_model::Clock;

use crate::{StoreError, StoreUrl, Subscription, Topic, Transaction};

/// The store. Cheap to clone; all clones share the same connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What the clones share.
struct Inner {}

impl Store {
    /// Opens the store, making and migrating the database as needed.
    ///
    /// # Errors
    /// The place cannot be opened, or was written by a newer version.
    pub async fn open(_url: &StoreUrl, _clock: Clock) -> Result<Self, StoreError> {
        todo!()
    }

    /// Writes what waits and closes all connections. Calls after this fail with [`StoreError::Closed`].
    pub async fn close(&self) {
        todo!()
    }

    /// Asks the database one trivial question.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn check(&self) -> Result<(), StoreError> {
        todo!()
    }

    /// Waits for news of a topic.
    #[must_use]
    pub fn subscribe(&self, _topic: Topic) -> Subscription {
        todo!()
    }

    /// Begins a write transaction. On SQLite it keeps every other writer waiting, so keep it short.
    ///
    /// # Errors
    /// The store failed.
    pub async fn begin(&self) -> Result<Transaction, StoreError> {
        todo!()
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}
