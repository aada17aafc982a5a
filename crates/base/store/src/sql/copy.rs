//! Copies of the files of a SQLite store, made while others write to them.
//!
//! In: the file of the list, and where its copy goes. Out: two files that fit together and are on disk. The list is copied first. What it refers to
//! is then in the facts that are copied after it, and what was observed between the two is judged once more; the other way round, what the list knows
//! of facts would be missing. Neither migrates nor opens a [`crate::Store`]: a store of an older program is copied as it is.
//!
//! `VACUUM INTO` makes each copy. SQLite's other way, its backup interface, begins anew whenever somebody writes between two of its steps, which under a flood is
//! always. Both read one state from begin to end, so that nobody who writes waits, but the log cannot begin anew meanwhile: it grows by what is
//! written, and is cut back afterwards. The copy holds no free pages.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::sqlite::SqliteConnection;
use sqlx::{ConnectOptions, Connection as _};

use super::fault::{explain, sqlite_code};
use super::pool::{cannot_open, facts_of, file_hint, moving};
use crate::StoreError;

/// What was written of a copy is brought to disk so often: were it left to the end, whoever commits meanwhile would wait for all of it.
const FLUSH_EVERY: Duration = Duration::from_millis(200);

/// The two files of a SQLite store, to be copied.
#[derive(Debug, Clone)]
pub struct StoreFiles {
    list: PathBuf,
}

/// Why a store was not copied. What was written of the copy is still there, and is for the caller to take away.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The disk of the copy is full.
    #[error("the disk that the copy goes to is full: free some space, or name a folder on another disk")]
    Full,
    /// A server of another version was started meanwhile. Try again.
    #[error("the store was brought to the tables of another version meanwhile: begin the copy again")]
    Changed,
    /// The copy cannot be written.
    #[error("cannot write {place}")]
    Write {
        /// Its path.
        place: String,
        /// What the system said.
        #[source]
        error: io::Error,
    },
    /// SQLite takes no such path.
    #[error("the path {0} is no UTF-8, and SQLite takes no other")]
    Path(String),
    /// The store failed, or cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl StoreFiles {
    /// Those of the store whose list is in this file.
    #[must_use]
    pub const fn new(list: PathBuf) -> Self {
        Self { list }
    }

    /// The files that are there: the list, and the facts where they stand apart, as they do since this program first opened the store.
    fn all(&self) -> Vec<PathBuf> {
        let facts = facts_of(&self.list);
        let facts = facts.exists().then_some(facts);
        std::iter::once(self.list.clone()).chain(facts).collect()
    }

    /// How many bytes copies of them would take, if they were made now.
    ///
    /// # Errors
    /// One of them cannot be read.
    pub async fn size(&self) -> Result<u64, StoreError> {
        let mut all: u64 = 0;
        for file in self.all() {
            let mut connection = open(&file).await?;
            let pages = ask(&mut connection, "PRAGMA page_count").await?;
            let free = ask(&mut connection, "PRAGMA freelist_count").await?;
            let page = ask(&mut connection, "PRAGMA page_size").await?;
            close(connection).await?;
            let bytes = pages.saturating_sub(free).saturating_mul(page);
            all = all.saturating_add(u64::try_from(bytes).unwrap_or(0));
        }
        Ok(all)
    }

    /// Copies them: the list to the file `to`, the facts to the one beside it. Neither may be there. Gives the copies, which only their owner may read.
    ///
    /// # Errors
    /// A copy cannot be written, or the store cannot be read.
    pub async fn copy(&self, to: &Path) -> Result<Vec<PathBuf>, CopyError> {
        let files = self.all();
        let before = steps_of(&files).await?;
        let targets = [to.to_owned(), facts_of(to)];
        let copies: Vec<PathBuf> = targets.into_iter().take(files.len()).collect();
        for (file, copy) in files.iter().zip(&copies) {
            copy_one(file, copy).await?;
        }
        // A list of before that was parted since would be parted once more; facts of after are not read by the program of before.
        if self.all().len() != copies.len() || steps_of(&copies).await? != before {
            return Err(CopyError::Changed);
        }
        Ok(copies)
    }
}

/// Copies one file, and waits until the copy is on disk.
async fn copy_one(file: &Path, copy: &Path) -> Result<(), CopyError> {
    let failed = |error| cannot_write(copy, error);
    // SQLite takes an empty file for none; made by it, others could read it.
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(copy);
    let made = made.map_err(failed)?;
    let path = copy
        .to_str()
        .ok_or_else(|| CopyError::Path(copy.display().to_string()))?;
    let mut connection = open(file).await?;
    let copying = sqlx::query("VACUUM INTO $1").bind(path).execute(&mut connection);
    let copied = tokio::select! {
        copied = copying => copied,
        error = flush(&made) => return Err(failed(error)),
    };
    copied.map_err(|error| match explain(error) {
        StoreError::Full => CopyError::Full,
        other => other.into(),
    })?;
    close(connection).await?;
    on_disk(&made).await.map_err(failed)
}

/// Brings to disk what is written, again and again, until it fails.
async fn flush(copy: &File) -> io::Error {
    loop {
        tokio::time::sleep(FLUSH_EVERY).await;
        if let Err(error) = on_disk(copy).await {
            return error;
        }
    }
}

/// Waits until all of a file is on disk.
async fn on_disk(copy: &File) -> io::Result<()> {
    let copy = copy.try_clone()?;
    let synced = tokio::task::spawn_blocking(move || copy.sync_all()).await;
    synced.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn cannot_write(copy: &Path, error: io::Error) -> CopyError {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => CopyError::Full,
        _ => CopyError::Write {
            place: copy.display().to_string(),
            error,
        },
    }
}

/// The last step that each file has taken towards its tables.
async fn steps_of(files: &[PathBuf]) -> Result<Vec<i64>, StoreError> {
    let mut steps = Vec::new();
    for file in files {
        let mut connection = open(file).await?;
        steps.push(ask(&mut connection, "SELECT COALESCE(MAX(step), 0) FROM migrations").await?);
        close(connection).await?;
    }
    Ok(steps)
}

async fn open(file: &Path) -> Result<SqliteConnection, StoreError> {
    moving(file).connect().await.map_err(|error| {
        let code = error.as_database_error().and_then(sqlite_code);
        match code.map(|code| code & 0xff) {
            Some(8 | 14) => cannot_open(file, file_hint(io::ErrorKind::PermissionDenied), error),
            _ => explain(error),
        }
    })
}

async fn close(connection: SqliteConnection) -> Result<(), StoreError> {
    connection.close().await.map_err(explain)
}

/// The one number that a question gives.
async fn ask(connection: &mut SqliteConnection, question: &'static str) -> Result<i64, StoreError> {
    let asked = sqlx::query_scalar(question).fetch_one(connection).await;
    asked.map_err(explain)
}
