//! One feed: its entries and its state, and what a fetch makes of them.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use atalaya_model::{Clock, Kind, Timestamp};
use atalaya_net::HttpClient;
use tokio::sync::Notify;

use super::entries::{Entries, Moments};
use super::fetch::{FetchError, Fetched, List, fetch};
use super::state::{FeedState, Files, Trouble, TroubleKind};
use super::{Around, FeedConfig, FeedStatus, Surroundings, limits, read, sane};

/// Most characters of why a feed is in trouble.
const LONGEST_WHY: usize = 300;

/// One feed.
#[derive(Debug)]
pub(super) struct Feed {
    pub(super) config: FeedConfig,
    files: Files,
    standing: RwLock<Standing>,
    wake: Notify,
}

/// What is known of it.
#[derive(Debug, Clone)]
struct Standing {
    state: FeedState,
    entries: Arc<Entries>,
}

/// What a list became.
struct Taken {
    state: FeedState,
    entries: Entries,
}

impl Feed {
    /// Reads its state; the entries come with [`Feed::load`].
    pub(super) fn open(config: &FeedConfig, folder: &Path) -> Self {
        let files = Files::new(folder, &config.name);
        let state = files.state(config);
        Self {
            config: config.clone(),
            files,
            standing: RwLock::new(Standing {
                state,
                entries: Arc::default(),
            }),
            wake: Notify::new(),
        }
    }

    /// Reads its entries. Where they are not those of the state, the list is fetched anew and whole.
    pub(super) async fn load(&self, now: Timestamp) {
        let longest_wait = limits::longest(&self.config);
        let state = self.change(|standing| standing.state.clamp(now, longest_wait));
        let files = self.files.clone();
        let entries = tokio::task::spawn_blocking(move || files.entries(&state)).await;
        let entries = entries.ok().flatten();
        self.change(|standing| match entries {
            Some(entries) => standing.entries = Arc::new(entries),
            None => {
                let state = &mut standing.state;
                (state.etag, state.last_modified, state.next_at) = (None, None, None);
            }
        });
    }

    fn standing(&self) -> Standing {
        self.standing
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn change(&self, change: impl FnOnce(&mut Standing)) -> FeedState {
        let mut standing = self.standing.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut standing);
        standing.state.clone()
    }

    /// When it is fetched next; long ago where it never was.
    pub(super) fn next_at(&self) -> Timestamp {
        self.standing().state.next_at.unwrap_or_default()
    }

    /// Waits until it is to be fetched out of turn.
    pub(super) async fn woken(&self) {
        self.wake.notified().await;
    }

    /// How it is.
    pub(super) fn status(&self) -> FeedStatus {
        FeedStatus {
            name: self.config.name.clone(),
            state: self.standing().state,
        }
    }

    /// What the list says of an address.
    pub(super) fn find(&self, address: IpAddr, now: Timestamp) -> Option<Kind> {
        let (fetched_at, entries) = {
            let standing = self.standing.read().unwrap_or_else(PoisonError::into_inner);
            (standing.state.fetched_at?, Arc::clone(&standing.entries))
        };
        let moments = Moments {
            now,
            fetched_at,
            expires: self.config.expires.duration(),
        };
        entries.find(address, moments)
    }

    /// Takes the next list however much it grew or shrank.
    pub(super) fn release(&self, now: Timestamp) -> io::Result<()> {
        let state = self.change(|standing| {
            standing.state.released = true;
            standing.state.next_at = Some(now);
        });
        self.files.put_state(&state)?;
        self.wake.notify_one();
        Ok(())
    }

    /// Fetches the list, and keeps what comes of it; tells whether the entries changed.
    pub(super) async fn fetch(&self, client: &HttpClient, around: &Around, clock: &Clock) -> bool {
        let known = self.standing().state;
        let fetched = fetch(&self.config, &known, client, clock).await;
        let now = clock.now();
        let taken = match fetched {
            Ok(Fetched::Same) => Ok(None),
            Ok(Fetched::List(list)) => self.take(list, (around)(), now).await.map(Some),
            Err(error) => return self.note_failure(&error, now),
        };
        match taken {
            Err(why) => {
                let next = limits::next(&self.config, 0, None, now);
                self.note_trouble(TroubleKind::Quarantined, why, next, now);
                false
            }
            Ok(taken) => self.keep(taken, now),
        }
    }

    /// Reads a list and, where it can be believed, writes its entries.
    async fn take(&self, list: List, around: Surroundings, now: Timestamp) -> Result<Taken, String> {
        let (config, files, standing) = (self.config.clone(), self.files.clone(), self.standing());
        let moments = Moments {
            now,
            fetched_at: standing.state.fetched_at.unwrap_or(now),
            expires: self.config.expires.duration(),
        };
        let work = move || {
            let reading = read::read(list.bytes, &config, now)?;
            sane::check(&reading, &config, &standing.state, &around)?;
            let mut state = standing.state;
            (state.etag, state.last_modified) = (list.etag, list.last_modified);
            (state.entries, state.addresses) = (reading.entries.len() as u64, reading.entries.addresses());
            state.move_base(now);
            let (entries, changes) = reading.entries.after(&standing.entries, moments);
            (state.new, state.gone) = (changes.new, changes.gone);
            let digest = files.put_entries(&entries);
            state.set = Some(digest.map_err(|error| format!("its entries cannot be written: {error}"))?);
            Ok(Taken { state, entries })
        };
        tokio::task::spawn_blocking(work)
            .await
            .unwrap_or_else(|broken| Err(format!("it cannot be read: {broken}")))
    }

    /// Keeps a good list, or that the known one is the same; tells whether there is another.
    fn keep(&self, taken: Option<Taken>, now: Timestamp) -> bool {
        let is_new = taken.is_some();
        let mut over = None;
        let state = self.change(|standing| {
            if let Some(Taken { state, entries }) = taken {
                *standing = Standing {
                    state,
                    entries: Arc::new(entries),
                };
            }
            let state = &mut standing.state;
            (state.tried_at, state.fetched_at) = (Some(now), Some(now));
            (state.failures, state.released) = (0, false);
            state.next_at = Some(limits::next(&self.config, 0, None, now));
            over = state.trouble.take();
        });
        self.write(&state);
        let name = &self.config.name;
        if let Some(trouble) = over {
            tracing::info!(feed = name, was = trouble.what.name(), "a feed is good again");
        }
        if is_new {
            tracing::info!(
                feed = name,
                entries = state.entries,
                new = state.new,
                gone = state.gone,
                "a feed was fetched"
            );
        }
        self.count(if is_new { "new" } else { "same" });
        is_new
    }

    /// Notes that the list cannot be fetched.
    fn note_failure(&self, error: &FetchError, now: Timestamp) -> bool {
        let failures = self.standing().state.failures.saturating_add(1);
        let next = limits::next(&self.config, failures, error.not_before(), now);
        self.note_trouble(TroubleKind::Unreachable, in_full(error), next, now);
        false
    }

    /// Notes what is wrong. It is told when it begins, and again when it becomes something else.
    fn note_trouble(&self, what: TroubleKind, why: String, next: Timestamp, now: Timestamp) {
        let mut is_news = false;
        let state = self.change(|standing| {
            let state = &mut standing.state;
            let before = state.trouble.take().filter(|trouble| trouble.what == what);
            is_news = before.is_none();
            let since = before.map_or(now, |trouble| trouble.since);
            let why = cut(why);
            state.trouble = Some(Trouble { what, why, since });
            state.failures = state.failures.saturating_add(1);
            (state.tried_at, state.next_at) = (Some(now), Some(next));
        });
        self.write(&state);
        self.count(what.name());
        if let Some(trouble) = state.trouble.filter(|_| is_news) {
            tracing::warn!(
                feed = self.config.name,
                state = what.name(),
                why = trouble.why,
                "a feed cannot be used; what it named before holds until it expires"
            );
        }
    }

    /// Writes the state. Without it the next start fetches the list anew, so that a failure is no harm.
    fn write(&self, state: &FeedState) {
        if let Err(error) = self.files.put_state(state) {
            tracing::warn!(feed = self.config.name, %error, "the state of a feed cannot be written");
        }
    }

    fn count(&self, outcome: &'static str) {
        let feed = self.config.name.clone();
        metrics::counter!("atalaya_observe_feed_fetches_total", "feed" => feed, "outcome" => outcome)
            .increment(1);
    }

    /// Sets the gauges of the feed.
    pub(super) fn measure(&self) {
        let (name, state) = (|| self.config.name.clone(), self.standing().state);
        let is = |what| u8::from(state.trouble.as_ref().is_some_and(|trouble| trouble.what == what));
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge is a float; entries are few millions"
        )]
        let (entries, fetched) = (
            state.entries as f64,
            state.fetched_at.map_or(0, Timestamp::seconds) as f64,
        );
        metrics::gauge!("atalaya_observe_feed_entries", "feed" => name()).set(entries);
        metrics::gauge!("atalaya_observe_feed_fetched_timestamp_seconds", "feed" => name()).set(fetched);
        metrics::gauge!("atalaya_observe_feed_quarantined", "feed" => name())
            .set(is(TroubleKind::Quarantined));
        metrics::gauge!("atalaya_observe_feed_unreachable", "feed" => name())
            .set(is(TroubleKind::Unreachable));
    }
}

/// A sentence as long as one is read: it may have words of a server in it, and stands in the file of the state.
fn cut(why: String) -> String {
    match why.char_indices().nth(LONGEST_WHY) {
        Some((end, _)) => why.get(..end).unwrap_or_default().to_owned(),
        None => why,
    }
}

/// An error with what lies behind it.
pub(super) fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_reason_is_cut_so_that_the_state_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let config = FeedConfig::new("x", "/x");
        let feed = Feed::open(&config, folder.path());
        let now = Timestamp::from_seconds(1_000_000);
        let why = "\u{e9}".repeat(100_000);
        feed.note_trouble(TroubleKind::Quarantined, why, now, now);
        let again = Feed::open(&config, folder.path()).status().state.trouble.unwrap();
        assert_eq!(again.why, "\u{e9}".repeat(LONGEST_WHY));
    }
}
