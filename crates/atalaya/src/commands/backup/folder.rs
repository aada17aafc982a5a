//! The folder of a backup while it is written: under another name, so that nobody takes half of one for whole, and gone where it is not finished.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};

use super::parts::Part;

/// What is added to the name while it is written.
const UNFINISHED: &str = "part";

/// The folder. Dropped before its end, it is taken away.
#[derive(Debug)]
pub(super) struct Unfinished {
    /// Where it is written.
    beside: PathBuf,
    /// What it becomes.
    folder: PathBuf,
}

impl Unfinished {
    /// Makes it, for its owner only.
    ///
    /// # Errors
    /// It cannot be made, or another one is there.
    pub(super) fn begin(folder: &Path) -> anyhow::Result<Self> {
        let beside = folder.with_added_extension(UNFINISHED);
        match DirBuilder::new().mode(0o700).create(&beside) {
            Ok(()) => Ok(Self {
                beside,
                folder: folder.to_owned(),
            }),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => bail!(
                "{} is there: another backup is writing it, or one was cut short; where none is at work, delete it",
                beside.display()
            ),
            Err(error) => Err(error).with_context(|| format!("cannot make the folder {}", beside.display())),
        }
    }

    /// The path of a file in it, for now.
    pub(super) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.beside.join(name)
    }

    /// Copies a file into it; gives how many bytes that were.
    pub(super) fn copy(&self, part: &Part) -> anyhow::Result<u64> {
        let mut source =
            File::open(&part.path).with_context(|| format!("cannot read {}", part.path.display()))?;
        self.put(&part.name, |file| io::copy(&mut source, file))
    }

    /// Writes a text into it.
    pub(super) fn write(&self, name: &str, text: &str) -> anyhow::Result<()> {
        self.put(Path::new(name), |file| file.write_all(text.as_bytes()))
    }

    /// Makes a file, lets it be filled, and waits until it is on disk.
    fn put<T>(&self, name: &Path, fill: impl FnOnce(&mut File) -> io::Result<T>) -> anyhow::Result<T> {
        let path = self.path(name);
        let written = || {
            if let Some(around) = path.parent() {
                DirBuilder::new().recursive(true).mode(0o700).create(around)?;
            }
            let mut file = OpenOptions::new()
                .write(true)
                .create_new(true)
                .mode(0o600)
                .open(&path)?;
            let filled = fill(&mut file)?;
            file.sync_all()?;
            Ok::<T, io::Error>(filled)
        };
        written().with_context(|| format!("cannot write {}", path.display()))
    }

    /// Gives it its name, when all is on disk.
    ///
    /// # Errors
    /// The system refuses, or somebody has made a folder of that name meanwhile.
    pub(super) fn finish(self) -> anyhow::Result<()> {
        let named = || {
            sync_folders(&self.beside)?;
            // Where something is there meanwhile, this fails, but for an empty folder, of which nothing is lost.
            fs::rename(&self.beside, &self.folder)?;
            self.folder.parent().map_or(Ok(()), sync_folder)
        };
        named().with_context(|| format!("cannot finish {}", self.folder.display()))
    }
}

impl Drop for Unfinished {
    /// Once finished, nothing has that name any more. What cannot be taken away keeps the name that says what it is.
    fn drop(&mut self) {
        drop(fs::remove_dir_all(&self.beside));
    }
}

/// Waits until the names in a folder, and in those below, are on disk.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
