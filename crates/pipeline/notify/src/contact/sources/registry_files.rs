//! The registries' bulk data in files, see [`crate::contact::bulk`]: read when first needed, and again when a file has changed.

use std::path::PathBuf;
use std::time::Duration;

use atalaya_formats::Holding;
use atalaya_model::{ContactSource, Timestamp};
use tokio::sync::Mutex;

use super::Source;
use crate::contact::answer::{Answer, Outcome};
use crate::contact::bulk::Index;
use crate::contact::confidence;
use crate::contact::stamp::Stamp;
use crate::contact::step::{Search, in_full};

/// How often the files are looked at.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// The files of the configuration, and what they say.
#[derive(Debug)]
pub(super) struct RegistryFiles {
    paths: Vec<PathBuf>,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    looked_at: Option<Timestamp>,
    /// Of the files that were read last, used or not.
    stamps: Vec<Option<Stamp>>,
    /// Of the files that are used.
    made_at: Vec<Option<Timestamp>>,
    index: Index,
    trouble: Option<String>,
}

impl RegistryFiles {
    pub(super) fn new(paths: Vec<PathBuf>) -> Self {
        Self {
            paths,
            known: Mutex::default(),
        }
    }

    /// What the files say.
    pub(super) async fn ask(&self, search: &mut Search) -> Outcome {
        if self.paths.is_empty() {
            return Outcome::Unknown;
        }
        search.begin();
        let mut known = self.known.lock().await;
        known.refresh(&self.paths, search.now).await;
        if let Some(why) = known.trouble.clone() {
            search.end(Source::Bulk.name(), "files", format!("not used anew: {why}"));
        }
        let Some((prefix, named)) = known.index.around(search.address) else {
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
            dated: known.made_at.get(named.file).copied().flatten(),
        })
    }
}

impl Known {
    /// Reads the files anew if one of them has changed; what cannot be used leaves things as they were.
    async fn refresh(&mut self, paths: &[PathBuf], now: Timestamp) {
        if self.looked_at.is_some_and(|at| now.since(at) < LOOK_AGAIN) {
            return;
        }
        self.looked_at = Some(now);
        let mut stamps = Vec::new();
        for path in paths {
            stamps.push(Stamp::of(path).await);
        }
        if stamps == self.stamps {
            return;
        }
        let to_read = paths.to_vec();
        let loaded = tokio::task::spawn_blocking(move || Index::load(&to_read)).await;
        let loaded = loaded
            .map_err(|error| in_full(&error))
            .and_then(|loaded| loaded.map_err(|error| in_full(&error)));
        match loaded {
            Ok(index) => {
                tracing::info!(pieces = index.len(), "the registries' data was read");
                self.index = index;
                self.made_at = stamps
                    .iter()
                    .map(|stamp| stamp.map(|stamp| stamp.made_at))
                    .collect();
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
        self.stamps = stamps;
    }
}
