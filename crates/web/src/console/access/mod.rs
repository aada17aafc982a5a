//! The door of the console: who is signed in, by which session, and which form is his.
//!
//! In: cookies, forms, tokens of programs. Out: a [`Visitor`] or a refusal. Passwords, tokens and codes are kept as digests and hashes alone, and no log,
//! metric or page repeats one.

mod form;
mod secret;
mod visitor;

use axum::Router;

use crate::app::Shared;
use crate::console::ConsoleConfig;

pub(crate) use form::Posted;
pub(crate) use secret::Token;
pub(crate) use visitor::Visitor;

/// What stands at the door, for all requests together.
pub(crate) struct Door {}

impl Door {
    /// One that holds to the configuration.
    pub(crate) fn new(_config: &ConsoleConfig) -> Self {
        Self {}
    }
}

/// The routes of signing in, of accounts, and of the audit trail.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
}
