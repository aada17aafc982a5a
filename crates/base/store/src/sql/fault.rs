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
        // serialization_failure, deadlock_detected, lock_not_available
        "40001" | "40P01" | "55P03" => Some(StoreError::Busy),
        // insufficient_resources: memory, connections
        code if code.starts_with("53") => Some(StoreError::Busy),
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
        // Busy, locked, out of memory.
        5..=7 => Some(StoreError::Busy),
        8 => Some(StoreError::ReadOnly),
        13 => Some(StoreError::Full),
        11 | 26 => Some(StoreError::corrupt(refusal)),
        _ => None,
    }
}

/// Whether the disk failed, and not for want of space: `SQLITE_IOERR`, `SQLITE_CANTOPEN` (a file that was there at the start), or
/// `io_error` of PostgreSQL.
fn is_disk(refusal: &dyn DatabaseError) -> bool {
    match sqlite_code(refusal) {
        Some(code) => matches!(code & 0xff, 10 | 14),
        None => refusal.code().is_some_and(|code| code == "58030"),
    }
}

/// Whether an error may be the fault of one record: too big, against a constraint, of a wrong type (classes 22 and 23 of PostgreSQL).
/// Every other befalls all alike, and trying again would only take time.
pub(crate) fn is_about_one(error: &StoreError) -> bool {
    let StoreError::Database(cause) = error else {
        return false;
    };
    let Some(sqlx::Error::Database(refusal)) = cause.downcast_ref::<sqlx::Error>() else {
        return false;
    };
    match sqlite_code(refusal.as_ref()) {
        Some(code) => matches!(code & 0xff, 18..=20),
        None => refusal
            .code()
            .is_some_and(|code| code.starts_with("22") || code.starts_with("23")),
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

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::error::Error;
    use std::fmt;

    use sqlx::error::ErrorKind;

    use super::*;

    /// A refusal of PostgreSQL with this code.
    #[derive(Debug)]
    struct Refusal(&'static str);

    impl fmt::Display for Refusal {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(self.0)
        }
    }

    impl Error for Refusal {}

    impl DatabaseError for Refusal {
        fn message(&self) -> &str {
            self.0
        }
        fn code(&self) -> Option<Cow<'_, str>> {
            Some(self.0.into())
        }
        fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
            self
        }
        fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
            self
        }
        fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
            self
        }
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    fn explained(code: &'static str) -> StoreError {
        explain(sqlx::Error::Database(Box::new(Refusal(code))))
    }

    #[test]
    fn short_resources_are_temporary() {
        for code in ["53000", "53100", "53200", "53300", "53400", "57P03", "58030"] {
            assert!(explained(code).is_temporary(), "{code}");
        }
        assert!(explained("53100").is_full());
    }

    #[test]
    fn only_a_refused_value_is_about_one_record() {
        for (code, is_about) in [
            ("22021", true),
            ("23514", true),
            ("42P01", false),
            ("57014", false),
            ("53200", false),
            ("XX000", false),
        ] {
            assert_eq!(is_about_one(&explained(code)), is_about, "{code}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_opened_any_more_is_a_matter_of_the_disk() {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let error = runtime.block_on(async {
            use sqlx::ConnectOptions;
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("missing.db");
            let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
            options.connect().await.unwrap_err()
        });
        let error = explain(error);
        assert!(
            matches!(error, StoreError::Disk(_)) && error.is_temporary(),
            "{error:?}"
        );
    }
}
