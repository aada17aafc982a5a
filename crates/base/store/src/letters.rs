//! Letters: the mails that notices are told in, one or many a mail, and what is gathered for the next one.
//!
//! A notice is *gathered* from the moment that its incident is counted until a letter tells it, or until what it tells of has ended. It belongs
//! to one letter at most: whoever writes a letter takes the gathered notices for it and puts its mail into the outbox in one transaction.
//! What the writer needs to know of a gathered incident stands with it as JSON that nobody here reads.

use atalaya_model::{MailAddress, Prefix, Serial, Timestamp};
use uuid::Uuid;

use crate::contacts::{caseless, mailboxes_at};
use crate::notices::{COLUMNS, Notice, take_notice};
use crate::sql::{Row, values};
use crate::{Store, StoreError, Transaction};

/// What makes a notice a gathered one.
const IS_GATHERED: &str = "mail IS NULL AND gathered IS NOT NULL";
/// Whether the listing that a notice tells of still stands.
const STANDS: &str = "EXISTS (SELECT 1 FROM listings JOIN decisions ON decisions.serial = notices.serial \
     WHERE listings.prefix = notices.prefix AND listings.class = decisions.class AND (listings.ends_at IS NULL OR listings.ends_at > $3))";

/// A mail that tells notices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its name, which is that of the mail in the outbox.
    pub mail: Uuid,
    /// Whom it goes to.
    pub contact: MailAddress,
    /// The network that it is about.
    pub network: Prefix,
    /// When it was written.
    pub at: Timestamp,
}

/// A notice with what its writer noted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// The notice.
    pub notice: Notice,
    /// What was noted of its incident, as JSON.
    pub details: String,
}

/// Which letters are counted.
#[derive(Debug, Clone, Copy)]
pub enum Letters<'a> {
    /// Those to a contact.
    To(&'a MailAddress),
    /// Those about a network.
    About(&'a Prefix),
    /// All.
    All,
}

impl Store {
    /// Whether the notice of that name waits for a letter.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_gathered(&self, id: Uuid) -> Result<bool, StoreError> {
        let sql = format!("SELECT id FROM notices WHERE id = $1 AND {IS_GATHERED}");
        Ok(self.read().await?.row(sql, values![id]).await?.is_some())
    }

    /// The gathered notices to `contact` up to a serial, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn gathered_to(
        &self,
        contact: &MailAddress,
        up_to: Serial,
        limit: u32,
    ) -> Result<Vec<Gathered>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, gathered FROM notices WHERE lower(contact) = $1 AND serial <= $2 AND {IS_GATHERED} \
             ORDER BY serial DESC LIMIT $3"
        );
        let row = values![caseless(contact), up_to, limit];
        let rows = self.read().await?.rows(sql, row).await?;
        rows.into_iter().map(gathered).collect()
    }
}

impl Store {
    /// The prefixes that a letter tells of, up to so many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn prefixes_told_in(&self, mail: Uuid, limit: u32) -> Result<Vec<Prefix>, StoreError> {
        let sql = "SELECT DISTINCT prefix FROM notices WHERE mail = $1 ORDER BY prefix LIMIT $2";
        let rows = self.read().await?.rows(sql, values![mail, limit]).await?;
        rows.into_iter().map(|mut row| row.take_prefix()).collect()
    }

    /// Whether a letter was ever written to an address, or, with the @ in front, to anybody at a domain.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has_letter_to(&self, whom: &str) -> Result<bool, StoreError> {
        let sql = "SELECT mail FROM letters WHERE contact LIKE $1 LIMIT 1";
        let row = self.read().await?.row(sql, values![mailboxes_at(whom)]).await?;
        Ok(row.is_some())
    }
}

impl Transaction {
    /// Remembers a notice that a later letter is to tell, and counts it: gives the how manyth it is to its contact in the span of time that
    /// begins at `span`. The same id twice is kept and counted once; none the second time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn gather_notice(
        &mut self,
        notice: &Notice,
        details: &str,
        span: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        let row = values![
            notice.id,
            notice.serial,
            &notice.prefix,
            notice.contact.as_str(),
            notice.token.as_str(),
            notice.at,
            notice.told_at,
            details,
        ];
        let sql = format!(
            "INSERT INTO notices ({COLUMNS}, gathered) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) \
             ON CONFLICT (id) DO NOTHING"
        );
        if self.connection.execute(sql, row).await? == 0 {
            return Ok(None);
        }
        let sql = "INSERT INTO incident_counts (contact, span, incidents) VALUES ($1, $2, 1) \
                   ON CONFLICT (contact) DO UPDATE SET span = excluded.span, incidents = CASE \
                   WHEN incident_counts.span = excluded.span THEN incident_counts.incidents + 1 ELSE 1 END \
                   RETURNING incidents";
        let row = values![caseless(&notice.contact), span];
        let row = self.connection.row(sql, row).await?;
        row.map(|mut row| row.take_count()).transpose()
    }

    /// Takes the gathered notices up to a serial for `letter`, but for those whose listing has ended: no mail tells them (the nil id). Gives how many
    /// it tells; with none, there is no letter.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tell_gathered(&mut self, letter: &Letter, up_to: Serial) -> Result<u64, StoreError> {
        let contact = caseless(&letter.contact);
        let ended = format!(
            "UPDATE notices SET mail = $4, gathered = '' WHERE lower(contact) = $1 AND serial <= $2 AND {IS_GATHERED} AND NOT {STANDS}"
        );
        self.connection
            .execute(ended, values![contact.as_str(), up_to, letter.at, Uuid::nil()])
            .await?;
        let told = format!(
            "UPDATE notices SET mail = $3 WHERE lower(contact) = $1 AND serial <= $2 AND {IS_GATHERED}"
        );
        let told = self
            .connection
            .execute(told, values![contact.as_str(), up_to, letter.mail])
            .await?;
        if told > 0 {
            let sql = "INSERT INTO letters (mail, contact, network, written_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (mail) DO NOTHING";
            let row = values![letter.mail, contact, &letter.network, letter.at];
            self.connection.execute(sql, row).await?;
        }
        Ok(told)
    }

    /// The notices that a letter tells, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn told_in(&mut self, mail: Uuid, limit: u32) -> Result<Vec<Gathered>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, gathered FROM notices WHERE mail = $1 AND gathered IS NOT NULL ORDER BY serial DESC LIMIT $2"
        );
        let rows = self.connection.rows(sql, values![mail, limit]).await?;
        rows.into_iter().map(gathered).collect()
    }

    /// Forgets what was noted of the notices that a letter tells: it is written, and stands in it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_noted(&mut self, mail: Uuid) -> Result<(), StoreError> {
        let sql = "UPDATE notices SET gathered = '' WHERE mail = $1 AND gathered IS NOT NULL";
        self.connection.execute(sql, values![mail]).await.map(|_count| ())
    }

    /// When the last letter to `contact` was written.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_letter_to(&mut self, contact: &MailAddress) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MAX(written_at) FROM letters WHERE contact = $1";
        let row = self.connection.row(sql, values![caseless(contact)]).await?;
        row.map_or(Ok(None), |mut row| row.take_some_time())
    }

    /// How many letters were written since a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn letters_since(&mut self, since: Timestamp, which: Letters<'_>) -> Result<u64, StoreError> {
        let (filter, mut row) = match which {
            Letters::To(contact) => (" AND contact = $2", values![caseless(contact)]),
            Letters::About(network) => (" AND network = $2", values![network]),
            Letters::All => ("", Vec::new()),
        };
        row.insert(0, since.into());
        let sql = format!("SELECT COUNT(*) FROM letters WHERE written_at >= $1{filter}");
        let row = self.connection.row(sql, row).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }
}

/// Reads a row of [`COLUMNS`] with what was noted behind them.
fn gathered(mut row: Row) -> Result<Gathered, StoreError> {
    Ok(Gathered {
        notice: take_notice(&mut row)?,
        details: row.take()?,
    })
}
