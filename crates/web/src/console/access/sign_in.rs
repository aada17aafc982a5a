//! Signing in and out.
//!
//! Whatever is wrong (the name, the password, the code), the answer is the same, and a password is hashed for unknown names too. Failures are counted
//! by name and client: from the fourth on each makes that client wait longer for that name, and nobody else. What strangers fail with a name
//! together holds up only those clients from which nobody has signed in with it.

use std::time::Duration;

use askama::Template;
use atalaya_model::{AccountName, Act, Digest, Prefix, Timestamp};
use atalaya_store::{Account, Deed, DeedOutcome, DeedWay, Failures, Session, StoreError};
use axum::body::Body;
use axum::extract::{FromRequestParts, Query, Request, State};
use axum::http::StatusCode;
use axum::http::header::USER_AGENT;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use metrics::counter;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::form::{MAX_FORM, parse, read_body};
use super::secret::Token;
use super::totp;
use super::visitor::{SIGN_IN, Visitor, cookie_name, find, local, with_cookie};
use super::{DoorFrame, Posted};
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Reader, page};

/// Failures of a client with a name before it has to wait.
const FREE: u64 = 3;
/// The first wait, which doubles with each failure, and the longest.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(15 * 60);
/// How long the failures of a client are remembered.
const REMEMBERED: Duration = Duration::from_secs(86_400);
/// Failures of all clients with a name, none more than an hour after the one before, after which only known clients may try.
const MOST_OF_ALL: u64 = 50;
const HOUR: Duration = Duration::from_secs(3_600);
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
    let try_as = (digest_of(&typed.name), id, client);
    if is_held_up(shared, try_as).await? {
        return Err(Refused::Wait);
    }
    let account = account.filter(Account::is_open);
    let kept = account.as_ref().and_then(|account| account.password.clone());
    let is_right = shared.door.hasher.is_right(typed.password, kept).await?;
    // Many may have come at the same moment and waited for their turn: whoever failed before counts.
    if is_held_up(shared, try_as).await? {
        return Err(Refused::Wait);
    }
    let second = match account.as_ref().filter(|_| is_right) {
        Some(account) => second_of(shared, account, &typed.code).await?,
        None => None,
    };
    let (Some(account), Some(second)) = (account, second) else {
        count_failure(shared, try_as).await?;
        return Err(Refused::Wrong);
    };
    store.forget_sign_in_failures(try_as.0, client).await?;
    Ok((account, second))
}

/// Whether whoever is signed in knows his password, asked again before he changes what opens the console; with a code also whether he has his second
/// factor, where there is one. Failures are counted as those of signing in.
pub(crate) async fn is_himself(
    shared: &Shared,
    visitor: &Visitor,
    password: String,
    code: Option<&str>,
) -> Result<bool, Failure> {
    let client = Prefix::unit(visitor.client);
    let try_as = (digest_of(&visitor.name), visitor.account.id, client);
    if is_held_up(shared, try_as).await? {
        return Err(Failure::TooOften);
    }
    let kept = visitor.account.password.clone();
    let is_right = shared.door.hasher.is_right(password, kept).await?;
    if is_held_up(shared, try_as).await? {
        return Err(Failure::TooOften);
    }
    let has_factor = match code.filter(|_| is_right) {
        Some(code) => second_of(shared, &visitor.account, code).await?.is_some(),
        None => is_right,
    };
    if !has_factor {
        count_failure(shared, try_as).await?;
        return Ok(false);
    }
    let store = &shared.app.store;
    store.forget_sign_in_failures(try_as.0, client).await?;
    // He may have waited for his turn while somebody closed his account.
    match visitor.is_signed_in(shared).await? {
        true => Ok(true),
        false => Err(Failure::StaleForm),
    }
}

/// Who tries: the digest of the name, the account that has it, and from where.
type TryAs = (Digest, Uuid, Prefix);

/// Whether a client has to wait with a name: for what it failed itself, or, where nobody has signed in from it, for what all clients failed together.
async fn is_held_up(shared: &Inner, (who, account, client): TryAs) -> Result<bool, StoreError> {
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    if must_wait(store.sign_in_failures(who, Some(client)).await?, now) {
        return Ok(true);
    }
    let of_all = store.sign_in_failures(who, None).await?;
    let is_crowd = of_all.count >= MOST_OF_ALL && of_all.last_at.is_some_and(|last| now.since(last) < HOUR);
    Ok(is_crowd && !store.knows_client(account, client).await?)
}

/// Counts a failure, for the client and for all together.
async fn count_failure(shared: &Inner, (who, _account, client): TryAs) -> Result<(), StoreError> {
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let remembered = now.minus(REMEMBERED);
    store.count_sign_in_failure(who, Some(client), remembered).await?;
    store.count_sign_in_failure(who, None, now.minus(HOUR)).await
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
    if let Some(step) = totp::step_of(&factor.secret, code, shared.app.clock.now()) {
        let is_new = store.use_factor_step(account.id, step).await?;
        return Ok(is_new.then_some(Second::Code));
    }
    let Some(digest) = totp::recovery_digest(code) else {
        return Ok(None);
    };
    let is_right = store.use_recovery_code(account.id, digest).await?;
    Ok(is_right.then_some(Second::Recovery))
}

/// Whether a client has failed too often to try again now.
fn must_wait(failures: Failures, now: Timestamp) -> bool {
    let Some(last) = failures.last_at else {
        return false;
    };
    let doublings = failures.count.saturating_sub(FREE + 1);
    let wait = match u32::try_from(doublings) {
        _ if failures.count <= FREE => Duration::ZERO,
        Ok(doublings) => FIRST_WAIT.saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX)),
        Err(_too_many) => LONGEST_WAIT,
    };
    // A clock that was set back must not lock anybody out.
    now >= last && now.since(last) < wait.min(LONGEST_WAIT)
}

/// The name under which failures are counted, whether there is such an account or not.
fn digest_of(name: &str) -> Digest {
    let folded = name.trim().to_ascii_lowercase();
    Digest(
        Sha256::new()
            .chain_update(b"atalaya sign-in\0")
            .chain_update(folded)
            .finalize()
            .into(),
    )
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_failure_makes_the_wait_longer_up_to_a_quarter_of_an_hour() {
        let last = Timestamp::from_seconds(1_000_000);
        let waits = |count: u64, seconds: u64| {
            let failures = Failures {
                count,
                last_at: Some(last),
            };
            must_wait(failures, last.plus(Duration::from_secs(seconds)))
        };
        assert!(!waits(3, 0));
        assert!(waits(4, 4) && !waits(4, 5));
        assert!(waits(6, 19) && !waits(6, 20));
        assert!(waits(60, 899) && !waits(60, 900));
        assert!(waits(u64::MAX, 899) && !waits(u64::MAX, 900));
        assert!(!must_wait(Failures::default(), last));
    }

    #[test]
    fn failures_are_counted_for_a_name_in_whatever_letters() {
        assert_eq!(digest_of(" Marta "), digest_of("marta"));
        assert_ne!(digest_of("marta"), digest_of("maria"));
    }
}
