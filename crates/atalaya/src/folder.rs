//! The data folder: made where something is to be kept, closed to others, and held by one process at a time.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use atalaya_store::StoreUrl;

use crate::config::Config;

/// The name of the lock file in the folder.
const LOCK: &str = "lock";

/// A data folder that is ours until this is dropped.
#[derive(Debug)]
pub(crate) struct Folder {
    _lock: File,
}

/// What becomes of a folder or a database that is missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    /// It is made: there is something to keep.
    Made,
    /// It is refused: whoever only asks or takes away has mistyped the folder, and must not be told of an empty list.
    Refused,
}

impl Folder {
    /// Makes the folder if it is missing, and takes its lock.
    ///
    /// # Errors
    /// The folder cannot be made or written, or another process holds it.
    pub(crate) fn lock(path: &Path) -> anyhow::Result<Self> {
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .with_context(|| format!("cannot make the data folder {}", path.display()))?;
        let lock = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(path.join(LOCK))
            .with_context(|| {
                format!(
                    "cannot write in the data folder {}; check its owner and the disk",
                    path.display()
                )
            })?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                bail!(
                    "another atalaya is at work on {}; only one can hold a data folder",
                    path.display()
                )
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock the data folder {}", path.display()))
            }
        }
    }
}

/// Waits for the turn to change a file of the folder, which lasts until the result is dropped. `lock` is the name of the file that is locked
/// meanwhile.
///
/// # Errors
/// The folder is missing or cannot be written.
pub(crate) fn turn(config: &Config, lock: &str) -> anyhow::Result<File> {
    if !config.data.is_dir() {
        bail!("there is no data folder {}", config.data.display());
    }
    let path = config.in_data(lock);
    let taken = || {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o600)
            .open(&path)?;
        file.lock()?;
        Ok::<_, std::io::Error>(file)
    };
    taken().with_context(|| format!("cannot lock {}", path.display()))
}

/// Says what is missing of the folder and the store, if anything is.
///
/// # Errors
/// The folder is missing, or the SQLite file. Whether a PostgreSQL server has our tables is seen when it is opened.
pub(crate) fn require(config: &Config) -> anyhow::Result<()> {
    let folder = &config.data;
    if !folder.is_dir() {
        bail!("there is no data folder {}", folder.display());
    }
    match config.store_url() {
        Ok(StoreUrl::Sqlite(file)) if !file.exists() => bail!(
            "there is no database {}: nothing was ever kept here, or it was kept elsewhere",
            file.display()
        ),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_made_and_held_by_one_at_a_time() {
        let scratch = tempfile::tempdir().unwrap();
        let path = scratch.path().join("a/b");
        let first = Folder::lock(&path).unwrap();
        let second = Folder::lock(&path).unwrap_err().to_string();
        assert!(second.starts_with("another atalaya is at work on"), "{second}");
        drop(first);
        assert!(Folder::lock(&path).is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let scratch = tempfile::tempdir().unwrap();
        let file = scratch.path().join("file");
        std::fs::write(&file, "").unwrap();
        let error = Folder::lock(&file.join("data")).unwrap_err().to_string();
        assert!(error.contains("cannot make the data folder"), "{error}");
    }
}
