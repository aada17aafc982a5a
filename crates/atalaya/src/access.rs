//! Accounts, tokens and the audit trail, as commands ask for them.

use anyhow::{Context, bail, ensure};
use atalaya_model::{AccessScope, AccountName, Act, Role, Timestamp};
use atalaya_store::{AccountChange, Deed, DeedFilter, DeedId, DeedOutcome, DeedWay, KeptDeed};
use atalaya_web::accounts::{self, Doer, NewToken};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::house::House;

/// Most deeds of one answer.
const MOST_DEEDS: u32 = 1_000;

/// What is asked about accounts, tokens and the audit trail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "keep", rename_all = "kebab-case")]
pub(crate) enum AccessRequest {
    /// The accounts; the answer is a list of [`AccountLine`].
    Accounts,
    /// Invite somebody; the answer is the link.
    Invite { name: AccountName, role: Role },
    /// Change an account.
    Change { name: AccountName, change: AccountAct },
    /// Take password and factor from an account; the answer is the link by which it gets new ones.
    Reset { name: AccountName },
    /// The tokens; the answer is a list of [`AccessToken`](atalaya_store::AccessToken).
    Tokens,
    /// Make a token; the answer is its text.
    MakeToken {
        name: AccountName,
        role: Role,
        scopes: Vec<AccessScope>,
        ends_at: Option<Timestamp>,
    },
    /// Revoke a token.
    RevokeToken { name: AccountName },
    /// A page of the audit trail; the answer is a list of [`KeptDeed`].
    Audit {
        filter: DeedFilter,
        before: Option<DeedId>,
        most: u32,
    },
    /// Write down what a command is about to do by itself, in a file of the data folder; the answer is a [`DeedId`].
    Begin(Beginning),
    /// Write down what came of it.
    End {
        id: DeedId,
        outcome: DeedOutcome,
        details: Value,
    },
}

/// What a command is about to do by itself.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Beginning {
    /// What kind of act it is.
    pub(crate) act: Act,
    /// To what.
    pub(crate) target: String,
    /// What else is to be known, and what undoing needs.
    pub(crate) details: Value,
    /// What it takes back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) undoes: Option<DeedId>,
}

/// What becomes of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum AccountAct {
    /// It may do this from now on.
    Role(Role),
    /// It is closed.
    Disable,
    /// It is opened again.
    Enable,
}

impl From<AccountAct> for AccountChange {
    fn from(act: AccountAct) -> Self {
        match act {
            AccountAct::Role(role) => Self::Role(role),
            AccountAct::Disable => Self::Disable,
            AccountAct::Enable => Self::Enable,
        }
    }
}

/// An account in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AccountLine {
    /// Its name.
    pub(crate) name: AccountName,
    /// What it may do.
    pub(crate) role: Role,
    /// `open`, `waiting` for its link, or `closed`.
    pub(crate) state: String,
    /// Whether it has a second factor.
    pub(crate) second_factor: bool,
    /// Since when.
    pub(crate) since: Timestamp,
}

/// What stood in the place of something before a deed, for whoever takes the deed back.
///
/// # Errors
/// It was not done, was taken back already, or does not say.
pub(crate) fn replaced<T: DeserializeOwned>(kept: &KeptDeed) -> anyhow::Result<T> {
    let id = kept.id;
    ensure!(kept.is_done(), "deed {id} of the audit trail changed nothing");
    if let Some(by) = kept.undone_by {
        bail!("deed {id} of the audit trail was taken back by deed {by}");
    }
    let before = kept.before().cloned().unwrap_or_default();
    let before: Option<T> = serde_json::from_value(before)?;
    before.with_context(|| format!("deed {id} of the audit trail does not say what stood there before"))
}

/// Something that a user of the system does by a command.
pub(crate) fn deed(uid: u32, act: Act, target: impl Into<String>, (details, at): (Value, Timestamp)) -> Deed {
    Deed {
        at,
        who: user(uid),
        way: DeedWay::Command,
        client: None,
        act,
        target: target.into(),
        details,
        undoes: None,
    }
}

/// How a user of the system stands in the audit trail.
fn user(uid: u32) -> String {
    format!("uid {uid}")
}

/// Answers a user of the system.
///
/// # Errors
/// What was refused or failed.
pub(crate) async fn answer(house: &House, asked: AccessRequest, uid: u32) -> anyhow::Result<Value> {
    let (store, now) = (&house.store, house.clock.now());
    let doer = Doer {
        who: user(uid),
        way: DeedWay::Command,
        client: None,
        at: now,
    };
    let holds = house.config.console.invitation.duration();
    Ok(match asked {
        AccessRequest::Accounts => serde_json::to_value(account_lines(house).await?)?,
        AccessRequest::Invite { name, role } => {
            let path = accounts::invite(store, &doer, (name, role), holds).await?;
            Value::String(house.console_link(&path))
        }
        AccessRequest::Change { name, change } => {
            let account = accounts::named(store, &name).await?;
            accounts::change(store, &doer, &account, change.into()).await?;
            Value::Null
        }
        AccessRequest::Reset { name } => {
            let path = accounts::reset(store, &doer, &name, holds).await?;
            Value::String(house.console_link(&path))
        }
        AccessRequest::Tokens => serde_json::to_value(store.tokens().await?)?,
        AccessRequest::MakeToken {
            name,
            role,
            scopes,
            ends_at,
        } => {
            let new = NewToken {
                name,
                role,
                scopes,
                account: None,
                ends_at,
            };
            Value::String(accounts::make_token(store, &doer, new).await?)
        }
        AccessRequest::RevokeToken { name } => {
            accounts::revoke_token(store, &doer, &name).await?;
            Value::Null
        }
        AccessRequest::Audit { filter, before, most } => {
            serde_json::to_value(store.deeds(&filter, before, most.min(MOST_DEEDS)).await?)?
        }
        AccessRequest::Begin(begun) => {
            let mut deed = deed(uid, begun.act, begun.target, (begun.details, now));
            deed.undoes = begun.undoes;
            serde_json::to_value(store.record_deed(&deed).await?)?
        }
        AccessRequest::End { id, outcome, details } => {
            store.end_deed(id, outcome, &details).await?;
            Value::Null
        }
    })
}

/// The accounts, as they are told.
async fn account_lines(house: &House) -> anyhow::Result<Vec<AccountLine>> {
    let accounts = house.store.accounts().await?.into_iter();
    let line = |account: atalaya_store::Account| AccountLine {
        state: match &account {
            account if account.disabled_at.is_some() => "closed",
            account if account.password.is_none() => "waiting",
            _ => "open",
        }
        .to_owned(),
        second_factor: account.factor.is_some(),
        name: account.name,
        role: account.role,
        since: account.created_at,
    };
    Ok(accounts.map(line).collect())
}

impl House {
    /// The whole link of a path of the console.
    pub(crate) fn console_link(&self, path: &str) -> String {
        format!("{}{path}", self.pages.config.console_url())
    }

    /// The link for the first administrator, while there is no account and none waits.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn first_link(&self) -> anyhow::Result<Option<String>> {
        let path = self.first_path().await?;
        Ok(path.map(|path| self.console_link(&path)))
    }

    /// The path of that link.
    ///
    /// # Errors
    /// The store failed.
    pub(crate) async fn first_path(&self) -> anyhow::Result<Option<String>> {
        let holds = self.config.console.invitation.duration();
        Ok(accounts::first_link(&self.store, self.clock.now(), holds).await?)
    }
}
