//! Keeps the zone at what the store has decided: one whole list, then decision after decision.
//!
//! While the store cannot be read the zone goes on answering from what it knows, and this tries again, ever more slowly. Each trouble is
//! told once and its end once.
//!
//! A store that was put back from a backup holds other decisions under serials that the zone knows. So each read begins with the last
//! known decision: where the store does not hold that one any more, the zone is loaded again.

mod keeper;
mod read;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Decided, Serial};
use atalaya_store::{Store, StoreError, Subscription, Topic};
use metrics::{counter, gauge};
use tokio_util::sync::CancellationToken;

use self::keeper::Keeper;
pub use self::read::load_list;
use crate::error::PublishError;
use crate::snapshot::Standing;
use crate::zone::Zone;

/// Decisions read at once.
const BATCH: u32 = 8192;
/// Full batches that readers get together while the zone catches up: each version costs a copy of what leads to its changes, but the old one
/// keeps all that they replace, which is most of a list where more of them lie scattered.
const MOST_TOGETHER: u8 = 2;
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
    /// The decision that the zone stands at, once it was read.
    last: Option<Decided>,
    pause: Option<Duration>,
    keeper: Option<Keeper>,
    /// Batches that readers do not have yet.
    unseen: u8,
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
    #[error("the store was put back and holds other decisions; the zone is loaded again")]
    OtherDecisions,
}

impl Follower {
    /// Makes a follower; nothing happens before [`Follower::run`].
    #[must_use]
    pub fn new(store: Store, zone: Arc<Zone>) -> Self {
        Self {
            store,
            zone,
            must_load: true,
            last: None,
            pause: None,
            keeper: None,
            unseen: 0,
        }
    }

    /// Keeps the list in this file too, and begins with what stands there.
    #[must_use]
    pub fn with_file(mut self, path: PathBuf) -> Self {
        self.keeper = Some(Keeper::new(path));
        self
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
        self.zone.show();
        if let Some(keeper) = &mut self.keeper {
            keeper.make_due();
        }
        self.keep();
        if let Some(keeper) = &mut self.keeper {
            keeper.finish().await;
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
                self.keep();
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
            return Ok(Step::Onward);
        }
        let before_last = Serial(self.zone.prepared().0.saturating_sub(1));
        let read = self.store.decisions_after(before_last, BATCH).await;
        let is_full = read.as_ref().is_ok_and(|read| read.len() >= BATCH as usize);
        let taken = match read {
            Ok(decisions) => {
                let taken = self.take(&decisions);
                self.must_load = taken.is_err();
                taken
            }
            Err(error) => Err(error.into()),
        };
        self.unseen = self.unseen.saturating_add(1);
        if !is_full || taken.is_err() || self.unseen >= MOST_TOGETHER {
            self.unseen = 0;
            self.zone.show();
            self.measure();
        }
        taken
    }

    /// Brings decisions into the zone; the first must be the one that it stands at.
    fn take(&mut self, decisions: &[Decided]) -> Result<Step, Trouble> {
        let known = self.zone.prepared();
        let is_known = |decided: &Decided| {
            decided.serial == known && self.last.as_ref().is_none_or(|last| last == decided)
        };
        // Before the first decision there is none to compare.
        if known > Serial(0) && !decisions.first().is_some_and(is_known) {
            return Err(Trouble::OtherDecisions);
        }
        self.zone.prepare(decisions)?;
        self.last = decisions.last().cloned();
        if self.zone.prepared() == known {
            return Ok(Step::UpToDate);
        }
        Ok(Step::Onward)
    }

    /// Puts a whole list in the place of what the zone holds: the one on disk, once, with what was decided since, or that of the store. Answers
    /// go on meanwhile.
    async fn load(&mut self) -> Result<(), Trouble> {
        let on_disk = match &mut self.keeper {
            Some(keeper) => keeper.load(&self.store).await,
            None => None,
        };
        let (serial, from) = match on_disk {
            Some((standing, set)) => {
                self.last = standing.last;
                let old = self.zone.load(set, standing.serial);
                // Dropping a large set takes long as well; nobody waits for it.
                drop(tokio::task::spawn_blocking(move || drop(old)));
                (standing.serial, "disk")
            }
            None => {
                let (serial, loading) = read::take_list(&self.store, &self.zone).await?;
                let before_last = Serial(serial.0.saturating_sub(1));
                let last = self.store.decisions_after(before_last, 1).await?.pop();
                // Known before it is seen: whoever sees the list may end this, and it is to be kept then.
                self.last = last.filter(|last| last.serial == serial);
                read::finish(loading, serial).await;
                (serial, "the store")
            }
        };
        self.must_load = false;
        self.measure();
        counter!("atalaya_publish_loads_total").increment(1);
        let (listings, allow_entries) = self.zone.size();
        tracing::info!(
            serial = serial.0,
            listings,
            allow_entries,
            "the zone is loaded from {from}"
        );
        Ok(())
    }

    /// Keeps what the zone holds on disk, if that is due. To be called when it holds everything that was decided.
    fn keep(&mut self) {
        let (Some(keeper), Some((view, serial))) = (&mut self.keeper, self.zone.whole()) else {
            return;
        };
        let is_known = serial == Serial(0) || self.last.as_ref().is_some_and(|last| last.serial == serial);
        if is_known && keeper.is_due(serial) {
            let last = self.last.clone();
            keeper.keep(Standing { serial, last }, view);
        }
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

#[cfg(test)]
mod tests;
