//! What changes of an enrolment once it is there. Each change writes its own columns where the enrolment still is, so that whoever has looked for
//! minutes at a proof neither brings back an old key nor an enrolment that has ended.

use atalaya_model::{Digest, FeedbackScope, MailAddress, Timestamp};
use uuid::Uuid;

use crate::contacts::caseless;
use crate::sql::{Value, values};
use crate::{Enrolment, Proof, Store, StoreError, Topic, Transaction};

/// How many enrolments there are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct EnrolmentCounts {
    /// In all.
    pub all: u64,
    /// Of a mailbox.
    pub of_mailbox: u64,
    /// That made themselves.
    pub self_made: u64,
    /// Of these, of a client.
    pub of_client: u64,
    /// Of these, with mailboxes of a domain.
    pub of_mail_domain: u64,
    /// Of these, for a domain and those below it.
    pub for_domain: u64,
}

impl Store {
    /// The enrolments after one whose proof can be looked at without asking anybody, and that lapse before a moment or have lapsed; in the order
    /// of their names.
    ///
    /// # Errors
    /// The store failed.
    pub async fn enrolments_to_look_at(
        &self,
        after: Option<Uuid>,
        (now, before): (Timestamp, Timestamp),
        limit: u32,
    ) -> Result<Vec<Enrolment>, StoreError> {
        let rest = "WHERE id > $1 AND ends_at > $2 AND (ends_at < $3 OR state = 'lapsed') \
                    AND proof IN ('reverse', 'txt') ORDER BY id LIMIT $4";
        let after = after.unwrap_or(Uuid::nil());
        self.enrolments_where(rest, values![after, now, before, limit])
            .await
    }
}

impl Transaction {
    /// How many enrolments there are like one that somebody asks for, who counts under a domain.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_enrolments_like(
        &mut self,
        (client, mailbox): (&str, &MailAddress),
        scope: &FeedbackScope,
        domain: &str,
    ) -> Result<EnrolmentCounts, StoreError> {
        let sql = "SELECT COUNT(*), COUNT(CASE WHEN lower(mailbox) = $2 THEN 1 END), COUNT(client), \
                   COUNT(CASE WHEN client = $1 THEN 1 END), \
                   COUNT(CASE WHEN client IS NOT NULL AND lower(mailbox) LIKE $3 THEN 1 END), \
                   COUNT(CASE WHEN client IS NOT NULL AND (scope = $4 OR scope LIKE $5) THEN 1 END) FROM enrolments";
        let of_mail = format!("%@{}", mailbox.domain().to_ascii_lowercase());
        let (own, below) = match scope {
            FeedbackScope::Domain(_) => (format!("dkim:{domain}"), format!("dkim:%.{domain}")),
            FeedbackScope::Prefix(_) | FeedbackScope::Network(_) => Default::default(),
        };
        let asked = values![client, caseless(mailbox), of_mail, own, below];
        let row = self.connection.row(sql, asked).await?;
        row.map_or(Ok(EnrolmentCounts::default()), |mut row| {
            Ok(EnrolmentCounts {
                all: row.take_count()?,
                of_mailbox: row.take_count()?,
                self_made: row.take_count()?,
                of_client: row.take_count()?,
                of_mail_domain: row.take_count()?,
                for_domain: row.take_count()?,
            })
        })
    }

    /// An enrolment is proven (again) until then; says whether it is there.
    ///
    /// # Errors
    /// The store failed.
    pub async fn prove_enrolment(
        &mut self,
        enrolment: &Enrolment,
        proof: Proof,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        self.begin_where_nobody_was_told(&enrolment.scope).await?;
        let sql = "UPDATE enrolments SET state = 'active', proof = $2, ends_at = $3, warned_at = NULL WHERE id = $1";
        self.change_enrolment(sql, values![enrolment.id, proof.name(), until])
            .await
    }

    /// The end of an active enrolment was announced; says whether that was to be done still.
    ///
    /// # Errors
    /// The store failed.
    pub async fn warn_enrolment(&mut self, id: Uuid, ends_at: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE enrolments SET warned_at = $3 WHERE id = $1 AND state = 'active' AND ends_at = $2 \
                   AND warned_at IS NULL";
        let now = self.now();
        self.change_enrolment(sql, values![id, ends_at, now]).await
    }

    /// An enrolment whose time is over lapses and is kept until then; says whether that was to be done still.
    ///
    /// # Errors
    /// The store failed.
    pub async fn lapse_enrolment(&mut self, id: Uuid, until: Timestamp) -> Result<bool, StoreError> {
        let sql = "UPDATE enrolments SET state = 'lapsed', ends_at = $2 WHERE id = $1 AND state = 'active' AND ends_at <= $3";
        let now = self.now();
        self.change_enrolment(sql, values![id, until, now]).await
    }

    /// Forgets an enrolment that lapsed and whose time is over.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_lapsed(&mut self, id: Uuid) -> Result<(), StoreError> {
        let sql = "DELETE FROM enrolments WHERE id = $1 AND state = 'lapsed' AND ends_at <= $2";
        let now = self.now();
        match self.change_enrolment(sql, values![id, now]).await? {
            true => self.remove_enrolment(id).await,
            false => Ok(()),
        }
    }

    /// An enrolment has another key, and its secrets are made anew; says whether it is there.
    ///
    /// # Errors
    /// The store failed.
    pub async fn rotate_enrolment(&mut self, id: Uuid, pull_key: Digest) -> Result<bool, StoreError> {
        let sql = "UPDATE enrolments SET pull_key = $2, generation = generation + 1 WHERE id = $1";
        self.change_enrolment(sql, values![id, pull_key.0.to_vec()]).await
    }

    async fn change_enrolment(&mut self, sql: &'static str, values: Vec<Value>) -> Result<bool, StoreError> {
        let is_there = self.connection.execute(sql, values).await? > 0;
        if is_there {
            self.touch(Topic::Feedback);
            self.move_version().await?;
        }
        Ok(is_there)
    }
}
