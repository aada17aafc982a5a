//! What can go wrong with the store, and what the caller can do about it.

use std::error::Error;
use std::sync::Arc;

/// What lies below an error. Shared, because one failed commit fails every observation of its group.
pub(crate) type Cause = Arc<dyn Error + Send + Sync>;

/// Why the store did not do what was asked.
///
/// Nothing was kept of the call that failed, unless the variant says otherwise.
#[derive(Debug, Clone, thiserror::Error)]
pub enum StoreError {
    /// The URL of the store is of no known form. Give up: the configuration is wrong.
    #[error("not the URL of a store: write sqlite:PATH or postgres://USER@HOST/DATABASE")]
    BadUrl,
    /// The store cannot be opened where the configuration says. Give up: the operator must act.
    #[error("cannot open the store {place}: {hint}")]
    Open {
        /// The file, or the kind of server.
        place: String,
        /// What to do.
        hint: &'static str,
        /// What the system or the database said.
        #[source]
        source: Cause,
    },
    /// The disk is full. Refuse new work and try again later: the store goes on by itself once there is space.
    #[error("the disk of the store is full: free some space, and it goes on by itself")]
    Full,
    /// The store can be read but not written. Refuse new work: the operator must act.
    #[error("the store is read-only: make its file and its folder writable for this user")]
    ReadOnly,
    /// The disk failed, or its system took away the right to write after a fault. Refuse new work: the operator must act.
    #[error(
        "the disk of the store fails: see what the system log says of it; what was acknowledged is on it"
    )]
    Disk(#[source] Cause),
    /// Another process holds the store, two writers met, or the database is short of memory or connections. Try again.
    #[error("the store is busy: try again")]
    Busy,
    /// The database server cannot be reached, or the connection broke. Try again later.
    ///
    /// A write may have been kept: repeat it with the same id.
    #[error("the database cannot be reached: see that it runs and that store.url is right")]
    Unreachable(#[source] Cause),
    /// The database was written by a newer version of this program. Give up: run that version, or restore a backup.
    #[error(
        "the store was written by a newer version of this program (its step {found}, known here {known}): \
         run that version, or restore a backup made before it"
    )]
    Newer {
        /// The last migration found in the database.
        found: i64,
        /// The last migration of this program.
        known: i64,
    },
    /// What was read makes no sense. Give up on it: check the disk, restore a backup.
    #[error("the store holds something unreadable ({0}): check the disk, restore a backup")]
    Corrupt(String),
    /// The database is not the one that was written to. Give up: the program has to be started again.
    #[error(
        "the database lacks what was written last: was its file replaced while it was in use? Start this program again"
    )]
    Replaced,
    /// The decision changes or ends what does not stand. Refuse: the history must stay true.
    #[error("{0} is not there, so it can be neither changed nor ended")]
    NothingListed(String),
    /// The message is larger than the store keeps. Refuse it.
    #[error("a message of {size} bytes is more than the store keeps: the limit is {limit}")]
    TooLarge {
        /// Its size in bytes.
        size: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// The store was closed. Give up: the program is ending.
    #[error("the store is closed")]
    Closed,
    /// The database refused for a reason that should not come up. Give up and report it.
    #[error("the database refused")]
    Database(#[source] Cause),
}

impl StoreError {
    /// Whether space is missing: new work must be refused until the operator has freed some.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full)
    }

    /// Whether the same call may succeed later without anybody changing the configuration.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(
            self,
            Self::Full | Self::ReadOnly | Self::Disk(_) | Self::Busy | Self::Unreachable(_)
        )
    }

    /// Something read from the database that cannot be understood.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it stands in `map_err`, which hands errors over"
    )]
    pub(crate) fn corrupt(what: impl ToString) -> Self {
        Self::Corrupt(what.to_string())
    }

    /// An error that should not come up.
    pub(crate) fn unexpected(cause: impl Error + Send + Sync + 'static) -> Self {
        Self::Database(Arc::new(cause))
    }
}
