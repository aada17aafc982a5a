//! Signing in and out.
//!
//! Whatever is wrong (the name, the password, the code), the answer is the same, and a password is hashed for unknown names too. Failures are counted,
//! and make whoever fails wait (`failures`).

use std::time::Duration;

use askama::Template;
use atalaya_model::{AccountName, Act, Prefix};
use atalaya_store::{Account, Deed, DeedOutcome, DeedWay, Session, StoreError};
use axum::body::Body;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use metrics::counter;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::failures::{Try, Wrong};
use super::form::{MAX_FORM, parse, read_body};
use super::secret::Token;
use super::totp;
use super::visitor::{SIGN_IN, Visitor, cookie_name, find, local, with_cookie};
use super::{DoorFrame, Posted};
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Reader, page};

/// How long it is remembered from where somebody signed in.
const CLIENTS_KEPT: Duration = Duration::from_secs(90 * 86_400);
/// The longest name of a browser that is kept, in characters.
const MAX_AGENT: usize = 200;

/// The page.
#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct SignInPage {
    frame: DoorFrame,
    action: String,
    next: String,
    name: String,
    /// Why nobody was let in.
    wrong: Option<&'static str>,
}

/// Where to go on.
#[derive(Deserialize)]
pub(crate) struct Going {
    #[serde(default)]
    next: String,
}

/// What was typed.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    next: String,
}

/// An empty form.
#[derive(Deserialize)]
pub(crate) struct Nothing {}

/// Why somebody is not let in.
pub(super) enum Refused {
    /// Something is wrong; nobody is told what.
    Wrong,
    /// He is to wait.
    Wait,
    /// The store failed, or there is no place.
    Failed(Failure),
}

impl From<Failure> for Refused {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// `/console/sign-in`.
pub(crate) async fn form(
    State(shared): State<Shared>,
    reader: Reader,
    Query(going): Query<Going>,
) -> Response {
    let typed = (String::new(), going.next);
    show(&shared, &reader, (StatusCode::OK, None), typed)
}

fn show(
    shared: &Inner,
    reader: &Reader,
    (status, wrong): (StatusCode, Option<&'static str>),
    (name, next): (String, String),
) -> Response {
    let template = SignInPage {
        frame: DoorFrame::new(shared, reader),
        action: reader.link(SIGN_IN),
        next: local(&next).to_owned(),
        name,
        wrong,
    };
    page(status, reader, &template)
}

/// POST `/console/sign-in`.
pub(crate) async fn sign_in(State(shared): State<Shared>, request: Request) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let Ok(Client(client)) = Client::from_request_parts(&mut parts, &shared).await;
    let reader = Reader::of(&parts.uri, &parts.headers);
    if !shared.door.sign_ins.admits(client, shared.app.clock.now()) {
        return Err(Failure::TooOften);
    }
    let typed: Typed = parse(read_body(Body::new(body), MAX_FORM).await?).await?;
    let (name, next) = (typed.name.clone(), typed.next.clone());
    let outcome = let_in(&shared, typed, Prefix::unit(client)).await;
    let t = &reader.texts().console.access;
    let (word, answer) = match outcome {
        Ok((account, by)) => {
            let token = open(&shared, &parts, &account, json!({ "factor": by.name() })).await?;
            let to = reader.link_to(local(&next));
            (
                "in",
                with_cookie(
                    Redirect::to(&to).into_response(),
                    cookie_name(&parts, &shared),
                    Some(&token),
                ),
            )
        }
        Err(Refused::Wrong) => {
            let said = (StatusCode::FORBIDDEN, Some(t.wrong));
            ("wrong", show(&shared, &reader, said, (name, next)))
        }
        Err(Refused::Wait) => {
            let said = (StatusCode::TOO_MANY_REQUESTS, Some(t.wait));
            ("wait", show(&shared, &reader, said, (name, next)))
        }
        Err(Refused::Failed(failure)) => return Err(failure),
    };
    counter!("atalaya_web_sign_ins_total", "outcome" => word).increment(1);
    if word != "in" {
        tracing::info!(%client, outcome = word, "somebody was not let in at the console");
    }
    Ok(answer)
}

/// By what else than the password somebody was let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Second {
    /// Nothing.
    None,
    /// A code of now.
    Code,
    /// A recovery code.
    Recovery,
}

impl Second {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Code => "code",
            Self::Recovery => "recovery",
        }
    }
}

/// Checks what was typed, within the limits for the name and the client.
async fn let_in(shared: &Shared, typed: Typed, client: Prefix) -> Result<(Account, Second), Refused> {
    let store = &shared.app.store;
    let name: Option<AccountName> = typed.name.trim().parse().ok();
    let account = match &name {
        Some(name) => store.account_named(name).await?,
        None => None,
    };
    let id = account.as_ref().map_or(Uuid::nil(), |account| account.id);
    let try_as = Try::new(&typed.name, id, client);
    if try_as.is_held_up(shared).await? {
        return Err(Refused::Wait);
    }
    let account = account.filter(Account::is_open);
    let kept = account.as_ref().and_then(|account| account.password.clone());
    let is_right = shared.door.hasher.is_right(typed.password, kept).await?;
    // Many may have come at the same moment and waited for their turn: whoever failed before counts.
    if try_as.is_held_up(shared).await? {
        return Err(Refused::Wait);
    }
    let second = match account.as_ref().filter(|_| is_right) {
        Some(account) => second_of(shared, account, &typed.code).await?,
        None => None,
    };
    let (Some(account), Some(second)) = (account, second) else {
        let wrong = if is_right { Wrong::Code } else { Wrong::Password };
        try_as.count(shared, wrong).await?;
        return Err(Refused::Wrong);
    };
    try_as.forget(shared, second).await?;
    Ok((account, second))
}

/// What whoever is not himself is told: what was asked of him beside the form.
pub(crate) fn wrong_proof(visitor: &Visitor) -> &'static str {
    let t = &visitor.reader.texts().console.access;
    match visitor.account.factor {
        Some(_) => t.wrong_proof,
        None => t.wrong_password,
    }
}

/// Whether whoever is signed in knows his password and, where there is one, has his second factor, both asked again before he changes what opens the
/// console. Failures are counted as those of signing in.
pub(crate) async fn is_himself(
    shared: &Shared,
    visitor: &Visitor,
    password: String,
    code: &str,
) -> Result<bool, Failure> {
    let client = Prefix::unit(visitor.client);
    let try_as = Try::new(&visitor.name, visitor.account.id, client);
    if try_as.is_held_up(shared).await? {
        return Err(Failure::TooOften);
    }
    let kept = visitor.account.password.clone();
    let is_right = shared.door.hasher.is_right(password, kept).await?;
    if try_as.is_held_up(shared).await? {
        return Err(Failure::TooOften);
    }
    let second = match is_right {
        true => second_of(shared, &visitor.account, code).await?,
        false => None,
    };
    let Some(second) = second else {
        let wrong = if is_right { Wrong::Code } else { Wrong::Password };
        try_as.count(shared, wrong).await?;
        return Ok(false);
    };
    try_as.forget(shared, second).await?;
    // He may have waited for his turn while somebody closed his account.
    match visitor.is_signed_in(shared).await? {
        true => Ok(true),
        false => Err(Failure::StaleForm),
    }
}

/// Whether this second factor is right, and not used before; none where it is not.
pub(super) async fn second_of(
    shared: &Inner,
    account: &Account,
    code: &str,
) -> Result<Option<Second>, Failure> {
    let store = &shared.app.store;
    let Some(factor) = &account.factor else {
        return Ok(Some(Second::None));
    };
    let secret = shared.app.factors.open(&account.name, &factor.secret);
    if secret.is_none() {
        tracing::warn!(account = %account.name, "a second factor does not open: another key than that of the data folder sealed it");
    }
    let now = shared.app.clock.now();
    if let Some(step) = secret.and_then(|secret| totp::step_of(&secret, code, now)) {
        let is_new = store.use_factor_step(account.id, step).await?;
        return Ok(is_new.then_some(Second::Code));
    }
    let Some(digest) = totp::recovery_digest(code) else {
        return Ok(None);
    };
    let is_right = store.use_recovery_code(account.id, digest).await?;
    Ok(is_right.then_some(Second::Recovery))
}

/// Opens a session, and writes it down. Whoever had one in the same browser leaves it: nobody gives him one from before.
pub(super) async fn open(
    shared: &Shared,
    parts: &Parts,
    account: &Account,
    details: Value,
) -> Result<Token, Failure> {
    leave_before(shared, parts).await?;
    let now = shared.app.clock.now();
    let trusted = &shared.app.config.web.trusted_proxies;
    let client = crate::client::address(&parts.extensions, &parts.headers, trusted);
    let agent = parts
        .headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok());
    let session = Session {
        id: Uuid::new_v4(),
        client: Prefix::unit(client),
        agent: agent.unwrap_or_default().chars().take(MAX_AGENT).collect(),
        created_at: now,
        seen_at: now,
        ends_at: now.plus(shared.app.config.console.session_longest.duration()),
        ended_at: None,
    };
    let token = Token::random();
    let deed = Deed {
        at: now,
        who: account.name.to_string(),
        way: DeedWay::Session,
        client: Some(client),
        act: Act::SignIn,
        target: account.name.to_string(),
        details,
        undoes: None,
    };
    let store = &shared.app.store;
    let id = store.record_deed(&deed).await?;
    let old = now.minus(CLIENTS_KEPT);
    store
        .open_session(account.id, &session, token.digest(), old)
        .await?;
    store.end_deed(id, DeedOutcome::Done, &Value::Null).await?;
    Ok(token)
}

/// Ends the session that a browser comes with when it is given another one, and writes it down under the account that the session was of.
async fn leave_before(shared: &Shared, parts: &Parts) -> Result<(), Failure> {
    let Some((_, session, account)) = find(parts, shared).await? else {
        return Ok(());
    };
    let trusted = &shared.app.config.web.trusted_proxies;
    let name = account.name.to_string();
    let deed = Deed {
        at: shared.app.clock.now(),
        who: name.clone(),
        way: DeedWay::Session,
        client: Some(crate::client::address(&parts.extensions, &parts.headers, trusted)),
        act: Act::EndSession,
        target: name,
        details: json!({ "session": session.id, "by": "another sign-in" }),
        undoes: None,
    };
    let store = &shared.app.store;
    let id = store.record_deed(&deed).await?;
    store.end_session(account.id, session.id).await?;
    Ok(store.end_deed(id, DeedOutcome::Done, &Value::Null).await?)
}

/// POST `/console/sign-out`.
pub(crate) async fn sign_out(State(shared): State<Shared>, request: Request) -> Result<Response, Response> {
    use axum::extract::FromRequest;
    let (parts, body) = request.into_parts();
    let again = Request::from_parts(parts.clone(), body);
    let Posted {
        visitor,
        form: Nothing {},
    } = Posted::<Nothing>::from_request(again, &shared).await?;
    let leave = async {
        let store = &shared.app.store;
        let deed = visitor.deed(&shared, Act::SignOut, visitor.name.as_str(), Value::Null);
        let id = store.record_deed(&deed).await?;
        store.end_session(visitor.account.id, visitor.session.id).await?;
        store.end_deed(id, DeedOutcome::Done, &Value::Null).await
    };
    leave
        .await
        .map_err(|error| Failure::from(error).into_response())?;
    let to = Redirect::to(&visitor.link(SIGN_IN)).into_response();
    Ok(with_cookie(to, cookie_name(&parts, &shared), None))
}
