//! The audit trail: who did what, how, from where, and what came of it. It is only ever added to: nothing here changes or deletes a row.
//!
//! A deed is written down before it is done, and its end behind it. Where the end is missing, the process died between the two, and whether it was done
//! is told by what it changed. What is done in one transaction of the store is written down in it.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use atalaya_model::{Act, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::sql::{Connection, Row, values};
use crate::{Store, StoreError, Transaction};

/// Longest text of a target, in characters: the rest is in the details.
const MAX_TARGET: usize = 200;
/// The columns of a deed with its end and what has undone it, as they are read.
const COLUMNS: &str = "deeds.id, deeds.at, who, way, client, act, target, deeds.details, undoes, ended.at, ended.outcome, ended.details, \
     (SELECT MIN(undoing.id) FROM deeds AS undoing JOIN deed_ends ON deed_ends.deed = undoing.id \
      WHERE undoing.undoes = deeds.id AND deed_ends.outcome = 'done')";

/// How somebody came to do it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeedWay {
    /// Signed in at the console.
    Session,
    /// A program with a token.
    Token,
    /// A command on the machine, by a user of the system.
    Command,
    /// By an invitation, before there was an account.
    Invitation,
}

impl DeedWay {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Session, Self::Token, Self::Command, Self::Invitation];

    /// The name in database and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Token => "token",
            Self::Command => "command",
            Self::Invitation => "invitation",
        }
    }
}

impl fmt::Display for DeedWay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for DeedWay {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|way| way.name() == text);
        found.ok_or_else(|| format!("`{text}` is no way of doing anything"))
    }
}

/// What came of a deed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeedOutcome {
    /// It was done.
    Done,
    /// It was refused, or it failed.
    Failed,
}

impl DeedOutcome {
    /// The name in database and API.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
        }
    }
}

impl FromStr for DeedOutcome {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "done" => Ok(Self::Done),
            "failed" => Ok(Self::Failed),
            _ => Err(format!("`{text}` is no outcome")),
        }
    }
}

/// The number of a deed in the audit trail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DeedId(pub u64);

impl fmt::Display for DeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Something that somebody does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deed {
    /// When.
    pub at: Timestamp,
    /// The account, the token, or the user of the system.
    pub who: String,
    /// How.
    pub way: DeedWay,
    /// From which address; none on the machine itself.
    pub client: Option<IpAddr>,
    /// What.
    pub act: Act,
    /// To what: a prefix, an account, a file.
    pub target: String,
    /// What else is to be known, and what undoing needs.
    pub details: Json,
    /// The deed that this one takes back.
    pub undoes: Option<DeedId>,
}

/// The end of a deed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DeedEnd {
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: DeedOutcome,
    /// The answer, or the reason.
    pub details: Json,
}

/// A deed as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct KeptDeed {
    /// Its number.
    pub id: DeedId,
    /// What was done.
    #[serde(flatten)]
    pub deed: Deed,
    /// What came of it; none where nobody has noted it.
    pub end: Option<DeedEnd>,
    /// The deed that took this one back.
    pub undone_by: Option<DeedId>,
}

impl KeptDeed {
    /// Whether it was done, as far as anybody has noted.
    #[must_use]
    pub fn is_done(&self) -> bool {
        let end = self.end.as_ref();
        end.is_some_and(|end| end.outcome == DeedOutcome::Done)
    }

    /// What stood in the place of something before it, where that is kept for whoever takes it back; null where nothing did.
    #[must_use]
    pub fn before(&self) -> Option<&Json> {
        self.deed.details.get("before")
    }
}

/// Which deeds are asked for. What is empty asks for all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeedFilter {
    /// Those of one account, token or user.
    pub who: Option<String>,
    /// Those of one kind.
    pub act: Option<Act>,
    /// Those about one thing.
    pub target: Option<String>,
}

impl Store {
    /// Writes down what somebody is about to do. What comes of it is told by [`Self::end_deed`].
    ///
    /// # Errors
    /// The store failed: it must not be done then.
    pub async fn record_deed(&self, deed: &Deed) -> Result<DeedId, StoreError> {
        insert(&mut self.write().await?, deed).await
    }

    /// Writes down what came of a deed; only the first time counts.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end_deed(&self, id: DeedId, outcome: DeedOutcome, details: &Json) -> Result<(), StoreError> {
        let now = self.now();
        end(&mut self.write().await?, id, (outcome, now), details).await
    }

    /// A page of the audit trail, the newest first, behind the last one of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn deeds(
        &self,
        filter: &DeedFilter,
        before: Option<DeedId>,
        limit: u32,
    ) -> Result<Vec<KeptDeed>, StoreError> {
        let mut bound = values![before.map_or(u64::MAX, |id| id.0), limit];
        let act = filter.act.map(|act| act.name().to_owned());
        let mut conditions = String::new();
        for (column, wanted) in [
            ("who", filter.who.clone()),
            ("act", act),
            ("target", filter.target.clone()),
        ] {
            if let Some(wanted) = wanted {
                bound.push(wanted.into());
                conditions.push_str(&format!(" AND {column} = ${}", bound.len()));
            }
        }
        let sql = format!(
            "SELECT {COLUMNS} FROM deeds LEFT JOIN deed_ends AS ended ON ended.deed = deeds.id \
             WHERE deeds.id < $1{conditions} ORDER BY deeds.id DESC LIMIT $2"
        );
        let rows = self.read().await?.rows(sql, bound).await?;
        rows.into_iter().map(kept).collect()
    }

    /// One deed of the audit trail.
    ///
    /// # Errors
    /// The store failed.
    pub async fn deed(&self, id: DeedId) -> Result<Option<KeptDeed>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM deeds LEFT JOIN deed_ends AS ended ON ended.deed = deeds.id WHERE deeds.id = $1"
        );
        let row = self.read().await?.row(sql, values![id.0]).await?;
        row.map(kept).transpose()
    }
}

impl Transaction {
    /// Writes down a deed that this transaction does: both are kept, or neither.
    ///
    /// # Errors
    /// The store failed.
    pub async fn record_done(&mut self, deed: &Deed) -> Result<DeedId, StoreError> {
        let now = self.now();
        let id = insert(&mut self.connection, deed).await?;
        end(&mut self.connection, id, (DeedOutcome::Done, now), &Json::Null).await?;
        Ok(id)
    }
}

async fn insert(connection: &mut Connection, deed: &Deed) -> Result<DeedId, StoreError> {
    let sql = "INSERT INTO deeds (at, who, way, client, act, target, details, undoes) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let target: String = deed.target.chars().take(MAX_TARGET).collect();
    let bound = values![
        deed.at,
        deed.who.as_str(),
        deed.way.name(),
        deed.client.map(|client| client.to_string()),
        deed.act.name(),
        target,
        deed.details.to_string(),
        deed.undoes.map(|id| id.0),
    ];
    let row = connection.row(sql, bound).await?;
    let mut row = row.ok_or_else(|| StoreError::corrupt("a deed without a number"))?;
    row.take_count().map(DeedId)
}

async fn end(
    connection: &mut Connection,
    id: DeedId,
    (outcome, at): (DeedOutcome, Timestamp),
    details: &Json,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO deed_ends (deed, at, outcome, details) VALUES ($1, $2, $3, $4) \
               ON CONFLICT (deed) DO NOTHING";
    let bound = values![id.0, at, outcome.name(), details.to_string()];
    connection.execute(sql, bound).await.map(|_count| ())
}

/// Reads a row; the columns are taken in their order.
fn kept(mut row: Row) -> Result<KeptDeed, StoreError> {
    let id = row.take_count().map(DeedId)?;
    let deed = Deed {
        at: row.take_time()?,
        who: row.take()?,
        way: row.take_word()?,
        client: row.take_some_word()?,
        act: row.take_word()?,
        target: row.take()?,
        details: row.take_json()?,
        undoes: take_some_deed(&mut row)?,
    };
    let ended = row.take_some_time()?;
    let outcome = row.take_some_word()?;
    let details = row.take::<Option<String>>()?;
    let end = match (ended, outcome) {
        (Some(at), Some(outcome)) => Some(DeedEnd {
            at,
            outcome,
            details: serde_json::from_str(&details.unwrap_or_default()).map_err(StoreError::corrupt)?,
        }),
        _ => None,
    };
    Ok(KeptDeed {
        id,
        deed,
        end,
        undone_by: take_some_deed(&mut row)?,
    })
}

/// The next column: a deed, or none.
fn take_some_deed(row: &mut Row) -> Result<Option<DeedId>, StoreError> {
    let number = row.take::<Option<i64>>()?;
    let number = number.map(u64::try_from).transpose();
    Ok(number.map_err(StoreError::corrupt)?.map(DeedId))
}
