//! The outbox: every mail that leaves stands here first. Taken with a lease, like a job.

use std::time::Duration;

use atalaya_model::{MailAddress, Timestamp};
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
    /// When it was put into the outbox.
    pub created_at: Timestamp,
}

impl Store {
    /// Takes the mail that has waited longest, for `lease`; after that somebody else may take it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_mail(&self, lease: Duration) -> Result<Option<OutgoingMail>, StoreError> {
        let now = self.now();
        let sql = "SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= $1 LIMIT 1";
        if self.is_idle(sql, values![now]).await? {
            return Ok(None);
        }
        let mut connection = self.write().await?;
        let sql = format!(
            "UPDATE outbox SET due_at = $2, attempts = attempts + 1 WHERE id = (\
             SELECT id FROM outbox WHERE state = 'waiting' AND due_at <= $1 ORDER BY due_at, id LIMIT 1 {}) \
             RETURNING id, sender, recipient, message, attempts, created_at",
            connection.dialect().skip_locked()
        );
        let row = connection.row(sql, values![now, now.plus(lease)]).await?;
        row.map(mail).transpose()
    }

    /// The mail was taken over by the next server. The notice of the same id, or those that it is the letter of, are told with it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_sent(&self, id: Uuid) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let now = self.now();
        let connection = &mut transaction.connection;
        let sql = "UPDATE outbox SET state = 'sent', last_error = NULL WHERE id = $1";
        connection.execute(sql, values![id]).await?;
        for told in [
            "id = $1 AND gathered IS NULL",
            "mail = $1 AND gathered IS NOT NULL",
        ] {
            let sql = format!("UPDATE notices SET told_at = $2 WHERE {told} AND told_at IS NULL");
            connection.execute(sql, values![id, now]).await?;
        }
        transaction.commit().await
    }

    /// The mail stands in a folder: it left the outbox, and nobody was told.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_filed(&self, id: Uuid) -> Result<(), StoreError> {
        self.write_one(
            "UPDATE outbox SET state = 'filed', last_error = NULL WHERE id = $1",
            values![id],
        )
        .await
    }

    /// The mail is to be tried again from `until`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_postponed(&self, id: Uuid, until: Timestamp, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET due_at = $2, last_error = $3 WHERE id = $1 AND state = 'waiting'";
        self.write_one(sql, values![id, until, why]).await
    }

    /// The mail is never to be tried again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_failed(&self, id: Uuid, why: &str) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'failed', last_error = $2 WHERE id = $1 AND state = 'waiting'";
        self.write_one(sql, values![id, why]).await
    }
}

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
        created_at: row.take_time()?,
    })
}
