//! Exports on disk: each is written once into a file, so that whoever fetches it in parts gets parts of the same bytes.
//!
//! The folder is ours alone and holds the last few exports. A file has its name only when it is whole.

use std::fs::{DirBuilder, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use atalaya_publish::{Export, Format};
use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore};

/// Exports sent at the same time: each takes a connection for as long as its client likes.
const MOST_SENT: usize = 16;
/// Files that are kept, newest first.
const MOST_FILES: usize = 12;
/// Bytes that they may take together; the newest is kept in any case.
const MOST_BYTES: u64 = 1 << 30;
/// What the name of a file ends with while it is written.
const PART: &str = "part";

/// The exports of one server.
#[derive(Debug)]
pub(crate) struct Exports {
    folder: PathBuf,
    places: Arc<Semaphore>,
    /// Held by the one who writes.
    turn: Arc<Mutex<()>>,
}

impl Exports {
    /// Exports that are kept in a folder, which is made when the first is.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            places: Arc::new(Semaphore::new(MOST_SENT)),
            turn: Arc::default(),
        }
    }

    /// A place to send from, if one is free.
    pub(crate) fn place(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.places).try_acquire_owned().ok()
    }

    /// The file of an export; written where there is none yet. Goes on writing if nobody waits any more.
    pub(crate) async fn file(&self, export: Export, format: Format) -> io::Result<File> {
        let path = self.folder.join(export.tag(format));
        if let Ok(file) = File::open(&path) {
            return Ok(file);
        }
        let turn = Arc::clone(&self.turn).lock_owned().await;
        let written = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            File::open(&path).or_else(|_missing| make(&path, &export, format))
        });
        written.await.map_err(io::Error::other)?
    }
}

/// Writes an export and makes room for it.
fn make(path: &Path, export: &Export, format: Format) -> io::Result<File> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // For nobody else to read, as everything in the data folder.
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let part = path.with_extension(PART);
    let mut options = File::options();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut out = BufWriter::new(options.open(&part)?);
    let written = export.write(format, &mut out).and_then(|()| out.flush());
    written
        .and_then(|()| std::fs::rename(&part, path))
        .inspect_err(|_failed| drop(std::fs::remove_file(&part)))?;
    let file = File::open(path)?;
    // A folder that cannot be tidied is no reason to keep back what was asked for.
    drop(tidy(folder, path).inspect_err(|error| tracing::warn!(%error, "old exports stay")));
    Ok(file)
}

/// Deletes the oldest files beyond what is kept. Who still reads one of them keeps it open.
fn tidy(folder: &Path, newest: &Path) -> io::Result<()> {
    let mut files: Vec<(SystemTime, u64, PathBuf)> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        files.push((about.modified()?, about.len(), entry.path()));
    }
    files.sort_by(|one, other| other.cmp(one));
    let mut bytes = 0_u64;
    for (number, (_, length, path)) in files.iter().enumerate() {
        bytes = bytes.saturating_add(*length);
        if path != newest && (number >= MOST_FILES || bytes > MOST_BYTES) {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
