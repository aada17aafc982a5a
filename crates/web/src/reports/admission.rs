//! Who calls: the key in the header `Key` or in the query, what it may do, and what is left of its day.
//!
//! A wrong key costs one digest, and a client that keeps trying is told to wait. The right key is looked for first, so that nobody who
//! shares an address with a guesser is kept out.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

use super::answer::Refusal;
use super::query_of;
use super::reporters::{Left, Reporter, Scope};
use crate::app::{Inner, Shared};
use crate::client;

/// Who may report one thing; it is counted.
#[derive(Debug)]
pub(super) struct Reporting(pub(super) Caller);
/// Who may report a table; its rows are counted.
#[derive(Debug)]
pub(super) struct ReportingMany(pub(super) Reporter);
/// Who may ask; it is counted.
#[derive(Debug)]
pub(super) struct Reading(pub(super) Caller);

/// Who calls.
#[derive(Debug)]
pub(super) struct Caller {
    pub(super) reporter: Reporter,
    pub(super) left: Option<Left>,
}

impl FromRequestParts<Shared> for Reporting {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let reporter = known(parts, shared, Scope::Report)?;
        count(shared, reporter).map(Self)
    }
}

impl FromRequestParts<Shared> for ReportingMany {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        known(parts, shared, Scope::Report).map(Self)
    }
}

impl FromRequestParts<Shared> for Reading {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Refusal> {
        let reporter = known(parts, shared, Scope::Read)?;
        count(shared, reporter).map(Self)
    }
}

/// Whose key a request has.
fn known(parts: &Parts, shared: &Inner, scope: Scope) -> Result<Reporter, Refusal> {
    let query = query_of(&parts.uri);
    let header = parts.headers.get("key").map(axum::http::HeaderValue::as_bytes);
    let key = header.or_else(|| query.get("key")).unwrap_or_default();
    admit(shared, parts, key, scope)
}

/// Whose key it is, if it may do this.
pub(super) fn admit(shared: &Inner, parts: &Parts, key: &[u8], scope: Scope) -> Result<Reporter, Refusal> {
    let Some(reporter) = shared.app.reporters.find(key) else {
        let client = client::address(
            &parts.extensions,
            &parts.headers,
            &shared.app.config.web.trusted_proxies,
        );
        if !shared.wrong_keys.admits(client, shared.app.clock.now()) {
            let wait = Duration::from_secs(60);
            return Err(Refusal::too_many(
                "Too many calls without a valid key.",
                None,
                wait,
            ));
        }
        let detail = "The API key is missing, wrong or no longer valid.";
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, detail));
    };
    if !reporter.scopes.has(scope) {
        let detail = format!("This API key may not {scope}.");
        return Err(Refusal::new(StatusCode::FORBIDDEN, detail));
    }
    Ok(reporter)
}

/// Counts one call.
pub(super) fn count(shared: &Inner, reporter: Reporter) -> Result<Caller, Refusal> {
    let now = shared.app.clock.now();
    match shared.app.reporters.take(&reporter, now) {
        Ok(left) => Ok(Caller { reporter, left }),
        Err(left) => {
            let detail = format!("The daily limit of {} calls is used up.", left.limit);
            Err(Refusal::too_many(detail, Some(left), left.reset.since(now)))
        }
    }
}
