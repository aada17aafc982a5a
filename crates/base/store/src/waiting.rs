//! How much waits, for whoever looks at the whole: mails, jobs by their kind, answers for a person. Counting stops where the figure says "too much"
//! anyway, so that a look costs little on the worst day.

use crate::sql::values;
use crate::{Store, StoreError};

/// Counting stops here: a figure of this size stands for it or more.
pub const MOST_WAITING: u64 = 100_000;

/// What waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Waiting {
    /// Mails of the outbox.
    pub mails: u64,
    /// Jobs, by their kind.
    pub jobs: Vec<(String, u64)>,
    /// Answers to notices that a person has to look at.
    pub replies: u64,
}

impl Store {
    /// How much waits.
    ///
    /// # Errors
    /// The store failed.
    pub async fn waiting(&self) -> Result<Waiting, StoreError> {
        let mut connection = self.read().await?;
        let sql = "SELECT COUNT(*) FROM (SELECT 1 FROM outbox WHERE state = 'waiting' LIMIT $1) AS counted";
        let row = connection.row(sql, values![MOST_WAITING]).await?;
        let mails = row.map_or(Ok(0), |mut row| row.take_count())?;
        let sql = "SELECT kind, COUNT(*) FROM (SELECT kind FROM jobs WHERE state = 'waiting' LIMIT $1) AS counted \
                   GROUP BY kind ORDER BY kind";
        let rows = connection.rows(sql, values![MOST_WAITING]).await?;
        let jobs = rows
            .into_iter()
            .map(|mut row| Ok((row.take()?, row.take_count()?)))
            .collect::<Result<_, StoreError>>()?;
        drop(connection);
        Ok(Waiting {
            mails,
            jobs,
            replies: self.count_unsettled().await?,
        })
    }
}
