//! The reporters: who has a key for reports, what it may do, and what was used of it today.
//!
//! The file `reporters` of the data folder holds the digest of each key; it is followed while the server runs. A key is found by its digest, so
//! that the time it takes tells nothing about any key. What was used today stands in `reporters.used`, written within a second and at
//! the end, so that a restart gives no day anew; a power cut may forget the last second.

mod file;
mod used;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_model::Timestamp;
use atalaya_store::small_file::{self, Stamp, stamp};
use tokio_util::sync::CancellationToken;

pub use self::file::{BadReporters, NewReporter, Quota, Reporter, ReporterFile, Scope, Scopes};
pub use self::used::Used;

/// The name of the file in the data folder.
const FILE: &str = "reporters";
/// The name of the file with what was used.
const USED: &str = "reporters.used";
/// How often the file is looked at, and what was used is written.
const LOOK: Duration = Duration::from_secs(1);
/// Seconds of a day.
const DAY: i64 = 86_400;

/// What is left of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Left {
    /// Calls of a day.
    pub(crate) limit: u64,
    /// What is left of them.
    pub(crate) remaining: u64,
    /// When the next day begins.
    pub(crate) reset: Timestamp,
}

/// The reporters, as the file has them.
#[derive(Debug)]
pub struct Reporters {
    file: PathBuf,
    used: PathBuf,
    state: Mutex<State>,
}

/// What changes.
#[derive(Debug, Default)]
struct State {
    by_digest: HashMap<[u8; 32], Reporter>,
    used: Used,
    /// Whether `used` is newer than its file.
    is_new: bool,
    /// The file that was read or complained of last.
    seen: Stamp,
}

impl Reporters {
    /// Reads the reporters of a data folder.
    ///
    /// # Errors
    /// The file is there and cannot be used: a server should not start by refusing everybody.
    pub fn open(data: &Path) -> Result<Self, BadReporters> {
        let (file, used) = (data.join(FILE), data.join(USED));
        let state = State {
            seen: stamp(&file),
            by_digest: ReporterFile::read(&file)?.unwrap_or_default().into_table(),
            used: Used::read(&used),
            is_new: false,
        };
        Ok(Self {
            file,
            used,
            state: Mutex::new(state),
        })
    }

    /// The path of the file in a data folder.
    #[must_use]
    pub fn file_in(data: &Path) -> PathBuf {
        data.join(FILE)
    }

    /// What was used today, by name.
    #[must_use]
    pub fn used_in(data: &Path) -> Used {
        Used::read(&data.join(USED))
    }

    /// Follows the file and writes what was used, until `stop`.
    pub async fn run(&self, stop: CancellationToken) {
        while stop.run_until_cancelled(tokio::time::sleep(LOOK)).await.is_some() {
            self.look();
            self.keep();
        }
        self.keep();
    }

    /// Whose key it is.
    pub(crate) fn find(&self, key: &[u8]) -> Option<Reporter> {
        self.state().by_digest.get(&file::digest(key)).cloned()
    }

    /// Takes one call of the day; what is left, or that nothing is. None where there is no limit.
    pub(crate) fn take(&self, reporter: &Reporter, now: Timestamp) -> Result<Option<Left>, Left> {
        let mut state = self.state();
        let today = now.seconds().div_euclid(DAY);
        let used = state.used.of(&reporter.name, today);
        if reporter.quota.0.is_some_and(|most| used >= most) {
            return left(reporter, used, now).map_or(Ok(None), Err);
        }
        state.used.set(&reporter.name, today, used.saturating_add(1));
        state.is_new = true;
        drop(state);
        Ok(left(reporter, used.saturating_add(1), now))
    }

    /// What is left of the day.
    pub(crate) fn left(&self, reporter: &Reporter, now: Timestamp) -> Option<Left> {
        let used = self
            .state()
            .used
            .of(&reporter.name, now.seconds().div_euclid(DAY));
        left(reporter, used, now)
    }

    /// Reads the file if it is another one. It is small and read from the page cache, so that it may be read right here.
    fn look(&self) {
        let found = stamp(&self.file);
        if found == self.state().seen {
            return;
        }
        let read = ReporterFile::read(&self.file);
        self.state().seen = found;
        match read {
            Ok(Some(file)) => self.read_anew(file),
            Ok(None) => tracing::error!("the file of the reporters is gone; those that were read last stay"),
            Err(error) => tracing::error!(
                error = &error as &dyn std::error::Error,
                "the file of the reporters is broken; those that were read last stay"
            ),
        }
    }

    /// Puts what a file says in the place of what was known.
    fn read_anew(&self, file: ReporterFile) {
        let table = file.into_table();
        tracing::info!(reporters = table.len(), "the reporters were read again");
        self.state().by_digest = table;
    }

    /// Writes what was used, where that changed.
    fn keep(&self) {
        let mut state = self.state();
        if !std::mem::take(&mut state.is_new) {
            return;
        }
        let text = state.used.to_string();
        drop(state);
        if let Err(error) = small_file::put_in_place(&self.used, &text) {
            self.state().is_new = true;
            tracing::warn!(%error, "what reporters used today cannot be written");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn left(reporter: &Reporter, used: u64, now: Timestamp) -> Option<Left> {
    let next_day = now
        .seconds()
        .div_euclid(DAY)
        .saturating_add(1)
        .saturating_mul(DAY);
    reporter.quota.0.map(|limit| Left {
        limit,
        remaining: limit.saturating_sub(used),
        reset: Timestamp::from_seconds(next_day),
    })
}

#[cfg(test)]
mod tests {
    use atalaya_publish::Key;

    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(DAY * 100 + 7);

    fn folder(key: &Key, quota: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let mut file = ReporterFile::default();
        let name = "mx".parse().unwrap();
        let quota = quota.parse().unwrap();
        file.add(
            NewReporter {
                name,
                quota,
                scopes: Scopes::default(),
            },
            key,
        )
        .unwrap();
        file.write(&Reporters::file_in(folder.path())).unwrap();
        folder
    }

    #[test]
    fn a_day_goes_on_after_a_restart_and_ends_at_midnight() {
        let key = Key::from_random([7; 16]);
        let folder = folder(&key, "2/day");
        let reporters = Reporters::open(folder.path()).unwrap();
        let mx = reporters.find(key.to_string().as_bytes()).unwrap();
        let left = reporters.take(&mx, NOW).unwrap().unwrap();
        assert_eq!(
            (left.limit, left.remaining, left.reset.seconds()),
            (2, 1, DAY * 101)
        );
        reporters.keep();
        let again = Reporters::open(folder.path()).unwrap();
        assert_eq!(again.take(&mx, NOW).unwrap().unwrap().remaining, 0);
        assert_eq!(again.take(&mx, NOW).unwrap_err().remaining, 0);
        assert_eq!(
            again
                .take(&mx, Timestamp::from_seconds(DAY * 101))
                .unwrap()
                .unwrap()
                .remaining,
            1
        );
    }

    #[test]
    fn the_file_is_followed_and_what_was_read_last_stays_while_it_is_broken() {
        let key = Key::from_random([7; 16]);
        let folder = folder(&key, "-");
        let reporters = Reporters::open(folder.path()).unwrap();
        let knows = || reporters.find(key.to_string().as_bytes()).is_some();
        assert!(knows() && reporters.find(b"").is_none());
        let path = Reporters::file_in(folder.path());
        std::fs::write(&path, "broken").unwrap();
        reporters.look();
        assert!(knows());
        assert!(Reporters::open(folder.path()).is_err());
        ReporterFile::default().write(&path).unwrap();
        reporters.look();
        assert!(!knows());
    }
}
