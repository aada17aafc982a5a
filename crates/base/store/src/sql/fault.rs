//! What the drivers' errors mean for the caller.

use std::sync::Arc;

use sqlx::error::DatabaseError;
use sqlx::sqlite::SqliteError;

use crate::StoreError;

/// Says what an error of a driver means.
pub(super) fn explain(error: sqlx::Error) -> StoreError {
    let meaning = match &error {
        sqlx::Error::PoolClosed => Some(StoreError::Closed),
        sqlx::Error::Database(refusal) => meaning(refusal.as_ref()),
        sqlx::Error::Decode(_) | sqlx::Error::ColumnDecode { .. } => Some(StoreError::corrupt(&error)),
        _ => None,
    };
    meaning.unwrap_or_else(|| match error {
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) | sqlx::Error::PoolTimedOut => {
            StoreError::Unreachable(Arc::new(error))
        }
        sqlx::Error::Database(ref refusal) if is_lost(refusal.as_ref()) => {
            StoreError::Unreachable(Arc::new(error))
        }
        sqlx::Error::Database(ref refusal) if is_disk(refusal.as_ref()) => StoreError::Disk(Arc::new(error)),
        other => StoreError::unexpected(other),
    })
}

/// Says what it means that the database itself refused; none where it means nothing special.
fn meaning(refusal: &dyn DatabaseError) -> Option<StoreError> {
    if let Some(code) = sqlite_code(refusal) {
        return sqlite_meaning(code, refusal);
    }
    match refusal.code()?.as_ref() {
        // disk_full
        "53100" => Some(StoreError::Full),
        // read_only_sql_transaction
        "25006" => Some(StoreError::ReadOnly),
        // serialization_failure, deadlock_detected, lock_not_available, too_many_connections
        "40001" | "40P01" | "55P03" | "53300" => Some(StoreError::Busy),
        // data_corrupted, index_corrupted
        "XX001" | "XX002" => Some(StoreError::corrupt(refusal)),
        _ => None,
    }
}

/// What a result code of SQLite means; the list is at <https://www.sqlite.org/rescode.html>.
fn sqlite_meaning(code: u32, refusal: &dyn DatabaseError) -> Option<StoreError> {
    /// `SQLITE_IOERR_SHMSIZE`: the index of the log could not grow, which only a full disk brings about.
    const SHARED_MEMORY_SIZE: u32 = 4874;

    if code == SHARED_MEMORY_SIZE {
        return Some(StoreError::Full);
    }
    match code & 0xff {
        5 | 6 => Some(StoreError::Busy),
        8 => Some(StoreError::ReadOnly),
        13 => Some(StoreError::Full),
        11 | 26 => Some(StoreError::corrupt(refusal)),
        _ => None,
    }
}

/// Whether the disk failed, and not for want of space: `SQLITE_IOERR`, or `io_error` of PostgreSQL.
fn is_disk(refusal: &dyn DatabaseError) -> bool {
    match sqlite_code(refusal) {
        Some(code) => code & 0xff == 10,
        None => refusal.code().is_some_and(|code| code == "58030"),
    }
}

/// The extended result code, where SQLite refused.
pub(super) fn sqlite_code(refusal: &dyn DatabaseError) -> Option<u32> {
    refusal.try_downcast_ref::<SqliteError>()?.code()?.parse().ok()
}

/// Whether PostgreSQL is going away, starting up, or has cut the connection (classes 08 and 57P).
fn is_lost(refusal: &dyn DatabaseError) -> bool {
    sqlite_code(refusal).is_none()
        && refusal
            .code()
            .is_some_and(|code| code.starts_with("08") || code.starts_with("57P"))
}
