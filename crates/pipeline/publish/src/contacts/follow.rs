//! Brings the contacts that the store keeps into the zone, in the order in which they were kept.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use atalaya_store::{KeptContact, Store, StoreError};
use tokio_util::sync::CancellationToken;

use super::ContactZone;

/// Contacts read at once.
const BATCH: u32 = 4_096;
/// How often the store is looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(10);
/// So much is read again each time: whoever keeps a contact takes the time before he commits.
const OVERLAP: Duration = Duration::from_secs(10);
/// How often what is over is forgotten.
const TIDY: Duration = Duration::from_secs(600);

/// Follows the store.
#[derive(Debug)]
pub struct ContactFollower {
    store: Store,
    zone: Arc<ContactZone>,
    clock: Clock,
    /// When the newest contact was kept that the zone has.
    newest: Timestamp,
    tidied: Timestamp,
}

impl ContactFollower {
    /// Makes a follower; nothing happens before [`ContactFollower::run`].
    #[must_use]
    pub fn new(store: Store, zone: Arc<ContactZone>, clock: Clock) -> Self {
        Self {
            store,
            zone,
            tidied: clock.now(),
            clock,
            newest: Timestamp::EPOCH,
        }
    }

    /// Follows until `stop`. While the store cannot be read, the zone answers from what it knows.
    pub async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.follow() => {}
        }
    }

    async fn follow(&mut self) {
        loop {
            let pause = match self.catch_up().await {
                Ok(()) => LOOK_AGAIN,
                Err(error) => {
                    let error = &error as &dyn std::error::Error;
                    tracing::error!(error, "the zone of contacts cannot follow the store");
                    STORE_PAUSE
                }
            };
            tokio::time::sleep(pause).await;
        }
    }

    /// Reads what is new.
    ///
    /// # Errors
    /// The store failed.
    pub async fn catch_up(&mut self) -> Result<(), StoreError> {
        let mut from = (self.newest.minus(OVERLAP), String::new());
        loop {
            let batch = self.store.contacts_kept((from.0, &from.1), BATCH).await?;
            let Some(last) = batch.last() else { break };
            from = (last.kept_at, last.contact.prefix.to_string());
            self.newest = self.newest.max(last.kept_at);
            let is_all = batch.len() < BATCH as usize;
            self.take(&batch);
            if is_all {
                break;
            }
        }
        self.zone.is_loaded.store(true, Ordering::Relaxed);
        let now = self.clock.now();
        if now.since(self.tidied) >= TIDY {
            self.tidied = now;
            self.zone.change(|known| known.forget(now));
        }
        Ok(())
    }

    fn take(&self, batch: &[KeptContact]) {
        let now = self.clock.now();
        self.zone.change(|known| {
            for kept in batch.iter().filter(|kept| kept.fresh_until > now) {
                known.keep(&kept.contact, kept.fresh_until);
            }
        });
    }
}
