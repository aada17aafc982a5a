//! The files of one dataset: when they changed, and what they hold.
//!
//! What is loaded first, or holds more than IPv4 addresses, is made whole and then put in place. A changed dataset of IPv4 addresses, which
//! may hold millions, takes the place of the old one in steps: see `reload`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use atalaya_formats::rbldnsd::{Key, Kind, NameServers, Options, Parsed, Reader, Soa, Wrong};
use atalaya_model::Timestamp;

use super::dataset::{Dataset, Gatherer};
use super::reload::{OpenFiles, Reload, Step};

/// Bytes that are read at once.
const BUFFER_BYTES: usize = 128 * 1024;

/// Why files cannot be used. What was loaded before stays.
#[derive(Debug, thiserror::Error)]
pub enum BadFile {
    /// A file cannot be read to its end.
    #[error("`{path}` cannot be read to its end")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It says that it was made in the future.
    #[error("`{path}` was made at {made}, which is still to come: a clock is wrong")]
    Future {
        /// The first file of the dataset.
        path: PathBuf,
        /// When it says it was made.
        made: Timestamp,
    },
    /// Hardly anything in it is of this kind of dataset.
    #[error("more lines of `{path}` are wrong than right ({wrong} against {right})")]
    Garbage {
        /// The first file of the dataset.
        path: PathBuf,
        /// Lines that were left out.
        wrong: u64,
        /// Entries.
        right: u64,
    },
    /// Somebody writes into a file that is being read.
    #[error(
        "`{path}` changed while it was read: a new file should be put in the place of the old one in one step"
    )]
    Changed {
        /// The first file of the dataset.
        path: PathBuf,
    },
}

/// When a file was written, and its length.
type Mark = Option<(SystemTime, u64)>;

/// What files held when they were loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) parts: Vec<(Vec<Key>, Arc<Dataset>)>,
    pub(super) soa: Option<Soa>,
    pub(super) name_servers: Option<NameServers>,
    pub(super) expires: Option<Timestamp>,
    /// When the newest of the files was written, in seconds.
    pub(super) written: u32,
}

impl Loaded {
    /// The same about other datasets.
    fn with(&self, parts: Vec<(Vec<Key>, Arc<Dataset>)>) -> Self {
        Self {
            parts,
            soa: self.soa.clone(),
            name_servers: self.name_servers.clone(),
            expires: self.expires,
            written: self.written,
        }
    }
}

/// What a look at files has come to.
#[derive(Debug)]
pub(super) enum Look {
    /// They are as they were.
    Same,
    /// They were loaded.
    Loaded,
    /// They are to be loaded step by step.
    Reloading(Box<Reloading>),
}

/// Whether a reload is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// There are more steps.
    More,
    /// Everything is in its place.
    Done,
}

/// A reload, and what is left of what it replaces.
#[derive(Debug)]
pub(super) struct Reloading {
    reload: Reload,
    about: Parsed,
    written: u32,
    rest: Vec<(Vec<Key>, Arc<Dataset>)>,
}

/// The files of a dataset.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) kind: Kind,
    pub(super) files: Vec<PathBuf>,
    /// How the files looked when they were tried last, well or not.
    seen: Vec<Mark>,
    /// What answers.
    pub(super) loaded: Option<Arc<Loaded>>,
}

impl Source {
    /// Files that were not looked at yet.
    pub(super) const fn new(kind: Kind, files: Vec<PathBuf>) -> Self {
        Self {
            kind,
            files,
            seen: Vec::new(),
            loaded: None,
        }
    }

    /// Looks at the files, and loads them if they changed since they were tried last.
    ///
    /// # Errors
    /// They cannot be used; what was loaded before stays.
    pub(super) fn look(&mut self, options: Options, now: Timestamp) -> Result<Look, BadFile> {
        let marks: Vec<Mark> = self.files.iter().map(mark).collect();
        if marks == self.seen {
            return Ok(Look::Same);
        }
        // Whatever is written while they are read makes another mark, and is loaded the next time.
        self.seen.clone_from(&marks);
        let written = marks.iter().flatten().map(|(written, _)| seconds(*written)).max();
        let written = written.unwrap_or_default();
        if let Some(loaded) = &self.loaded
            && matches!(self.kind, Kind::Ip4Set | Kind::Ip4TSet | Kind::Ip4Trie)
            && let Some(files) = OpenFiles::open(&self.files)?
        {
            let (reload, about) = Reload::begin(self.kind, options, files)?;
            self.judge(&about, reload.entries, now)?;
            let rest = loaded.parts.clone();
            return Ok(Look::Reloading(Box::new(Reloading {
                reload,
                about,
                written,
                rest,
            })));
        }
        self.load(options, now, written)?;
        Ok(Look::Loaded)
    }

    /// Takes the next step of a reload; tells whether it was the last one.
    ///
    /// # Errors
    /// The files cannot be used any more; what was taken of them stays, and so does the rest of what was loaded before.
    pub(super) fn proceed(
        &mut self,
        reloading: &mut Reloading,
        (options, now): (Options, Timestamp),
    ) -> Result<Progress, BadFile> {
        // The next look tries again, whatever the files look like then.
        let step = reloading.reload.step().inspect_err(|_failed| self.seen.clear())?;
        let (dataset, last) = match step {
            Step::Part(dataset, last) => (dataset, last),
            Step::TooManyValues => {
                self.load(options, now, reloading.written)?;
                return Ok(Progress::Done);
            }
        };
        let behind =
            |(origins, dataset): (Vec<Key>, Arc<Dataset>)| Some((origins, Arc::new(dataset.behind(last)?)));
        let rest = std::mem::take(&mut reloading.rest);
        reloading.rest = rest.into_iter().filter_map(behind).collect();
        let mut parts = vec![(vec![Key::default()], dataset)];
        parts.extend_from_slice(&reloading.rest);
        if last == u32::MAX {
            let about = &reloading.about;
            self.finish(parts, about, reloading.reload.entries, reloading.written);
            return Ok(Progress::Done);
        }
        // What the zone says about itself changes at the end.
        if let Some(loaded) = &self.loaded {
            self.loaded = Some(Arc::new(loaded.with(parts)));
        }
        Ok(Progress::More)
    }

    fn load(&mut self, options: Options, now: Timestamp, written: u32) -> Result<(), BadFile> {
        let mut reader = Reader::new(self.kind, options, Gatherer::default());
        for path in &self.files {
            let read =
                File::open(path).and_then(|file| reader.read(BufReader::with_capacity(BUFFER_BYTES, file)));
            read.map_err(|source| BadFile::Unreadable {
                path: path.clone(),
                source,
            })?;
        }
        let (mut parsed, gathered) = reader.finish();
        let entries = gathered.entries;
        self.judge(&parsed, entries, now)?;
        let parts = gathered.finish(std::mem::take(&mut parsed.parts)).into_iter();
        let parts = parts.map(|(origins, dataset)| (origins, Arc::new(dataset)));
        self.finish(parts.collect(), &parsed, entries, written);
        Ok(())
    }

    /// Tells of wrong lines, and whether the files can be used all the same.
    fn judge(&self, about: &Parsed, right: u64, now: Timestamp) -> Result<(), BadFile> {
        let path = || self.files.first().cloned().unwrap_or_default();
        if let Some(made) = about.made.filter(|made| *made > now) {
            return Err(BadFile::Future { path: path(), made });
        }
        self.tell(&about.wrong);
        let wrong = about.wrong.count;
        if wrong > right && self.loaded.is_some() {
            return Err(BadFile::Garbage {
                path: path(),
                wrong,
                right,
            });
        }
        Ok(())
    }

    fn finish(&mut self, parts: Vec<(Vec<Key>, Arc<Dataset>)>, about: &Parsed, entries: u64, written: u32) {
        let bytes = parts
            .iter()
            .map(|(_, dataset)| dataset.bytes())
            .fold(0, usize::saturating_add);
        let path = self
            .files
            .first()
            .map(|file| file.display().to_string())
            .unwrap_or_default();
        tracing::info!(
            path,
            kind = self.kind.name(),
            entries,
            wrong = about.wrong.count,
            bytes,
            "a dataset was loaded"
        );
        if entries == 0 {
            tracing::warn!(path, "the dataset is empty");
        }
        self.loaded = Some(Arc::new(Loaded {
            parts,
            soa: about.soa.clone(),
            name_servers: about.name_servers.clone(),
            expires: about.expires,
            written,
        }));
    }

    /// Tells of wrong lines, the first ones with their number.
    fn tell(&self, wrong: &Wrong) {
        for line in &wrong.first {
            let path = self.files.get(line.file).map(|file| file.display().to_string());
            tracing::warn!(path, line = line.line, reason = %line.reason, "a line was left out");
        }
        let more = wrong
            .count
            .saturating_sub(u64::try_from(wrong.first.len()).unwrap_or(u64::MAX));
        if more > 0 {
            tracing::warn!(more, "more lines were left out");
        }
    }
}

fn mark(file: &PathBuf) -> Mark {
    let about = std::fs::metadata(file).ok()?;
    Some((about.modified().ok()?, about.len()))
}

fn seconds(written: SystemTime) -> u32 {
    let since = written.duration_since(UNIX_EPOCH).unwrap_or_default();
    u32::try_from(since.as_secs()).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
