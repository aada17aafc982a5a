//! Keeping accounts and tokens, for the pages and the command line alike. Each change stands in the audit trail, written in the same transaction.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{AccessScope, AccountName, Act, Role, Timestamp};
use atalaya_store::{
    AccessToken, Account, AccountChange, Changed, Deed, DeedWay, Invitation, Store, StoreError,
};
use serde_json::{Value, json};
use uuid::Uuid;

pub use super::seal::{FactorKey, Sealing, seal_factors};
use super::secret::Token;

/// Where an invitation leads.
pub(crate) const WELCOME: &str = "/console/welcome/";
/// Who invites the first administrator.
const FIRST_START: &str = "the first start";

/// Whoever changes something, for the audit trail.
#[derive(Debug, Clone)]
pub struct Doer {
    /// The account, or the user of the system.
    pub who: String,
    /// How.
    pub way: DeedWay,
    /// From where.
    pub client: Option<IpAddr>,
    /// When.
    pub at: Timestamp,
}

impl Doer {
    /// What he does.
    #[must_use]
    pub fn deed(&self, act: Act, target: impl Into<String>, details: Value) -> Deed {
        Deed {
            at: self.at,
            who: self.who.clone(),
            way: self.way,
            client: self.client,
            act,
            target: target.into(),
            details,
            undoes: None,
        }
    }
}

/// Why an account or a token is not changed.
#[derive(Debug, thiserror::Error)]
pub enum AccessError {
    /// There is one of that name.
    #[error("there is an account `{0}` already: `account reset` gives it a new password and factor")]
    Exists(AccountName),
    /// There is none of that name.
    #[error("there is no account `{0}`: `account list` shows them")]
    Unknown(AccountName),
    /// There is a token of that name.
    #[error("there is a token `{0}` already: revoke it first, or choose another name")]
    TokenExists(AccountName),
    /// There is no token of that name.
    #[error("there is no token `{0}`: `token list` shows them")]
    UnknownToken(AccountName),
    /// Nobody could keep accounts any more.
    #[error("`{0}` is the last administrator who can sign in: invite another one first")]
    LastAdministrator(AccountName),
    /// The scopes of a token ask for more than its role.
    #[error("the scope {0} takes the role {least} or more", least = .0.least_role())]
    TooMuch(AccessScope),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Its name.
    pub name: AccountName,
    /// The most that it may do.
    pub role: Role,
    /// What it is for.
    pub scopes: Vec<AccessScope>,
    /// The account that it hangs on.
    pub account: Option<Uuid>,
    /// Until when.
    pub ends_at: Option<Timestamp>,
}

/// Invites somebody to make an account; gives the path of his link, which nobody can show again.
///
/// # Errors
/// There is such an account, or the store failed.
pub async fn invite(
    store: &Store,
    doer: &Doer,
    (name, role): (AccountName, Role),
    holds: Duration,
) -> Result<String, AccessError> {
    if store.account_named(&name).await?.is_some() {
        return Err(AccessError::Exists(name));
    }
    let deed = doer.deed(Act::Invite, name.as_str(), json!({ "role": role }));
    let wish = Wish {
        name: Some(name),
        role,
        account: None,
    };
    Ok(send(store, doer, (wish, Some(deed)), holds).await?)
}

/// Takes password and factor from an account, ends its sessions, and gives the path of a link by which it gets new ones.
///
/// # Errors
/// There is no such account, or it is the last administrator, or the store failed.
pub async fn reset(
    store: &Store,
    doer: &Doer,
    name: &AccountName,
    holds: Duration,
) -> Result<String, AccessError> {
    let account = named(store, name).await?;
    change(store, doer, &account, AccountChange::Reset).await?;
    let wish = Wish {
        name: Some(account.name),
        role: account.role,
        account: Some(account.id),
    };
    Ok(send(store, doer, (wish, None), holds).await?)
}

/// The path of a link for the first administrator; none where there is an account, or where such a link waits already.
///
/// # Errors
/// The store failed.
pub async fn first_link(
    store: &Store,
    now: Timestamp,
    holds: Duration,
) -> Result<Option<String>, StoreError> {
    if store.has_accounts().await? || store.is_anybody_invited().await? {
        return Ok(None);
    }
    let doer = Doer {
        who: FIRST_START.to_owned(),
        way: DeedWay::Command,
        client: None,
        at: now,
    };
    let deed = doer.deed(Act::Invite, "", json!({ "role": Role::Administrator }));
    let wish = Wish {
        name: None,
        role: Role::Administrator,
        account: None,
    };
    send(store, &doer, (wish, Some(deed)), holds).await.map(Some)
}

/// Changes the role of an account, closes it or opens it again.
///
/// # Errors
/// It is the last administrator, or the store failed.
pub async fn change(
    store: &Store,
    doer: &Doer,
    account: &Account,
    change: AccountChange,
) -> Result<(), AccessError> {
    let (act, details) = match change {
        AccountChange::Role(role) => (Act::ChangeRole, json!({ "before": account.role, "role": role })),
        AccountChange::Disable => (Act::Disable, Value::Null),
        AccountChange::Enable => (Act::Enable, Value::Null),
        AccountChange::Reset => (Act::Reset, Value::Null),
    };
    let deed = doer.deed(act, account.name.as_str(), details);
    match store.change_account(account.id, change, &deed).await? {
        Changed::Done => Ok(()),
        Changed::Unknown => Err(AccessError::Unknown(account.name.clone())),
        Changed::LastAdministrator => Err(AccessError::LastAdministrator(account.name.clone())),
    }
}

/// The account of a name.
///
/// # Errors
/// There is none, or the store failed.
pub async fn named(store: &Store, name: &AccountName) -> Result<Account, AccessError> {
    let found = store.account_named(name).await?;
    found.ok_or_else(|| AccessError::Unknown(name.clone()))
}

/// Makes a token; gives its text, which nobody can show again.
///
/// # Errors
/// There is one of that name, its scopes ask for more than its role, or the store failed.
pub async fn make_token(store: &Store, doer: &Doer, new: NewToken) -> Result<String, AccessError> {
    if let Some(scope) = new.scopes.iter().find(|scope| scope.least_role() > new.role) {
        return Err(AccessError::TooMuch(*scope));
    }
    let details = json!({ "role": new.role, "scopes": new.scopes, "until": new.ends_at });
    let deed = doer.deed(Act::MakeToken, new.name.as_str(), details);
    let secret = Token::random();
    let token = AccessToken {
        id: Uuid::new_v4(),
        name: new.name,
        role: new.role,
        scopes: new.scopes,
        account: new.account,
        made_by: doer.who.clone(),
        created_at: doer.at,
        ends_at: new.ends_at,
        used_at: None,
    };
    if !store.make_token(&token, secret.digest(), &deed).await? {
        return Err(AccessError::TokenExists(token.name));
    }
    Ok(secret.expose())
}

/// Revokes a token, at once.
///
/// # Errors
/// There is none of that name, or the store failed.
pub async fn revoke_token(store: &Store, doer: &Doer, name: &AccountName) -> Result<(), AccessError> {
    let deed = doer.deed(Act::RevokeToken, name.as_str(), Value::Null);
    if store.revoke_token(name, &deed).await? {
        Ok(())
    } else {
        Err(AccessError::UnknownToken(name.clone()))
    }
}

/// Whom an invitation is for.
struct Wish {
    name: Option<AccountName>,
    role: Role,
    account: Option<Uuid>,
}

/// Keeps an invitation; gives the path of its link.
async fn send(
    store: &Store,
    doer: &Doer,
    (wish, deed): (Wish, Option<Deed>),
    holds: Duration,
) -> Result<String, StoreError> {
    let token = Token::random();
    let invitation = Invitation {
        token: token.digest(),
        name: wish.name,
        role: wish.role,
        account: wish.account,
        invited_by: doer.who.clone(),
        created_at: doer.at,
        ends_at: doer.at.plus(holds),
    };
    store.invite(&invitation, deed.as_ref()).await?;
    Ok(format!("{WELCOME}{}", token.expose()))
}
