//! Notices: what we told whom about which listing.

use atalaya_model::{MailAddress, Prefix, Serial, Timestamp};
use uuid::Uuid;

use crate::{Store, StoreError, Transaction};

/// A notice that was handed to the outbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Names it for good.
    pub id: Uuid,
    /// The decision that it tells of.
    pub serial: Serial,
    /// The prefix that it tells of.
    pub prefix: Prefix,
    /// Whom it tells.
    pub contact: MailAddress,
    /// The secret word in its links.
    pub token: String,
    /// When it was written.
    pub at: Timestamp,
}

impl Store {
    /// The notice with this token in its links.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notice_by_token(&self, _token: &str) -> Result<Option<Notice>, StoreError> {
        todo!()
    }

    /// The notices about exactly `prefix`, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notices_of(&self, _prefix: &Prefix, _limit: u32) -> Result<Vec<Notice>, StoreError> {
        todo!()
    }

    /// How many notices were written to `contact` since a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notices_to(&self, _contact: &MailAddress, _since: Timestamp) -> Result<u64, StoreError> {
        todo!()
    }
}

impl Transaction {
    /// Remembers a notice. The same id twice is kept once.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_notice(&mut self, _notice: &Notice) -> Result<(), StoreError> {
        todo!()
    }
}
