//! The last good answer about each domain whose senders are protected: it holds while DNS fails.

use atalaya_model::{Prefix, Timestamp};

use crate::sql::values;
use crate::{Store, StoreError};

/// The ranges that a domain sends and takes mail from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProtectedDomain {
    /// The domain.
    pub domain: String,
    /// Its ranges.
    pub ranges: Vec<Prefix>,
    /// When they were found.
    pub found_at: Timestamp,
}

impl Store {
    /// The last good answers, by domain.
    ///
    /// # Errors
    /// The store failed.
    pub async fn protected_domains(&self) -> Result<Vec<ProtectedDomain>, StoreError> {
        let sql = "SELECT domain, ranges, found_at FROM protected ORDER BY domain";
        let rows = self.read().await?.rows(sql, Vec::new()).await?;
        let one = |mut row: crate::sql::Row| {
            Ok(ProtectedDomain {
                domain: row.take()?,
                ranges: row.take_json()?,
                found_at: row.take_time()?,
            })
        };
        rows.into_iter().map(one).collect()
    }

    /// Keeps an answer in place of the older one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_protected_domain(&self, answer: &ProtectedDomain) -> Result<(), StoreError> {
        let sql = "INSERT INTO protected (domain, ranges, found_at) VALUES ($1, $2, $3) \
                   ON CONFLICT (domain) DO UPDATE SET ranges = excluded.ranges, found_at = excluded.found_at";
        let ranges = serde_json::to_string(&answer.ranges).map_err(StoreError::unexpected)?;
        self.write_one(sql, values![answer.domain.as_str(), ranges, answer.found_at])
            .await
    }
}
