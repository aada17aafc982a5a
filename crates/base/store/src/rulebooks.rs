//! Which rules were in force: each version with its text, so that a decision can be understood years later; and which of them were saved last, so that
//! every server on the store finds them.

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

/// The number of a save of rules: a later one is higher.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SaveNumber(pub u64);

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

    /// Says to every server on the store that the rules of a kept version were saved; gives the number of that save.
    ///
    /// # Errors
    /// The store failed.
    pub async fn announce_rules(&self, version: &str) -> Result<SaveNumber, StoreError> {
        let sql = "INSERT INTO saved_rules (version, saved_at) VALUES ($1, $2) RETURNING number";
        let now = self.now();
        let row = self.write().await?.row(sql, values![version, now]).await?;
        let mut row = row.ok_or_else(|| StoreError::corrupt("a save of rules without a number"))?;
        row.take_count().map(SaveNumber)
    }

    /// The last save of rules and their version; none where nobody has saved any.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_saved_rules(&self) -> Result<Option<(SaveNumber, String)>, StoreError> {
        let sql = "SELECT number, version FROM saved_rules ORDER BY number DESC LIMIT 1";
        let row = self.read().await?.row(sql, values![]).await?;
        row.map(|mut row| Ok((SaveNumber(row.take_count()?), row.take()?)))
            .transpose()
    }
}
