//! The accounts and tokens, for administrators. Every change asks for the password again, and for a code of the second factor where there is one; it is
//! written down in the transaction that makes it.

use std::time::Duration;

use askama::Template;
use atalaya_model::{AccessScope, AccountName, Role};
use atalaya_store::{AccessToken, Account, AccountChange, DeedWay};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;

use super::keep::{self, AccessError, Doer, NewToken};
use super::sign_in::{is_himself, wrong_proof};
use super::{Posted, Visitor};
use crate::app::{Inner, Shared};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::texts::AccountTexts;
use crate::written::Moment;

/// Where the page is.
pub(crate) const ACCOUNTS: &str = "/console/accounts";
/// The longest life of a token that is made on the page, in days.
const MOST_DAYS: u32 = 3_650;

/// The page.
#[derive(Template)]
#[template(path = "console/accounts.html")]
struct AccountsPage {
    frame: ConsoleFrame,
    accounts: Vec<AccountView>,
    tokens: Vec<TokenView>,
    roles: Vec<Choice>,
    scopes: Vec<Choice>,
    invite_action: String,
    change_action: String,
    token_action: String,
    revoke_action: String,
    /// Whether a code is asked for beside the password.
    has_factor: bool,
    /// What is shown once.
    secret: Option<SecretView>,
    wrong: Option<String>,
}

/// An account, as it is shown.
struct AccountView {
    name: String,
    role_name: &'static str,
    state: &'static str,
    tone: &'static str,
    factor: &'static str,
    since: Moment,
    audit: String,
}

/// A token, as it is shown.
struct TokenView {
    name: String,
    role: &'static str,
    scopes: String,
    made_by: String,
    ends: Option<Moment>,
    used: Option<Moment>,
    is_over: bool,
}

/// Something to choose.
struct Choice {
    value: &'static str,
    label: &'static str,
}

/// A link or a token that nobody sees again.
struct SecretView {
    title: &'static str,
    text: &'static str,
    value: String,
}

/// Whom to invite.
#[derive(Deserialize)]
pub(crate) struct Inviting {
    #[serde(default)]
    name: String,
    role: Role,
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

/// What becomes of an account.
#[derive(Deserialize)]
pub(crate) struct Changing {
    name: AccountName,
    act: Doing,
    role: Option<Role>,
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

/// What can be done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Doing {
    Role,
    Disable,
    Enable,
    Reset,
}

/// A token to be made. Each scope is a box of its own.
#[derive(Deserialize)]
pub(crate) struct Making {
    #[serde(default)]
    name: String,
    role: Role,
    days: Option<String>,
    read: Option<String>,
    list: Option<String>,
    allow: Option<String>,
    evidence: Option<String>,
    notices: Option<String>,
    administer: Option<String>,
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

impl Making {
    /// The scopes that were chosen.
    fn scopes(&self) -> Vec<AccessScope> {
        let is_chosen = |scope: &AccessScope| match scope {
            AccessScope::Read => self.read.is_some(),
            AccessScope::List => self.list.is_some(),
            AccessScope::Allow => self.allow.is_some(),
            AccessScope::Evidence => self.evidence.is_some(),
            AccessScope::Notices => self.notices.is_some(),
            AccessScope::Administer => self.administer.is_some(),
        };
        AccessScope::ALL.into_iter().filter(is_chosen).collect()
    }
}

/// Which token.
#[derive(Deserialize)]
pub(crate) struct Revoking {
    name: AccountName,
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

/// What is said with the page: what is shown once, or what is wrong.
type Said = Result<Option<SecretView>, String>;

/// `/console/accounts`.
pub(crate) async fn show(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Role::Administrator)?;
    view(&shared, &visitor, Ok(None)).await
}

async fn view(shared: &Inner, visitor: &Visitor, said: Said) -> Result<Response, Failure> {
    let store = &shared.app.store;
    let (accounts, tokens) = (store.accounts().await?, store.tokens().await?);
    let t = visitor.reader.texts();
    let (frame, a) = (&t.console.frame, &t.console.accounts);
    let status = said
        .as_ref()
        .map_or(StatusCode::UNPROCESSABLE_ENTITY, |_| StatusCode::OK);
    let (secret, wrong) = match said {
        Ok(secret) => (secret, None),
        Err(wrong) => (None, Some(wrong)),
    };
    let now = shared.app.clock.now();
    let token = |token: &AccessToken| TokenView {
        name: token.name.to_string(),
        role: frame.role(token.role),
        scopes: token
            .scopes
            .iter()
            .map(|scope| scope.name())
            .collect::<Vec<_>>()
            .join(", "),
        made_by: token.made_by.clone(),
        ends: token.ends_at.map(|at| t.units.moment(at)),
        used: token.used_at.map(|at| t.units.moment(at)),
        is_over: token.ends_at.is_some_and(|at| at <= now),
    };
    let template = AccountsPage {
        frame: ConsoleFrame::new(shared, visitor, Place::Accounts),
        accounts: accounts
            .iter()
            .map(|account| account_view(account, visitor))
            .collect(),
        tokens: tokens.iter().map(token).collect(),
        roles: Role::ALL.map(|role| choice(role.name(), frame.role(role))).into(),
        scopes: AccessScope::ALL
            .map(|scope| choice(scope.name(), a.scope(scope)))
            .into(),
        invite_action: visitor.link("/console/accounts/invite"),
        change_action: visitor.link("/console/accounts/change"),
        token_action: visitor.link("/console/accounts/token"),
        revoke_action: visitor.link("/console/accounts/revoke"),
        has_factor: visitor.account.factor.is_some(),
        secret,
        wrong,
    };
    Ok(page(status, &visitor.reader, &template))
}

const fn choice(value: &'static str, label: &'static str) -> Choice {
    Choice { value, label }
}

fn account_view(account: &Account, visitor: &Visitor) -> AccountView {
    let t = visitor.reader.texts();
    let a = &t.console.accounts;
    let (state, tone) = match account {
        Account {
            disabled_at: Some(_), ..
        } => (a.disabled, "neutral"),
        Account { password: None, .. } => (a.waiting, "listed"),
        _ => (a.open, "clear"),
    };
    AccountView {
        name: account.name.to_string(),
        role_name: t.console.frame.role(account.role),
        state,
        tone,
        factor: if account.factor.is_some() {
            a.with_factor
        } else {
            a.without_factor
        },
        since: t.units.moment(account.created_at),
        audit: visitor
            .reader
            .link_to(&format!("/console/audit?target={}", account.name)),
    }
}

/// Who changes something here.
fn doer(shared: &Inner, visitor: &Visitor) -> Doer {
    Doer {
        who: visitor.name.clone(),
        way: DeedWay::Session,
        client: Some(visitor.client),
        at: shared.app.clock.now(),
    }
}

/// Whether an administrator is who he says, by his password and, where he has a second factor, a code of it; else what to say.
async fn confirmed(
    shared: &Shared,
    visitor: &Visitor,
    (password, code): (String, &str),
) -> Result<Result<(), String>, Failure> {
    visitor.needs(Role::Administrator)?;
    let is_himself = is_himself(shared, visitor, password, code).await?;
    Ok(is_himself
        .then_some(())
        .ok_or_else(|| wrong_proof(visitor).to_owned()))
}

/// How long an invitation holds.
fn holds(shared: &Inner) -> Duration {
    shared.app.config.console.invitation.duration()
}

/// The whole link of a path.
fn whole(shared: &Inner, path: &str) -> String {
    format!("{}{path}", shared.app.config.console_url())
}

/// What is said of a refusal; a failure of the store is one of ours.
fn refused<T>(outcome: Result<T, AccessError>, a: &AccountTexts) -> Result<Result<T, String>, Failure> {
    match outcome {
        Ok(done) => Ok(Ok(done)),
        Err(AccessError::Store(error)) => Err(error.into()),
        Err(error) => Ok(Err(a.refused(&error))),
    }
}

/// POST `/console/accounts/invite`.
pub(crate) async fn invite(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Inviting>,
) -> Result<Response, Failure> {
    let t = &visitor.reader.texts().console;
    if let Err(wrong) = confirmed(&shared, &visitor, (form.password, &form.own_code)).await? {
        return view(&shared, &visitor, Err(wrong)).await;
    }
    let Ok(name) = form.name.trim().parse() else {
        return view(&shared, &visitor, Err(t.access.bad_name.to_owned())).await;
    };
    let doer = doer(&shared, &visitor);
    let path = keep::invite(&shared.app.store, &doer, (name, form.role), holds(&shared)).await;
    let said = refused(path, &t.accounts)?.map(|path| Some(invitation(&shared, &path, &t.accounts)));
    view(&shared, &visitor, said).await
}

/// The link of an invitation, shown once.
fn invitation(shared: &Inner, path: &str, a: &'static AccountTexts) -> SecretView {
    SecretView {
        title: a.invited,
        text: a.invited_text,
        value: whole(shared, path),
    }
}

/// POST `/console/accounts/change`.
pub(crate) async fn change(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Changing>,
) -> Result<Response, Failure> {
    let t = &visitor.reader.texts().console;
    if let Err(wrong) = confirmed(&shared, &visitor, (form.password, &form.own_code)).await? {
        return view(&shared, &visitor, Err(wrong)).await;
    }
    let (store, doer) = (&shared.app.store, doer(&shared, &visitor));
    let done = async {
        let account = keep::named(store, &form.name).await?;
        let change = match (form.act, form.role) {
            (Doing::Role, Some(role)) => AccountChange::Role(role),
            (Doing::Role, None) => return Ok(None),
            (Doing::Disable, _) => AccountChange::Disable,
            (Doing::Enable, _) => AccountChange::Enable,
            (Doing::Reset, _) => {
                let path = keep::reset(store, &doer, &form.name, holds(&shared)).await?;
                return Ok(Some(invitation(&shared, &path, &t.accounts)));
            }
        };
        keep::change(store, &doer, &account, change).await.map(|()| None)
    };
    let said = refused(done.await, &t.accounts)?;
    // Whoever took something from himself sees at once what is left.
    match said {
        Ok(None) => Ok(Redirect::to(&visitor.link(ACCOUNTS)).into_response()),
        said => view(&shared, &visitor, said).await,
    }
}

/// POST `/console/accounts/token`.
pub(crate) async fn make_token(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Making>,
) -> Result<Response, Failure> {
    let t = &visitor.reader.texts().console;
    let (scopes, days) = (
        form.scopes(),
        form.days.as_deref().unwrap_or_default().trim().to_owned(),
    );
    if let Err(wrong) = confirmed(&shared, &visitor, (form.password, &form.own_code)).await? {
        return view(&shared, &visitor, Err(wrong)).await;
    }
    let Ok(name) = form.name.trim().parse() else {
        return view(&shared, &visitor, Err(t.access.bad_name.to_owned())).await;
    };
    let days = match days.parse::<u32>() {
        _ if days.is_empty() => None,
        Ok(days) if (1..=MOST_DAYS).contains(&days) => Some(days),
        _ => return view(&shared, &visitor, Err(t.accounts.bad_days.to_owned())).await,
    };
    if scopes.is_empty() {
        return view(&shared, &visitor, Err(t.accounts.no_scope.to_owned())).await;
    }
    let doer = doer(&shared, &visitor);
    let new = NewToken {
        name,
        role: form.role,
        scopes,
        account: Some(visitor.account.id),
        ends_at: days.map(|days| doer.at.plus(Duration::from_secs(u64::from(days) * 86_400))),
    };
    let made = keep::make_token(&shared.app.store, &doer, new).await;
    let said = refused(made, &t.accounts)?.map(|value| {
        Some(SecretView {
            title: t.accounts.token_made,
            text: t.accounts.token_made_text,
            value,
        })
    });
    view(&shared, &visitor, said).await
}

/// POST `/console/accounts/revoke`.
pub(crate) async fn revoke_token(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Revoking>,
) -> Result<Response, Failure> {
    let t = &visitor.reader.texts().console;
    if let Err(wrong) = confirmed(&shared, &visitor, (form.password, &form.own_code)).await? {
        return view(&shared, &visitor, Err(wrong)).await;
    }
    let revoked = keep::revoke_token(&shared.app.store, &doer(&shared, &visitor), &form.name).await;
    match refused(revoked, &t.accounts)? {
        Ok(()) => Ok(Redirect::to(&visitor.link(ACCOUNTS)).into_response()),
        Err(wrong) => view(&shared, &visitor, Err(wrong)).await,
    }
}
