//! Setting up the second factor of one's own account. Whoever has one gives a code of it to change it: a stolen session and password are not enough.

use askama::Template;
use atalaya_model::Act;
use atalaya_store::Factor;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use serde_json::Value;

use super::own::OWN;
use super::secret::Token;
use super::sign_in::is_himself;
use super::visitor::FACTOR;
use super::{Posted, Visitor, totp};
use crate::app::{Inner, Shared};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;

/// A secret, as a page shows it.
pub(super) struct FactorView {
    /// The picture, as SVG of our own making.
    pub(super) picture: Option<String>,
    /// The secret in groups of four, for those who type it.
    pub(super) text: String,
    /// The same as the form carries it.
    pub(super) secret: String,
    /// The link that a phone opens.
    pub(super) address: String,
}

impl FactorView {
    /// How a secret is shown.
    pub(super) fn new(organisation: &str, name: &str, secret: &[u8]) -> Self {
        let address = totp::address(secret, organisation, name);
        let text = totp::secret_text(secret);
        let groups = text.as_bytes().chunks(4).map(String::from_utf8_lossy);
        Self {
            picture: totp::picture(&address),
            text: groups.collect::<Vec<_>>().join(" "),
            secret: text,
            address,
        }
    }
}

/// The page.
#[derive(Template)]
#[template(path = "console/factor.html")]
struct FactorPage {
    frame: ConsoleFrame,
    factor: FactorView,
    action: String,
    /// Where the factor is taken away; nowhere where there is none, or where it must be.
    remove: Option<String>,
    /// Whether there is one already, of which a code is asked for.
    has_one: bool,
    /// Whether there is no other page before this is done.
    must: bool,
    wrong: Option<&'static str>,
}

/// The recovery codes, shown once.
#[derive(Template)]
#[template(path = "console/recovery.html")]
pub(super) struct RecoveryPage {
    pub(super) frame: ConsoleFrame,
    pub(super) codes: Vec<String>,
    pub(super) back: String,
}

/// What was typed.
#[derive(Deserialize)]
pub(crate) struct Typed {
    #[serde(default)]
    password: String,
    #[serde(default)]
    secret: String,
    #[serde(default)]
    code: String,
    #[serde(default)]
    own_code: String,
}

/// What was typed to take it away.
#[derive(Deserialize)]
pub(crate) struct Away {
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

/// `/console/me/factor`.
pub(crate) async fn form(State(shared): State<Shared>, visitor: Visitor) -> Response {
    show(&shared, &visitor, &totp::random_secret(), None)
}

fn show(shared: &Inner, visitor: &Visitor, secret: &[u8], wrong: Option<&'static str>) -> Response {
    let is_needed = shared.app.config.console.second_factor.is_needed(visitor.role);
    let has_one = visitor.account.factor.is_some();
    let template = FactorPage {
        frame: ConsoleFrame::new(shared, visitor, Place::Own),
        factor: FactorView::new(&shared.app.config.web.organisation, &visitor.name, secret),
        action: visitor.link(FACTOR),
        remove: (has_one && !is_needed).then(|| visitor.link("/console/me/no-factor")),
        has_one,
        must: is_needed && !has_one,
        wrong,
    };
    let status = wrong.map_or(StatusCode::OK, |_| StatusCode::UNPROCESSABLE_ENTITY);
    page(status, &visitor.reader, &template)
}

/// POST `/console/me/factor`.
pub(crate) async fn set(
    State(shared): State<Shared>,
    Posted { visitor, form: typed }: Posted<Typed>,
) -> Result<Response, Failure> {
    let t = &visitor.reader.texts().console.access;
    let secret = totp::read_secret(&typed.secret).ok_or(Failure::BadRequest)?;
    // First the new one: it is of the form's own making, and the code of the present one is used up by looking at it.
    let Some(last_step) = totp::step_of(&secret, &typed.code, shared.app.clock.now()) else {
        return Ok(show(&shared, &visitor, &secret, Some(t.bad_code)));
    };
    if !is_himself(&shared, &visitor, typed.password, &typed.own_code).await? {
        return Ok(show(&shared, &visitor, &secret, Some(t.wrong_proof)));
    }
    let codes = totp::random_recovery();
    let digests: Vec<_> = codes
        .iter()
        .filter_map(|code| totp::recovery_digest(code))
        .collect();
    let deed = visitor.deed(&shared, Act::ChangeFactor, visitor.name.as_str(), Value::Null);
    let token = Token::random();
    let whose = visitor.renewed_by(&token);
    let sealed = shared.app.factors.seal(&visitor.account.name, &secret);
    let factor = Factor {
        secret: sealed.ok_or(Failure::Internal)?,
        last_step,
    };
    let store = &shared.app.store;
    if !store.change_factor(whose, Some(&factor), &digests, &deed).await? {
        return Err(Failure::StaleForm);
    }
    let visitor = visitor.with(&token);
    Ok(visitor.hand_over(show_codes(&shared, &visitor, codes), &token))
}

/// The recovery codes, which nobody shows again.
pub(super) fn show_codes(shared: &Inner, visitor: &Visitor, codes: Vec<String>) -> Response {
    let template = RecoveryPage {
        frame: ConsoleFrame::new(shared, visitor, Place::Own),
        codes,
        back: visitor.link(OWN),
    };
    page(StatusCode::OK, &visitor.reader, &template)
}

/// POST `/console/me/no-factor`.
pub(crate) async fn remove(
    State(shared): State<Shared>,
    Posted { visitor, form }: Posted<Away>,
) -> Result<Response, Failure> {
    if shared.app.config.console.second_factor.is_needed(visitor.role) {
        return Err(Failure::BadRequest);
    }
    if !is_himself(&shared, &visitor, form.password, &form.own_code).await? {
        let t = &visitor.reader.texts().console.access;
        return Ok(show(
            &shared,
            &visitor,
            &totp::random_secret(),
            Some(t.wrong_proof),
        ));
    }
    let details = serde_json::json!({ "factor": false });
    let deed = visitor.deed(&shared, Act::ChangeFactor, visitor.name.as_str(), details);
    let token = Token::random();
    let whose = visitor.renewed_by(&token);
    if !shared.app.store.change_factor(whose, None, &[], &deed).await? {
        return Err(Failure::StaleForm);
    }
    let to = Redirect::to(&visitor.link(OWN)).into_response();
    Ok(visitor.hand_over(to, &token))
}
