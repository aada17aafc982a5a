//! Notices: which listing was written about to whom, and when a relay took the mail.
//!
//! Each incident of a contact has one, also those that are held back and never become a mail: only those with a time in `told_at` were told.

use std::net::IpAddr;

use atalaya_model::{MailAddress, Prefix, Serial, Timestamp};
use uuid::Uuid;

use crate::contacts::caseless;
use crate::sql::{Row, values};
use crate::{Store, StoreError, Transaction};

/// The columns of a notice, as they are written and read back.
pub(crate) const COLUMNS: &str = "id, serial, prefix, contact, token, written_at, told_at";

/// A notice.
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
    /// When it was written, or held back.
    pub at: Timestamp,
    /// When a relay took it; none where it waits, was held back, stands in the folder, or never left.
    pub told_at: Option<Timestamp>,
}

impl Store {
    /// The notice with this token in its links.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notice_by_token(&self, token: &str) -> Result<Option<Notice>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM notices WHERE token = $1");
        let row = self.read().await?.row(sql, values![token]).await?;
        row.map(notice).transpose()
    }

    /// The notice of this id.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notice(&self, id: Uuid) -> Result<Option<Notice>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM notices WHERE id = $1");
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map(notice).transpose()
    }

    /// The notices about exactly `prefix`, told or not, newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notices_of(&self, prefix: &Prefix, limit: u32) -> Result<Vec<Notice>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM notices WHERE prefix = $1 ORDER BY written_at DESC, serial DESC LIMIT $2"
        );
        let rows = self.read().await?.rows(sql, values![prefix, limit]).await?;
        rows.into_iter().map(notice).collect()
    }

    /// The network that answers for an address: the contact that the newest notice about its unit was written to, else the one that is cached
    /// and fresh. None where nobody is known.
    ///
    /// # Errors
    /// The store failed.
    pub async fn network_of(
        &self,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Option<MailAddress>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM notices WHERE prefix = $1 ORDER BY written_at DESC, serial DESC LIMIT 1"
        );
        let unit = Prefix::unit(address);
        if let Some(row) = self.read().await?.row(sql, values![&unit]).await? {
            return Ok(Some(notice(row)?.contact));
        }
        let contact = self.contact_for(address, now).await?;
        Ok(contact.and_then(|contact| contact.addresses.into_iter().next()))
    }
}

impl Transaction {
    /// How many other notices than `own` there are to `contact` since a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn other_notices_to(
        &mut self,
        contact: &MailAddress,
        since: Timestamp,
        own: Uuid,
    ) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM notices WHERE lower(contact) = $1 AND written_at >= $2 AND id <> $3";
        let row = self
            .connection
            .row(sql, values![caseless(contact), since, own])
            .await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Remembers a notice. The same id twice is kept once.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_notice(&mut self, notice: &Notice) -> Result<(), StoreError> {
        let row = values![
            notice.id,
            notice.serial,
            &notice.prefix,
            notice.contact.as_str(),
            notice.token.as_str(),
            notice.at,
            notice.told_at,
        ];
        let head = format!("INSERT INTO notices ({COLUMNS}) VALUES");
        self.connection
            .insert(&head, vec![row], "ON CONFLICT (id) DO NOTHING")
            .await
    }
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
pub(crate) fn notice(mut row: Row) -> Result<Notice, StoreError> {
    take_notice(&mut row)
}

/// The same, where more stands behind them.
pub(crate) fn take_notice(row: &mut Row) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.take_id()?,
        serial: row.take_serial()?,
        prefix: row.take_prefix()?,
        contact: row.take_word()?,
        token: row.take()?,
        at: row.take_time()?,
        told_at: row.take_some_time()?,
    })
}
