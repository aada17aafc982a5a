//! Lists of others beside what our own sensors see: the follower that brings both together.
//!
//! In: observations, in their order. Out: for each address that a sensor of ours saw itself, a look into the feeds and a question to the DNS
//! blocklists. It keeps no position: a start goes back a bounded number of observations, and what was said before is not said again
//! ([`Words`]), so that neither a crash nor a second run changes the evidence.

use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Clock, Handshake, Kind, Observation, Sensor};
use atalaya_net::HttpError;
use atalaya_store::{Store, StoreError, Topic};
use tokio_util::sync::CancellationToken;

use crate::feeds::{Around, Feeds, FeedsConfig};
use crate::upstream::{Upstream, UpstreamConfig};
use crate::word::{HalfLives, Words};

/// Observations that a start goes back.
const BACK: u64 = 100_000;
/// Observations read at once.
const PAGE: u32 = 1_000;
/// The longest wait for news: other processes may write too.
const LOOK: Duration = Duration::from_secs(5);

/// What the lists need to know of the house.
pub struct OthersHouse {
    /// Where observations are read and written.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// How long the words of the rules in force count.
    pub half_lives: HalfLives,
    /// What no list may name.
    pub around: Around,
}

impl fmt::Debug for OthersHouse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OthersHouse")
    }
}

/// The lists of others at work.
#[derive(Debug)]
pub struct Others {
    store: Store,
    words: Arc<Words>,
    /// Lists that are fetched.
    pub feeds: Arc<Feeds>,
    /// Lists that are asked.
    pub upstream: Arc<Upstream>,
}

impl Others {
    /// Reads what is known of the lists from `folder`. Nothing is fetched or asked yet.
    ///
    /// # Errors
    /// There can be no HTTPS client.
    pub fn open(
        feeds: &FeedsConfig,
        upstream: &UpstreamConfig,
        folder: &Path,
        house: OthersHouse,
    ) -> Result<Self, HttpError> {
        let OthersHouse {
            store,
            clock,
            half_lives,
            around,
        } = house;
        let words = Arc::new(Words::new(store.clone(), clock.clone(), half_lives));
        let feeds = Feeds::open(feeds, folder, Arc::clone(&words), around, clock.clone())?;
        let upstream = Upstream::new(upstream, Arc::clone(&words), clock);
        Ok(Self {
            store,
            words,
            feeds: Arc::new(feeds),
            upstream: Arc::new(upstream),
        })
    }

    /// Fetches, tests, asks and follows, until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        if self.feeds.is_empty() && self.upstream.is_empty() {
            stop.cancelled().await;
            return;
        }
        self.feeds.load().await;
        tokio::join!(
            Arc::clone(&self.feeds).run(stop.clone()),
            Arc::clone(&self.upstream).run(stop.clone()),
            self.follow(stop),
        );
    }

    /// Follows the observations.
    async fn follow(&self, stop: CancellationToken) {
        let mut news = self.store.subscribe(Topic::Observations);
        let mut position = None;
        while !stop.is_cancelled() {
            match self.step(position).await {
                Ok(next) if position != Some(next) => {
                    position = Some(next);
                    continue;
                }
                Ok(_nothing_new) => {}
                Err(error) => tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "lists of others are not looked into for now"
                ),
            }
            tokio::select! {
                () = stop.cancelled() => {}
                () = news.changed(LOOK) => {}
            }
        }
    }

    /// Looks at the next observations; gives how far that came.
    async fn step(&self, position: Option<u64>) -> Result<u64, StoreError> {
        let start = match position {
            Some(position) => position,
            None => self.store.last_position().await?.saturating_sub(BACK),
        };
        let page = self.store.observations_after(start, PAGE).await?;
        let last = page.last().map_or(start, |seen| seen.position);
        for seen in page {
            self.look(&seen.observation).await?;
        }
        Ok(last)
    }

    /// Looks an address up that was seen; remembers what a list of others said.
    async fn look(&self, observation: &Observation) -> Result<(), StoreError> {
        if observation.sensor == Sensor::Feed {
            let source = observation.source.clone();
            self.words.note(source, observation.unit(), observation.seen_at);
        } else if is_ours(observation) {
            self.feeds.look(observation.address, observation.seen_at).await?;
            self.upstream.offer(observation.address, observation.seen_at);
        }
        Ok(())
    }
}

/// Whether a sensor of ours saw the address itself, doing what it should not. Whoever is fooled, as the sender of a bounce is, is left alone, and
/// whom others tell of is not asked about: they could have us ask about anybody.
fn is_ours(observation: &Observation) -> bool {
    let is_told = matches!(observation.kind, Kind::Backscatter | Kind::NotSpam);
    observation.handshake == Handshake::Completed && !is_told
}

#[cfg(test)]
mod tests {
    use atalaya_model::{ObservationId, Timestamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_what_we_saw_ourselves_is_looked_up() {
        let seen = |sensor, kind, handshake| {
            let address = "192.0.2.1".parse().unwrap();
            let id = ObservationId(Uuid::new_v4());
            is_ours(&Observation {
                kind,
                handshake,
                ..Observation::new(id, address, Timestamp::EPOCH, sensor)
            })
        };
        assert!(seen(Sensor::Trap, Kind::Spam, Handshake::Completed));
        assert!(seen(Sensor::Trap, Kind::Connection, Handshake::Completed));
        assert!(!seen(Sensor::Trap, Kind::Backscatter, Handshake::Completed));
        assert!(!seen(Sensor::Report, Kind::Spam, Handshake::Reported));
        assert!(!seen(Sensor::Report, Kind::PortScan, Handshake::Unproven));
    }
}
