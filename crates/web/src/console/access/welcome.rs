//! The page of an invitation: a name, a password, a second factor, and from then on an account.
//!
//! The ticket in the link is the credential: it is in no log, no metric and no `Referer`. A visit alone changes nothing. The secret of the factor is made
//! for the page and comes back with its form: whoever has the link chooses what he signs in with either way.

use std::net::IpAddr;

use askama::Template;
use atalaya_model::{AccountName, Act};
use atalaya_store::{Credentials, Deed, DeedWay, Factor, Invitation};
use axum::extract::{FromRequestParts, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::json;

use super::form::{MAX_FORM, parse, read_body};
use super::secret::Token;
use super::sign_in::open;
use super::visitor::{cookie_name, with_cookie};
use super::{DoorFrame, factor, keep, password, totp};
use crate::app::{Client, Inner, Shared};
use crate::console::ROOT;
use crate::failure::Failure;
use crate::pages::{Reader, page};

/// The page.
#[derive(Template)]
#[template(path = "console/welcome.html")]
struct WelcomePage {
    frame: DoorFrame,
    lead: String,
    action: String,
    /// The name that is given, or what was typed.
    name: String,
    is_named: bool,
    factor: factor::FactorView,
    /// Whether it can be left for later.
    is_needed: bool,
    wrong: Option<&'static str>,
}

/// The recovery codes, shown once.
#[derive(Template)]
#[template(path = "console/welcome_done.html")]
struct DonePage {
    frame: DoorFrame,
    codes: Vec<String>,
    on: String,
}

/// What was typed.
#[derive(Deserialize)]
struct Typed {
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
}

/// The invitation of a link, while it holds.
async fn invitation_of(shared: &Inner, ticket: &str) -> Result<Invitation, Failure> {
    let token = Token::read(ticket).ok_or(Failure::NoInvitation)?;
    let found = shared.app.store.invitation(token.digest()).await?;
    found.ok_or(Failure::NoInvitation)
}

/// `/console/welcome/TICKET`.
pub(crate) async fn form(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
) -> Result<Response, Failure> {
    let invitation = invitation_of(&shared, &ticket).await?;
    let secret = totp::random_secret();
    let typed = (String::new(), secret);
    Ok(show(&shared, (&reader, &ticket), &invitation, typed, None))
}

fn show(
    shared: &Inner,
    (reader, ticket): (&Reader, &str),
    invitation: &Invitation,
    (typed, secret): (String, Vec<u8>),
    wrong: Option<&'static str>,
) -> Response {
    let t = reader.texts();
    let named = invitation.name.as_ref().map(ToString::to_string);
    let name = named.clone().unwrap_or(typed);
    let organisation = &shared.app.config.web.organisation;
    let template = WelcomePage {
        frame: DoorFrame::new(shared, reader),
        lead: (t.console.access.welcome_lead)(organisation, t.console.frame.role(invitation.role)),
        action: reader.link(&format!("{}{ticket}", keep::WELCOME)),
        is_named: named.is_some(),
        factor: factor::FactorView::new(organisation, &name, &secret),
        is_needed: shared.app.config.console.second_factor.is_needed(invitation.role),
        name,
        wrong,
    };
    let status = wrong.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    page(status, reader, &template)
}

/// POST `/console/welcome/TICKET`.
pub(crate) async fn accept(
    State(shared): State<Shared>,
    Path(ticket): Path<String>,
    request: Request,
) -> Result<Response, Failure> {
    let (mut parts, body) = request.into_parts();
    let Ok(Client(client)) = Client::from_request_parts(&mut parts, &shared).await;
    let reader = Reader::of(&parts.uri, &parts.headers);
    if !shared.door.sign_ins.admits(client, shared.app.clock.now()) {
        return Err(Failure::TooOften);
    }
    let invitation = invitation_of(&shared, &ticket).await?;
    let typed: Typed = parse(read_body(body, MAX_FORM).await?).await?;
    let t = &reader.texts().console.access;
    let secret = totp::read_secret(&typed.secret).ok_or(Failure::BadRequest)?;
    let again = |name: String, wrong: &'static str, invitation: &Invitation, secret: Vec<u8>| {
        show(
            &shared,
            (&reader, &ticket),
            invitation,
            (name, secret),
            Some(wrong),
        )
    };
    let (name, last_step) = match read(&shared, &invitation, &typed, &secret) {
        Ok(read) => read,
        Err(wrong) => return Ok(again(typed.name, wrong(t), &invitation, secret)),
    };
    let sealed = || shared.app.factors.seal(&name, &secret).ok_or(Failure::Internal);
    let factor = last_step
        .map(|last_step| sealed().map(|secret| Factor { secret, last_step }))
        .transpose()?;
    let codes = factor.as_ref().map_or_else(Vec::new, |_| totp::random_recovery());
    let credentials = Credentials {
        password: shared.door.hasher.hash(typed.password).await?,
        factor,
        recovery: codes
            .iter()
            .filter_map(|code| totp::recovery_digest(code))
            .collect(),
    };
    let deed = deed(&shared, &invitation, (&name, client), &credentials);
    let store = &shared.app.store;
    if store
        .accept(&invitation, &name, &credentials, &deed)
        .await?
        .is_none()
    {
        // Somebody was faster, or has that name: a look at the invitation tells which of the two.
        let invitation = invitation_of(&shared, &ticket).await?;
        return Ok(again(name.to_string(), t.name_taken, &invitation, secret));
    }
    let account = store.account_named(&name).await?.ok_or(Failure::Internal)?;
    let token = open(&shared, &parts, &account, json!({ "by": "invitation" })).await?;
    let answer = done(&shared, &reader, codes);
    Ok(with_cookie(answer, cookie_name(&parts, &shared), Some(&token)))
}

/// What is written down of it.
fn deed(
    shared: &Inner,
    invitation: &Invitation,
    (name, client): (&AccountName, IpAddr),
    credentials: &Credentials,
) -> Deed {
    Deed {
        at: shared.app.clock.now(),
        who: name.to_string(),
        way: DeedWay::Invitation,
        client: Some(client),
        act: if invitation.account.is_some() {
            Act::ChangePassword
        } else {
            Act::MakeAccount
        },
        target: name.to_string(),
        details: json!({
            "role": invitation.role,
            "invited_by": invitation.invited_by,
            "factor": credentials.factor.is_some(),
        }),
        undoes: None,
    }
}

/// The recovery codes, where there are any; else the console.
fn done(shared: &Inner, reader: &Reader, codes: Vec<String>) -> Response {
    if codes.is_empty() {
        return Redirect::to(&reader.link(ROOT)).into_response();
    }
    let template = DonePage {
        frame: DoorFrame::new(shared, reader),
        codes,
        on: reader.link(ROOT),
    };
    page(StatusCode::OK, reader, &template)
}

/// What is wrong with what was typed.
type Wrong = fn(&'static crate::texts::AccessTexts) -> &'static str;

/// The name, and the step of the code where a factor is set up, where everything is as it must be.
fn read(
    shared: &Inner,
    invitation: &Invitation,
    typed: &Typed,
    secret: &[u8],
) -> Result<(AccountName, Option<u64>), Wrong> {
    let name = match &invitation.name {
        Some(name) => name.clone(),
        None => match typed.name.trim().parse() {
            Ok(name) => name,
            Err(_bad) => return Err(|t| t.bad_name),
        },
    };
    if !password::is_fit(&typed.password) {
        return Err(|t| t.bad_password);
    }
    let is_needed = shared.app.config.console.second_factor.is_needed(invitation.role);
    if typed.code.trim().is_empty() && !is_needed {
        return Ok((name, None));
    }
    match totp::step_of(secret, &typed.code, shared.app.clock.now()) {
        Some(step) => Ok((name, Some(step))),
        None => Err(|t| t.bad_code),
    }
}
