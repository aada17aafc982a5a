//! Enrolments that somebody asked for and nobody has proven yet. What strangers write stands here alone: it costs who enrolled nothing, and
//! is forgotten by itself.

use atalaya_model::{FeedbackScope, MailAddress, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::contacts::caseless;
use crate::enrolments::Enrolment;
use crate::sql::{Row, Value, values};
use crate::{Proof, Store, StoreError, Transaction, Ways};

/// The columns of a request, as they are written and read back.
const COLUMNS: &str = "id, scope, name, mailbox, ways, proof, client, confirmed_at, contact, proven_at, approved_at, \
                       dropped_at, refused_at, created_at, ends_at";
/// The counter that whoever counts requests holds, so that nobody else does meanwhile.
const COUNTER: &str = "feedback-requests";
/// What can still be gone on with.
const OPEN: &str = "dropped_at IS NULL AND refused_at IS NULL";

/// An enrolment that somebody asked for, or one whose proof somebody else has to give again: then both have the same id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentRequest {
    /// Names it for good, also once it is an enrolment.
    pub id: Uuid,
    /// What it would be told of.
    pub scope: FeedbackScope,
    /// Who asks, in one line.
    pub name: String,
    /// The mailbox of who asks.
    pub mailbox: MailAddress,
    /// The ways in which it would be told.
    pub ways: Ways,
    /// How the scope is to be proven.
    pub proof: Proof,
    /// The client that asked.
    pub client: String,
    /// When the mailbox confirmed that it asked.
    pub confirmed_at: Option<Timestamp>,
    /// Who was asked by mail whether the scope is theirs.
    pub contact: Option<MailAddress>,
    /// When the scope was proven.
    pub proven_at: Option<Timestamp>,
    /// When the operator approved.
    pub approved_at: Option<Timestamp>,
    /// When whoever asked dropped it. It is kept until its end, and counted.
    #[serde(default)]
    pub dropped_at: Option<Timestamp>,
    /// When the contact said no. It is kept until its end, so that the contact is not asked again.
    #[serde(default)]
    pub refused_at: Option<Timestamp>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub ends_at: Timestamp,
}

impl EnrolmentRequest {
    /// Whether it can still be gone on with.
    #[must_use]
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.dropped_at.is_none() && self.refused_at.is_none() && self.ends_at > now
    }
}

/// A step of a request. Each writes what is its own and nothing else, so that none takes back another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestStep<'a> {
    /// Its mailbox has confirmed it.
    Confirmed,
    /// This contact is asked about it, for the only time.
    Asked(&'a MailAddress),
    /// Its scope is proven.
    Proven,
    /// The operator has approved.
    Approved,
    /// Whoever asked drops it; so his mailbox is his.
    Dropped,
    /// The contact says no.
    Refused,
}

impl Store {
    /// The request of that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolment_request(&self, id: Uuid) -> Result<Option<EnrolmentRequest>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM enrolment_requests WHERE id = $1");
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map(request).transpose()
    }

    /// All requests after one, in the order of their names; but for enrolments that were proven again.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolment_requests(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<EnrolmentRequest>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM enrolment_requests WHERE id > $1 AND (client <> '' OR proven_at IS NULL) \
             ORDER BY id LIMIT $2"
        );
        let after = after.unwrap_or(Uuid::nil());
        self.requests_by(sql, values![after, limit]).await
    }

    /// What a mailbox asked for, and what it is asked about as the contact of a scope; the latest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolment_requests_of(
        &self,
        mailbox: &MailAddress,
        limit: u32,
    ) -> Result<Vec<EnrolmentRequest>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM enrolment_requests WHERE lower(mailbox) = $1 OR lower(contact) = $1 \
             ORDER BY created_at DESC, id LIMIT $2"
        );
        self.requests_by(sql, values![caseless(mailbox), limit]).await
    }

    /// The enrolments of a mailbox, the oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolments_of(
        &self,
        mailbox: &MailAddress,
        limit: u32,
    ) -> Result<Vec<Enrolment>, StoreError> {
        let rest = "WHERE lower(mailbox) = $1 ORDER BY created_at, id LIMIT $2";
        self.enrolments_where(rest, values![caseless(mailbox), limit])
            .await
    }

    /// Forgets the requests whose time is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_enrolment_requests(&self, now: Timestamp) -> Result<(), StoreError> {
        let sql = "DELETE FROM enrolment_requests WHERE ends_at <= $1";
        self.write_one(sql, values![now]).await
    }

    async fn requests_by(
        &self,
        sql: String,
        values: Vec<Value>,
    ) -> Result<Vec<EnrolmentRequest>, StoreError> {
        let rows = self.read().await?.rows(sql, values).await?;
        rows.into_iter().map(request).collect()
    }
}

impl Transaction {
    /// Keeps everybody else from counting requests until this transaction ends, and forgets those whose time is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn hold_requests(&mut self) -> Result<(), StoreError> {
        let now = self.now();
        let sql = "UPDATE counters SET value = value + 1 WHERE name = $1";
        self.connection.execute(sql, values![COUNTER]).await?;
        let sql = "DELETE FROM enrolment_requests WHERE ends_at <= $1";
        self.connection.execute(sql, values![now]).await.map(|_count| ())
    }

    /// All requests that somebody made, dropped ones among them, the oldest first. What enrolments ask for to be proven again is not among them.
    ///
    /// # Errors
    /// The store failed.
    pub async fn all_requests(&mut self) -> Result<Vec<EnrolmentRequest>, StoreError> {
        let sql =
            format!("SELECT {COLUMNS} FROM enrolment_requests WHERE client <> '' ORDER BY created_at, id");
        let rows = self.connection.rows(sql, Vec::new()).await?;
        rows.into_iter().map(request).collect()
    }

    /// How many requests a contact was asked about and did not say yes to, and whether it said no to one of this scope.
    ///
    /// # Errors
    /// The store failed.
    pub async fn asked_of_contact(
        &mut self,
        contact: &MailAddress,
        scope: &FeedbackScope,
    ) -> Result<(u64, bool), StoreError> {
        let sql = "SELECT COUNT(*), COUNT(CASE WHEN scope = $2 THEN refused_at END) FROM enrolment_requests \
                   WHERE lower(contact) = $1 AND proven_at IS NULL";
        let row = self
            .connection
            .row(sql, values![caseless(contact), scope.to_string()])
            .await?;
        row.map_or(Ok((0, false)), |mut row| {
            Ok((row.take_count()?, row.take_count::<u64>()? > 0))
        })
    }

    /// Writes a request down; one of that name stays as it is.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_enrolment_request(&mut self, request: &EnrolmentRequest) -> Result<(), StoreError> {
        let head = format!("INSERT INTO enrolment_requests ({COLUMNS}) VALUES");
        let row = values![
            request.id,
            request.scope.to_string(),
            request.name.as_str(),
            request.mailbox.as_str(),
            serde_json::to_string(&request.ways).map_err(StoreError::unexpected)?,
            request.proof.name(),
            request.client.as_str(),
            request.confirmed_at,
            request.contact.as_ref().map(MailAddress::as_str),
            request.proven_at,
            request.approved_at,
            request.dropped_at,
            request.refused_at,
            request.created_at,
            request.ends_at,
        ];
        self.connection
            .insert(&head, vec![row], "ON CONFLICT (id) DO NOTHING")
            .await
            .map(|_count| ())
    }

    /// Notes a step of a request that is open, which is then kept until `until` at least; says whether it was taken now.
    ///
    /// # Errors
    /// The store failed.
    pub async fn note_request(
        &mut self,
        id: Uuid,
        step: RequestStep<'_>,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let (set, column) = match step {
            RequestStep::Confirmed => ("confirmed_at = $3", "confirmed_at"),
            RequestStep::Asked(_) => ("contact = $3", "contact"),
            RequestStep::Proven => ("proven_at = $3", "proven_at"),
            RequestStep::Approved => ("approved_at = $3", "approved_at"),
            RequestStep::Dropped => (
                "dropped_at = $3, confirmed_at = COALESCE(confirmed_at, $3)",
                "dropped_at",
            ),
            RequestStep::Refused => ("refused_at = $3", "refused_at"),
        };
        let value: Value = match step {
            RequestStep::Asked(contact) => contact.as_str().into(),
            _ => self.now().into(),
        };
        let sql = format!(
            "UPDATE enrolment_requests SET {set}, ends_at = CASE WHEN ends_at < $2 THEN $2 ELSE ends_at END \
             WHERE id = $1 AND {column} IS NULL AND {OPEN}"
        );
        let [id, until] = [id.into(), until.into()];
        Ok(self.connection.execute(sql, vec![id, until, value]).await? > 0)
    }

    /// Takes a request away that is open, for the enrolment that it becomes; says whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn take_enrolment_request(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let sql = format!("DELETE FROM enrolment_requests WHERE id = $1 AND {OPEN}");
        Ok(self.connection.execute(sql, values![id]).await? > 0)
    }

    /// Forgets a request; says whether there was one.
    ///
    /// # Errors
    /// The store failed.
    pub async fn remove_enrolment_request(&mut self, id: Uuid) -> Result<bool, StoreError> {
        let sql = "DELETE FROM enrolment_requests WHERE id = $1";
        Ok(self.connection.execute(sql, values![id]).await? > 0)
    }
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn request(mut row: Row) -> Result<EnrolmentRequest, StoreError> {
    Ok(EnrolmentRequest {
        id: row.take_id()?,
        scope: row.take_word()?,
        name: row.take()?,
        mailbox: row.take_word()?,
        ways: row.take_json()?,
        proof: row.take_word()?,
        client: row.take()?,
        confirmed_at: row.take_some_time()?,
        contact: row.take_some_word()?,
        proven_at: row.take_some_time()?,
        approved_at: row.take_some_time()?,
        dropped_at: row.take_some_time()?,
        refused_at: row.take_some_time()?,
        created_at: row.take_time()?,
        ends_at: row.take_time()?,
    })
}
