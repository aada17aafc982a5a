//! Opening the connections: one that writes and some that read on SQLite, a few of each on PostgreSQL.
//!
//! SQLite in WAL mode has one writer, and readers never wait for it. Keeping the writer apart makes writers queue in this process,
//! first come first served, instead of waiting blindly for the lock of the file. One more connection moves the log into the file.

use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Secret;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, Pool, Postgres};

use super::fault::{explain, sqlite_code};
use super::links::{Limits, Links};
use super::mover::Mover;
use super::{Connection, Link, State};
use crate::{StoreError, StoreUrl};

/// Connections that read. A page of the web needs one, and for a moment only.
const READERS: u32 = 8;
/// Connections that write to PostgreSQL; on SQLite there is one.
const WRITERS: u32 = 8;
/// How long a connection reads from a SQLite file before another one is opened: so long a file that took its place may be unseen.
const READER_LIFE: Duration = Duration::from_secs(600);
/// The longest wait for a free connection, or for PostgreSQL to take one more.
const MAX_WAIT: Duration = Duration::from_secs(10);
/// The longest wait for another process that writes to the same SQLite file.
const MAX_LOCK_WAIT: Duration = Duration::from_secs(5);
/// The longest wait for connections to end their work when the store is closed.
const MAX_CLOSE: Duration = Duration::from_secs(10);
/// Tries to switch a new file to WAL mode: that lock cannot be waited for, and another process may be doing the same.
const WAL_TRIES: u32 = 50;
/// The pause between those tries.
const WAL_PAUSE: Duration = Duration::from_millis(50);
/// Prepared statements kept per connection: all that the program has, with the sizes of lists.
const STATEMENTS: usize = 256;
/// Rows that SQLite's thread may be ahead of whoever reads them: with few, the two wait for each other all the time.
const ROWS_AHEAD: usize = 1_024;
/// Memory for pages of the writer, in the unit of `cache_size`: negative means KiB.
const WRITER_CACHE: &str = "-65536";
/// Memory for pages of each reader.
const READER_CACHE: &str = "-8192";
/// Pages in the log at which whoever commits moves them into the file himself: the mover has fallen far behind.
const CHECKPOINT_PAGES: &str = "64000";
/// The log is cut back to this many bytes after it was larger.
const LOG_BYTES: &str = "134217728";

/// The pools of connections.
#[derive(Clone)]
pub(crate) enum Pools {
    Lite {
        read: Links,
        write: Links,
        mover: Mover,
    },
    Pg {
        read: Pool<Postgres>,
        write: Pool<Postgres>,
    },
}

impl Pools {
    /// Opens the database, making the file if there is none.
    pub(crate) async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Sqlite(path) => open_file(path).await,
            StoreUrl::Postgres(url) => open_server(url).await,
        }
    }

    /// A connection to read with.
    pub(crate) async fn read(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Lite { read, .. } => Ok(Connection {
                link: Link::Lite(read.take().await?),
                state: State::Idle,
                bell: None,
            }),
            Self::Pg { read, .. } => pg(read).await,
        }
    }

    /// A connection to write with. On SQLite it is the only one, so whoever holds it keeps the others waiting.
    pub(crate) async fn write(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Lite { write, mover, .. } => Ok(Connection {
                link: Link::Lite(write.take().await?),
                state: State::Idle,
                bell: Some(mover.bell()),
            }),
            Self::Pg { write, .. } => pg(write).await,
        }
    }

    /// Closes all connections once they are given back.
    pub(crate) async fn close(&self) {
        let closed = match self {
            // The writer last: the last SQLite connection to go moves the log into the file.
            Self::Lite { read, write, mover } => {
                let others = in_turn(mover.close(), read.close());
                tokio::time::timeout(MAX_CLOSE, in_turn(others, write.close())).await
            }
            Self::Pg { read, write } => {
                tokio::time::timeout(MAX_CLOSE, in_turn(read.close(), write.close())).await
            }
        };
        if closed.is_err() {
            tracing::warn!("the store was closed while somebody still used it");
        }
    }
}

/// Closes one after the other.
async fn in_turn(first: impl Future<Output = ()>, then: impl Future<Output = ()>) {
    first.await;
    then.await;
}

async fn pg(pool: &Pool<Postgres>) -> Result<Connection, StoreError> {
    let link = pool.acquire().await.map_err(explain)?;
    Ok(Connection {
        link: Link::Pg(link),
        state: State::Idle,
        bell: None,
    })
}

/// Opens a SQLite file.
async fn open_file(path: &Path) -> Result<Pools, StoreError> {
    make_file(path).map_err(|error| cannot_open(path, file_hint(error.kind()), error))?;
    let options = SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(MAX_LOCK_WAIT)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS_AHEAD)
        // No mmap: an error of the disk would then end the process instead of failing one query.
        .pragma("mmap_size", "0")
        .disable_statement_logging();
    let writing = options
        .clone()
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_BYTES);
    let moving = options.clone().pragma("wal_autocheckpoint", "0");
    let reading = options
        .pragma("cache_size", READER_CACHE)
        .pragma("query_only", "ON");

    switch_to_wal(path, &writing).await?;
    let limits = |most, life| Limits {
        most,
        wait: MAX_WAIT,
        life,
    };
    let write = Links::new(writing, limits(1, Duration::MAX));
    Ok(Pools::Lite {
        read: Links::new(reading, limits(READERS, READER_LIFE)),
        mover: Mover::start(Links::new(moving, limits(1, READER_LIFE)), write.clone()),
        write,
    })
}

/// Makes the file where there is none. It holds evidence, so only this user may read it; SQLite's other files take after it.
fn make_file(path: &Path) -> std::io::Result<()> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
        .map(|_file| ())
}

/// Opens the file once for itself: it must be a database, and in WAL mode, before anybody reads from it.
async fn switch_to_wal(path: &Path, options: &SqliteConnectOptions) -> Result<(), StoreError> {
    let mut tries = 0;
    loop {
        tries += 1;
        let error = match options.connect().await {
            Ok(connection) => return connection.close().await.map_err(explain),
            Err(error) => error,
        };
        let code = error
            .as_database_error()
            .and_then(sqlite_code)
            .map(|code| code & 0xff);
        match code {
            Some(5 | 6) if tries < WAL_TRIES => tokio::time::sleep(WAL_PAUSE).await,
            Some(26) => {
                return Err(cannot_open(
                    path,
                    "the file is no SQLite database: name another one",
                    error,
                ));
            }
            Some(8 | 14) => return Err(cannot_open(path, file_hint(ErrorKind::PermissionDenied), error)),
            _ => return Err(explain(error)),
        }
    }
}

/// What to do when a file cannot be opened.
const fn file_hint(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound | ErrorKind::NotADirectory => {
            "its folder is not there: make it, or name another one"
        }
        ErrorKind::IsADirectory => "that is a folder: name a file",
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => "the disk is full: free some space",
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            "make the file and its folder writable for this user"
        }
        _ => "the system refuses",
    }
}

fn cannot_open(
    place: &Path,
    hint: &'static str,
    source: impl std::error::Error + Send + Sync + 'static,
) -> StoreError {
    StoreError::Open {
        place: place.display().to_string(),
        hint,
        source: Arc::new(source),
    }
}

/// Opens a PostgreSQL database. One connection is made at once, because its error says more than that of a pool.
async fn open_server(url: &Secret) -> Result<Pools, StoreError> {
    let refused = |hint, error| cannot_open(Path::new("on the PostgreSQL server"), hint, error);
    let options: PgConnectOptions = url
        .expose()
        .parse()
        .map_err(|error| refused("the URL is malformed", error))?;
    let options = options
        .application_name("atalaya")
        // Acknowledged means durable, however the server is set.
        .options([("synchronous_commit", "on")])
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let first = tokio::time::timeout(MAX_WAIT, options.connect()).await;
    let first = first.map_err(|late| StoreError::Unreachable(Arc::new(late)))?;
    let connection = first.map_err(|error| {
        let code = error
            .as_database_error()
            .and_then(|refusal| refusal.code().map(std::borrow::Cow::into_owned));
        match code.as_deref() {
            Some("3D000") => refused("there is no such database: create it", error),
            Some(code) if code.starts_with("28") => {
                refused("the server refuses this user or password", error)
            }
            _ => explain(error),
        }
    })?;
    connection.close().await.map_err(explain)?;
    Ok(Pools::Pg {
        read: pool(READERS).connect_lazy_with(options.clone()),
        write: pool(WRITERS).connect_lazy_with(options),
    })
}

fn pool(size: u32) -> PoolOptions<Postgres> {
    PoolOptions::new().max_connections(size).acquire_timeout(MAX_WAIT)
}
