//! Enrolments in the feedback loop: who is told of what, in which ways, and until when.

use std::fmt;
use std::str::FromStr;

use atalaya_model::{Digest, FeedbackScope, MailAddress, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::contacts::caseless;
use crate::feedback::Way;
use crate::requests::RequestStep;
use crate::sql::{Row, Value, values};
use crate::transaction::{FEEDBACK, SIGNED_READER, Transaction};
use crate::{Store, StoreError, Topic};

/// The columns of an enrolment, as they are written and read back.
const COLUMNS: &str = "id, scope, name, mailbox, state, proof, ways, pull_key, generation, created_at, ends_at, warned_at, client";
/// The name of the counter that each change moves.
const VERSION: &str = "feedback";

/// How far an enrolment has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EnrolmentState {
    /// Proven; events are told.
    Active,
    /// Not proven again in time; nothing is told.
    Lapsed,
}

/// How control over the scope was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// By the operator's word.
    Operator,
    /// By the word of whoever the registries name for it, by mail.
    Mail,
    /// By the names of its addresses.
    Reverse,
    /// By a TXT record in its zone.
    Txt,
}

/// The words of a closed set, as they stand in the store and in JSON.
macro_rules! words {
    ($type:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
            /// Its name.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $type {
            type Err = StoreError;

            fn from_str(text: &str) -> Result<Self, StoreError> {
                [$(Self::$variant),+]
                    .into_iter()
                    .find(|word| word.name() == text)
                    .ok_or_else(|| StoreError::corrupt(format!("the word {text}")))
            }
        }
    };
}
pub(crate) use words;

words!(EnrolmentState: Active = "active", Lapsed = "lapsed");
words!(Proof: Operator = "operator", Mail = "mail", Reverse = "reverse", Txt = "txt");

/// In which ways an enrolment is told, beside the feed that it pulls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ways {
    /// ARF by mail to the mailbox.
    #[serde(default)]
    pub mail: bool,
    /// A summary of each day by mail.
    #[serde(default)]
    pub summary: bool,
    /// X-ARF, posted to this URL.
    #[serde(default)]
    pub webhook: Option<String>,
}

impl Ways {
    /// The deliveries that these take. Whoever gets mail gets a summary of a day on which there were more events than mails.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Way> {
        let wanted = [
            (Way::Mail, self.mail),
            (Way::Webhook, self.webhook.is_some()),
            (Way::Summary, self.summary || self.mail),
        ];
        wanted
            .into_iter()
            .filter(|(_, is_wanted)| *is_wanted)
            .map(|(way, _)| way)
            .collect()
    }
}

/// An enrolment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enrolment {
    /// Names it for good.
    pub id: Uuid,
    /// What it is told of.
    pub scope: FeedbackScope,
    /// Who enrolled, in one line.
    pub name: String,
    /// The mailbox of who enrolled.
    pub mailbox: MailAddress,
    /// How far it has come.
    pub state: EnrolmentState,
    /// How the scope was proven, last time.
    pub proof: Option<Proof>,
    /// The ways in which it is told.
    pub ways: Ways,
    /// The digest of the key of its feed.
    #[serde(skip)]
    pub pull_key: Option<Digest>,
    /// How often its links and secrets were made anew.
    pub generation: u32,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it lapses, or is forgotten, unless proven (again).
    pub ends_at: Timestamp,
    /// When its end was announced.
    pub warned_at: Option<Timestamp>,
    /// The client that asked for it, where it made itself.
    #[serde(default)]
    pub client: Option<String>,
}

impl Enrolment {
    /// Whether it is told of events.
    #[must_use]
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.state == EnrolmentState::Active && self.ends_at > now
    }
}

impl Store {
    /// The enrolment of that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolment(&self, id: Uuid) -> Result<Option<Enrolment>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM enrolments WHERE id = $1");
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map(enrolment).transpose()
    }

    /// The enrolment whose feed has the key of that digest.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolment_by_key(&self, key: &Digest) -> Result<Option<Enrolment>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM enrolments WHERE pull_key = $1");
        let row = self.read().await?.row(sql, values![key.0.to_vec()]).await?;
        row.map(enrolment).transpose()
    }

    /// All enrolments after one, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolments(&self, after: Option<Uuid>, limit: u32) -> Result<Vec<Enrolment>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM enrolments WHERE id > $1 ORDER BY id LIMIT $2");
        let after = after.unwrap_or(Uuid::nil());
        self.enrolments_by(sql, values![after, limit]).await
    }

    /// The enrolments in a state that end before a moment, the earliest first; those that were warned already come at their end only.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolments_ending(
        &self,
        before: Timestamp,
        now: Timestamp,
        limit: u32,
    ) -> Result<Vec<Enrolment>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM enrolments WHERE ends_at < $1 \
             AND (ends_at <= $2 OR (warned_at IS NULL AND state = 'active')) ORDER BY ends_at LIMIT $3"
        );
        self.enrolments_by(sql, values![before, now, limit]).await
    }

    /// How many enrolments there are: in all, and of a mailbox.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_enrolments(&self, mailbox: &MailAddress) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT (SELECT COUNT(*) FROM enrolments), \
                   (SELECT COUNT(*) FROM enrolments WHERE lower(mailbox) = $1)";
        let row = self.read().await?.row(sql, values![caseless(mailbox)]).await?;
        row.map_or(Ok((0, 0)), |mut row| Ok((row.take_count()?, row.take_count()?)))
    }

    /// Up to which observation those who enrolled are told, in events; none where there is nobody to tell.
    ///
    /// # Errors
    /// The store failed.
    pub async fn told_up_to(&self) -> Result<Option<u64>, StoreError> {
        // Who is told by address and who is told by signature have a reader each, which stands still while it has nobody.
        let sql = "SELECT COALESCE((SELECT position FROM readers WHERE name = $1), 0) \
                   WHERE EXISTS (SELECT 1 FROM enrolments WHERE state = 'active' AND scope NOT LIKE 'dkim:%') \
                   UNION ALL SELECT COALESCE((SELECT position FROM readers WHERE name = $2), 0) \
                   WHERE EXISTS (SELECT 1 FROM enrolments WHERE state = 'active' AND scope LIKE 'dkim:%')";
        let rows = self
            .read()
            .await?
            .rows(sql, values![FEEDBACK, SIGNED_READER])
            .await?;
        let positions: Result<Vec<u64>, StoreError> =
            rows.into_iter().map(|mut row| row.take_count()).collect();
        Ok(positions?.into_iter().min())
    }

    /// A number that each change of any enrolment moves.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolments_version(&self) -> Result<u64, StoreError> {
        let sql = "SELECT value FROM counters WHERE name = $1";
        let row = self.read().await?.row(sql, values![VERSION]).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Enrolments by the rest of a query.
    pub(crate) async fn enrolments_where(
        &self,
        rest: &str,
        values: Vec<Value>,
    ) -> Result<Vec<Enrolment>, StoreError> {
        self.enrolments_by(format!("SELECT {COLUMNS} FROM enrolments {rest}"), values)
            .await
    }

    async fn enrolments_by(&self, sql: String, values: Vec<Value>) -> Result<Vec<Enrolment>, StoreError> {
        let rows = self.read().await?.rows(sql, values).await?;
        rows.into_iter().map(enrolment).collect()
    }
}

impl Transaction {
    /// Writes an enrolment down as it is, with the deliveries that its ways take. Deliveries begin with what is seen from now on. One that is
    /// there is changed by what `proving` has.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_enrolment(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        self.begin_where_nobody_was_told(&enrolment.scope).await?;
        let head = format!("INSERT INTO enrolments ({COLUMNS}) VALUES");
        let tail = "ON CONFLICT (id) DO UPDATE SET scope = excluded.scope, name = excluded.name, \
                    mailbox = excluded.mailbox, state = excluded.state, proof = excluded.proof, \
                    ways = excluded.ways, pull_key = excluded.pull_key, generation = excluded.generation, \
                    ends_at = excluded.ends_at, warned_at = excluded.warned_at, client = excluded.client";
        let row = values![
            enrolment.id,
            enrolment.scope.to_string(),
            enrolment.name.as_str(),
            enrolment.mailbox.as_str(),
            enrolment.state.name(),
            enrolment.proof.map(Proof::name),
            serde_json::to_string(&enrolment.ways).map_err(StoreError::unexpected)?,
            enrolment.pull_key.map(|key| key.0.to_vec()),
            enrolment.generation,
            enrolment.created_at,
            enrolment.ends_at,
            enrolment.warned_at,
            enrolment.client.as_deref(),
        ];
        self.connection.insert(&head, vec![row], tail).await?;
        self.put_deliveries(enrolment).await?;
        self.touch(Topic::Feedback);
        self.move_version().await
    }

    /// Lets every way of an enrolment begin again that waits or has given up.
    ///
    /// # Errors
    /// The store failed.
    pub async fn wake_deliveries(&mut self, id: Uuid) -> Result<(), StoreError> {
        let now = self.now();
        let sql =
            "UPDATE deliveries SET due_at = $2, attempts = 0, failing_since = NULL WHERE enrolment = $1";
        self.connection.execute(sql, values![id, now]).await?;
        self.touch(Topic::Feedback);
        Ok(())
    }

    /// Forgets an enrolment and all that it was told.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove_enrolment(&mut self, id: Uuid) -> Result<(), StoreError> {
        for sql in [
            "DELETE FROM feedback_events WHERE enrolment = $1",
            "DELETE FROM deliveries WHERE enrolment = $1",
            "DELETE FROM feedback_unmailed WHERE enrolment = $1",
            "DELETE FROM enrolments WHERE id = $1",
        ] {
            self.connection.execute(sql, values![id]).await?;
        }
        // Whom it had asked is not asked more often because it has ended.
        let now = self.now();
        self.note_request(id, RequestStep::Dropped, now).await?;
        self.move_version().await
    }

    /// Whoever makes events need not go through what was seen while there was nobody to tell.
    pub(crate) async fn begin_where_nobody_was_told(
        &mut self,
        scope: &FeedbackScope,
    ) -> Result<(), StoreError> {
        let (reader, sql) = match scope {
            // Reports to `CFBL-Address` have the same reader: of what it has not gone through at this moment none is made.
            FeedbackScope::Domain(_) => (
                SIGNED_READER,
                "SELECT 1 FROM enrolments WHERE state = 'active' AND scope LIKE 'dkim:%' LIMIT 1",
            ),
            FeedbackScope::Prefix(_) | FeedbackScope::Network(_) => (
                FEEDBACK,
                "SELECT 1 FROM enrolments WHERE state = 'active' AND scope NOT LIKE 'dkim:%' LIMIT 1",
            ),
        };
        if self.connection.row(sql, Vec::new()).await?.is_none() {
            let last = self.store().last_position().await?;
            self.set_position(reader, last).await?;
        }
        Ok(())
    }

    async fn put_deliveries(&mut self, enrolment: &Enrolment) -> Result<(), StoreError> {
        let wanted = enrolment.ways.deliveries();
        for way in Way::ALL {
            if !wanted.contains(&way) {
                let sql = "DELETE FROM deliveries WHERE enrolment = $1 AND way = $2";
                self.connection
                    .execute(sql, values![enrolment.id, way.name()])
                    .await?;
                continue;
            }
            let now = self.now();
            let first = match way {
                Way::Summary => way.begin_after(now),
                Way::Mail | Way::Webhook => self.last_event(&enrolment.scope).await?,
            };
            let latest = way.latest_at_first(first);
            let row = values![enrolment.id, way.name(), first, latest, now, 0_u32, 0_u32, 0_u32];
            let head = "INSERT INTO deliveries (enrolment, way, position, latest, due_at, attempts, day, told) VALUES";
            let tail = "ON CONFLICT (enrolment, way) DO NOTHING";
            self.connection.insert(head, vec![row], tail).await?;
        }
        Ok(())
    }

    /// Where the events of a scope stand that is told from now on.
    async fn last_event(&mut self, scope: &FeedbackScope) -> Result<u64, StoreError> {
        match scope {
            FeedbackScope::Domain(_) => self.last_signed().await,
            FeedbackScope::Prefix(_) | FeedbackScope::Network(_) => self.store().last_position().await,
        }
    }

    pub(crate) async fn move_version(&mut self) -> Result<(), StoreError> {
        let sql = "UPDATE counters SET value = value + 1 WHERE name = $1";
        self.connection
            .execute(sql, values![VERSION])
            .await
            .map(|_count| ())
    }
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn enrolment(mut row: Row) -> Result<Enrolment, StoreError> {
    Ok(Enrolment {
        id: row.take_id()?,
        scope: row.take_word()?,
        name: row.take()?,
        mailbox: row.take_word()?,
        state: row.take_word()?,
        proof: row.take_some_word()?,
        ways: row.take_json()?,
        pull_key: row.take_some_digest()?,
        generation: row.take_count()?,
        created_at: row.take_time()?,
        ends_at: row.take_time()?,
        warned_at: row.take_some_time()?,
        client: row.take()?,
    })
}
