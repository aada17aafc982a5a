//! Running the house: the zone kept at what was decided, the list written, and what is old deleted.

use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_model::{Period, Serial};
use atalaya_publish::{Export, Filter};
use atalaya_store::{EvidenceKind, StoreError, Topic};
use tokio_util::sync::CancellationToken;

use super::{House, Upkeep};
use crate::control::Settled;

/// The longest wait for the zone to show what was just decided.
const ZONE_WAIT: Duration = Duration::from_secs(10);
/// How often that wait looks again, should it miss the follower's step.
const ZONE_LOOK: Duration = Duration::from_millis(5);

/// How long finished jobs and sent mails are kept: long enough to ask what became of a notice.
const FINISHED_KEPT: Duration = Duration::from_secs(30 * 86_400);
/// How often it is looked for older ones.
const TIDY_EVERY: Duration = Duration::from_secs(3_600);

impl House {
    /// Fills the zone from the store, where nobody keeps it.
    pub(super) async fn load_zone(&self) -> anyhow::Result<()> {
        if self.upkeep != Upkeep::OnDemand {
            return Ok(());
        }
        atalaya_publish::load_list(&self.store, &self.zone).await?;
        Ok(())
    }

    /// The list as it stands, to be written.
    ///
    /// # Errors
    /// It cannot be loaded, or is not loaded yet.
    pub(crate) async fn export(&self, filter: Filter) -> anyhow::Result<Export> {
        if self.upkeep == Upkeep::OnDemand {
            self.load_zone().await?;
        }
        let export = self.zone.export(filter, self.clock.now());
        export.context("the list is not loaded yet; ask again in a moment")
    }

    /// Deletes now and then what is finished or kept long enough, until `stop`.
    pub(crate) async fn tidy(&self, stop: CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.delete_old().await {
                // Others write in between.
                Ok(true) => Duration::from_millis(100),
                Ok(false) => TIDY_EVERY,
                Err(error) => {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "what is old stays in the store for now"
                    );
                    TIDY_EVERY
                }
            };
            tokio::select! {
                () = stop.cancelled() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Deletes some of what is kept longer than wanted; tells whether there may be more.
    async fn delete_old(&self) -> Result<bool, StoreError> {
        let (now, kept) = (self.clock.now(), &self.config.store);
        let before = |period: Period| now.minus(period.duration());
        let mut is_more = self.store.delete_finished(now.minus(FINISHED_KEPT)).await?;
        for (kind, period) in [
            (EvidenceKind::Message, kept.keep_messages),
            (EvidenceKind::Conversation, kept.keep_conversations),
        ] {
            is_more |= self.store.delete_evidence(kind, before(period)).await?;
        }
        let counted = self.store.position(atalaya_stats::READER).await?;
        let told = self.store.told_up_to().await?.unwrap_or(u64::MAX);
        let done = self.judge.position().await?.min(counted).min(told);
        let old = before(kept.keep_observations);
        is_more |= self.store.delete_observations(old, done).await?;
        is_more |= self.store.delete_heard(old).await?;
        // Observations name them, and the pieces of days.
        let longest = kept.keep_observations.max(self.config.stats.keep);
        is_more |= self.store.delete_habits(before(longest)).await?;
        Ok(is_more)
    }

    /// Judges everything recorded, and waits until the zone shows it.
    pub(crate) async fn settle(&self) -> anyhow::Result<Settled> {
        self.judge.catch_up().await?;
        let serial = self.store.serial().await?;
        self.await_zone(serial).await?;
        let listings = match self.upkeep {
            Upkeep::Follower => self.zone.size().0 as u64,
            Upkeep::OnDemand => self.store.count_listings().await?,
        };
        Ok(Settled {
            serial: serial.0,
            listings,
        })
    }

    /// Waits until the zone knows the decision `serial`, where somebody keeps it.
    pub(super) async fn await_zone(&self, serial: Serial) -> anyhow::Result<()> {
        if self.upkeep == Upkeep::OnDemand {
            return Ok(());
        }
        let mut decisions = self.store.subscribe(Topic::Decisions);
        let reached = async {
            while self.zone.serial() < serial {
                decisions.changed(ZONE_LOOK).await;
            }
        };
        if tokio::time::timeout(ZONE_WAIT, reached).await.is_err() {
            bail!(
                "decided as serial {serial}, but the zone does not show it yet; DNS follows as soon as it can"
            );
        }
        Ok(())
    }
}
