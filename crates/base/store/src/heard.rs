//! What was heard of notices: each mail that came back, what was made of it, and what followed. Rows are appended, never changed.
//!
//! A mail and what follows from it are one transaction: either all of it is durable, or nothing is; its evidence is durable before. What a person
//! makes of a mail that was left to him is a row of its own.

use std::borrow::Cow;

use atalaya_model::{Digest, MailAddress, Prefix, Timestamp};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::contacts::{caseless, mailboxes_at};
use crate::mailboxes::{Certain, DeathRules, Sign, note, refuse};
use crate::sql::{Connection, Row, values};
use crate::writer::{PackedEvidence, keep_packed};
use crate::{Evidence, Recorded, Store, StoreError};

/// The columns, as they are written and read back.
const COLUMNS: &str =
    "id, heard_at, notice, contact, sender, kind, confidence, because, action, details, message, settles";
/// The word for a failure that counts against a mailbox.
const COUNTED: &str = "counted";
/// The word for what is only kept.
const NOTED: &str = "noted";

/// What waits for a person: what was left to one, as long as nothing settles it.
const WAITS: &str =
    "action = 'person' AND NOT EXISTS (SELECT 1 FROM heard AS settling WHERE settling.settles = heard.id)";

/// A figure of this size stands for it or more: nobody answers so many, and each answer that comes in has them counted.
pub const MOST_UNSETTLED: u64 = 10_000;

/// What is heard, before it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewHeard {
    /// Names it for good: the same mail heard twice is kept once.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The notice that it is about, where that is known.
    pub notice: Option<Uuid>,
    /// Whom that notice told.
    pub contact: Option<MailAddress>,
    /// Who wrote, as the mail says.
    pub sender: String,
    /// What it is.
    pub kind: String,
    /// How sure that is, from 0 to 99.
    pub confidence: u8,
    /// What speaks for it.
    pub because: String,
    /// What was done.
    pub action: String,
    /// What else was read, as JSON.
    pub details: Json,
    /// What a person settles by it.
    pub settles: Option<Uuid>,
}

/// What was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What it is.
    pub told: NewHeard,
    /// The mail, under its digest, as long as evidence is kept; none where a person settled something.
    pub message: Option<Digest>,
}

/// Which of what was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeardWhich {
    /// What waits for a person.
    Waiting,
    /// All of it.
    All,
}

/// What follows from it, in the same transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// A mail to the contact failed for good. Counts once a notice; `certain` where the mailbox does not exist.
    Failed {
        /// Whether the mailbox certainly does not exist.
        certain: bool,
        /// When it is dead.
        rules: DeathRules,
        /// What the server said.
        why: String,
    },
    /// Mail to the contact arrives.
    Alive,
    /// Somebody at the contact wrote.
    Wrote,
    /// The contact wants no more notices.
    LeaveAlone,
    /// The prefix is not the contact's.
    Refuse(Prefix),
}

impl Store {
    /// Keeps what was heard with its mail, and does what follows. Returns once all of it is durable.
    ///
    /// # Errors
    /// The store failed, and nothing was kept.
    pub async fn hear(
        &self,
        heard: &NewHeard,
        mail: Option<Vec<u8>>,
        effects: &[Effect],
    ) -> Result<Recorded, StoreError> {
        let packed = PackedEvidence::pack(Evidence::from(mail)).await?;
        let digest = packed.message.as_ref().map(|kept| kept.digest);
        if is_known(&mut self.read().await?, heard.id).await? {
            return Ok(Recorded::Known);
        }
        self.keep(&packed, heard.at).await?;
        let mut transaction = self.begin().await?;
        let connection = &mut transaction.connection;
        if is_known(connection, heard.id).await? {
            transaction.rollback().await?;
            return Ok(Recorded::Known);
        }
        let action = follow_all(connection, heard, effects).await?;
        add(connection, (heard, action), digest).await?;
        transaction.commit().await?;
        Ok(Recorded::New)
    }

    /// Keeps evidence that no observation names.
    async fn keep(&self, packed: &PackedEvidence, at: Timestamp) -> Result<(), StoreError> {
        let all: Vec<_> = packed.packed().collect();
        if all.is_empty() {
            return Ok(());
        }
        let mut facts = self.write_facts().await?;
        facts.begin().await?;
        keep_packed(&mut facts, &all, at).await?;
        facts.commit().await
    }

    /// What was heard under this id.
    ///
    /// # Errors
    /// The store failed.
    pub async fn heard(&self, id: Uuid) -> Result<Option<Heard>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM heard WHERE id = $1");
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map(read).transpose()
    }

    /// How much was heard of a notice.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_heard_of(&self, notice: Uuid) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM heard WHERE notice = $1";
        self.counted(sql, values![notice]).await
    }

    /// What was heard up to now, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn all_heard(&self, limit: u32) -> Result<Vec<Heard>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM heard ORDER BY heard_at DESC, id LIMIT $1");
        self.many(sql, values![limit]).await
    }

    /// What waits for a person, the newest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn unsettled(&self, limit: u32) -> Result<Vec<Heard>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM heard WHERE {WAITS} ORDER BY heard_at DESC, id LIMIT $1");
        self.many(sql, values![limit]).await
    }

    /// A page of what was heard, the newest first, behind the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn heard_page(
        &self,
        which: HeardWhich,
        behind: Option<(Timestamp, Uuid)>,
        limit: u32,
    ) -> Result<Vec<Heard>, StoreError> {
        let (at, id) = behind.unwrap_or((Timestamp::from_micros(i64::MAX), Uuid::max()));
        let only = match which {
            HeardWhich::Waiting => format!("AND {WAITS}"),
            HeardWhich::All => String::new(),
        };
        let sql = format!(
            "SELECT {COLUMNS} FROM heard WHERE (heard_at, id) < ($1, $2) {only} ORDER BY heard_at DESC, id DESC LIMIT $3"
        );
        self.many(sql, values![at, id, limit]).await
    }

    /// How much waits for a person; counting stops at [`MOST_UNSETTLED`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_unsettled(&self) -> Result<u64, StoreError> {
        let sql = format!("SELECT COUNT(*) FROM (SELECT 1 FROM heard WHERE {WAITS} LIMIT $1) AS counted");
        self.counted(sql, values![MOST_UNSETTLED]).await
    }

    /// Whether a person has settled this already.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_settled(&self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "SELECT id FROM heard WHERE settles = $1 LIMIT 1";
        Ok(self.read().await?.row(sql, values![id]).await?.is_some())
    }

    /// How much was heard since a moment that is about no notice of ours.
    ///
    /// # Errors
    /// The store failed.
    pub async fn strange_since(&self, since: Timestamp) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM heard WHERE heard_at >= $1 AND notice IS NULL";
        self.counted(sql, values![since]).await
    }

    /// How much of that came from an address, or, with the @ in front, from a domain, as the mails say.
    ///
    /// # Errors
    /// The store failed.
    pub async fn strange_from(&self, whom: &str, since: Timestamp) -> Result<u64, StoreError> {
        let sql =
            "SELECT COUNT(*) FROM heard WHERE heard_at >= $1 AND notice IS NULL AND lower(sender) LIKE $2";
        self.counted(sql, values![since, mailboxes_at(whom)]).await
    }

    async fn counted(
        &self,
        sql: impl Into<Cow<'static, str>>,
        given: Vec<crate::sql::Value>,
    ) -> Result<u64, StoreError> {
        let row = self.read().await?.row(sql, given).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    async fn many(&self, sql: String, given: Vec<crate::sql::Value>) -> Result<Vec<Heard>, StoreError> {
        let rows = self.read().await?.rows(sql, given).await?;
        rows.into_iter().map(read).collect()
    }
}

async fn is_known(connection: &mut Connection, id: Uuid) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM heard WHERE id = $1";
    Ok(connection.row(sql, values![id]).await?.is_some())
}

/// Does all that follows. Gives what was done then.
async fn follow_all<'a>(
    connection: &mut Connection,
    heard: &'a NewHeard,
    effects: &[Effect],
) -> Result<&'a str, StoreError> {
    let mut action = heard.action.as_str();
    let Some(contact) = &heard.contact else {
        return Ok(action);
    };
    for effect in effects {
        if follow(connection, heard, contact, effect).await? == Followed::Before {
            action = NOTED;
        }
    }
    Ok(action)
}

/// Whether something followed now, or had followed before.
#[derive(PartialEq, Eq)]
enum Followed {
    Now,
    Before,
}

/// Does what follows.
async fn follow(
    connection: &mut Connection,
    heard: &NewHeard,
    contact: &MailAddress,
    effect: &Effect,
) -> Result<Followed, StoreError> {
    let at = heard.at;
    let sign = match effect {
        Effect::Failed { certain, rules, why } => {
            if has_failed(connection, heard.notice).await? {
                return Ok(Followed::Before);
            }
            let certain = if *certain { Certain::Yes } else { Certain::No };
            Sign::Failed(certain, *rules, why)
        }
        Effect::Alive => Sign::Alive,
        Effect::Wrote => Sign::Wrote,
        Effect::LeaveAlone => {
            let sql =
                "INSERT INTO left_alone (address, since) VALUES ($1, $2) ON CONFLICT (address) DO NOTHING";
            connection.execute(sql, values![caseless(contact), at]).await?;
            return Ok(Followed::Now);
        }
        Effect::Refuse(prefix) => {
            refuse(connection, prefix, contact, at).await?;
            return Ok(Followed::Now);
        }
    };
    note(connection, contact, at, sign)
        .await
        .map(|_mailbox| Followed::Now)
}

/// Whether a failure of this notice was counted before: servers on the way may each send a report.
async fn has_failed(connection: &mut Connection, notice: Option<Uuid>) -> Result<bool, StoreError> {
    let sql = "SELECT id FROM heard WHERE notice = $1 AND action = $2 LIMIT 1";
    let notice = notice.map(|id| id.into_bytes().to_vec());
    Ok(connection.row(sql, values![notice, COUNTED]).await?.is_some())
}

async fn add(
    connection: &mut Connection,
    (heard, action): (&NewHeard, &str),
    message: Option<Digest>,
) -> Result<(), StoreError> {
    let bytes = |id: Option<Uuid>| id.map(|id| id.into_bytes().to_vec());
    let row = values![
        heard.id,
        heard.at,
        bytes(heard.notice),
        heard.contact.as_ref().map_or("", MailAddress::as_str),
        heard.sender.as_str(),
        heard.kind.as_str(),
        u64::from(heard.confidence),
        heard.because.as_str(),
        action,
        heard.details.to_string(),
        message.map(|digest| digest.0.to_vec()),
        bytes(heard.settles),
    ];
    let head = format!("INSERT INTO heard ({COLUMNS}) VALUES");
    connection.insert(&head, vec![row], "").await
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn read(mut row: Row) -> Result<Heard, StoreError> {
    let id = row.take_id()?;
    let at = row.take_time()?;
    let notice = some_id(&mut row)?;
    let contact: String = row.take()?;
    let contact = match contact.as_str() {
        "" => None,
        address => Some(address.parse().map_err(StoreError::corrupt)?),
    };
    let told = NewHeard {
        id,
        at,
        notice,
        contact,
        sender: row.take()?,
        kind: row.take()?,
        confidence: row.take_count()?,
        because: row.take()?,
        action: row.take()?,
        details: row.take_json()?,
        settles: None,
    };
    let message = row.take_some_digest()?;
    let settles = some_id(&mut row)?;
    Ok(Heard {
        told: NewHeard { settles, ..told },
        message,
    })
}

fn some_id(row: &mut Row) -> Result<Option<Uuid>, StoreError> {
    let bytes = row.take::<Option<Vec<u8>>>()?;
    let id = bytes.map(|bytes| Uuid::from_slice(&bytes).map_err(StoreError::corrupt));
    id.transpose()
}
