//! Opening the connections: a few that read and a few that write on PostgreSQL; on SQLite two files, each with one connection that writes.
//!
//! SQLite has one writer a file, and readers never wait for it. What is observed is written far more often than all else, by others, and stands
//! in a file of its own ([`facts_of`]), so that a flood is recorded and judged at the same time. Whoever reads has both before him (`ATTACH`); whoever
//! writes has one, so that he holds up nobody at the other. Keeping the writers apart makes them queue in this process, first come first
//! served, instead of waiting blindly for the lock of a file. One more connection moves the log of each into the file.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::Secret;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, Pool, Postgres};

use super::fault::{explain, sqlite_code};
use super::links::{Limits, Links, Opening, for_reading};
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

/// What the file of the facts is called beside that of the list.
const FACTS: &str = "-facts";

/// The pools of connections.
#[derive(Clone)]
pub(crate) enum Pools {
    Lite {
        /// Those that read, from both files.
        read: Links,
        /// What is decided, and all else.
        list: Writing,
        /// What was observed.
        facts: Writing,
    },
    Pg {
        read: Pool<Postgres>,
        write: Pool<Postgres>,
    },
}

/// Who writes to a SQLite file.
#[derive(Clone)]
pub(crate) struct Writing {
    link: Links,
    mover: Mover,
    path: PathBuf,
    /// The file that stood there when it was opened.
    identity: Identity,
}

/// By what a file is known, whatever it is called: its device and its number.
type Identity = (u64, u64);

fn identity(path: &Path) -> io::Result<Identity> {
    let file = std::fs::metadata(path)?;
    Ok((file.dev(), file.ino()))
}

/// The file of the facts that belongs to a file of the list.
pub(crate) fn facts_of(list: &Path) -> PathBuf {
    let mut name = list.as_os_str().to_owned();
    name.push(FACTS);
    name.into()
}

impl Writing {
    fn new(path: &Path, identity: Identity) -> Self {
        let link = Links::new(Opening::new(writing(path), None), limits(1, Duration::MAX));
        let moving = Links::new(Opening::new(moving(path), None), limits(1, READER_LIFE));
        Self {
            mover: Mover::start(moving, link.clone()),
            link,
            path: path.to_owned(),
            identity,
        }
    }

    /// Whether its file is still in its place.
    fn is_in_place(&self) -> bool {
        identity(&self.path).is_ok_and(|found| found == self.identity)
    }

    async fn connection(&self) -> Result<Connection, StoreError> {
        Ok(Connection {
            link: Link::Lite(self.link.take().await?),
            state: State::Idle,
            bell: Some(self.mover.bell()),
        })
    }

    /// The one who writes last: the last connection to a file to go moves the log into it.
    async fn close(&self) {
        self.mover.close().await;
        self.link.close().await;
    }
}

impl Pools {
    /// Opens the database, making the file if there is none.
    pub(crate) async fn open(url: &StoreUrl) -> Result<Self, StoreError> {
        match url {
            StoreUrl::Sqlite(path) => open_files(path).await,
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
            Self::Lite { list, .. } => list.connection().await,
            Self::Pg { write, .. } => pg(write).await,
        }
    }

    /// A connection to write what was observed with: observations, evidence, habits and their counters. On SQLite it is the only one that can, and sees
    /// nothing else. Whoever writes both keeps the facts first: what refers to them must not outlive them.
    pub(crate) async fn write_facts(&self) -> Result<Connection, StoreError> {
        match self {
            Self::Lite { facts, .. } => facts.connection().await,
            Self::Pg { write, .. } => pg(write).await,
        }
    }

    /// The file of the list, as SQLite opens it for reading only; none on PostgreSQL.
    pub(crate) fn list_for_reading(&self) -> Option<String> {
        match self {
            Self::Lite { list, .. } => Some(for_reading(&list.path)),
            Self::Pg { .. } => None,
        }
    }

    /// Whether what was observed stands in a file of its own.
    pub(crate) const fn are_two_files(&self) -> bool {
        matches!(self, Self::Lite { .. })
    }

    /// Whether the files that were opened are still in their places.
    pub(crate) fn are_in_place(&self) -> bool {
        match self {
            Self::Lite { list, facts, .. } => list.is_in_place() && facts.is_in_place(),
            Self::Pg { .. } => true,
        }
    }

    /// Closes all connections once they are given back.
    pub(crate) async fn close(&self) {
        let closing = async {
            match self {
                Self::Lite { read, list, facts } => {
                    read.close().await;
                    list.close().await;
                    facts.close().await;
                }
                Self::Pg { read, write } => {
                    read.close().await;
                    write.close().await;
                }
            }
        };
        if tokio::time::timeout(MAX_CLOSE, closing).await.is_err() {
            tracing::warn!("the store was closed while somebody still used it");
        }
    }
}

async fn pg(pool: &Pool<Postgres>) -> Result<Connection, StoreError> {
    let link = pool.acquire().await.map_err(explain)?;
    Ok(Connection {
        link: Link::Pg(link),
        state: State::Idle,
        bell: None,
    })
}

/// Opens the two SQLite files.
async fn open_files(list: &Path) -> Result<Pools, StoreError> {
    let facts = facts_of(list);
    let list_opened = prepare(list).await?;
    let facts_opened = prepare(&facts).await?;
    let reading = options(list)
        .pragma("cache_size", READER_CACHE)
        .pragma("query_only", "ON");
    Ok(Pools::Lite {
        read: Links::new(Opening::new(reading, Some(&facts)), limits(READERS, READER_LIFE)),
        list: Writing::new(list, list_opened),
        facts: Writing::new(&facts, facts_opened),
    })
}

/// Makes a file what it must be before anybody has a connection to it.
async fn prepare(path: &Path) -> Result<Identity, StoreError> {
    let refused = |error: io::Error| cannot_open(path, file_hint(error.kind()), error);
    make_file(path).map_err(refused)?;
    switch_to_wal(path, &writing(path)).await?;
    identity(path).map_err(refused)
}

/// How each connection to a file is opened.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .foreign_keys(true)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(MAX_LOCK_WAIT)
        .statement_cache_capacity(STATEMENTS)
        .row_buffer_size(ROWS_AHEAD)
        // No mmap: an error of the disk would then end the process instead of failing one query.
        .pragma("mmap_size", "0")
        .disable_statement_logging()
}

/// The one that writes.
fn writing(path: &Path) -> SqliteConnectOptions {
    options(path)
        .journal_mode(SqliteJournalMode::Wal)
        .pragma("cache_size", WRITER_CACHE)
        .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
        .pragma("journal_size_limit", LOG_BYTES)
}

/// One that never moves the log, but for the last to close the file.
pub(super) fn moving(path: &Path) -> SqliteConnectOptions {
    options(path).pragma("wal_autocheckpoint", "0")
}

const fn limits(most: u32, life: Duration) -> Limits {
    Limits {
        most,
        wait: MAX_WAIT,
        life,
    }
}

/// Makes the file where there is none. It holds evidence, so only this user may read it; SQLite's other files take after it.
fn make_file(path: &Path) -> io::Result<()> {
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
pub(super) const fn file_hint(kind: ErrorKind) -> &'static str {
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

pub(super) fn cannot_open(
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
