//! Where the store is: a file for the embedded SQLite database, or the URL of a PostgreSQL server.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use atalaya_model::Secret;

use crate::StoreError;

/// Where the store is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// A SQLite database in this file, made when it is missing: `sqlite:PATH`.
    Sqlite(PathBuf),
    /// A PostgreSQL server: `postgres://USER:PASSWORD@HOST/DATABASE`. It may hold a password, so it is not printed.
    Postgres(Secret),
}

impl FromStr for StoreUrl {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        if let Some(path) = text.strip_prefix("sqlite:").filter(|path| !path.is_empty()) {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        let is_postgres = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| text.starts_with(scheme));
        if is_postgres {
            Ok(Self::Postgres(Secret::new(text)))
        } else {
            Err(StoreError::BadUrl)
        }
    }
}

/// For messages: the path of a file, but only the kind of a server.
impl fmt::Display for StoreUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(_) => f.write_str("the PostgreSQL server"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_back_ends_are_named_by_their_scheme() {
        assert_eq!(
            "sqlite:/var/lib/a.db".parse::<StoreUrl>().unwrap(),
            StoreUrl::Sqlite("/var/lib/a.db".into())
        );
        for url in [
            "postgres://me@localhost/atalaya",
            "postgresql:///atalaya?host=/run",
        ] {
            assert_eq!(
                url.parse::<StoreUrl>().unwrap(),
                StoreUrl::Postgres(Secret::new(url))
            );
        }
    }

    #[test]
    fn anything_else_is_refused_without_repeating_it() {
        for text in ["", "sqlite:", "mysql://root:hunter2@db", "/var/lib/a.db"] {
            let error = text.parse::<StoreUrl>().unwrap_err();
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
