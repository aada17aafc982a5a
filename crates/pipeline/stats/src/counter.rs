//! Counts what was observed: follows the observations, and makes what it counted durable with how far it has read.
//!
//! Both move in one transaction, so that nothing counts twice and nothing is lost, wherever the process stops. It never holds up the judge: it
//! reads when there is enough to read, or after a while.

use std::time::Duration;

use atalaya_model::{Clock, Observation, Period, Timestamp};
use atalaya_store::{KeptSegment, Seen, Store, Topic};
use tokio_util::sync::CancellationToken;

use crate::day::Day;
use crate::error::StatsError;
use crate::fold::Fold;
use crate::segment::{MOST_CELLS, MOST_PROFILES, Segment};

/// The name under which the store keeps how far it has read.
pub const READER: &str = atalaya_store::STATISTICS;
/// Observations read at once.
const BATCH: u32 = 4_096;
/// The rest between two rounds: what comes in the meantime is counted together.
const REST: Duration = Duration::from_secs(5);
/// Segments of a day that are left side by side; more are put together.
const MOST_SEGMENTS: usize = 24;

/// Follows the observations and counts them.
#[derive(Debug)]
pub struct Counter {
    store: Store,
    clock: Clock,
    names: Vec<String>,
    keep: Period,
}

impl Counter {
    /// Counts into `store`. `names` are those behind HELO that the catalogue asks for. Days that are over for longer than `keep` are closed:
    /// what is told of them still is too late.
    #[must_use]
    pub fn new((store, clock): (Store, Clock), names: Vec<String>, keep: Period) -> Self {
        Self {
            store,
            clock,
            names,
            keep,
        }
    }

    /// Works until `stop`. A failing store is told once and tried again.
    pub async fn run(&self, stop: CancellationToken) {
        let mut news = self.store.subscribe(Topic::Observations);
        let mut trouble = None;
        loop {
            trouble = tell_first(trouble.as_ref(), self.catch_up().await.err());
            if stop.is_cancelled() {
                break;
            }
            // What came before the end is counted at the end.
            let rest = async {
                tokio::time::sleep(REST).await;
                news.changed(REST).await;
            };
            stop.run_until_cancelled(rest).await;
        }
    }

    /// Counts everything that was observed up to now.
    ///
    /// # Errors
    /// The store failed; what was made durable stays, the rest is counted at the next call.
    pub async fn catch_up(&self) -> Result<(), StatsError> {
        while self.count_some().await? {}
        Ok(())
    }

    /// Counts until there is no more or enough to be kept; tells whether there may be more.
    async fn count_some(&self) -> Result<bool, StatsError> {
        let from = self.store.position(READER).await?;
        let (mut to, mut fold) = (from, Fold::default());
        let may_be_more = loop {
            let batch = self.store.observations_after(to, BATCH).await?;
            let now = self.clock.now();
            for Seen {
                position,
                observation,
            } in &batch
            {
                self.count(&mut fold, observation, now);
                to = *position;
            }
            if fold.is_full() {
                break true;
            }
            if batch.len() < BATCH as usize {
                break false;
            }
        };
        if to == from {
            return Ok(false);
        }
        let segments = fold.take();
        let days: Vec<Day> = segments.iter().map(|(day, _)| *day).collect();
        if !self.keep((from, to), segments).await? {
            // A counter of another process was faster, unless the file of the database was replaced: then it is not seen to have moved.
            return Ok(self.store.position(READER).await? != from);
        }
        for day in days {
            if let Err(error) = self.tidy(day).await {
                tracing::warn!(%day, %error, "the pieces of a day are not put together");
            }
        }
        Ok(may_be_more)
    }

    /// Counts an observation, unless its day is closed.
    fn count(&self, fold: &mut Fold, observation: &Observation, now: Timestamp) {
        if observation.seen_at < now.minus(self.keep.duration()) {
            metrics::counter!("atalaya_stats_too_late_total").increment(1);
            return;
        }
        fold.count(observation, now, &self.names);
    }

    /// Makes segments durable, with how far was read; tells whether nobody else had read that meanwhile.
    async fn keep(&self, read: (u64, u64), segments: Vec<(Day, Segment)>) -> Result<bool, StatsError> {
        let mut packed = Vec::with_capacity(segments.len());
        for (day, segment) in segments {
            packed.push((
                day,
                segment.cells().len() as u64,
                segment.pack().map_err(StatsError::Pack)?,
            ));
        }
        let mut transaction = self.store.begin().await?;
        if !transaction.move_position(READER, read).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        for (day, cells, packed) in packed {
            transaction.add_segment((day.number(), ""), cells, packed).await?;
        }
        transaction.commit().await?;
        metrics::counter!("atalaya_stats_observations_total").increment(read.1.saturating_sub(read.0));
        Ok(true)
    }

    /// Puts the segments of a day together where there are many. What cannot be put together stays as it is, and counts all the same.
    async fn tidy(&self, day: Day) -> Result<(), StatsError> {
        let sizes = self.store.segment_sizes(day.number(), "").await?;
        let small = sizes
            .into_iter()
            .filter(|(_, cells)| *cells < (MOST_CELLS / 2) as u64);
        let ids: Vec<u64> = small.map(|(id, _)| id).collect();
        if ids.len() < MOST_SEGMENTS {
            return Ok(());
        }
        let mut kept = self.store.segments_from(day.number(), "").await?;
        kept.retain(|segment| ids.contains(&segment.id));
        let (ids, cells, packed) = tokio::task::spawn_blocking(move || merge(kept)).await??;
        let mut transaction = self.store.begin().await?;
        for id in ids {
            if !transaction.delete_segment(id).await? {
                // Another process put them together.
                transaction.rollback().await?;
                return Ok(());
            }
        }
        transaction.add_segment((day.number(), ""), cells, packed).await?;
        transaction.commit().await?;
        Ok(())
    }
}

/// Puts as many of the segments together as one may hold; gives their names, and cells and bytes of what they became.
fn merge(kept: Vec<KeptSegment>) -> Result<(Vec<u64>, u64, Vec<u8>), StatsError> {
    let (mut ids, mut segments, mut cells, mut profiles) = (Vec::new(), Vec::new(), 0, 0);
    for kept in kept {
        let segment = Segment::unpack(&kept.packed)?;
        cells += segment.cells().len();
        profiles += segment.profiles().len();
        if !ids.is_empty() && (cells > MOST_CELLS || profiles > MOST_PROFILES) {
            break;
        }
        ids.push(kept.id);
        segments.push(segment);
    }
    let merged = Segment::merged(segments);
    let packed = merged.pack().map_err(StatsError::Pack)?;
    Ok((ids, merged.cells().len() as u64, packed))
}

/// Tells of a failure that is not the one before.
fn tell_first(before: Option<&StatsError>, now: Option<StatsError>) -> Option<StatsError> {
    if let Some(error) = now.as_ref().filter(|_error| before.is_none()) {
        tracing::warn!(%error, "statistics are not counted now; they will go on where they stopped");
    }
    now
}
