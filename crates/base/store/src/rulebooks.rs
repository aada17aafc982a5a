//! Which rules were in force: each version with its text, so that a decision can be understood years later.

use atalaya_model::Timestamp;

use crate::sql::values;
use crate::{Store, StoreError};

/// A version of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulebook {
    /// Its name, which decisions give.
    pub version: String,
    /// The SHA-256 of the text, in hexadecimal digits.
    pub digest: String,
    /// The file.
    pub text: String,
    /// When it was first used.
    pub since: Timestamp,
}

impl Store {
    /// Keeps a version of the rules, unless one of that name is kept; gives the one that is kept now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_rulebook(&self, book: &Rulebook) -> Result<Rulebook, StoreError> {
        if let Some(kept) = self.rulebook(&book.version).await? {
            return Ok(kept);
        }
        let sql = "INSERT INTO rulebooks (version, digest, text, since) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (version) DO NOTHING";
        let row = values![
            book.version.as_str(),
            book.digest.as_str(),
            book.text.as_str(),
            book.since
        ];
        self.write_one(sql, row).await?;
        // Another process may have been faster.
        let kept = self.rulebook(&book.version).await?;
        kept.ok_or_else(|| StoreError::corrupt("a version of the rules is gone"))
    }

    /// The rules of a version that was used.
    ///
    /// # Errors
    /// The store failed.
    pub async fn rulebook(&self, version: &str) -> Result<Option<Rulebook>, StoreError> {
        let sql = "SELECT version, digest, text, since FROM rulebooks WHERE version = $1";
        let row = self.read().await?.row(sql, values![version]).await?;
        row.map(|mut row| {
            Ok(Rulebook {
                version: row.take()?,
                digest: row.take()?,
                text: row.take()?,
                since: row.take_time()?,
            })
        })
        .transpose()
    }
}
