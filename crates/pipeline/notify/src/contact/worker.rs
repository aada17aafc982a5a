//! Working a plan off: one question after another, as the jobs come due. What is found is kept by the finder.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Clock;
use atalaya_store::{Job, Store, StoreError, Topic};
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::plan::KIND;
use super::{ContactError, ContactFinder};

/// How long a job belongs to a worker: several servers are asked in turn, each within its own limit.
const LEASE: Duration = Duration::from_secs(600);
/// The longest wait for news of jobs: another process may have queued them, and postponed ones come due.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);
/// How often a question is put off before it is given up.
const MOST_ATTEMPTS: u32 = 50;

/// Works the jobs that [`ContactFinder::queue`] leaves.
#[derive(Debug)]
pub struct ContactWorker {
    finder: Arc<ContactFinder>,
    store: Store,
    clock: Clock,
}

impl ContactWorker {
    /// Works with a finder and the store that it keeps its answers in.
    #[must_use]
    pub fn new(finder: Arc<ContactFinder>) -> Self {
        let (store, clock) = (finder.store.clone(), finder.clock.clone());
        Self { finder, store, clock }
    }

    /// Works until `stop` is cancelled. A job that was begun is dropped then, and taken again when its lease has run out.
    pub async fn run(self, stop: CancellationToken) {
        tokio::select! {
            () = self.work() => {}
            () = stop.cancelled() => {}
        }
    }

    async fn work(&self) {
        let mut news = self.store.subscribe(Topic::Jobs);
        loop {
            match self.work_one().await {
                Ok(true) => {}
                Ok(false) => news.changed(LOOK_AGAIN).await,
                Err(failed) => {
                    error!(
                        error = &failed as &dyn std::error::Error,
                        "the search for contacts cannot go on"
                    );
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
    }

    /// Works a job that is due; tells whether there was one.
    pub(super) async fn work_one(&self) -> Result<bool, StoreError> {
        let Some(job) = self.store.take_job(KIND, LEASE).await? else {
            return Ok(false);
        };
        let Ok(address) = job.payload.parse::<IpAddr>() else {
            self.store.abandon_job(job.id, "it names no address").await?;
            return Ok(true);
        };
        match self.finder.find(address, self.clock.now()).await {
            Ok(_found) => self.store.finish_job(job.id).await?,
            Err(ContactError::Store(failed)) => return Err(failed),
            Err(failed) => self.put_off(&job, &failed).await?,
        }
        Ok(true)
    }

    async fn put_off(&self, job: &Job, failed: &ContactError) -> Result<(), StoreError> {
        match failed {
            ContactError::Later { at, why } if job.attempts < MOST_ATTEMPTS => {
                self.store.postpone_job(job.id, *at, why).await
            }
            other => self.store.abandon_job(job.id, &other.to_string()).await,
        }
    }
}
