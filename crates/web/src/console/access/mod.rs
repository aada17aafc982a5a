//! The door of the console: who is signed in, by which session, and which form is his.
//!
//! In: cookies, forms, tokens of programs. Out: a [`Visitor`] or a refusal. Passwords, tokens and codes are kept as digests and hashes alone, secrets of
//! second factors sealed, and no log, metric or page repeats one.

mod accounts;
mod audit;
mod factor;
mod failures;
mod form;
pub mod keep;
mod own;
mod password;
mod program;
mod seal;
mod secret;
mod sign_in;
mod totp;
mod visitor;
mod welcome;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};

use crate::app::{Inner, Shared};
use crate::assets;
use crate::console::ConsoleConfig;
use crate::limiter::Limiter;
use crate::pages::Reader;
use crate::texts::{ConsoleTexts, Texts};

pub(crate) use form::{Posted, read_body};
pub(crate) use program::{MAX_REASON, Program, answer};
pub(crate) use sign_in::{is_himself, wrong_proof};
pub(crate) use visitor::{Visitor, in_query};

/// What stands at the door, for all requests together.
pub(crate) struct Door {
    /// Makes and checks hashes of passwords.
    hasher: password::Hasher,
    /// Counts who tries to sign in.
    sign_ins: Limiter,
}

impl Door {
    /// One that holds to the configuration.
    pub(crate) fn new(config: &ConsoleConfig) -> Self {
        Self {
            hasher: password::Hasher::new(),
            sign_ins: Limiter::new(config.sign_ins_per_minute),
        }
    }
}

/// The routes of signing in, of accounts, and of the audit trail.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/console/sign-in", get(sign_in::form).post(sign_in::sign_in))
        .route("/console/sign-out", post(sign_in::sign_out).get(to_own))
        .route(
            "/console/welcome/{ticket}",
            get(welcome::form).post(welcome::accept),
        )
        .route("/console/me", get(own::show))
        .route("/console/me/password", post(own::change_password).get(to_own))
        .route("/console/me/recovery", post(own::change_recovery).get(to_own))
        .route("/console/me/session", post(own::end_session).get(to_own))
        .route("/console/me/factor", get(factor::form).post(factor::set))
        .route("/console/me/no-factor", post(factor::remove).get(to_own))
        .route("/console/accounts", get(accounts::show))
        .route(
            "/console/accounts/invite",
            post(accounts::invite).get(to_accounts),
        )
        .route(
            "/console/accounts/change",
            post(accounts::change).get(to_accounts),
        )
        .route(
            "/console/accounts/token",
            post(accounts::make_token).get(to_accounts),
        )
        .route(
            "/console/accounts/revoke",
            post(accounts::revoke_token).get(to_accounts),
        )
        .route("/console/audit", get(audit::show))
        .merge(program::routes())
}

/// GET of what a form of one's own account answers, as after a change of language.
async fn to_own(visitor: Visitor) -> Redirect {
    Redirect::to(&visitor.link(own::OWN))
}

/// The same for the accounts.
async fn to_accounts(visitor: Visitor) -> Redirect {
    Redirect::to(&visitor.link(accounts::ACCOUNTS))
}

/// What stands around a page before somebody is signed in.
pub(crate) struct DoorFrame {
    pub(crate) t: &'static Texts,
    pub(crate) c: &'static ConsoleTexts,
    pub(crate) language: &'static str,
    pub(crate) other_language: &'static str,
    pub(crate) other_language_link: String,
    pub(crate) style: &'static str,
    pub(crate) console_style: &'static str,
    pub(crate) organisation: String,
}

impl DoorFrame {
    /// The frame for a reader.
    pub(crate) fn new(shared: &Inner, reader: &Reader) -> Self {
        let (language, t) = (reader.language(), reader.texts());
        Self {
            t,
            c: &t.console,
            language: language.tag(),
            other_language: language.other().tag(),
            other_language_link: reader.link_in(language.other()),
            style: assets::style_link(),
            console_style: assets::console_style_link(),
            organisation: shared.app.config.web.organisation.clone(),
        }
    }
}
