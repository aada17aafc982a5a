//! Letters: the mails that notices are told in, one or many a mail, and what is gathered for the next one.
//!
//! A notice is *gathered* from the moment that its incident is counted until a letter tells it, or until what it tells of has ended. It belongs
//! to one letter at most: whoever writes a letter takes the gathered notices for it and puts its mail into the outbox in one transaction.
//! What the writer needs to know of a gathered incident stands with it as JSON that nobody here reads.

use atalaya_model::{MailAddress, Prefix, Serial, Timestamp};
use uuid::Uuid;

use crate::contacts::{caseless, mailboxes_at};
use crate::notices::{COLUMNS, Notice, notice, take_notice};
use crate::sql::{Dialect, Row, values};
use crate::{Store, StoreError, Transaction};

/// Names the lock under which incidents are counted on PostgreSQL. Any number that nobody else uses.
const COUNTING: i64 = 0x0061_7461_6c6e_6f74;
/// What makes a notice a gathered one.
const IS_GATHERED: &str = "mail IS NULL AND gathered IS NOT NULL";
/// Whether the listing that a notice tells of stands at the moment behind it: `{STANDS} $3))`.
const STANDS: &str = "EXISTS (SELECT 1 FROM listings JOIN decisions ON decisions.serial = notices.serial \
     WHERE listings.prefix = notices.prefix AND listings.class = decisions.class AND (listings.ends_at IS NULL OR listings.ends_at >";

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

/// From when on incidents are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counting {
    /// The first moment of the span of time.
    pub span: Timestamp,
    /// Where nothing was counted after this, counting begins anew.
    pub quiet_since: Timestamp,
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
    /// Those to a mailbox, whatever tag its address bears.
    To(&'a MailAddress),
    /// Those about a network.
    About(&'a Prefix),
    /// All.
    All,
}

/// A mailbox in small letters, without what stands behind a `+`: `Abuse+x@a.example` is `abuse@a.example`.
#[must_use]
pub fn without_tag(address: &MailAddress) -> String {
    let text = caseless(address);
    match text.rsplit_once('@') {
        Some((local, domain)) => match local.split_once('+') {
            Some((name, _tag)) if !name.is_empty() => format!("{name}@{domain}"),
            _ => text,
        },
        None => text,
    }
}

impl Store {
    /// Whether a letter tells the notice of that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_in_letter(&self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM notices WHERE id = $1 AND mail IS NOT NULL AND mail <> $2";
        let row = self.read().await?.row(sql, values![id, Uuid::nil()]).await?;
        Ok(row.is_some())
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

    /// Those of the notices whose listing does not stand any more.
    ///
    /// # Errors
    /// The store failed.
    pub async fn ended(&self, ids: &[Uuid], now: Timestamp) -> Result<Vec<Uuid>, StoreError> {
        let sql = format!("SELECT id FROM notices WHERE NOT {STANDS} {{with}})) AND id IN {{keys}}");
        let mut connection = self.read().await?;
        let rows = connection
            .rows_in_with(&sql, Some(now.into()), ids.iter().copied())
            .await?;
        rows.into_iter().map(|mut row| row.take_id()).collect()
    }

    /// Gathered notices that no letter is to tell, because what they tell of has ended. Those that a letter tells by now stay as they are.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end_gathered(&self, ids: &[Uuid]) -> Result<(), StoreError> {
        let sql = format!(
            "UPDATE notices SET mail = {{with}}, gathered = '' WHERE {IS_GATHERED} AND id IN {{keys}} RETURNING id"
        );
        let mut connection = self.write().await?;
        connection
            .rows_in_with(&sql, Some(Uuid::nil().into()), ids.iter().copied())
            .await
            .map(|_ended| ())
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
    /// Waits until nobody else counts incidents or writes a letter, in any process, and keeps them from it until this transaction ends.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_alone(&mut self) -> Result<(), StoreError> {
        // On SQLite there is one writer at a time anyway.
        if self.connection.dialect() == Dialect::Pg {
            let sql = "SELECT pg_advisory_xact_lock($1)";
            self.connection.rows(sql, values![COUNTING]).await?;
        }
        Ok(())
    }

    /// Remembers a notice that a later letter is to tell, and counts it: gives the how manyth it is to its contact since counting began. It
    /// begins anew in a later span than the last one, and after a quiet time. The same id twice is kept and counted once; none the second time.
    ///
    /// # Errors
    /// The store failed.
    pub async fn gather_notice(
        &mut self,
        notice: &Notice,
        details: &str,
        counting: Counting,
    ) -> Result<Option<u64>, StoreError> {
        let is_quiet = self.is_quiet(notice, counting.quiet_since).await?;
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
        // A span that lies behind the one that is kept comes from a clock that is behind: it begins nothing.
        let begins = match is_quiet {
            true => "TRUE",
            false => "excluded.span > incident_counts.span",
        };
        let sql = format!(
            "INSERT INTO incident_counts (contact, span, incidents) VALUES ($1, $2, 1) \
             ON CONFLICT (contact) DO UPDATE SET \
             span = CASE WHEN {begins} THEN excluded.span ELSE incident_counts.span END, \
             incidents = CASE WHEN {begins} THEN 1 ELSE incident_counts.incidents + 1 END \
             RETURNING incidents"
        );
        let row = values![caseless(&notice.contact), counting.span];
        let row = self.connection.row(sql, row).await?;
        row.map(|mut row| row.take_count()).transpose()
    }

    /// Whether no incident of a notice's contact was counted after a moment. The clocks of other processes may be ahead by as much as that lies back;
    /// what was counted still later was counted by a clock that was wrong.
    async fn is_quiet(&mut self, notice: &Notice, since: Timestamp) -> Result<bool, StoreError> {
        let latest = notice.at.plus(notice.at.since(since));
        let sql = "SELECT id FROM notices WHERE lower(contact) = $1 AND written_at > $2 AND written_at <= $3 LIMIT 1";
        let row = values![caseless(&notice.contact), since, latest];
        Ok(self.connection.row(sql, row).await?.is_none())
    }

    /// Takes gathered notices back, as if they had never been counted: somebody else is to be told. Gives the serials of those that no letter tells by now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_back(&mut self, ids: &[Uuid]) -> Result<Vec<Serial>, StoreError> {
        let sql = format!("DELETE FROM notices WHERE {IS_GATHERED} AND id IN {{keys}} RETURNING serial");
        let rows = self.connection.rows_in(&sql, ids.iter().copied()).await?;
        rows.into_iter().map(|mut row| row.take_serial()).collect()
    }

    /// Takes the newest `most` of the gathered notices up to a serial for `letter`, but for those whose listing has ended: no mail tells
    /// them (the nil id). Gives how many it tells; with none, there is no letter.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tell_gathered(
        &mut self,
        letter: &Letter,
        up_to: Serial,
        most: u32,
    ) -> Result<u64, StoreError> {
        let contact = caseless(&letter.contact);
        let newest = |most: &str| {
            format!(
                "id IN (SELECT id FROM notices WHERE lower(contact) = $1 AND serial <= $2 AND {IS_GATHERED} \
                 ORDER BY serial DESC LIMIT {most})"
            )
        };
        let ended = format!(
            "UPDATE notices SET mail = $4, gathered = '' WHERE {} AND NOT {STANDS} $3))",
            newest("$5")
        );
        let row = values![contact.as_str(), up_to, letter.at, Uuid::nil(), most];
        self.connection.execute(ended, row).await?;
        let told = format!("UPDATE notices SET mail = $3 WHERE {}", newest("$4"));
        let row = values![contact.as_str(), up_to, letter.mail, most];
        let told = self.connection.execute(told, row).await?;
        if told > 0 {
            let sql = "INSERT INTO letters (mail, contact, network, written_at) VALUES ($1, $2, $3, $4) \
                       ON CONFLICT (mail) DO NOTHING";
            let row = values![
                letter.mail,
                without_tag(&letter.contact),
                &letter.network,
                letter.at
            ];
            self.connection.execute(sql, row).await?;
        }
        Ok(told)
    }

    /// The newest gathered notice to `contact` up to a serial.
    ///
    /// # Errors
    /// The store failed.
    pub async fn newest_gathered(
        &mut self,
        contact: &MailAddress,
        up_to: Serial,
    ) -> Result<Option<Notice>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM notices WHERE lower(contact) = $1 AND serial <= $2 AND {IS_GATHERED} \
             ORDER BY serial DESC LIMIT 1"
        );
        let row = self
            .connection
            .row(sql, values![caseless(contact), up_to])
            .await?;
        row.map(notice).transpose()
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

    /// When the last letter to `contact` was written, of those up to a moment.
    ///
    /// # Errors
    /// The store failed.
    pub async fn last_letter_to(
        &mut self,
        contact: &MailAddress,
        up_to: Timestamp,
    ) -> Result<Option<Timestamp>, StoreError> {
        let sql = "SELECT MAX(written_at) FROM letters WHERE contact = $1 AND written_at <= $2";
        let row = values![without_tag(contact), up_to];
        let row = self.connection.row(sql, row).await?;
        row.map_or(Ok(None), |mut row| row.take_some_time())
    }

    /// How many letters were written from one moment to another, both included.
    ///
    /// # Errors
    /// The store failed.
    pub async fn letters_between(
        &mut self,
        from: Timestamp,
        to: Timestamp,
        which: Letters<'_>,
    ) -> Result<u64, StoreError> {
        let mut row = values![from, to];
        let filter = match which {
            Letters::To(contact) => {
                row.push(without_tag(contact).into());
                " AND contact = $3"
            }
            Letters::About(network) => {
                row.push(network.into());
                " AND network = $3"
            }
            Letters::All => "",
        };
        let sql = format!("SELECT COUNT(*) FROM letters WHERE written_at >= $1 AND written_at <= $2{filter}");
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
