//! The registries' bulk data in files, see [`crate::contact::bulk`]: read when first needed, and again when a file has changed.
//! The first time who asks waits for them; later they are read in the background, and the old data answers until the new is there.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use atalaya_formats::Holding;
use atalaya_model::{ContactSource, Timestamp};
use tokio::sync::OnceCell;

use super::Source;
use crate::contact::answer::{Answer, Outcome};
use crate::contact::bulk::Index;
use crate::contact::confidence;
use crate::contact::stamp::Stamp;
use crate::contact::step::{Search, in_full};

/// How often the files are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(60);
/// Data with fewer pieces than this part of the data before is taken for a download that broke off.
const LEAST_PART: usize = 2;

/// The files of the configuration, and what they say.
#[derive(Debug)]
pub(super) struct RegistryFiles {
    paths: Arc<[PathBuf]>,
    known: Arc<Mutex<Known>>,
    /// Whether they were read once, used or not.
    begun: OnceCell<()>,
}

#[derive(Debug, Default)]
struct Known {
    looked_at: Option<Timestamp>,
    is_reading: bool,
    /// Of the files that were read last, used or not.
    stamps: Stamps,
    data: Arc<Data>,
    trouble: Option<String>,
}

/// By what files are known again, in their order; none for one that is not there.
type Stamps = Vec<Option<Stamp>>;

/// What is used.
#[derive(Debug, Default)]
struct Data {
    index: Index,
    /// When each of its files was made.
    made_at: Vec<Option<Timestamp>>,
}

impl RegistryFiles {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            paths: paths.into(),
            known: Arc::default(),
            begun: OnceCell::new(),
        }
    }

    /// What the files say.
    pub(super) async fn ask(&self, search: &mut Search) -> Outcome {
        if self.paths.is_empty() {
            return Outcome::Unknown;
        }
        search.begin();
        let (data, trouble) = self.current(search.now).await;
        if let Some(why) = trouble {
            search.end(Source::Bulk.name(), "files", format!("not used anew: {why}"));
        }
        let Some((prefix, named)) = data.index.around(search.address) else {
            search.end(Source::Bulk.name(), "files", "name nobody for this address");
            return Outcome::Unknown;
        };
        let path = self.paths.get(named.file).map(|path| path.display().to_string());
        let file = path.unwrap_or_default();
        let told = format!("{prefix}: {}, {}", named.address, named.basis);
        search.end(Source::Bulk.name(), file.clone(), told);
        Outcome::Contact(Answer {
            prefix,
            // Names of networks tell when their holders change, for which what one service says is compared.
            network: String::new(),
            holding: Holding::Assigned,
            addresses: vec![named.address.clone()],
            source: ContactSource::Bulk { file },
            confidence: confidence::of_text(named.basis),
            dated: data.made_at.get(named.file).copied().flatten(),
        })
    }

    /// The data in use, and why newer is not. Begins to read the files anew where it is time to look at them.
    async fn current(&self, now: Timestamp) -> (Arc<Data>, Option<String>) {
        // A task of its own goes on when who asked has left.
        let read = || tokio::spawn(read_anew(Arc::clone(&self.paths), Arc::clone(&self.known)));
        let first = || async {
            lock(&self.known).is_due(now);
            drop(read().await);
        };
        self.begun.get_or_init(first).await;
        if lock(&self.known).is_due(now) {
            drop(read());
        }
        let known = lock(&self.known);
        (Arc::clone(&known.data), known.trouble.clone())
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Reads the files if one of them has changed, and puts the data in the place of the old.
async fn read_anew(paths: Arc<[PathBuf]>, known: Arc<Mutex<Known>>) {
    let before = stamps_of(&paths).await;
    if before == lock(&known).stamps {
        lock(&known).is_reading = false;
        return;
    }
    let to_read = Arc::clone(&paths);
    let loaded = tokio::task::spawn_blocking(move || Index::load(&to_read)).await;
    let loaded = loaded
        .map_err(|error| in_full(&error))
        .and_then(|loaded| loaded.map_err(|error| in_full(&error)));
    let after = stamps_of(&paths).await;
    lock(&known).take(loaded, before, &after);
}

async fn stamps_of(paths: &[PathBuf]) -> Stamps {
    let mut stamps = Vec::new();
    for path in paths {
        stamps.push(Stamp::of(path).await);
    }
    stamps
}

impl Known {
    /// Whether the files are to be looked at by who asks; he must do it then.
    fn is_due(&mut self, now: Timestamp) -> bool {
        let is_fresh = self
            .looked_at
            .is_some_and(|at| at <= now && now.since(at) < LOOK_AGAIN);
        if self.is_reading || is_fresh {
            return false;
        }
        self.looked_at = Some(now);
        self.is_reading = true;
        true
    }

    /// Takes what was read; what cannot be used leaves things as they were.
    fn take(&mut self, loaded: Result<Index, String>, before: Stamps, after: &Stamps) {
        self.is_reading = false;
        let usable = if *after == before {
            loaded.and_then(|index| self.judge(index))
        } else {
            Err("a file changed while it was read; it is read again".to_owned())
        };
        match usable {
            Ok(index) => {
                tracing::info!(pieces = index.len(), "the registries' data was read");
                let made_at = before.iter().map(|stamp| stamp.map(|stamp| stamp.made_at));
                let made_at = made_at.collect();
                self.data = Arc::new(Data { index, made_at });
                self.trouble = None;
            }
            Err(why) => {
                tracing::error!(
                    why,
                    "the registries' data cannot be used; the last good one holds"
                );
                self.trouble = Some(why);
            }
        }
        self.stamps = before;
    }

    /// Refuses data that has shrunk by too much.
    fn judge(&self, index: Index) -> Result<Index, String> {
        let before = self.data.index.len();
        if index.len() < before / LEAST_PART {
            return Err(format!(
                "{} pieces are less than half of the {before} before; a restart takes them all the same",
                index.len()
            ));
        }
        Ok(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Data about so many networks.
    fn index(networks: usize) -> Index {
        let folder = tempfile::TempDir::new().unwrap();
        let path = folder.path().join("dump");
        let network =
            |number| format!("inetnum: 192.0.{number}.0/24\nabuse-mailbox: a{number}@example.net\n\n");
        std::fs::write(&path, (0..networks).map(network).collect::<String>()).unwrap();
        Index::load(&[path]).unwrap()
    }

    #[test]
    fn data_that_broke_off_is_refused() {
        let mut known = Known::default();
        let mut take = |networks, after: Stamps| {
            let size = index(networks).len();
            known.take(Ok(index(networks)), Vec::new(), &after);
            let is_used = known.data.index.len() == size;
            (is_used, known.trouble.clone().unwrap_or_default())
        };
        let (is_used, why) = take(80, vec![None]);
        assert!(!is_used && why.contains("changed while it was read"), "{why}");
        assert_eq!(take(80, Vec::new()), (true, String::new()));
        let (is_used, why) = take(30, Vec::new());
        assert!(!is_used && why.contains("less than half"), "{why}");
        assert_eq!(take(45, Vec::new()), (true, String::new()));
    }

    #[test]
    fn the_files_are_looked_at_by_one_at_a_time_and_now_and_then() {
        let mut known = Known::default();
        let second = Timestamp::from_seconds;
        assert!(known.is_due(second(0)));
        assert!(!known.is_due(second(3_600)), "somebody is at it");
        known.take(Ok(Index::default()), Vec::new(), &Vec::new());
        assert!(known.is_due(second(3_600)));
        known.take(Ok(Index::default()), Vec::new(), &Vec::new());
        assert!(!known.is_due(second(3_659)));
        assert!(known.is_due(second(3_660)));
    }
}
