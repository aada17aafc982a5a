//! Who is signed in, and what failed when somebody tried.
//!
//! Failures are counted by name and client, so that nobody else is held up; what all clients of a name failed together is counted under the empty
//! client. Names are digests: who typed a password into the wrong field does not find it in the database.

use atalaya_model::{Digest, Prefix, Timestamp};
use uuid::Uuid;

use crate::accounts::{Account, account};
use crate::sql::{Row, values};
use crate::{Store, StoreError};

/// The columns of a session, as they are read.
const COLUMNS: &str = "sessions.id, sessions.client, sessions.agent, sessions.created_at, sessions.seen_at, sessions.ends_at, sessions.ended_at";
/// Most sessions of a list.
const MOST_SHOWN: u32 = 100;
/// Most counts of failures that are kept; the oldest go first.
const MOST_FAILURES: u32 = 10_000;

/// Somebody who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id, by which it is shown and ended.
    pub id: Uuid,
    /// Where it was opened from: an IPv4 address or an IPv6 /64.
    pub client: Prefix,
    /// What the browser called itself.
    pub agent: String,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was used last, to the minute.
    pub seen_at: Timestamp,
    /// When it ends, however much it is used.
    pub ends_at: Timestamp,
    /// When somebody ended it.
    pub ended_at: Option<Timestamp>,
}

/// What failed when somebody tried to sign in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Failures {
    /// How often in a row.
    pub count: u64,
    /// When last.
    pub last_at: Option<Timestamp>,
}

impl Store {
    /// Opens a session, and forgets those that ended before `old`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn open_session(
        &self,
        account: Uuid,
        session: &Session,
        token: Digest,
        old: Timestamp,
    ) -> Result<(), StoreError> {
        let mut connection = self.write().await?;
        let sql = "DELETE FROM sessions WHERE ends_at < $1";
        connection.execute(sql, values![old]).await?;
        let sql = "INSERT INTO sessions (id, token, account, client, agent, created_at, seen_at, ends_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
        let bound = values![
            session.id,
            token.0.to_vec(),
            account,
            &session.client,
            session.agent.as_str(),
            session.created_at,
            session.seen_at,
            session.ends_at,
        ];
        connection.execute(sql, bound).await.map(|_count| ())
    }

    /// The session with a token and its account; none where it has ended or the account is closed. Whether it was idle for too long is for the caller
    /// to say.
    ///
    /// # Errors
    /// The store failed.
    pub async fn session(&self, token: Digest) -> Result<Option<(Session, Account)>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, accounts.id, accounts.name, accounts.role, accounts.password, accounts.factor, \
             accounts.factor_step, accounts.created_at, accounts.disabled_at \
             FROM sessions JOIN accounts ON accounts.id = sessions.account \
             WHERE sessions.token = $1 AND sessions.ends_at > $2 AND sessions.ended_at IS NULL \
             AND accounts.disabled_at IS NULL AND accounts.password IS NOT NULL"
        );
        let now = self.now();
        let row = self
            .read()
            .await?
            .row(sql, values![token.0.to_vec(), now])
            .await?;
        let both = row.map(|mut row| Ok((session(&mut row)?, account(&mut row)?)));
        both.transpose()
    }

    /// Notes that a session is used.
    ///
    /// # Errors
    /// The store failed.
    pub async fn see_session(&self, id: Uuid, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
        self.write_one(sql, values![id, at]).await
    }

    /// Ends a session of an account; false where it has none of that id.
    ///
    /// # Errors
    /// The store failed.
    pub async fn end_session(&self, account: Uuid, id: Uuid) -> Result<bool, StoreError> {
        let sql = "UPDATE sessions SET ended_at = $3 WHERE id = $1 AND account = $2 AND ended_at IS NULL";
        let now = self.now();
        Ok(self
            .write()
            .await?
            .execute(sql, values![id, account, now])
            .await?
            > 0)
    }

    /// The sessions of an account that nobody has ended, the newest first, at most a hundred.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sessions_of(&self, account: Uuid) -> Result<Vec<Session>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM sessions WHERE account = $1 AND ended_at IS NULL AND ends_at > $2 \
             ORDER BY created_at DESC, id LIMIT $3"
        );
        let bound = values![account, self.now(), MOST_SHOWN];
        let rows = self.read().await?.rows(sql, bound).await?;
        rows.into_iter().map(|mut row| session(&mut row)).collect()
    }

    /// Whether an account was signed in to from a client before, as far as sessions are kept.
    ///
    /// # Errors
    /// The store failed.
    pub async fn knows_client(&self, account: Uuid, client: Prefix) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM sessions WHERE account = $1 AND client = $2 LIMIT 1";
        let row = self.read().await?.row(sql, values![account, client]).await?;
        Ok(row.is_some())
    }

    /// What failed with a name from a client, or from all clients together.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sign_in_failures(
        &self,
        who: Digest,
        client: Option<Prefix>,
    ) -> Result<Failures, StoreError> {
        let sql = "SELECT failures, last_at FROM sign_in_failures WHERE who = $1 AND client = $2";
        let bound = values![who.0.to_vec(), client_text(client)];
        let row = self.read().await?.row(sql, bound).await?;
        row.map_or(Ok(Failures::default()), |mut row| {
            Ok(Failures {
                count: row.take_count()?,
                last_at: Some(row.take_time()?),
            })
        })
    }

    /// Counts a failure with a name from a client, or from all clients together; counts from before `since` begin anew.
    ///
    /// # Errors
    /// The store failed.
    pub async fn count_sign_in_failure(
        &self,
        who: Digest,
        client: Option<Prefix>,
        since: Timestamp,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO sign_in_failures (who, client, failures, last_at) VALUES ($1, $2, 1, $3) \
                   ON CONFLICT (who, client) DO UPDATE SET last_at = excluded.last_at, failures = \
                   CASE WHEN sign_in_failures.last_at < $4 THEN 1 ELSE sign_in_failures.failures + 1 END";
        let now = self.now();
        let mut connection = self.write().await?;
        let bound = values![who.0.to_vec(), client_text(client), now, since];
        connection.execute(sql, bound).await?;
        let sql = "DELETE FROM sign_in_failures WHERE last_at < (SELECT last_at FROM sign_in_failures \
                   ORDER BY last_at DESC LIMIT 1 OFFSET $1)";
        connection.execute(sql, values![MOST_FAILURES]).await?;
        Ok(())
    }

    /// Forgets what failed with a name from a client, or from all clients together: it has succeeded.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_sign_in_failures(
        &self,
        who: Digest,
        client: Option<Prefix>,
    ) -> Result<(), StoreError> {
        let sql = "DELETE FROM sign_in_failures WHERE who = $1 AND client = $2";
        let bound = values![who.0.to_vec(), client_text(client)];
        self.write_one(sql, bound).await
    }
}

/// How a client stands in the table.
fn client_text(client: Option<Prefix>) -> String {
    client.map_or_else(String::new, |client| client.to_string())
}

/// Reads a session; the columns are taken in their order.
fn session(row: &mut Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.take_id()?,
        client: row.take_prefix()?,
        agent: row.take()?,
        created_at: row.take_time()?,
        seen_at: row.take_time()?,
        ends_at: row.take_time()?,
        ended_at: row.take_some_time()?,
    })
}
