//! The follower: goes through the observations in their order, and makes an event for everybody who is told of one.
//!
//! Events and the position stand in one transaction. Where two processes follow at the same time, or one dies, an event is made twice, and kept
//! once.

use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Observation, Timestamp};
use atalaya_store::{Enrolment, FeedbackEvent, Store, StoreError, Subscription, Topic};
use metrics::counter;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::index::Index;
use super::networks::Networks;
use super::{Feedback, READER, is_told};

/// Observations of one step.
const STEP: u32 = 500;
/// Events of one step, but for those of its last observation: many may have enrolled for one network.
const MOST_EVENTS: usize = 20_000;
/// Enrolments read at once.
const PAGE: u32 = 1_000;
/// The longest wait for news.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// The wait after the store failed.
const STORE_PAUSE: Duration = Duration::from_secs(5);

/// Makes events of observations.
#[derive(Debug)]
pub struct FeedbackFollower {
    feedback: Arc<Feedback>,
    networks: Networks,
    index: Index,
    /// Of which state of the enrolments the index is.
    version: Option<u64>,
}

impl FeedbackFollower {
    /// Follows for that loop.
    #[must_use]
    pub fn new(feedback: Arc<Feedback>, networks: Networks) -> Self {
        Self {
            feedback,
            networks,
            index: Index::default(),
            version: None,
        }
    }

    /// Works until `stop` is cancelled.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut news = self.feedback.store.subscribe(Topic::Observations);
        while !stop.is_cancelled() {
            let work = async {
                let done = self.step().await;
                rest(done, &mut news).await;
            };
            tokio::select! {
                () = work => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Goes through some observations. Says whether there may be more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn step(&mut self) -> Result<bool, StoreError> {
        self.read_enrolments().await?;
        if self.index.is_empty() {
            return Ok(false);
        }
        if self.index.needs_networks() {
            self.networks.refresh().await;
        }
        let store = &self.feedback.store;
        let position = store.position(READER).await?;
        let seen = store.observations_after(position, STEP).await?;
        if seen.is_empty() {
            return Ok(false);
        }
        let now = self.feedback.clock.now();
        let (mut events, mut last) = (Vec::new(), position);
        for seen in seen {
            if events.len() >= MOST_EVENTS {
                break;
            }
            if is_told(&seen.observation) {
                events.extend(self.events_of(seen.position, &seen.observation, now));
            }
            last = seen.position;
        }
        let mut transaction = store.begin().await?;
        transaction.add_feedback_events(&events).await?;
        transaction.set_position(READER, last).await?;
        transaction.commit().await?;
        counter!("atalaya_notify_feedback_events_total").increment(events.len() as u64);
        Ok(true)
    }

    fn events_of(&self, position: u64, seen: &Observation, now: Timestamp) -> Vec<FeedbackEvent> {
        let network = self.networks.of(seen.address);
        let mut told = self.index.told_of(seen.address, network, now);
        told.sort_unstable();
        told.dedup();
        let traps = traps_of(seen);
        let event = |enrolment| FeedbackEvent {
            enrolment,
            position,
            observation: position,
            address: seen.address.to_canonical(),
            seen_at: seen.seen_at,
            traps,
        };
        told.into_iter().map(event).collect()
    }

    /// Reads the enrolments again if any of them has changed.
    async fn read_enrolments(&mut self) -> Result<(), StoreError> {
        let store = &self.feedback.store;
        let version = store.enrolments_version().await?;
        if self.version == Some(version) {
            return Ok(());
        }
        let mut index = Index::default();
        for_all_enrolments(store, |enrolment| index.add(enrolment)).await?;
        (self.index, self.version) = (index, Some(version));
        Ok(())
    }
}

/// Shows every enrolment to somebody.
pub(super) async fn for_all_enrolments(
    store: &Store,
    mut see: impl FnMut(&Enrolment),
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = store.enrolments(after, PAGE).await?;
        page.iter().for_each(&mut see);
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
    }
}

/// How many traps a message hit.
pub(super) fn traps_of(seen: &Observation) -> u32 {
    u32::try_from(seen.traps.len()).unwrap_or(u32::MAX).max(1)
}

/// Goes on at once where there may be more; else waits for news, or for the store to recover.
pub(super) async fn rest<E: std::error::Error + 'static>(done: Result<bool, E>, news: &mut Subscription) {
    match done {
        Ok(true) => {}
        Ok(false) => news.changed(LOOK_AGAIN).await,
        Err(failed) => {
            error!(
                error = &failed as &dyn std::error::Error,
                "the feedback loop cannot follow"
            );
            tokio::time::sleep(STORE_PAUSE).await;
        }
    }
}
