//! The group commit: many observations, one durable write.
//!
//! Making a write durable costs about the same for one observation as for a thousand. Therefore callers hand theirs to one task; it
//! takes all that wait, writes them in one transaction and answers everybody after the commit. While a commit runs the next group
//! gathers by itself, so nobody ever waits for a timer, and under load the groups grow.
//!
//! When the database refuses a record of the group, the group is cut in halves and written again, until the one bad observation stands
//! alone and fails alone. For whatever else fails (full, read-only, unreachable …), everybody in the group is told so at once.

mod details;
mod evidence;
mod group;
mod recent;

use std::sync::Arc;

use atalaya_model::{Clock, Observation};
use tokio::sync::{mpsc, oneshot};

pub(crate) use details::{Columns, Details};
pub use evidence::{Evidence, EvidenceKind, MAX_MESSAGE};
pub(crate) use evidence::{PackedEvidence, key, unpack};
pub(crate) use group::{COLUMNS, Counter, count, keep_packed, lock};

use crate::observations::Seen;
use crate::sql::{Pools, Value, is_about_one};
use crate::subscription::Bells;
use crate::{StoreError, Topic, apart};
use group::Written;
use recent::Recent;

/// Most observations in one commit. A page of an index is written once for all of a group that fall into it, so that a flood is cheaper in large
/// groups; in larger ones than this, whoever waits for the turn waits too long.
const MAX_GROUP: usize = 4_096;
/// Most bytes of packed messages in one commit, so that the log of the database stays small.
const MAX_GROUP_BYTES: usize = 8 << 20;
/// Most observations that wait; whoever comes later waits for a place.
const MAX_WAITING: usize = 8_192;

/// The way to the task that writes. The task ends when the writer is closed or dropped, after all that wait are written.
pub(crate) struct Writer {
    orders: mpsc::Sender<Order>,
    recent: Arc<Recent>,
}

/// What the task is asked to do.
enum Order {
    /// Write this.
    Record(Box<Entry>),
    /// Write what waits, then end; the sender is dropped at the end.
    Close(oneshot::Sender<()>),
}

/// An observation on its way.
pub(crate) struct Entry {
    id: [u8; 16],
    /// As it will be read back.
    observation: Observation,
    /// Its row, but for what the transaction gives it.
    row: Vec<Value>,
    evidence: PackedEvidence,
    answer: oneshot::Sender<Result<Recorded, StoreError>>,
}

/// What became of an observation that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// It was kept.
    New,
    /// One of this id was kept before; that one stays as it is.
    Known,
}

impl Writer {
    /// Starts the task, on a thread of its own.
    pub(crate) fn start(pools: Pools, clock: Clock, bells: Arc<Bells>) -> std::io::Result<Self> {
        let (sender, orders) = mpsc::channel(MAX_WAITING);
        let recent = Arc::new(Recent::default());
        let task = Task {
            orders,
            pools,
            clock,
            bells,
            recent: Arc::clone(&recent),
            closing: Vec::new(),
        };
        apart::start("store-writer", task.run())?;
        Ok(Self {
            orders: sender,
            recent,
        })
    }

    /// Records an observation; returns once it is durable.
    pub(crate) async fn record(
        &self,
        observation: Observation,
        evidence: PackedEvidence,
    ) -> Result<Recorded, StoreError> {
        let (answer, answered) = oneshot::channel();
        let observation = details::storable(observation);
        let order = Order::Record(Box::new(Entry {
            id: observation.id.0.into_bytes(),
            row: group::row(&observation)?,
            observation,
            evidence,
            answer,
        }));
        self.orders
            .send(order)
            .await
            .map_err(|_closed| StoreError::Closed)?;
        answered.await.map_err(|_closed| StoreError::Closed)?
    }

    /// Hands out what was written right after `position`, as far as it is in memory.
    pub(crate) fn take_recent(&self, position: u64, limit: u32) -> Vec<Seen> {
        self.recent.take_after(position, limit as usize)
    }

    /// Ends the task after all that wait are written.
    pub(crate) async fn close(&self) {
        let (ended, end) = oneshot::channel();
        if self.orders.send(Order::Close(ended)).await.is_ok() {
            // The task never sends: dropping its half says that it ended.
            end.await.unwrap_or_default();
        }
    }
}

/// The task that writes.
struct Task {
    orders: mpsc::Receiver<Order>,
    pools: Pools,
    clock: Clock,
    bells: Arc<Bells>,
    recent: Arc<Recent>,
    closing: Vec<oneshot::Sender<()>>,
}

impl Task {
    async fn run(mut self) {
        while let Some(first) = self.orders.recv().await {
            let group = self.gather(first);
            if !group.is_empty() {
                self.write(group).await;
            }
        }
    }

    /// Takes all that wait, up to the bounds of a group. Whoever gave up waiting will come again with the same message, and is passed over.
    fn gather(&mut self, first: Order) -> Vec<Entry> {
        let mut group = Vec::new();
        let mut bytes = 0_usize;
        let mut next = Some(first);
        while let Some(order) = next {
            match order {
                Order::Record(entry) if entry.answer.is_closed() => {}
                Order::Record(entry) => {
                    bytes = entry
                        .evidence
                        .packed()
                        .fold(bytes, |sum, kept| sum.saturating_add(kept.packed.len()));
                    group.push(*entry);
                }
                Order::Close(ended) => {
                    self.orders.close();
                    self.closing.push(ended);
                }
            }
            let is_full = group.len() >= MAX_GROUP || bytes >= MAX_GROUP_BYTES;
            next = if is_full {
                None
            } else {
                self.orders.try_recv().ok()
            };
        }
        group
    }

    /// Writes a group, in halves where a record of it is refused, and answers everybody.
    async fn write(&self, group: Vec<Entry>) {
        let mut groups = vec![group];
        while let Some(mut group) = groups.pop() {
            let written = group::write(&self.pools, &group, self.clock.now()).await;
            match written {
                Err(error) if group.len() > 1 && is_about_one(&error) => {
                    let half = group.split_off(group.len() / 2);
                    groups.push(half);
                    groups.push(group);
                }
                written => self.answer(group, written),
            }
        }
    }

    fn answer(&self, group: Vec<Entry>, written: Result<Written, StoreError>) {
        let count = group.len();
        let Written { recorded, first } = match written {
            Ok(written) => written,
            Err(error) => {
                metrics::counter!("atalaya_store_refused_total").increment(count as u64);
                for entry in group {
                    answer(entry.answer, Err(error.clone()));
                }
                return;
            }
        };
        metrics::counter!("atalaya_store_groups_total").increment(1);
        metrics::counter!("atalaya_store_observations_total").increment(count as u64);
        let mut positions = first..;
        let mut fresh = Vec::with_capacity(count);
        for (entry, recorded) in group.into_iter().zip(recorded) {
            if recorded == Recorded::New {
                let observation = entry.observation;
                fresh.extend(positions.next().map(|position| Seen {
                    position,
                    observation,
                }));
            }
            answer(entry.answer, Ok(recorded));
        }
        self.recent.add(fresh);
        self.bells.ring(Topic::Observations);
    }
}

/// Answers one who recorded. Whoever went away meanwhile does not want to know.
fn answer(waiting: oneshot::Sender<Result<Recorded, StoreError>>, answer: Result<Recorded, StoreError>) {
    drop(waiting.send(answer));
}

#[cfg(test)]
mod tests;
