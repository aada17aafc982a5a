//! Tokens: with which programs call the console's API, for which scopes, at most with which role.

use atalaya_model::{AccessScope, AccountName, Digest, Role, Timestamp};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sql::{Connection, Row, values};
use crate::{Deed, Store, StoreError};

/// The columns of a token, as they are read.
const COLUMNS: &str = "access_tokens.id, access_tokens.name, access_tokens.role, access_tokens.scopes, access_tokens.account, \
     access_tokens.made_by, access_tokens.created_at, access_tokens.ends_at, access_tokens.used_at";
/// Most tokens of a list.
const MOST: u32 = 1_000;

/// A token, without what opens anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessToken {
    /// Its id.
    pub id: Uuid,
    /// Its name.
    pub name: AccountName,
    /// The most that it may do.
    pub role: Role,
    /// What it is for.
    pub scopes: Vec<AccessScope>,
    /// The account that it hangs on, whose role bounds it too.
    pub account: Option<Uuid>,
    /// Who made it.
    pub made_by: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when; none for good.
    pub ends_at: Option<Timestamp>,
    /// When it was used last, to the minute.
    pub used_at: Option<Timestamp>,
}

impl Store {
    /// Keeps a token under its digest and writes it down, in one; false where another one has that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn make_token(
        &self,
        token: &AccessToken,
        digest: Digest,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let scopes = serde_json::to_string(&token.scopes).map_err(StoreError::corrupt)?;
        let mut transaction = self.begin().await?;
        let sql = "INSERT INTO access_tokens (id, token, name, folded, role, scopes, account, made_by, created_at, ends_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (folded) DO NOTHING";
        let bound = values![
            token.id,
            digest.0.to_vec(),
            token.name.as_str(),
            token.name.folded(),
            token.role.name(),
            scopes,
            token.account.map(|id| id.as_bytes().to_vec()),
            token.made_by.as_str(),
            token.created_at,
            token.ends_at,
        ];
        if transaction.connection.execute(sql, bound).await? == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        transaction.record_done(deed).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// All tokens by name, at most a thousand.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tokens(&self) -> Result<Vec<AccessToken>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM access_tokens ORDER BY folded LIMIT $1");
        let rows = self.read().await?.rows(sql, values![MOST]).await?;
        rows.into_iter().map(|mut row| token(&mut row)).collect()
    }

    /// The token of a digest, while it holds: not over, and not of an account that is closed (which has none any more). Its role is at most that of its account.
    ///
    /// # Errors
    /// The store failed.
    pub async fn token(&self, digest: Digest) -> Result<Option<AccessToken>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS}, accounts.role FROM access_tokens LEFT JOIN accounts ON accounts.id = access_tokens.account \
             WHERE access_tokens.token = $1 AND (access_tokens.ends_at IS NULL OR access_tokens.ends_at > $2) \
             AND (access_tokens.account IS NULL OR (accounts.id IS NOT NULL AND accounts.disabled_at IS NULL))"
        );
        let now = self.now();
        let row = self
            .read()
            .await?
            .row(sql, values![digest.0.to_vec(), now])
            .await?;
        let bounded = row.map(|mut row| {
            let mut token = token(&mut row)?;
            if let Some(role) = row.take_some_word::<Role>()? {
                token.role = token.role.min(role);
            }
            Ok(token)
        });
        bounded.transpose()
    }

    /// Notes that a token is used.
    ///
    /// # Errors
    /// The store failed.
    pub async fn see_token(&self, id: Uuid, at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE access_tokens SET used_at = $2 WHERE id = $1";
        self.write_one(sql, values![id, at]).await
    }

    /// Revokes a token and writes it down, in one; false where there is none of that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn revoke_token(&self, name: &AccountName, deed: &Deed) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let sql = "DELETE FROM access_tokens WHERE folded = $1";
        let done = transaction
            .connection
            .execute(sql, values![name.folded()])
            .await?;
        if done == 0 {
            transaction.rollback().await?;
            return Ok(false);
        }
        transaction.record_done(deed).await?;
        transaction.commit().await?;
        Ok(true)
    }
}

/// Revokes all tokens that hang on an account; gives their names.
pub(crate) async fn revoke_all(
    connection: &mut Connection,
    account: Uuid,
) -> Result<Vec<String>, StoreError> {
    let sql = "DELETE FROM access_tokens WHERE account = $1 RETURNING name";
    let rows = connection.rows(sql, values![account]).await?;
    let mut names: Vec<String> = rows
        .into_iter()
        .map(|mut row| row.take())
        .collect::<Result<_, _>>()?;
    names.sort();
    Ok(names)
}

/// Reads a token; the columns are taken in their order.
fn token(row: &mut Row) -> Result<AccessToken, StoreError> {
    Ok(AccessToken {
        id: row.take_id()?,
        name: row.take_word()?,
        role: row.take_word()?,
        scopes: row.take_json()?,
        account: row
            .take::<Option<Vec<u8>>>()?
            .map(|bytes| Uuid::from_slice(&bytes).map_err(StoreError::corrupt))
            .transpose()?,
        made_by: row.take()?,
        created_at: row.take_time()?,
        ends_at: row.take_some_time()?,
        used_at: row.take_some_time()?,
    })
}
