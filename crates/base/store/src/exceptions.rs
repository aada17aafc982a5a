//! Lasting exceptions: what a network asks for, for an address of its own that is never to be listed again, and what a person answers.

use atalaya_model::{MailAddress, Prefix, Timestamp};
use serde::{Deserialize, Serialize};

use crate::contacts::caseless;
use crate::sql::{Row, values};
use crate::{Store, StoreError};

/// The columns of an exception, as they are read.
const COLUMNS: &str = "id, prefix, contact, reason, asked_at, settled_at, granted, ends_at, answer";

/// An exception that was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exception {
    /// Its number.
    pub id: u64,
    /// What is never to be listed again.
    pub prefix: Prefix,
    /// The mailbox of the network that asked.
    pub contact: MailAddress,
    /// Why, in its own words.
    pub reason: String,
    /// When.
    pub asked_at: Timestamp,
    /// The answer; none while it waits.
    pub settled: Option<ExceptionAnswer>,
}

/// What a person answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExceptionAnswer {
    /// When.
    pub at: Timestamp,
    /// Yes, or no.
    pub granted: bool,
    /// The end of what was granted; none for good.
    pub until: Option<Timestamp>,
    /// What the network reads.
    pub words: String,
}

/// What became of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExceptionStep {
    /// It waits for a person now.
    Kept,
    /// One for the same prefix waits already.
    Waits,
    /// Too many of this contact wait.
    TooMany,
}

impl Store {
    /// Keeps what a network asks for, until a person answers; `most` of one contact wait at the same time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ask_exception(
        &self,
        (prefix, contact): (Prefix, &MailAddress),
        reason: &str,
        most: u64,
        now: Timestamp,
    ) -> Result<ExceptionStep, StoreError> {
        let contact = caseless(contact);
        let mut transaction = self.begin().await?;
        let connection = &mut transaction.connection;
        let sql = "SELECT COUNT(*) FROM exceptions WHERE contact = $1 AND settled_at IS NULL";
        let row = connection.row(sql, values![contact.as_str()]).await?;
        let waiting: u64 = row.map_or(Ok(0), |mut row| row.take_count())?;
        let sql = "INSERT INTO exceptions (prefix, contact, reason, asked_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (prefix) WHERE settled_at IS NULL DO NOTHING";
        let kept = match waiting < most {
            true => {
                connection
                    .execute(sql, values![prefix, contact, reason, now])
                    .await?
            }
            false => 0,
        };
        transaction.commit().await?;
        Ok(match (kept, waiting < most) {
            (1.., _) => ExceptionStep::Kept,
            (0, true) => ExceptionStep::Waits,
            (0, false) => ExceptionStep::TooMany,
        })
    }

    /// The newest exception that was asked for exactly this prefix.
    ///
    /// # Errors
    /// The store failed.
    pub async fn exception_for(&self, prefix: &Prefix) -> Result<Option<Exception>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exceptions WHERE prefix = $1 ORDER BY id DESC LIMIT 1");
        let row = self.read().await?.row(sql, values![prefix]).await?;
        row.map(exception).transpose()
    }

    /// One of them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn exception(&self, id: u64) -> Result<Option<Exception>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM exceptions WHERE id = $1");
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map(exception).transpose()
    }

    /// A page of those that wait, the oldest first, behind the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn waiting_exceptions(&self, after: u64, limit: u32) -> Result<Vec<Exception>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM exceptions WHERE settled_at IS NULL AND id > $1 ORDER BY id LIMIT $2"
        );
        let rows = self.read().await?.rows(sql, values![after, limit]).await?;
        rows.into_iter().map(exception).collect()
    }

    /// A page of those that were answered, the newest first, before the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn settled_exceptions(
        &self,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Exception>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM exceptions WHERE settled_at IS NOT NULL AND id < $1 ORDER BY id DESC LIMIT $2"
        );
        let bound = values![before.unwrap_or(u64::MAX), limit];
        let rows = self.read().await?.rows(sql, bound).await?;
        rows.into_iter().map(exception).collect()
    }

    /// Keeps the answer to one that waits; tells whether it did.
    ///
    /// # Errors
    /// The store failed.
    pub async fn settle_exception(&self, id: u64, answer: &ExceptionAnswer) -> Result<bool, StoreError> {
        let sql = "UPDATE exceptions SET settled_at = $2, granted = $3, ends_at = $4, answer = $5 \
                   WHERE id = $1 AND settled_at IS NULL";
        let bound = values![
            id,
            answer.at,
            u64::from(answer.granted),
            answer.until,
            answer.words.as_str(),
        ];
        Ok(self.write().await?.execute(sql, bound).await? > 0)
    }
}

/// Reads a row of [`COLUMNS`].
fn exception(mut row: Row) -> Result<Exception, StoreError> {
    let (id, prefix, contact) = (row.take_count()?, row.take_prefix()?, row.take_word()?);
    let (reason, asked_at) = (row.take()?, row.take_time()?);
    let (settled_at, granted) = (row.take_some_time()?, row.take::<Option<i64>>()?);
    let (until, words) = (row.take_some_time()?, row.take::<Option<String>>()?);
    Ok(Exception {
        id,
        prefix,
        contact,
        reason,
        asked_at,
        settled: settled_at.map(|at| ExceptionAnswer {
            at,
            granted: granted == Some(1),
            until,
            words: words.unwrap_or_default(),
        }),
    })
}
