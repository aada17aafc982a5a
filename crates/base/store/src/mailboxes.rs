//! How the mailboxes of contacts do: what bounced in a row, when somebody there was last heard, and which of them are dead for now. Beside them
//! stands which mailbox said that a prefix is not its own.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{MailAddress, Prefix, Timestamp};

use crate::contacts::caseless;
use crate::sql::{Connection, Row, values};
use crate::{Store, StoreError};

/// The columns of a mailbox, as they are written and read back.
const COLUMNS: &str =
    "address, hard, first_hard_at, last_hard_at, last_alive_at, last_reply_at, dead_since, dead_until, why";

/// When a mailbox is dead, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeathRules {
    /// So many mails in a row must have failed for good.
    pub after: u32,
    /// From the first to the last of them, this time must have passed.
    pub over: Duration,
    /// For so long nothing is written to it then.
    pub rest: Duration,
}

/// How a mailbox does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox {
    /// The mailbox; in the store all its letters are small.
    pub address: MailAddress,
    /// How many mails failed for good since it was last alive.
    pub hard: u64,
    /// The first of them.
    pub first_hard_at: Option<Timestamp>,
    /// The last of them.
    pub last_hard_at: Option<Timestamp>,
    /// When it last showed that mail arrives.
    pub last_alive_at: Option<Timestamp>,
    /// When somebody there last wrote.
    pub last_reply_at: Option<Timestamp>,
    /// Since when it is dead.
    pub dead_since: Option<Timestamp>,
    /// Until when nothing is written to it.
    pub dead_until: Option<Timestamp>,
    /// What the last server said that refused it.
    pub why: String,
}

impl Mailbox {
    fn new(address: MailAddress) -> Self {
        Self {
            address,
            hard: 0,
            first_hard_at: None,
            last_hard_at: None,
            last_alive_at: None,
            last_reply_at: None,
            dead_since: None,
            dead_until: None,
            why: String::new(),
        }
    }

    /// Whether nothing is written to it now.
    #[must_use]
    pub fn is_dead(&self, now: Timestamp) -> bool {
        self.dead_until.is_some_and(|until| until > now)
    }

    /// A mail failed for good; `certain` where the mailbox does not exist.
    fn fail(&mut self, at: Timestamp, certain: Certain, rules: DeathRules, why: &str) {
        self.hard = self.hard.saturating_add(1);
        let first = *self.first_hard_at.get_or_insert(at);
        self.last_hard_at = Some(at);
        why.clone_into(&mut self.why);
        let is_long = self.hard >= u64::from(rules.after) && at.since(first) >= rules.over;
        if certain == Certain::Yes || is_long {
            let since = self.dead_since.filter(|_| self.is_dead(at));
            self.dead_since = Some(since.unwrap_or(at));
            self.dead_until = Some(at.plus(rules.rest));
        }
    }

    /// Mail arrives there.
    fn live(&mut self, at: Timestamp) {
        let (address, last_reply_at) = (self.address.clone(), self.last_reply_at);
        *self = Self {
            last_alive_at: Some(at),
            last_reply_at,
            ..Self::new(address)
        };
    }
}

/// Whether a mailbox certainly does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Certain {
    /// It does not.
    Yes,
    /// That is not said.
    No,
}

/// What was heard of a mailbox.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Sign<'a> {
    /// A mail failed for good.
    Failed(Certain, DeathRules, &'a str),
    /// Mail arrives.
    Alive,
    /// Somebody there wrote.
    Wrote,
}

impl Store {
    /// How a mailbox does; none where nothing was ever heard of it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn mailbox(&self, address: &MailAddress) -> Result<Option<Mailbox>, StoreError> {
        find(&mut self.read().await?, address).await
    }

    /// Whether nothing is to be written to a mailbox now, because mail to it failed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_dead(&self, address: &MailAddress, now: Timestamp) -> Result<bool, StoreError> {
        let mailbox = self.mailbox(address).await?;
        Ok(mailbox.is_some_and(|mailbox| mailbox.is_dead(now)))
    }

    /// Whether a mailbox said that `address`, or a prefix around it, is not its own.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_refused(&self, address: IpAddr, mailbox: &MailAddress) -> Result<bool, StoreError> {
        let sql = "SELECT prefix FROM refused WHERE mailbox = {with} AND prefix IN {keys}";
        let around = Prefix::single(address).with_parents();
        let with = Some(caseless(mailbox).into());
        let rows = self.read().await?.rows_in_with(sql, with, around).await?;
        Ok(!rows.is_empty())
    }

    /// All prefixes of which a mailbox said that they are not its own.
    ///
    /// # Errors
    /// The store failed.
    pub async fn all_refused_by(&self, mailbox: &MailAddress) -> Result<Vec<Prefix>, StoreError> {
        let sql = "SELECT prefix FROM refused WHERE mailbox = $1";
        let rows = self.read().await?.rows(sql, values![caseless(mailbox)]).await?;
        rows.into_iter().map(|mut row| row.take_prefix()).collect()
    }

    /// Remembers that a mailbox said that a prefix is not its own: from now on it is no answer for it.
    ///
    /// # Errors
    /// The store failed.
    pub async fn contact_refused(
        &self,
        prefix: &Prefix,
        mailbox: &MailAddress,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        refuse(&mut self.write().await?, prefix, mailbox, at).await
    }
}

/// Writes down that a mailbox refused a prefix.
pub(crate) async fn refuse(
    connection: &mut Connection,
    prefix: &Prefix,
    mailbox: &MailAddress,
    at: Timestamp,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO refused (prefix, mailbox, refused_at) VALUES ($1, $2, $3) \
               ON CONFLICT (prefix, mailbox) DO NOTHING";
    let row = values![prefix, caseless(mailbox), at];
    connection.execute(sql, row).await.map(|_count| ())
}

/// Writes down what was heard of a mailbox, inside a transaction. Tells how it does then.
pub(crate) async fn note(
    connection: &mut Connection,
    address: &MailAddress,
    at: Timestamp,
    sign: Sign<'_>,
) -> Result<Mailbox, StoreError> {
    // Whoever comes second waits here, so that each sees what the one before wrote.
    let sql = "INSERT INTO mailboxes (address, hard, why) VALUES ($1, 0, '') ON CONFLICT (address) DO UPDATE SET why = mailboxes.why";
    connection.execute(sql, values![caseless(address)]).await?;
    let found = find(connection, address).await?;
    let mut mailbox = found.unwrap_or_else(|| Mailbox::new(address.clone()));
    match sign {
        Sign::Failed(certain, rules, why) => mailbox.fail(at, certain, rules, why),
        Sign::Alive => mailbox.live(at),
        Sign::Wrote => {
            mailbox.live(at);
            mailbox.last_reply_at = Some(at);
        }
    }
    let sql = "UPDATE mailboxes SET hard = $2, first_hard_at = $3, last_hard_at = $4, last_alive_at = $5, \
               last_reply_at = $6, dead_since = $7, dead_until = $8, why = $9 WHERE address = $1";
    let row = values![
        caseless(address),
        mailbox.hard,
        mailbox.first_hard_at,
        mailbox.last_hard_at,
        mailbox.last_alive_at,
        mailbox.last_reply_at,
        mailbox.dead_since,
        mailbox.dead_until,
        mailbox.why.as_str(),
    ];
    connection.execute(sql, row).await?;
    Ok(mailbox)
}

async fn find(connection: &mut Connection, address: &MailAddress) -> Result<Option<Mailbox>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM mailboxes WHERE address = $1");
    let row = connection.row(sql, values![caseless(address)]).await?;
    row.map(mailbox).transpose()
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn mailbox(mut row: Row) -> Result<Mailbox, StoreError> {
    Ok(Mailbox {
        address: row.take_word()?,
        hard: row.take_count()?,
        first_hard_at: row.take_some_time()?,
        last_hard_at: row.take_some_time()?,
        last_alive_at: row.take_some_time()?,
        last_reply_at: row.take_some_time()?,
        dead_since: row.take_some_time()?,
        dead_until: row.take_some_time()?,
        why: row.take()?,
    })
}
