//! One's own account: its password, its recovery codes, its sessions.

use askama::Template;
use atalaya_model::Act;
use atalaya_store::{DeedOutcome, Session};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::factor::show_codes;
use super::secret::Token;
use super::sign_in::{is_himself, wrong_proof};
use super::{Posted, Visitor, password, totp};
use crate::app::Shared;
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
pub(crate) const OWN: &str = "/console/me";

/// The page.
#[derive(Template)]
#[template(path = "console/own.html")]
struct OwnPage {
    frame: ConsoleFrame,
    since: Moment,
    has_factor: bool,
    recovery: String,
    sessions: Vec<SessionView>,
    password_action: String,
    recovery_action: String,
    factor_link: String,
    session_action: String,
    wrong: Option<&'static str>,
    done: Option<&'static str>,
}

/// A session, as it is shown.
struct SessionView {
    id: String,
    client: String,
    agent: String,
    opened: Moment,
    seen: Moment,
    is_this: bool,
}

impl SessionView {
    fn new(session: &Session, visitor: &Visitor) -> Self {
        let units = &visitor.reader.texts().units;
        Self {
            id: session.id.to_string(),
            client: session.client.to_string(),
            agent: session.agent.clone(),
            opened: units.moment(session.created_at),
            seen: units.moment(session.seen_at),
            is_this: session.id == visitor.session.id,
        }
    }
}

/// Another password, with the present one and a code of the factor.
#[derive(Deserialize)]
pub(crate) struct NewPassword {
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
    #[serde(default)]
    new: String,
}

/// The password again, and a code of the factor.
#[derive(Deserialize)]
pub(crate) struct Again {
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

/// Which session.
#[derive(Deserialize)]
pub(crate) struct Which {
    id: Uuid,
}

/// What is said above the page: what is wrong, or what was done.
type Said = Result<Option<&'static str>, &'static str>;

/// `/console/me`.
pub(crate) async fn show(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    view(&shared, &visitor, Ok(None)).await
}

async fn view(shared: &Shared, visitor: &Visitor, said: Said) -> Result<Response, Failure> {
    let store = &shared.app.store;
    let t = visitor.reader.texts();
    let left = store.recovery_codes_left(visitor.account.id).await?;
    let sessions = store.sessions_of(visitor.account.id).await?;
    let idle = shared.app.config.console.session_idle.duration();
    let now = shared.app.clock.now();
    let awake = sessions
        .iter()
        .filter(|session| now.since(session.seen_at) <= idle);
    let template = OwnPage {
        frame: ConsoleFrame::new(shared, visitor, Place::Own),
        since: t.units.moment(visitor.account.created_at),
        has_factor: visitor.account.factor.is_some(),
        recovery: (t.console.access.recovery_left)(&left.to_string()),
        sessions: awake.map(|session| SessionView::new(session, visitor)).collect(),
        password_action: visitor.link("/console/me/password"),
        recovery_action: visitor.link("/console/me/recovery"),
        factor_link: visitor.link(super::visitor::FACTOR),
        session_action: visitor.link("/console/me/session"),
        wrong: said.err(),
        done: said.ok().flatten(),
    };
    let status = said.map_or_else(|_| StatusCode::UNPROCESSABLE_ENTITY, |_| StatusCode::OK);
    Ok(page(status, &visitor.reader, &template))
}

/// POST `/console/me/password`.
pub(crate) async fn change_password(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<NewPassword>,
) -> Result<Response, Failure> {
    let t = &visitor.reader.texts().console.access;
    if !password::is_fit(&form.new) {
        return view(&shared, &visitor, Err(t.bad_password)).await;
    }
    if !is_himself(&shared, &visitor, form.password, &form.own_code).await? {
        return view(&shared, &visitor, Err(wrong_proof(&visitor))).await;
    }
    let hash = shared.door.hasher.hash(form.new).await?;
    let deed = visitor.deed(&shared, Act::ChangePassword, visitor.name.as_str(), Value::Null);
    let token = Token::random();
    let whose = visitor.renewed_by(&token);
    if !shared.app.store.change_password(whose, &hash, &deed).await? {
        return Err(Failure::StaleForm);
    }
    let visitor = visitor.with(&token);
    let page = view(&shared, &visitor, Ok(Some(t.password_changed))).await?;
    Ok(visitor.hand_over(page, &token))
}

/// POST `/console/me/recovery`.
pub(crate) async fn change_recovery(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Again>,
) -> Result<Response, Failure> {
    if visitor.account.factor.is_none() {
        return Err(Failure::BadRequest);
    }
    if !is_himself(&shared, &visitor, form.password, &form.own_code).await? {
        return view(&shared, &visitor, Err(wrong_proof(&visitor))).await;
    }
    let codes = totp::random_recovery();
    let digests: Vec<_> = codes
        .iter()
        .filter_map(|code| totp::recovery_digest(code))
        .collect();
    let deed = visitor.deed(&shared, Act::MakeRecovery, visitor.name.as_str(), Value::Null);
    shared
        .app
        .store
        .change_recovery(visitor.account.id, &digests, &deed)
        .await?;
    Ok(show_codes(&shared, &visitor, codes))
}

/// POST `/console/me/session`: ends one of one's own sessions.
pub(crate) async fn end_session(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Which>,
) -> Result<Response, Failure> {
    let store = &shared.app.store;
    let details = json!({ "session": form.id });
    let deed = visitor.deed(&shared, Act::EndSession, visitor.name.as_str(), details);
    let id = store.record_deed(&deed).await?;
    let ended = store.end_session(visitor.account.id, form.id).await?;
    let outcome = if ended {
        DeedOutcome::Done
    } else {
        DeedOutcome::Failed
    };
    store.end_deed(id, outcome, &Value::Null).await?;
    Ok(Redirect::to(&visitor.link(OWN)).into_response())
}
