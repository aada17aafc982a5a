//! Keeps the zone at what the store has decided: one snapshot, then decision after decision.
//!
//! While the store cannot be read the zone goes on answering from what it knows, and this tries again, ever more slowly. Each trouble is
//! told once and its end once.

use std::sync::Arc;
use std::time::Duration;

use atalaya_store::{Snapshot, Store, StoreError, Subscription, Topic};
use metrics::{counter, gauge};
use tokio::task::JoinError;
use tokio_util::sync::CancellationToken;

use crate::error::PublishError;
use crate::set::Set;
use crate::zone::Zone;

/// Decisions read at once.
const BATCH: u32 = 1000;
/// How long to wait for news before looking anyway: on PostgreSQL other processes decide too, and wake nobody here.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// First pause after the store failed.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Longest pause: so long the zone may stay behind a store that is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Brings what the store has decided into the zone.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    zone: Arc<Zone>,
    must_load: bool,
    pause: Option<Duration>,
}

/// How far one step came.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    /// There may be more to do.
    Onward,
    /// The zone knows everything that was decided.
    UpToDate,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
enum Trouble {
    #[error("the decisions cannot be read")]
    Store(#[from] StoreError),
    #[error("decisions are missing; the zone is loaded again")]
    Gap(#[from] PublishError),
    #[error("the set was not built")]
    Build(#[from] JoinError),
}

impl Follower {
    /// Makes a follower; nothing happens before [`Follower::run`].
    #[must_use]
    pub fn new(store: Store, zone: Arc<Zone>) -> Self {
        Self {
            store,
            zone,
            must_load: true,
            pause: None,
        }
    }

    /// Follows until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        // Before the first read, so that nothing decided in between goes unnoticed.
        let mut news = self.store.subscribe(Topic::Decisions);
        let follow = async {
            loop {
                self.follow(&mut news).await;
            }
        };
        // Leaving in the middle of a read loses nothing: the zone changes between awaits only.
        tokio::select! {
            () = stop.cancelled() => {}
            () = follow => {}
        }
    }

    /// Does one step and waits as long as its outcome says.
    async fn follow(&mut self, news: &mut Subscription) {
        match self.step().await {
            Ok(Step::Onward) => {}
            Ok(Step::UpToDate) => {
                if self.pause.take().is_some() {
                    tracing::info!(
                        serial = self.zone.serial().0,
                        "the zone follows the decisions again"
                    );
                }
                news.changed(LOOK_AGAIN).await;
            }
            Err(trouble) => {
                let pause = self.next_pause(&trouble);
                tokio::time::sleep(pause).await;
            }
        }
    }

    /// Loads the zone if it must be loaded, else reads some decisions.
    async fn step(&mut self) -> Result<Step, Trouble> {
        if self.must_load {
            self.load().await?;
            self.must_load = false;
            return Ok(Step::Onward);
        }
        let decisions = self.store.decisions_after(self.zone.serial(), BATCH).await?;
        if decisions.is_empty() {
            // A store that was put back from a backup is behind us, and its next decisions would be taken for known ones.
            self.must_load = self.store.serial().await? < self.zone.serial();
            return Ok(if self.must_load {
                Step::Onward
            } else {
                Step::UpToDate
            });
        }
        for decided in &decisions {
            if let Err(gap) = self.zone.apply(decided) {
                self.must_load = true;
                return Err(gap.into());
            }
        }
        self.measure();
        Ok(Step::Onward)
    }

    /// Puts a whole snapshot in the place of what the zone holds. It is built aside, so that answers go on meanwhile.
    async fn load(&self) -> Result<(), Trouble> {
        let Snapshot {
            serial,
            listings,
            allowed,
        } = self.store.snapshot().await?;
        let set = tokio::task::spawn_blocking(move || Set::new(listings, allowed)).await?;
        let old = self.zone.load(set, serial);
        // Dropping a large set takes long as well; nobody waits for it.
        drop(tokio::task::spawn_blocking(move || drop(old)));
        self.measure();
        counter!("atalaya_publish_loads_total").increment(1);
        let (listings, allow_entries) = self.zone.size();
        tracing::info!(serial = serial.0, listings, allow_entries, "the zone is loaded");
        Ok(())
    }

    /// Tells of trouble once, and how long to wait: ever longer until the zone was up to date again.
    fn next_pause(&mut self, trouble: &Trouble) -> Duration {
        let pause = match self.pause {
            None => {
                let error: &dyn std::error::Error = trouble;
                tracing::warn!(error, "the zone cannot follow; it answers from what it knows");
                FIRST_PAUSE
            }
            Some(last) => last.saturating_mul(2).min(LONGEST_PAUSE),
        };
        self.pause = Some(pause);
        pause
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "gauges are f64; the list stays below 2^53"
    )]
    fn measure(&self) {
        let (listings, allow_entries) = self.zone.size();
        gauge!("atalaya_publish_serial").set(self.zone.serial().0 as f64);
        gauge!("atalaya_publish_listings").set(listings as f64);
        gauge!("atalaya_publish_allow_entries").set(allow_entries as f64);
    }
}
