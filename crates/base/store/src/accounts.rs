//! Accounts: who may sign in, with which role, by which password and second factor; and invitations, by which accounts are made.

use atalaya_model::{AccountName, Digest, Role, Secret, Timestamp};
use serde_json::json;
use uuid::Uuid;

use crate::sql::{Connection, Dialect, Row, Value, values};
use crate::tokens::revoke_all;
use crate::{Deed, Store, StoreError};

/// The columns of an account, as they are read.
const COLUMNS: &str = "id, name, role, password, factor, factor_step, created_at, disabled_at";
/// Whether an invitation comes in time, beside its end: without a name it makes the first account, and no second.
const IS_IN_TIME: &str = "(name IS NOT NULL OR NOT EXISTS (SELECT 1 FROM accounts))";
/// Most accounts of a list.
const MOST: u32 = 1_000;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id, which stays.
    pub id: Uuid,
    /// Its name.
    pub name: AccountName,
    /// What it may do.
    pub role: Role,
    /// The hash of its password; none while it was taken away.
    pub password: Option<Secret>,
    /// The secret of the second factor.
    pub factor: Option<Factor>,
    /// Since when.
    pub created_at: Timestamp,
    /// Since when it is closed.
    pub disabled_at: Option<Timestamp>,
}

impl Account {
    /// Whether anybody can sign in with it.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.disabled_at.is_none() && self.password.is_some()
    }
}

/// The secret of a second factor, and the last step of time that was used of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Factor {
    /// The secret (RFC 6238), sealed by whoever keeps it: nothing here opens it.
    pub secret: Vec<u8>,
    /// No code of this step or an earlier one is taken again.
    pub last_step: u64,
}

impl std::fmt::Debug for Factor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Factor(***)")
    }
}

/// What somebody signs in with, as he chose it.
#[derive(Debug, Clone)]
pub struct Credentials {
    /// The hash of the password.
    pub password: Secret,
    /// The second factor, where there is one.
    pub factor: Option<Factor>,
    /// The digests of the recovery codes.
    pub recovery: Vec<Digest>,
}

/// An invitation: whoever has its token makes an account, or gives one a new password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// The digest of its token.
    pub token: Digest,
    /// The name of the account; none where whoever comes chooses one.
    pub name: Option<AccountName>,
    /// What the account may do.
    pub role: Role,
    /// The account that it is for, where there is one already.
    pub account: Option<Uuid>,
    /// Who invited.
    pub invited_by: String,
    /// Since when.
    pub created_at: Timestamp,
    /// Until when.
    pub ends_at: Timestamp,
}

/// What became of a change of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Changed {
    /// It was done.
    Done,
    /// There is no such account.
    Unknown,
    /// Nobody could keep accounts any more: it is the last administrator.
    LastAdministrator,
}

/// What becomes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountChange {
    /// It may do this from now on.
    Role(Role),
    /// Nobody signs in with it any more.
    Disable,
    /// It is opened again.
    Enable,
    /// Password, factor and recovery codes are taken from it.
    Reset,
}

impl Store {
    /// Whether there is any account.
    ///
    /// # Errors
    /// The store failed.
    pub async fn has_accounts(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM accounts LIMIT 1";
        Ok(self.read().await?.row(sql, Vec::new()).await?.is_some())
    }

    /// All accounts by name, at most a thousand.
    ///
    /// # Errors
    /// The store failed.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts ORDER BY folded LIMIT $1");
        let rows = self.read().await?.rows(sql, values![MOST]).await?;
        rows.into_iter().map(|mut row| account(&mut row)).collect()
    }

    /// The account of a name, in whatever letters.
    ///
    /// # Errors
    /// The store failed.
    pub async fn account_named(&self, name: &AccountName) -> Result<Option<Account>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM accounts WHERE folded = $1");
        let row = self.read().await?.row(sql, values![name.folded()]).await?;
        row.map(|mut row| account(&mut row)).transpose()
    }

    /// Accounts with a second factor behind a name, by name, at most so many.
    ///
    /// # Errors
    /// The store failed.
    pub async fn accounts_with_factor(
        &self,
        behind: Option<&AccountName>,
        most: u32,
    ) -> Result<Vec<Account>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM accounts WHERE factor IS NOT NULL AND folded > $1 ORDER BY folded LIMIT $2"
        );
        let behind = behind.map(AccountName::folded).unwrap_or_default();
        let rows = self.read().await?.rows(sql, values![behind, most]).await?;
        rows.into_iter().map(|mut row| account(&mut row)).collect()
    }

    /// Puts the secret of a second factor in the place of the same one in another form; false where it has changed meanwhile. What it was is wiped out of
    /// a SQLite file; a PostgreSQL server forgets it at its next VACUUM.
    ///
    /// # Errors
    /// The store failed.
    pub async fn reseal_factor(&self, id: Uuid, before: &[u8], after: &[u8]) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET factor = $3 WHERE id = $1 AND factor = $2";
        let bound = values![id, before.to_vec(), after.to_vec()];
        let mut connection = self.write().await?;
        let keeps_freed = connection.dialect() == Dialect::Lite;
        if keeps_freed {
            connection.rows("PRAGMA secure_delete = ON", Vec::new()).await?;
        }
        let done = connection.execute(sql, bound).await?;
        if keeps_freed {
            connection.rows("PRAGMA secure_delete = OFF", Vec::new()).await?;
        }
        Ok(done > 0)
    }

    /// Changes an account and writes it down, in one. A closed or reset account loses its sessions, its tokens (the deed names them) and the link that it
    /// may have; whoever is no administrator any more loses the invitations that he sent.
    ///
    /// # Errors
    /// The store failed.
    pub async fn change_account(
        &self,
        id: Uuid,
        change: AccountChange,
        deed: &Deed,
    ) -> Result<Changed, StoreError> {
        let mut transaction = self.begin().await?;
        let now = transaction.now();
        let connection = &mut transaction.connection;
        let kept = all_locked(connection).await?;
        let Some(found) = kept.iter().find(|account| account.id == id) else {
            transaction.rollback().await?;
            return Ok(Changed::Unknown);
        };
        let leads = |account: &&Account| account.is_open() && account.role == Role::Administrator;
        let keeps_leading = matches!(
            change,
            AccountChange::Enable | AccountChange::Role(Role::Administrator)
        );
        let others = kept.iter().filter(leads).any(|other| other.id != id);
        if leads(&found) && !keeps_leading && !others {
            transaction.rollback().await?;
            return Ok(Changed::LastAdministrator);
        }
        let (sql, bound) = match change {
            AccountChange::Role(role) => (
                "UPDATE accounts SET role = $2 WHERE id = $1",
                values![id, role.name()],
            ),
            AccountChange::Disable => (
                "UPDATE accounts SET disabled_at = $2 WHERE id = $1",
                values![id, now],
            ),
            AccountChange::Enable => (
                "UPDATE accounts SET disabled_at = NULL WHERE id = $1",
                values![id],
            ),
            AccountChange::Reset => (
                "UPDATE accounts SET password = NULL, factor = NULL, factor_step = 0 WHERE id = $1",
                values![id],
            ),
        };
        connection.execute(sql, bound).await?;
        if change == AccountChange::Reset {
            forget_recovery(connection, id).await?;
        }
        let mut deed = deed.clone();
        if matches!(change, AccountChange::Disable | AccountChange::Reset) {
            end_all(connection, id, None, now).await?;
            void_links_of(connection, id).await?;
            let tokens = revoke_all(connection, id).await?;
            if !tokens.is_empty() {
                deed.details = json!({ "tokens": tokens });
            }
        }
        if !keeps_leading {
            void_links_by(connection, &found.name).await?;
        }
        transaction.record_done(&deed).await?;
        transaction.commit().await?;
        Ok(Changed::Done)
    }

    /// Gives an account another password, ends all its other sessions, gives this one another token and writes it down, in one; false where the session has ended
    /// meanwhile.
    ///
    /// # Errors
    /// The store failed.
    pub async fn change_password(
        &self,
        (id, session, token): (Uuid, Uuid, Digest),
        password: &Secret,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let now = transaction.now();
        let sql = "UPDATE accounts SET password = $2 WHERE id = $1";
        let connection = &mut transaction.connection;
        connection.execute(sql, values![id, password.expose()]).await?;
        end_all(connection, id, Some(session), now).await?;
        if !renew(connection, session, token).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        transaction.record_done(deed).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives an account another second factor, or none, with its recovery codes; ends all its other sessions, gives this one another token and writes it
    /// down, in one; false where the session has ended meanwhile.
    ///
    /// # Errors
    /// The store failed.
    pub async fn change_factor(
        &self,
        (id, session, token): (Uuid, Uuid, Digest),
        factor: Option<&Factor>,
        recovery: &[Digest],
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.begin().await?;
        let now = transaction.now();
        let connection = &mut transaction.connection;
        let sql = "UPDATE accounts SET factor = $2, factor_step = $3 WHERE id = $1";
        let step = factor.map_or(0, |factor| factor.last_step);
        let secret = factor.map(|factor| factor.secret.clone());
        connection.execute(sql, values![id, secret, step]).await?;
        keep_recovery(connection, id, recovery).await?;
        end_all(connection, id, Some(session), now).await?;
        if !renew(connection, session, token).await? {
            transaction.rollback().await?;
            return Ok(false);
        }
        transaction.record_done(deed).await?;
        transaction.commit().await?;
        Ok(true)
    }

    /// Gives an account other recovery codes in the place of those that it had, and writes it down.
    ///
    /// # Errors
    /// The store failed.
    pub async fn change_recovery(
        &self,
        id: Uuid,
        recovery: &[Digest],
        deed: &Deed,
    ) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        keep_recovery(&mut transaction.connection, id, recovery).await?;
        transaction.record_done(deed).await?;
        transaction.commit().await
    }

    /// Uses a step of the second factor; false where it, or a later one, was used before. Of two at once, one wins.
    ///
    /// # Errors
    /// The store failed.
    pub async fn use_factor_step(&self, id: Uuid, step: u64) -> Result<bool, StoreError> {
        let sql = "UPDATE accounts SET factor_step = $2 WHERE id = $1 AND factor_step < $2";
        let used = self.write().await?.execute(sql, values![id, step]).await?;
        Ok(used > 0)
    }

    /// Uses a recovery code; false where there is none of that digest.
    ///
    /// # Errors
    /// The store failed.
    pub async fn use_recovery_code(&self, id: Uuid, code: Digest) -> Result<bool, StoreError> {
        let sql = "DELETE FROM recovery_codes WHERE account = $1 AND code = $2";
        let used = self
            .write()
            .await?
            .execute(sql, values![id, code.0.to_vec()])
            .await?;
        Ok(used > 0)
    }

    /// How many recovery codes are left.
    ///
    /// # Errors
    /// The store failed.
    pub async fn recovery_codes_left(&self, id: Uuid) -> Result<u64, StoreError> {
        let sql = "SELECT COUNT(*) FROM recovery_codes WHERE account = $1";
        let row = self.read().await?.row(sql, values![id]).await?;
        row.map_or(Ok(0), |mut row| row.take_count())
    }

    /// Keeps an invitation, in the place of all others for the same name (or, without a name, of all those without one).
    ///
    /// # Errors
    /// The store failed.
    pub async fn invite(&self, invitation: &Invitation, deed: Option<&Deed>) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        let connection = &mut transaction.connection;
        let name = || invitation.name.as_ref().map(AccountName::folded);
        let sql =
            "DELETE FROM invitations WHERE COALESCE(lower(name), '') = COALESCE($1, '') OR ends_at <= $2";
        connection
            .execute(sql, values![name(), invitation.created_at])
            .await?;
        let sql = "INSERT INTO invitations (token, name, role, account, invited_by, created_at, ends_at) \
                   VALUES ($1, $2, $3, $4, $5, $6, $7)";
        let bound = values![
            invitation.token.0.to_vec(),
            invitation.name.as_ref().map(AccountName::as_str),
            invitation.role.name(),
            invitation.account.map(|id| id.as_bytes().to_vec()),
            invitation.invited_by.as_str(),
            invitation.created_at,
            invitation.ends_at,
        ];
        connection.execute(sql, bound).await?;
        if let Some(deed) = deed {
            transaction.record_done(deed).await?;
        }
        transaction.commit().await
    }

    /// The invitation with a token, while it holds. One without a name is for the first account, and holds while there is none.
    ///
    /// # Errors
    /// The store failed.
    pub async fn invitation(&self, token: Digest) -> Result<Option<Invitation>, StoreError> {
        let sql = format!(
            "SELECT token, name, role, account, invited_by, created_at, ends_at FROM invitations \
             WHERE token = $1 AND ends_at > $2 AND {IS_IN_TIME}"
        );
        let now = self.now();
        let row = self
            .read()
            .await?
            .row(sql, values![token.0.to_vec(), now])
            .await?;
        row.map(invitation).transpose()
    }

    /// Whether an invitation waits that lets whoever comes choose a name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn is_anybody_invited(&self) -> Result<bool, StoreError> {
        let sql = "SELECT 1 FROM invitations WHERE name IS NULL AND ends_at > $1 LIMIT 1";
        let now = self.now();
        Ok(self.read().await?.row(sql, values![now]).await?.is_some())
    }

    /// Uses an invitation up: makes the account, or gives it its new credentials, and writes it down, in one. None where the invitation does not hold
    /// any more, or where another account has that name.
    ///
    /// # Errors
    /// The store failed.
    pub async fn accept(
        &self,
        invitation: &Invitation,
        name: &AccountName,
        credentials: &Credentials,
        deed: &Deed,
    ) -> Result<Option<Uuid>, StoreError> {
        let mut transaction = self.begin().await?;
        let now = transaction.now();
        let connection = &mut transaction.connection;
        let sql = format!("DELETE FROM invitations WHERE token = $1 AND ends_at > $2 AND {IS_IN_TIME}");
        let used = connection
            .execute(sql, values![invitation.token.0.to_vec(), now])
            .await?;
        let id = invitation.account.unwrap_or_else(Uuid::new_v4);
        let written = if used == 0 {
            0
        } else {
            write_account(connection, (id, invitation), name, (credentials, now)).await?
        };
        if written == 0 {
            transaction.rollback().await?;
            return Ok(None);
        }
        keep_recovery(connection, id, &credentials.recovery).await?;
        end_all(connection, id, None, now).await?;
        void_links_of(connection, id).await?;
        transaction.record_done(deed).await?;
        transaction.commit().await?;
        Ok(Some(id))
    }
}

/// Writes the account of an invitation; tells how many rows that touched.
async fn write_account(
    connection: &mut Connection,
    (id, invitation): (Uuid, &Invitation),
    name: &AccountName,
    (credentials, now): (&Credentials, Timestamp),
) -> Result<u64, StoreError> {
    let factor = credentials.factor.as_ref();
    let secret = factor.map(|factor| factor.secret.clone());
    let step = factor.map_or(0, |factor| factor.last_step);
    let password = credentials.password.expose();
    if invitation.account.is_some() {
        let sql = "UPDATE accounts SET password = $2, factor = $3, factor_step = $4 WHERE id = $1 AND disabled_at IS NULL";
        return connection.execute(sql, values![id, password, secret, step]).await;
    }
    let sql = "INSERT INTO accounts (id, name, folded, role, password, factor, factor_step, created_at) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (folded) DO NOTHING";
    let role = invitation.role.name();
    let bound: Vec<Value> = values![
        id,
        name.as_str(),
        name.folded(),
        role,
        password,
        secret,
        step,
        now
    ];
    connection.execute(sql, bound).await
}

/// All accounts, held until the transaction ends: whether one is the last administrator must still be so at its commit.
async fn all_locked(connection: &mut Connection) -> Result<Vec<Account>, StoreError> {
    let hold = connection.dialect().for_update();
    let sql = format!("SELECT {COLUMNS} FROM accounts ORDER BY folded {hold}");
    let rows = connection.rows(sql, Vec::new()).await?;
    rows.into_iter().map(|mut row| account(&mut row)).collect()
}

async fn forget_recovery(connection: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    let sql = "DELETE FROM recovery_codes WHERE account = $1";
    connection.execute(sql, values![id]).await.map(|_count| ())
}

async fn keep_recovery(connection: &mut Connection, id: Uuid, codes: &[Digest]) -> Result<(), StoreError> {
    forget_recovery(connection, id).await?;
    let rows = codes.iter().map(|code| values![id, code.0.to_vec()]).collect();
    let head = "INSERT INTO recovery_codes (account, code) VALUES";
    connection.insert(head, rows, "").await
}

/// Makes the links void by which an account gets a new password: there may be two where two were made at once.
async fn void_links_of(connection: &mut Connection, id: Uuid) -> Result<(), StoreError> {
    let sql = "DELETE FROM invitations WHERE account = $1";
    connection.execute(sql, values![id]).await.map(|_count| ())
}

/// Makes void what somebody has sent out.
async fn void_links_by(connection: &mut Connection, name: &AccountName) -> Result<(), StoreError> {
    let sql = "DELETE FROM invitations WHERE invited_by = $1";
    connection
        .execute(sql, values![name.as_str()])
        .await
        .map(|_count| ())
}

/// Gives a session another token: whoever copied the one before has nothing. False where it has ended.
async fn renew(connection: &mut Connection, session: Uuid, token: Digest) -> Result<bool, StoreError> {
    let sql = "UPDATE sessions SET token = $2 WHERE id = $1 AND ended_at IS NULL";
    let renewed = connection
        .execute(sql, values![session, token.0.to_vec()])
        .await?;
    Ok(renewed > 0)
}

/// Ends all sessions of an account but for one.
async fn end_all(
    connection: &mut Connection,
    id: Uuid,
    but: Option<Uuid>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sql = "UPDATE sessions SET ended_at = $3 WHERE account = $1 AND id <> $2 AND ended_at IS NULL";
    let but = but.unwrap_or(Uuid::nil());
    connection
        .execute(sql, values![id, but, now])
        .await
        .map(|_count| ())
}

/// Reads an account; the columns are taken in their order.
pub(crate) fn account(row: &mut Row) -> Result<Account, StoreError> {
    let (id, name, role) = (row.take_id()?, row.take_word()?, row.take_word()?);
    let password = row.take::<Option<String>>()?.map(Secret::new);
    let secret = row.take::<Option<Vec<u8>>>()?;
    let last_step = row.take_count()?;
    Ok(Account {
        id,
        name,
        role,
        password,
        factor: secret.map(|secret| Factor { secret, last_step }),
        created_at: row.take_time()?,
        disabled_at: row.take_some_time()?,
    })
}

/// Reads an invitation; the columns are taken in their order.
fn invitation(mut row: Row) -> Result<Invitation, StoreError> {
    let digest = row.take_some_digest()?;
    Ok(Invitation {
        token: digest.ok_or_else(|| StoreError::corrupt("an invitation without a token"))?,
        name: row.take_some_word()?,
        role: row.take_word()?,
        account: row
            .take::<Option<Vec<u8>>>()?
            .map(|bytes| Uuid::from_slice(&bytes).map_err(StoreError::corrupt))
            .transpose()?,
        invited_by: row.take()?,
        created_at: row.take_time()?,
        ends_at: row.take_time()?,
    })
}
