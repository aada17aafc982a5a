//! Counts what was observed: follows the observations, and makes what it counted durable with how far it has read.
//!
//! Both move in one transaction, so that nothing counts twice and nothing is lost, wherever the process stops. It never holds up the judge: it
//! reads when there is enough to read, or after a while.

use std::time::Duration;

use atalaya_model::Clock;
use atalaya_store::{KeptSegment, Seen, Store, Topic};
use tokio_util::sync::CancellationToken;

use crate::day::Day;
use crate::error::StatsError;
use crate::fold::Fold;
use crate::segment::{MOST_CELLS, Segment};

/// The name under which the store keeps how far it has read.
pub const READER: &str = "stats";
/// Observations read at once.
const BATCH: u32 = 4_096;
/// The longest that something counted waits to be durable.
const REST: Duration = Duration::from_secs(5);
/// Segments of a day that are left side by side; more are put together.
const MOST_SEGMENTS: usize = 24;

/// Follows the observations and counts them.
#[derive(Debug)]
pub struct Counter {
    store: Store,
    clock: Clock,
    names: Vec<String>,
}

impl Counter {
    /// Counts into `store`. `names` are those behind HELO that the catalogue asks for.
    #[must_use]
    pub const fn new(store: Store, clock: Clock, names: Vec<String>) -> Self {
        Self { store, clock, names }
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
            // What comes in a moment is counted together; what came before the end is counted at the end.
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
                fold.count(observation, now, &self.names);
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
            // A counter of another process was faster.
            return Ok(true);
        }
        for day in days {
            self.tidy(day).await?;
        }
        Ok(may_be_more)
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

    /// Puts the segments of a day together where there are many.
    async fn tidy(&self, day: Day) -> Result<(), StatsError> {
        let mut kept = self.store.segments_from(day.number(), "").await?;
        kept.retain(|segment| segment.cells < (MOST_CELLS / 2) as u64);
        if kept.len() < MOST_SEGMENTS {
            return Ok(());
        }
        let (ids, merged) = tokio::task::spawn_blocking(move || merge(kept)).await??;
        let cells = merged.cells().len() as u64;
        let packed = merged.pack().map_err(StatsError::Pack)?;
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

/// Puts as many of the segments together as one may hold, with their names.
fn merge(kept: Vec<KeptSegment>) -> Result<(Vec<u64>, Segment), StatsError> {
    let (mut ids, mut segments, mut cells) = (Vec::new(), Vec::new(), 0);
    for segment in kept {
        cells += segment.cells;
        if cells > MOST_CELLS as u64 {
            break;
        }
        ids.push(segment.id);
        segments.push(Segment::unpack(&segment.packed)?);
    }
    Ok((ids, Segment::merged(segments)))
}

/// Tells of a failure that is not the one before.
fn tell_first(before: Option<&StatsError>, now: Option<StatsError>) -> Option<StatsError> {
    if let Some(error) = now.as_ref().filter(|_error| before.is_none()) {
        tracing::warn!(%error, "statistics are not counted now; they will go on where they stopped");
    }
    now
}
