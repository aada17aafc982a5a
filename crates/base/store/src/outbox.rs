//! The outbox: every mail that leaves stands here first. Taken with a lease, like a job.

use std::time::Duration;

use atalaya_model::{MailAddress, Timestamp};
use uuid::Uuid;

use crate::{Store, StoreError, Transaction};

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
    pub async fn take_mail(&self, _lease: Duration) -> Result<Option<OutgoingMail>, StoreError> {
        todo!()
    }

    /// The mail was taken over by the next server.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_sent(&self, _id: Uuid) -> Result<(), StoreError> {
        todo!()
    }

    /// The mail is to be tried again from `until`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_postponed(&self, _id: Uuid, _until: Timestamp, _why: &str) -> Result<(), StoreError> {
        todo!()
    }

    /// The mail is never to be tried again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mail_failed(&self, _id: Uuid, _why: &str) -> Result<(), StoreError> {
        todo!()
    }
}

impl Transaction {
    /// Puts a mail into the outbox.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_mail(&mut self, _mail: &NewMail) -> Result<(), StoreError> {
        todo!()
    }
}
