//! What others asked for and nobody knew: it is queued to be looked up, a bounded number each hour, so that no stranger spends what the
//! registries grant us.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Prefix, Timestamp};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{ContactError, ContactFinder, Queries, network_of};

/// Addresses taken at once.
const BATCH: usize = 128;
/// Networks that are queued in an hour.
const MOST_AN_HOUR: usize = 500;
/// The hour.
const HOUR: Duration = Duration::from_secs(3_600);

/// Queues what others want to know.
#[derive(Debug)]
pub struct WantedContacts {
    finder: Arc<ContactFinder>,
    wanted: mpsc::Receiver<IpAddr>,
    hour: Timestamp,
    queued: usize,
}

impl WantedContacts {
    /// Queues what comes out of `wanted`; [`ContactWorker`](super::ContactWorker) looks it up.
    #[must_use]
    pub fn new(finder: Arc<ContactFinder>, wanted: mpsc::Receiver<IpAddr>) -> Self {
        Self {
            finder,
            wanted,
            hour: Timestamp::EPOCH,
            queued: 0,
        }
    }

    /// Works until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        tokio::select! {
            () = stop.cancelled() => {}
            () = self.work() => {}
        }
    }

    async fn work(&mut self) {
        while let Some(addresses) = self.next().await {
            if let Err(failed) = self.queue(&addresses).await {
                let failed = &failed as &dyn std::error::Error;
                tracing::error!(error = failed, "contacts that others want cannot be queued");
            }
        }
        // Nobody asks any more.
        std::future::pending::<()>().await;
    }

    /// The next addresses; none where there will be no more.
    pub(super) async fn next(&mut self) -> Option<Vec<IpAddr>> {
        let mut addresses = Vec::new();
        (self.wanted.recv_many(&mut addresses, BATCH).await > 0).then_some(addresses)
    }

    /// Queues one question a network, as many as the hour has room for. What was queued today already is not queued again.
    pub(super) async fn queue(&mut self, addresses: &[IpAddr]) -> Result<(), ContactError> {
        let now = self.finder.clock.now();
        if now.since(self.hour) >= HOUR {
            (self.hour, self.queued) = (now, 0);
        }
        let networks: BTreeMap<Prefix, IpAddr> = addresses
            .iter()
            .map(|address| (network_of(*address), *address))
            .collect();
        let room = MOST_AN_HOUR.saturating_sub(self.queued);
        let addresses: Vec<IpAddr> = networks.into_values().take(room).collect();
        self.queued = self.queued.saturating_add(addresses.len());
        if addresses.is_empty() {
            return Ok(());
        }
        let queries = Queries {
            per_minute: u32::try_from(addresses.len()).unwrap_or(u32::MAX),
            addresses,
        };
        self.finder.queue(&queries, 0, now).await
    }
}
