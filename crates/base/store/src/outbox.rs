//! The outbox: every mail that leaves stands here first. Taken with a lease, like a job, and many at a time.

use std::time::Duration;

use atalaya_model::{MailAddress, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{Row, values};
use crate::{Store, StoreError, Topic, Transaction};

/// A mail to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMail {
    /// Names it for good; the same id twice is kept once.
    pub id: Uuid,
    /// The envelope sender; empty for the null sender.
    pub sender: String,
    /// The envelope recipient.
    pub recipient: MailAddress,
    /// The message, headers and body.
    pub message: Vec<u8>,
}

/// A mail that was taken to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingMail {
    /// Names it for good.
    pub id: Uuid,
    /// The envelope sender; empty for the null sender.
    pub sender: String,
    /// The envelope recipient.
    pub recipient: MailAddress,
    /// The message, headers and body.
    pub message: Vec<u8>,
    /// How often it was taken, this time included.
    pub attempts: u32,
    /// How often a server got it whole and did not say whether it took it.
    pub unanswered: u32,
    /// When it was put into the outbox.
    pub created_at: Timestamp,
    /// When its lease ends.
    pub leased_until: Timestamp,
}

/// How a try to send a mail ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MailOutcome {
    /// The next server took it over. A notice of the same id is told with it.
    Sent,
    /// It stands in a folder: it left the outbox, and nobody was told.
    Filed,
    /// It is to be tried again.
    Postponed {
        /// From when on.
        until: Timestamp,
        /// What stood in the way.
        why: String,
    },
    /// A server got it whole and did not say whether it took it. It is to be tried again.
    Unanswered {
        /// From when on.
        until: Timestamp,
        /// What came instead of an answer.
        why: String,
    },
    /// It was not tried, for no fault of its own, and is to be taken again. That it was taken does not count.
    Held {
        /// From when on.
        until: Timestamp,
    },
    /// It is never to be tried again.
    Failed {
        /// What stood in the way.
        why: String,
    },
}

/// What is to be noted of a mail that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailNote {
    /// The mail.
    pub id: Uuid,
    /// When the lease ends that it was tried under. Where somebody else has taken the mail since, only that it left is noted.
    pub lease: Timestamp,
    /// How its try ended.
    pub outcome: MailOutcome,
}

impl Store {
    /// Takes up to `limit` mails that have waited longest, for `lease`; after that somebody else may take them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_mails(&self, limit: u32, lease: Duration) -> Result<Vec<OutgoingMail>, StoreError> {
        let now = self.now();
        let sql = "SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= $1 LIMIT 1";
        if self.is_idle(sql, values![now]).await? {
            return Ok(Vec::new());
        }
        let mut connection = self.write().await?;
        let sql = format!(
            "WITH next AS MATERIALIZED (SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= $1 \
             ORDER BY due_at, id LIMIT $3 {}) \
             UPDATE outbox SET due_at = $2, leased_until = $2, attempts = attempts + 1 \
             WHERE id IN (SELECT id FROM next) \
             RETURNING id, sender, recipient, message, attempts, unanswered, created_at, leased_until",
            connection.dialect().skip_locked()
        );
        let rows = connection.rows(sql, values![now, now.plus(lease), limit]).await?;
        let mut mails = rows.into_iter().map(mail).collect::<Result<Vec<_>, _>>()?;
        mails.sort_by_key(|mail| (mail.created_at, mail.id));
        Ok(mails)
    }

    /// The same with one mail.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_mail(&self, lease: Duration) -> Result<Option<OutgoingMail>, StoreError> {
        Ok(self.take_mails(1, lease).await?.pop())
    }

    /// Notes how tries ended, all of them or none. What is no longer waiting, or was taken anew, stays as it is, unless it left after all. With a mail that was sent, the
    /// notice of the same id is told, or those that it is the letter of.
    ///
    /// # Errors
    /// The store failed.
    pub async fn note_mails(&self, notes: &[MailNote]) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let now = self.now();
        let connection = &mut transaction.connection;
        let of = |wanted: &MailOutcome| {
            let same = notes.iter().filter(|note| note.outcome == *wanted);
            same.map(|note| note.id).collect::<Vec<_>>()
        };
        let sent = of(&MailOutcome::Sent);
        let sql =
            "UPDATE outbox SET state = 'sent', last_error = NULL, leased_until = NULL WHERE id IN {keys}";
        connection.rows_in(sql, sent.iter().copied()).await?;
        for told in ["gathered IS NULL AND id", "gathered IS NOT NULL AND mail"] {
            let sql =
                format!("UPDATE notices SET told_at = {{with}} WHERE told_at IS NULL AND {told} IN {{keys}}");
            connection
                .rows_in_with(&sql, Some(now.into()), sent.iter().copied())
                .await?;
        }
        let sql =
            "UPDATE outbox SET state = 'filed', last_error = NULL, leased_until = NULL WHERE id IN {keys}";
        connection.rows_in(sql, of(&MailOutcome::Filed)).await?;
        for MailNote { id, lease, outcome } in notes {
            let (sql, row) = match outcome {
                MailOutcome::Sent | MailOutcome::Filed => continue,
                MailOutcome::Postponed { until, why } => {
                    (POSTPONE, values![*id, *lease, *until, why.as_str()])
                }
                MailOutcome::Unanswered { until, why } => {
                    (POSTPONE_UNANSWERED, values![*id, *lease, *until, why.as_str()])
                }
                MailOutcome::Held { until } => (HOLD, values![*id, *lease, *until]),
                MailOutcome::Failed { why } => (FAIL, values![*id, *lease, why.as_str()]),
            };
            connection.execute(sql, row).await?;
        }
        transaction.commit().await
    }

    /// The same with one mail that was sent.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_sent(&self, id: Uuid) -> Result<(), StoreError> {
        let note = MailNote {
            id,
            lease: Timestamp::EPOCH,
            outcome: MailOutcome::Sent,
        };
        self.note_mails(&[note]).await
    }

    /// A page of the mails in a state, or of all, behind the last id of the page before, in the order of their ids.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mails(
        &self,
        state: Option<&str>,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<KeptMail>, StoreError> {
        let sql = format!(
            "SELECT {KEPT} FROM outbox WHERE id > $1 AND ($2 = '' OR state = $2) ORDER BY id LIMIT $3"
        );
        let row = values![after.unwrap_or_default(), state.unwrap_or_default(), limit];
        let rows = self.read().await?.rows(sql, row).await?;
        rows.into_iter().map(kept_mail).collect()
    }

    /// A page of the mails in a state, or of all, the newest first, behind the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn newest_mails(
        &self,
        state: Option<&str>,
        behind: Option<(Timestamp, Uuid)>,
        limit: u32,
    ) -> Result<Vec<KeptMail>, StoreError> {
        let (at, id) = behind.unwrap_or((Timestamp::from_micros(i64::MAX), Uuid::max()));
        let read = |rest: &str| {
            format!(
                "SELECT {KEPT} FROM outbox WHERE (created_at, id) < ($1, $2) {rest} \
                 ORDER BY created_at DESC, id DESC LIMIT $3"
            )
        };
        let (sql, row) = match state {
            None => (read(""), values![at, id, limit]),
            Some(state) => (read("AND state = $4"), values![at, id, limit, state]),
        };
        let rows = self.read().await?.rows(sql, row).await?;
        rows.into_iter().map(kept_mail).collect()
    }

    /// One mail with its message.
    ///
    /// # Errors
    /// The store failed.
    pub async fn kept_mail(&self, id: Uuid) -> Result<Option<(KeptMail, Vec<u8>)>, StoreError> {
        let sql = format!("SELECT message, {KEPT} FROM outbox WHERE id = $1");
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map(|mut row| {
            let message = row.take()?;
            Ok((kept_mail(row)?, message))
        })
        .transpose()
    }

    /// Has mails tried at once and anew, as if they had just been written: those that failed or were dropped, and those that wait. One
    /// that is just being sent is passed over. With `id` that one only; without, all that failed. Tells how many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn retry_mails(&self, id: Option<Uuid>) -> Result<u64, StoreError> {
        let now = self.now();
        let head = "UPDATE outbox SET state = 'waiting', due_at = $1, created_at = $1, attempts = 0, unanswered = 0, leased_until = NULL WHERE";
        let (sql, row) = match id {
            Some(id) => (
                format!(
                    "{head} id = $2 AND (state IN ('failed', 'dropped') OR (state = 'waiting' AND {NOT_TAKEN}))"
                ),
                values![now, id],
            ),
            None => (format!("{head} state = 'failed'"), values![now]),
        };
        let count = self.write().await?.execute(sql, row).await?;
        self.ring(Topic::Outbox);
        Ok(count)
    }

    /// Gives a mail up that waits. Not one that is just being sent. Tells whether it did.
    ///
    /// # Errors
    /// The store failed.
    pub async fn drop_mail(&self, id: Uuid) -> Result<bool, StoreError> {
        let sql = format!(
            "UPDATE outbox SET state = 'dropped', due_at = $1, last_error = 'dropped by hand' \
             WHERE id = $2 AND state = 'waiting' AND {NOT_TAKEN}"
        );
        let count = self.write().await?.execute(sql, values![self.now(), id]).await?;
        Ok(count > 0)
    }
}

/// What is known of a mail in the outbox, without its text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptMail {
    /// Names it for good.
    pub id: Uuid,
    /// The envelope recipient.
    pub recipient: MailAddress,
    /// `waiting`, `sent`, `filed`, `failed` or `dropped`.
    pub state: String,
    /// When it was put into the outbox, or tried anew by hand.
    pub created_at: Timestamp,
    /// When it is due, where it waits.
    pub due_at: Timestamp,
    /// How often it was tried.
    pub attempts: u32,
    /// What stood in the way the last time.
    pub last_error: Option<String>,
    /// Its length in bytes.
    pub size: u64,
}

/// The columns of a [`KeptMail`].
const KEPT: &str =
    "id, recipient, state, created_at, due_at, attempts, last_error, CAST(length(message) AS BIGINT)";
/// Nobody is just sending it.
const NOT_TAKEN: &str = "(leased_until IS NULL OR leased_until <= $1)";
const POSTPONE: &str = "UPDATE outbox SET due_at = $3, leased_until = NULL, last_error = $4 \
                        WHERE id = $1 AND leased_until = $2 AND state = 'waiting'";
const POSTPONE_UNANSWERED: &str = "UPDATE outbox SET due_at = $3, leased_until = NULL, last_error = $4, unanswered = unanswered + 1 \
                                   WHERE id = $1 AND leased_until = $2 AND state = 'waiting'";
const HOLD: &str = "UPDATE outbox SET due_at = $3, leased_until = NULL, attempts = attempts - 1 \
                    WHERE id = $1 AND leased_until = $2 AND state = 'waiting'";
const FAIL: &str = "UPDATE outbox SET state = 'failed', leased_until = NULL, last_error = $3 \
                    WHERE id = $1 AND leased_until = $2 AND state = 'waiting'";

impl Transaction {
    /// Puts a mail into the outbox, due at once. The same id twice is kept once.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_mail(&mut self, mail: &NewMail) -> Result<(), StoreError> {
        let sql = "INSERT INTO outbox (id, sender, recipient, message, state, created_at, due_at, attempts) \
                   VALUES ($1, $2, $3, $4, 'waiting', $5, $5, 0) ON CONFLICT (id) DO NOTHING";
        let now = self.now();
        let row = values![
            mail.id,
            mail.sender.as_str(),
            mail.recipient.as_str(),
            mail.message.clone(),
            now
        ];
        self.connection.execute(sql, row).await?;
        self.touch(Topic::Outbox);
        Ok(())
    }
}

/// Reads a mail as it is taken; the columns are taken in their order.
fn mail(mut row: Row) -> Result<OutgoingMail, StoreError> {
    Ok(OutgoingMail {
        id: row.take_id()?,
        sender: row.take()?,
        recipient: row.take_word()?,
        message: row.take()?,
        attempts: row.take_count()?,
        unanswered: row.take_count()?,
        created_at: row.take_time()?,
        leased_until: row.take_time()?,
    })
}

/// Reads what is known of a mail; the columns are taken in their order.
fn kept_mail(mut row: Row) -> Result<KeptMail, StoreError> {
    Ok(KeptMail {
        id: row.take_id()?,
        recipient: row.take_word()?,
        state: row.take()?,
        created_at: row.take_time()?,
        due_at: row.take_time()?,
        attempts: row.take_count()?,
        last_error: row.take()?,
        size: row.take_count()?,
    })
}
