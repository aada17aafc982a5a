//! The store itself: opening, closing, asking whether it answers.

use std::fmt;
use std::sync::Arc;

use atalaya_model::{Clock, Timestamp};

use crate::allow_cache::AllowCache;
use crate::migrate::migrate;
use crate::sql::{Connection, Pools, Value};
use crate::subscription::Bells;
use crate::writer::Writer;
use crate::{StoreError, StoreUrl, Subscription, Topic};

/// The store. Cheap to clone; all clones share the same connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

/// What the clones share.
struct Inner {
    pools: Pools,
    clock: Clock,
    bells: Arc<Bells>,
    writer: Writer,
    allowed: AllowCache,
}

impl Store {
    /// Opens the store, making and migrating the database as needed. `clock` tells when leases end.
    ///
    /// # Errors
    /// The place cannot be opened, or was written by a newer version.
    pub async fn open(url: &StoreUrl, clock: Clock) -> Result<Self, StoreError> {
        let pools = Pools::open(url).await?;
        migrate(&pools, &clock).await?;
        let bells = Arc::new(Bells::default());
        let writer = Writer::start(pools.clone(), clock.clone(), Arc::clone(&bells));
        let writer = writer.map_err(StoreError::unexpected)?;
        tracing::info!(store = %url, "the store is open");
        Ok(Self {
            inner: Arc::new(Inner {
                pools,
                clock,
                bells,
                writer,
                allowed: AllowCache::default(),
            }),
        })
    }

    /// Writes what waits and closes all connections. Calls after this fail with [`StoreError::Closed`].
    pub async fn close(&self) {
        self.inner.writer.close().await;
        self.inner.pools.close().await;
    }

    /// Asks the database one trivial question.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.read()
            .await?
            .execute("SELECT 1", Vec::new())
            .await
            .map(|_none| ())
    }

    /// Waits for news of a topic.
    #[must_use]
    pub fn subscribe(&self, topic: Topic) -> Subscription {
        self.inner.bells.subscribe(topic)
    }

    /// A connection to read with.
    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        self.inner.pools.read().await
    }

    /// A connection to write with.
    pub(crate) async fn write(&self) -> Result<Connection, StoreError> {
        self.inner.pools.write().await
    }

    /// A connection to write what was observed with ([`Pools::write_facts`]).
    pub(crate) async fn write_facts(&self) -> Result<Connection, StoreError> {
        self.inner.pools.write_facts().await
    }

    /// Runs one statement that writes, durable when this returns.
    pub(crate) async fn write_one(&self, sql: &'static str, values: Vec<Value>) -> Result<(), StoreError> {
        self.write().await?.execute(sql, values).await.map(|_count| ())
    }

    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.inner.clock.now()
    }

    /// Whether the files that were opened are still in their places.
    pub(crate) fn is_in_place(&self) -> bool {
        self.inner.pools.are_in_place()
    }

    /// Wakes everybody who waits for `topic`.
    pub(crate) fn ring(&self, topic: Topic) {
        self.inner.bells.ring(topic);
    }

    /// The allow list in memory.
    pub(crate) fn allow_cache(&self) -> &AllowCache {
        &self.inner.allowed
    }

    /// The writer of observations.
    pub(crate) fn writer(&self) -> &Writer {
        &self.inner.writer
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Store")
    }
}
