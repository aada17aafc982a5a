//! Notices: what we told whom about which listing.

use atalaya_model::{MailAddress, Prefix, Serial, Timestamp};
use uuid::Uuid;

use crate::contacts::caseless;
use crate::sql::{Row, values};
use crate::{Store, StoreError, Transaction};

/// The columns of a notice, as they are written and read back.
const COLUMNS: &str = "id, serial, prefix, contact, token, written_at";

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
    pub async fn notice_by_token(&self, token: &str) -> Result<Option<Notice>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM notices WHERE token = $1");
        let row = self.read().await?.row(sql, values![token]).await?;
        row.map(notice).transpose()
    }

    /// The notices about exactly `prefix`, newest first.
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

    /// How many notices were written to `contact` since a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn notices_to(&self, contact: &MailAddress, since: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM notices WHERE lower(contact) = $1 AND written_at >= $2";
        let row = self
            .read()
            .await?
            .row(sql, values![caseless(contact), since])
            .await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }
}

impl Transaction {
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
        ];
        let head = format!("INSERT INTO notices ({COLUMNS}) VALUES");
        self.connection
            .insert(&head, vec![row], "ON CONFLICT (id) DO NOTHING")
            .await
    }
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn notice(mut row: Row) -> Result<Notice, StoreError> {
    Ok(Notice {
        id: row.take_id()?,
        serial: row.take_serial()?,
        prefix: row.take_prefix()?,
        contact: row.take_word()?,
        token: row.take()?,
        at: row.take_time()?,
    })
}
