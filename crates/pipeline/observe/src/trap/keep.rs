//! Keeping what was received: nothing is acknowledged before it is durable.

use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use atalaya_model::Observation;
use atalaya_store::{Evidence, Store, StoreError};

/// Where observations go. The store does it; tests put something that fails in its place.
pub(crate) trait Record: Send + Sync + 'static {
    /// Makes the observation and its evidence durable.
    fn record(
        &self,
        observation: Observation,
        evidence: Evidence,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

impl Record for Store {
    async fn record(&self, observation: Observation, evidence: Evidence) -> Result<(), StoreError> {
        Self::record(self, observation, evidence).await.map(|_new| ())
    }
}

/// Why a message was not kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    /// The store failed. Refuse for now.
    #[error("the store cannot keep mail")]
    Store(#[source] StoreError),
    /// The store took longer than allowed. Refuse for now; it may still be kept, and again when the client comes back.
    #[error("the store takes longer than {0:?} to keep a mail")]
    TooLong(Duration),
}

impl NotKept {
    /// Whether space is missing.
    pub(crate) const fn is_full(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_full())
    }
}

/// Keeps messages in a store, with a limit of time, and tells the operator once when that begins or ends to fail.
#[derive(Debug)]
pub(crate) struct Keeper<R> {
    store: R,
    limit: Duration,
    failing: AtomicBool,
}

impl<R: Record> Keeper<R> {
    /// Keeps messages in `store`, each within `limit`.
    pub(crate) const fn new(store: R, limit: Duration) -> Self {
        Self {
            store,
            limit,
            failing: AtomicBool::new(false),
        }
    }

    /// Returns once the observation and its evidence are durable.
    pub(crate) async fn keep(&self, observation: Observation, evidence: Evidence) -> Result<(), NotKept> {
        let recorded = tokio::time::timeout(self.limit, self.store.record(observation, evidence)).await;
        let outcome = match recorded {
            Ok(stored) => stored.map_err(NotKept::Store),
            Err(_elapsed) => Err(NotKept::TooLong(self.limit)),
        };
        match &outcome {
            Ok(()) => self.tell_success(),
            Err(error) => self.tell_failure(error),
        }
        outcome
    }

    /// Tells of the first failure after a success.
    fn tell_failure(&self, error: &NotKept) {
        if !self.failing.swap(true, Ordering::Relaxed) {
            tracing::error!(error = error as &dyn std::error::Error, "mail is refused for now");
        }
    }

    /// Tells of the first success after a failure.
    fn tell_success(&self) {
        if self.failing.load(Ordering::Relaxed) && self.failing.swap(false, Ordering::Relaxed) {
            tracing::info!("mail is kept again");
        }
    }
}
