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
                       created_at, ends_at";

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
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is forgotten.
    pub ends_at: Timestamp,
}

/// How many requests there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RequestCounts {
    /// In all.
    pub all: u64,
    /// Of a client.
    pub of_client: u64,
    /// For a scope.
    pub for_scope: u64,
    /// Of a mailbox, which it has not confirmed.
    pub of_mailbox: u64,
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

    /// All requests after one, in the order of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolment_requests(
        &self,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<EnrolmentRequest>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM enrolment_requests WHERE id > $1 ORDER BY id LIMIT $2");
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

    /// How many requests there are.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_enrolment_requests(
        &self,
        client: &str,
        scope: &FeedbackScope,
        mailbox: &MailAddress,
    ) -> Result<RequestCounts, StoreError> {
        let sql = "SELECT COUNT(*), COUNT(CASE WHEN client = $1 THEN 1 END), \
                   COUNT(CASE WHEN scope = $2 THEN 1 END), COUNT(CASE WHEN lower(mailbox) = $3 AND confirmed_at IS NULL THEN 1 END) \
                   FROM enrolment_requests";
        let asked = values![client, scope.to_string(), caseless(mailbox)];
        let row = self.read().await?.row(sql, asked).await?;
        row.map_or(Ok(RequestCounts::default()), |mut row| {
            Ok(RequestCounts {
                all: row.take_count()?,
                of_client: row.take_count()?,
                for_scope: row.take_count()?,
                of_mailbox: row.take_count()?,
            })
        })
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
    /// Writes a request, new or changed.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_enrolment_request(&mut self, request: &EnrolmentRequest) -> Result<(), StoreError> {
        let head = format!("INSERT INTO enrolment_requests ({COLUMNS}) VALUES");
        let tail = "ON CONFLICT (id) DO UPDATE SET confirmed_at = excluded.confirmed_at, contact = excluded.contact, \
                    proven_at = excluded.proven_at, approved_at = excluded.approved_at, ends_at = excluded.ends_at";
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
            request.created_at,
            request.ends_at,
        ];
        self.connection
            .insert(&head, vec![row], tail)
            .await
            .map(|_count| ())
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
        created_at: row.take_time()?,
        ends_at: row.take_time()?,
    })
}
