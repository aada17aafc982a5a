//! The files of one dataset: when they changed, and what they hold.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use atalaya_formats::rbldnsd::{Key, Kind, NameServers, Options, Parsed, Reader, Soa, Wrong};
use atalaya_model::Timestamp;

use super::dataset::{Dataset, Gatherer};

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

    /// Loads the files if they changed since they were tried last, and tells whether it did.
    ///
    /// # Errors
    /// They cannot be used; what was loaded before stays.
    pub(super) fn refresh(&mut self, options: Options, now: Timestamp) -> Result<bool, BadFile> {
        let marks: Vec<Mark> = self.files.iter().map(mark).collect();
        if marks == self.seen {
            return Ok(false);
        }
        // Whatever is written while they are read makes another mark, and is loaded the next time.
        self.seen.clone_from(&marks);
        let written = marks.iter().flatten().map(|(written, _)| seconds(*written)).max();
        let loaded = self.load(options, now, written.unwrap_or_default())?;
        self.loaded = Some(Arc::new(loaded));
        Ok(true)
    }

    fn load(&self, options: Options, now: Timestamp, written: u32) -> Result<Loaded, BadFile> {
        let mut reader = Reader::new(self.kind, options, Gatherer::default());
        for path in &self.files {
            let read =
                File::open(path).and_then(|file| reader.read(BufReader::with_capacity(BUFFER_BYTES, file)));
            read.map_err(|source| BadFile::Unreadable {
                path: path.clone(),
                source,
            })?;
        }
        let (parsed, gathered) = reader.finish();
        let path = || self.files.first().cloned().unwrap_or_default();
        if let Some(made) = parsed.made.filter(|made| *made > now) {
            return Err(BadFile::Future { path: path(), made });
        }
        self.tell(&parsed.wrong);
        let right = gathered.entries;
        if parsed.wrong.count > right && self.loaded.is_some() {
            let wrong = parsed.wrong.count;
            return Err(BadFile::Garbage {
                path: path(),
                wrong,
                right,
            });
        }
        Ok(self.finish(parsed, gathered, written))
    }

    fn finish(&self, parsed: Parsed, gathered: Gatherer, written: u32) -> Loaded {
        let entries = gathered.entries;
        let parts = gathered.finish(parsed.parts).into_iter();
        let parts: Vec<_> = parts
            .map(|(origins, dataset)| (origins, Arc::new(dataset)))
            .collect();
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
            wrong = parsed.wrong.count,
            bytes,
            "a dataset was loaded"
        );
        if entries == 0 {
            tracing::warn!(path, "the dataset is empty");
        }
        Loaded {
            parts,
            soa: parsed.soa,
            name_servers: parsed.name_servers,
            expires: parsed.expires,
            written,
        }
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
