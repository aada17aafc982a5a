//! `GET /api/v1/feedback/…`: the feed and the summaries of whoever enrolled in the feedback loop. The key of the enrolment is the credential.

use atalaya_model::Timestamp;
use atalaya_notify::{MOST_PULLED, PullError};
use atalaya_store::Enrolment;
use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{FromRequestParts, Query, State};
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::Problem;
use crate::app::Shared;
use crate::client;
use crate::failure::Failure;

/// Calls of one client that are answered in a minute: each may read a hundred messages in many ways.
pub(crate) const PULLS_PER_MINUTE: u32 = 60;
/// What comes before a key (RFC 6750 section 2.1).
const BEARER: &str = "Bearer ";

/// Whose key a call has.
pub(crate) struct Enrolled(Enrolment);

impl FromRequestParts<Shared> for Enrolled {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, Response> {
        let said = parts
            .headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let scheme = said.and_then(|said| said.get(..BEARER.len()));
        let is_bearer = scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case(BEARER));
        let key = said
            .filter(|_| is_bearer)
            .and_then(|said| said.get(BEARER.len()..));
        let trusted = &shared.app.config.web.trusted_proxies;
        let client = client::address(&parts.extensions, &parts.headers, trusted);
        let now = shared.app.clock.now();
        match shared.app.feedback.holder(key.unwrap_or_default().trim()).await {
            Ok(enrolment) if shared.pulls.admits(client, now) => Ok(Self(enrolment)),
            Ok(_enrolment) => Err(too_many("Too many calls")),
            Err(PullError::NoKey) if shared.wrong_keys.admits(client, now) => Err(no_key()),
            Err(PullError::NoKey) => Err(too_many("Too many calls without a valid key")),
            Err(failed) => Err(refuse(failed)),
        }
    }
}

/// What `events` is asked for.
#[derive(Deserialize)]
pub(crate) struct Wanted {
    #[serde(default)]
    after: u64,
    #[serde(default = "most")]
    limit: u32,
}

const fn most() -> u32 {
    MOST_PULLED
}

/// Which day `summary.csv` is asked for; today if absent.
#[derive(Deserialize)]
pub(crate) struct WantedDay {
    day: Option<String>,
}

/// `GET /api/v1/feedback/events`: what came after a cursor, in order.
pub(crate) async fn events(
    State(shared): State<Shared>,
    Enrolled(enrolment): Enrolled,
    wanted: Result<Query<Wanted>, QueryRejection>,
) -> Result<Response, Failure> {
    let Query(wanted) = wanted.map_err(|_bad| Failure::BadRequest)?;
    match shared
        .app
        .feedback
        .pull(&enrolment, wanted.after, wanted.limit)
        .await
    {
        Ok(page) => Ok(([(CACHE_CONTROL, "no-store")], Json(page)).into_response()),
        Err(failed) => Ok(refuse(failed)),
    }
}

/// `GET /api/v1/feedback/summary.csv`: what each address did on a day.
pub(crate) async fn summary(
    State(shared): State<Shared>,
    Enrolled(enrolment): Enrolled,
    Query(wanted): Query<WantedDay>,
) -> Result<Response, Failure> {
    let day = match wanted.day {
        None => shared.app.clock.now(),
        Some(text) => day(&text).ok_or(Failure::BadDay(text))?,
    };
    match shared.app.feedback.summary(&enrolment, day).await {
        Ok(table) => {
            let headers = [
                (CONTENT_TYPE, "text/csv; charset=utf-8; header=present"),
                (CACHE_CONTROL, "no-store"),
            ];
            Ok((headers, table).into_response())
        }
        Err(failed) => Ok(refuse(failed)),
    }
}

/// A day such as 2026-12-31, and nothing more exact.
fn day(text: &str) -> Option<Timestamp> {
    let day: Timestamp = text.parse().ok()?;
    (text.len() == 10 && day >= Timestamp::EPOCH).then_some(day)
}

fn no_key() -> Response {
    let problem = Problem::new(StatusCode::UNAUTHORIZED, "The key is missing or wrong")
        .detail("Send the key of the enrolment as `Authorization: Bearer KEY`.");
    ([(WWW_AUTHENTICATE, "Bearer")], problem).into_response()
}

fn too_many(why: &str) -> Response {
    let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, why);
    ([(RETRY_AFTER, "60")], problem).into_response()
}

/// Why a call is not answered. What failed inside is logged, and not told.
fn refuse(failed: PullError) -> Response {
    match failed {
        PullError::NoKey => no_key(),
        PullError::Inactive => Problem::new(StatusCode::FORBIDDEN, "The enrolment has lapsed")
            .detail("It must be proven again before anything is told.")
            .into_response(),
        PullError::Failed(inner) => {
            tracing::warn!(
                error = &inner as &dyn std::error::Error,
                "a call of the feedback loop failed"
            );
            Failure::Unavailable.into_response()
        }
    }
}
