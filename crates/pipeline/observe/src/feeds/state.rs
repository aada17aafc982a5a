//! What is known of a feed, and the two files that it is kept in: `NAME.json` with the state and `NAME.set` with the entries.
//!
//! The entries are written first, and the state names their digest: where a crash came between, the entries that are found are not those
//! that the state tells of, and the list is fetched anew and whole.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use atalaya_model::{Digest, Timestamp};
use atalaya_store::small_file::{put_in_place, read};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::FeedConfig;
use super::entries::Entries;

/// The longest file with a state.
const MAX_STATE: u64 = 64 << 10;
/// The largest file with entries: ten million of the longest.
const MAX_SET: u64 = 512 << 20;

/// How often the base of growth moves at most: a list that grows with each fetch is measured by what it was on the day before.
const BASE_MOVES: Duration = Duration::from_secs(86_400);

/// What is known of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FeedState {
    /// What the entries were read from, and how, as a digest: of another list they say nothing.
    pub reading: String,
    /// What tells this state of the list from another, as its server says.
    pub etag: Option<String>,
    /// When it was changed last, as its server says.
    pub last_modified: Option<String>,
    /// When it was tried last.
    pub tried_at: Option<Timestamp>,
    /// When it was fetched last, or was found to be the same.
    pub fetched_at: Option<Timestamp>,
    /// When it is tried next.
    pub next_at: Option<Timestamp>,
    /// Entries that the list names.
    pub entries: u64,
    /// IPv4 addresses that they cover.
    pub addresses: u64,
    /// Entries that came with the last change.
    pub new: u64,
    /// Entries that left with it.
    pub gone: u64,
    /// What is wrong.
    pub trouble: Option<Trouble>,
    /// Fetches that failed or were refused since the last good one.
    pub failures: u32,
    /// Whether the next list is taken however much it grew or shrank.
    pub released: bool,
    /// The digest of the file with the entries.
    pub set: Option<Digest>,
    /// The URL or path, as a digest: what its growth is measured by stays while this does.
    pub place: String,
    /// What its growth is measured by.
    pub base: Option<Base>,
}

/// What the growth of a list is measured by.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Base {
    /// Its entries.
    pub entries: u64,
    /// IPv4 addresses that they cover.
    pub addresses: u64,
    /// When it was so long.
    pub at: Timestamp,
}

impl FeedState {
    /// Takes what the list is now for what its growth is measured by, unless that moved of late.
    pub(super) fn move_base(&mut self, now: Timestamp) {
        let is_young = |base: &Base| base.at <= now && now.since(base.at) < BASE_MOVES;
        if self.released || !self.base.as_ref().is_some_and(is_young) {
            self.base = Some(Base {
                entries: self.entries,
                addresses: self.addresses,
                at: now,
            });
        }
    }

    /// Takes back what a clock that was wrong has written: nothing was fetched later than now, and nothing is fetched much later.
    pub(super) fn clamp(&mut self, now: Timestamp, longest_wait: Duration) {
        let is_wrong = [self.tried_at, self.fetched_at]
            .into_iter()
            .flatten()
            .any(|at| at > now);
        self.tried_at = self.tried_at.map(|at| at.min(now));
        self.fetched_at = self.fetched_at.map(|at| at.min(now));
        let latest = now.plus(longest_wait);
        self.next_at = self.next_at.filter(|_| !is_wrong).map(|at| at.min(latest));
    }
}

/// What is wrong with a feed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// What kind of trouble.
    pub what: TroubleKind,
    /// Why, in a sentence.
    pub why: String,
    /// Since when.
    pub since: Timestamp,
}

/// What kind of trouble a feed is in. In either case the older entries hold until they expire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// It cannot be fetched.
    Unreachable,
    /// What was fetched is not to be believed.
    Quarantined,
}

impl TroubleKind {
    /// The word for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Unreachable => "unreachable",
            Self::Quarantined => "quarantined",
        }
    }
}

/// Where a feed is kept.
#[derive(Debug, Clone)]
pub(super) struct Files {
    folder: PathBuf,
    name: String,
}

impl Files {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        Self {
            folder: folder.to_owned(),
            name: name.to_owned(),
        }
    }

    /// The state of the feed, as far as it is that of this list; an empty one where there is none or it is broken.
    pub(super) fn state(&self, config: &FeedConfig) -> FeedState {
        let text = read(&self.path("json"), MAX_STATE).ok().flatten();
        let state: Option<FeedState> = text.and_then(|text| serde_json::from_str(&text).ok());
        let (reading, place) = (reading_of(config), digest(config.url.as_bytes()).to_string());
        let state = state.unwrap_or_default();
        if state.reading == reading {
            return state;
        }
        // It is read in another way; but a list that begins to list the world is no other list.
        let base = state.base.filter(|_| state.place == place);
        FeedState {
            reading,
            place,
            base,
            ..FeedState::default()
        }
    }

    /// The entries that a state tells of; none where they are not there.
    pub(super) fn entries(&self, state: &FeedState) -> Option<Entries> {
        let path = self.path("set");
        let is_bounded = std::fs::metadata(&path).ok()?.len() <= MAX_SET;
        let packed = is_bounded.then(|| std::fs::read(&path).ok()).flatten()?;
        (state.set == Some(digest(&packed))).then(|| Entries::unpack(&packed).ok())?
    }

    /// Writes the entries; gives the digest that the state must name.
    pub(super) fn put_entries(&self, entries: &Entries) -> io::Result<Digest> {
        let packed = entries.pack()?;
        std::fs::create_dir_all(&self.folder)?;
        put_in_place(&self.path("set"), &packed)?;
        Ok(digest(&packed))
    }

    /// Writes the state.
    pub(super) fn put_state(&self, state: &FeedState) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        put_in_place(&self.path("json"), &serde_json::to_string(state)?)
    }

    /// A file of the feed. A name may have dots, so that nothing is cut from it.
    fn path(&self, ending: &str) -> PathBuf {
        self.folder.join(format!("{}.{ending}", self.name))
    }
}

/// A digest of all that decides which entries a list has.
fn reading_of(config: &FeedConfig) -> String {
    let parts = (
        (&config.url, config.format),
        (&config.address, &config.time, &config.category),
        (config.kind, &config.categories, &config.except),
    );
    let text = serde_json::to_string(&parts).unwrap_or_default();
    digest(text.as_bytes()).to_string()
}

fn digest(bytes: &[u8]) -> Digest {
    Digest(Sha256::digest(bytes).into())
}

#[cfg(test)]
mod tests {
    use atalaya_model::Kind;

    use super::super::entries::Mark;
    use super::*;

    #[test]
    fn the_base_of_growth_moves_once_a_day_and_when_a_list_is_released() {
        let now = Timestamp::from_seconds(1_000_000);
        let mut state = FeedState::default();
        let mut moves = |entries, seconds, released| {
            (state.entries, state.released) = (entries, released);
            state.move_base(now.plus(Duration::from_secs(seconds)));
            state.base.unwrap().entries
        };
        assert_eq!(moves(100, 0, false), 100);
        assert_eq!(moves(900, 86_399, false), 100);
        assert_eq!(moves(900, 86_400, false), 900);
        assert_eq!(moves(9_000, 86_401, true), 9_000);
        assert_eq!(moves(10, 0, false), 10, "the clock went back");
    }

    #[test]
    fn moments_of_a_wrong_clock_are_taken_back() {
        let now = Timestamp::from_seconds(1_000_000);
        let (late, wait) = (
            now.plus(Duration::from_secs(1_000_000)),
            Duration::from_secs(3_600),
        );
        let mut state = FeedState {
            tried_at: Some(late),
            fetched_at: Some(late),
            next_at: Some(late),
            ..FeedState::default()
        };
        let mut waits = FeedState {
            fetched_at: Some(now),
            ..state.clone()
        };
        waits.tried_at = Some(now);
        state.clamp(now, wait);
        assert_eq!(
            (state.fetched_at, state.tried_at, state.next_at),
            (Some(now), Some(now), None)
        );
        waits.clamp(now, wait);
        assert_eq!(
            (waits.fetched_at, waits.next_at),
            (Some(now), Some(now.plus(wait)))
        );
    }

    #[test]
    fn state_and_entries_are_read_back_and_never_those_of_another_list() {
        let folder = tempfile::tempdir().unwrap();
        let config = FeedConfig::new("a.list", "/srv/list.txt");
        let files = Files::new(&folder.path().join("feeds"), "a.list");
        let mut state = files.state(&config);
        assert_eq!((state.entries, state.set), (0, None));
        let mut entries = Entries::default();
        entries.push("192.0.2.1".parse().unwrap(), Mark::new(Kind::Bot, None));
        state.set = Some(files.put_entries(&entries).unwrap());
        state.etag = Some("\"one\"".to_owned());
        (state.entries, state.addresses) = (1, 1);
        state.move_base(Timestamp::from_seconds(1_000_000));
        files.put_state(&state).unwrap();
        assert_eq!(files.state(&config), state);
        assert_eq!(files.entries(&state), Some(entries.clone()));
        let other = FeedConfig {
            kind: Kind::Spam,
            ..config.clone()
        };
        assert_eq!(files.state(&other).etag, None, "it is read in another way");
        let base = files.state(&other).base;
        assert_eq!((base, base.is_some()), (state.base, true), "of the same list");
        let elsewhere = FeedConfig::new("a.list", "/srv/other.txt");
        assert_eq!(files.state(&elsewhere).base, None, "it is another list");
        entries.push("192.0.2.2".parse().unwrap(), Mark::new(Kind::Bot, None));
        files.put_entries(&entries).unwrap();
        assert_eq!(files.entries(&state), None, "a crash came between");
        std::fs::write(folder.path().join("feeds/a.list.json"), "{").unwrap();
        assert_eq!(files.state(&config).etag, None);
    }
}
