//! Feeds: lists of others, fetched on a schedule.
//!
//! In: the lists of the configuration, and the addresses that our own sensors see. Out: an observation for each address that is on both sides, as
//! the word of that list ([`Words`]). An address that never came to us makes no observation, however many lists name it: a feed of
//! millions costs memory and a file, and nothing in the store.
//!
//! ```text
//! url or file ── fetch ──► read ──► sane? ── yes ──► merge with what was known ──► NAME.set, NAME.json
//!                 │same     │ no list │ no               │
//!                 ▼         ▼         ▼                  ▼
//!          the same holds   quarantined: the older one   the addresses seen of late are looked up
//!                           holds until it expires
//! ```
//!
//! An address is looked up when a sensor sees it, and all that were seen of late when a list changes.

mod config;
mod entries;
mod fetch;
mod limits;
mod one;
mod read;
mod recent;
mod sane;
mod state;
mod trial;

use std::fmt;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use atalaya_net::{ExchangeLimits, HttpClient, HttpError, Reach, server_of};
use atalaya_store::StoreError;
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

pub(crate) use config::is_name;
pub use config::{FeedConfig, FeedFormat, FeedsConfig, UnknownFormat};
use one::Feed;
use recent::{LATE, Recent};
pub use sane::Surroundings;
pub use state::{FeedState, Trouble, TroubleKind};
pub use trial::{Tried, try_feed};

use crate::word::{Word, Words};

/// Lists that are fetched and read at the same time: each may take its `max_size` in memory meanwhile.
const AT_ONCE: usize = 2;
/// Most redirects that are followed.
const MOST_REDIRECTS: u32 = 5;

/// Tells what no list of others may name, as of now.
pub type Around = Arc<dyn Fn() -> Surroundings + Send + Sync>;

/// The feeds at work.
pub struct Feeds {
    feeds: Vec<Arc<Feed>>,
    timeout: Duration,
    client: HttpClient,
    clock: Clock,
    around: Around,
    words: Arc<Words>,
    recent: Mutex<Recent>,
    places: Semaphore,
}

impl fmt::Debug for Feeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feeds")
            .field("feeds", &self.feeds)
            .finish_non_exhaustive()
    }
}

/// How a feed is, for whoever asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedStatus {
    /// Its name.
    pub name: String,
    /// What is known of it.
    #[serde(flatten)]
    pub state: FeedState,
}

impl Feeds {
    /// Reads what is known of the feeds from `folder`. Nothing is fetched yet.
    ///
    /// # Errors
    /// There can be no HTTPS client.
    pub fn open(
        config: &FeedsConfig,
        folder: &Path,
        words: Arc<Words>,
        around: Around,
        clock: Clock,
    ) -> Result<Self, HttpError> {
        Ok(Self {
            feeds: config
                .lists
                .iter()
                .map(|list| Arc::new(Feed::open(list, folder)))
                .collect(),
            timeout: config.timeout.duration(),
            client: client()?,
            clock,
            around,
            words,
            recent: Mutex::default(),
            places: Semaphore::new(AT_ONCE),
        })
    }

    /// Fetches each list when its time has come, until `stop`.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut tasks = JoinSet::new();
        for feed in &self.feeds {
            let (feeds, feed, stop) = (Arc::clone(&self), Arc::clone(feed), stop.clone());
            tasks.spawn(async move { feeds.keep(&feed, stop).await });
        }
        stop.cancelled().await;
        while tasks.join_next().await.is_some() {}
    }

    /// Reads the entries of all lists.
    pub(crate) async fn load(&self) {
        for feed in &self.feeds {
            feed.load(self.clock.now()).await;
            feed.measure();
        }
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.feeds.is_empty()
    }

    /// Keeps one feed.
    async fn keep(&self, feed: &Feed, stop: CancellationToken) {
        loop {
            let wait = feed.next_at().since(self.clock.now());
            tokio::select! {
                () = stop.cancelled() => return,
                () = feed.woken() => {}
                () = tokio::time::sleep(wait) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.turn(feed) => {}
            }
        }
    }

    /// Fetches one list now, and looks the addresses up that were seen of late where it changed.
    async fn turn(&self, feed: &Feed) {
        // It is closed never.
        let Ok(_place) = self.places.acquire().await else {
            return;
        };
        let client = self
            .client
            .with_limits(limits::of_exchange(&feed.config, self.timeout))
            .with_reach(reach(&feed.config));
        if feed.fetch(&client, &self.around, &self.clock).await
            && let Err(error) = self.look_back(feed).await
        {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "what a feed says of addresses that were seen is not recorded for now"
            );
        }
        feed.measure();
    }

    /// Looks the addresses up that were seen of late.
    async fn look_back(&self, feed: &Feed) -> Result<(), StoreError> {
        let seen = self.recent().since(self.clock.now());
        for address in seen {
            self.ask(feed, address).await?;
        }
        Ok(())
    }

    /// Looks an address up that a sensor of ours saw then, in every list.
    pub(crate) async fn look(&self, address: IpAddr, seen_at: Timestamp) -> Result<(), StoreError> {
        if self.feeds.is_empty() {
            return Ok(());
        }
        // What is read again after a start, or replayed, says nothing of now.
        let now = self.clock.now();
        if now.since(seen_at) > LATE {
            return Ok(());
        }
        self.recent().note(address, seen_at, now);
        for feed in &self.feeds {
            self.ask(feed, address).await?;
        }
        Ok(())
    }

    /// Looks an address up in one list, and records what it says.
    async fn ask(&self, feed: &Feed, address: IpAddr) -> Result<(), StoreError> {
        let Some(kind) = feed.find(address, self.clock.now()) else {
            return Ok(());
        };
        let source = feed.config.name.clone();
        let word = Word {
            source: source.clone(),
            address,
            kind,
            code: None,
        };
        if self.words.say(word).await? {
            metrics::counter!("atalaya_observe_feed_words_total", "feed" => source).increment(1);
        }
        Ok(())
    }

    fn recent(&self) -> std::sync::MutexGuard<'_, Recent> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How every feed is.
    #[must_use]
    pub fn status(&self) -> Vec<FeedStatus> {
        self.feeds.iter().map(|feed| feed.status()).collect()
    }

    /// Takes the next list of this feed however much it grew or shrank, and has it fetched at once where somebody fetches. All other
    /// checks hold. Tells whether there is such a feed.
    ///
    /// # Errors
    /// That cannot be written down.
    pub fn release(&self, name: &str) -> std::io::Result<bool> {
        match self.feeds.iter().find(|feed| feed.config.name == name) {
            Some(feed) => feed.release(self.clock.now()).map(|()| true),
            None => Ok(false),
        }
    }
}

/// The servers that a list may be fetched from: its own, wherever that is, and public ones. That of another list may be inside our network.
fn reach(list: &FeedConfig) -> Arc<Reach> {
    let mut reach = Reach::default();
    if let Some((host, port)) = server_of(&list.url) {
        reach.allow(&host, port);
    }
    Arc::new(reach)
}

/// A client that may ask public servers only, and is never led from HTTPS to HTTP.
fn client() -> Result<HttpClient, HttpError> {
    // Each list has limits of its own.
    let limits = ExchangeLimits {
        timeout: Duration::from_secs(60),
        max_answer: 0,
    };
    let client = HttpClient::new(limits, MOST_REDIRECTS, Arc::default())?;
    Ok(client.without_downgrade())
}

#[cfg(test)]
mod tests;
