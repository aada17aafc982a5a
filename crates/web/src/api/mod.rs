//! The same for programs: JSON, and problems after RFC 9457.

mod answer;
pub(crate) mod calls;
mod contact;
mod export;
mod feedback;
mod openapi;
mod problem;
mod schemas;

use std::time::Duration;

use atalaya_delist::Outcome;
use atalaya_model::{Listing, Prefix};
use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::address;
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;
use crate::gate::{Admission, Asked, Proof};
use crate::language::Language;
use crate::leave::{InZone, leave};

pub use answer::answer_json;
pub(crate) use calls::{Call, Errors};
pub(crate) use contact::{contact, ripestat};
pub(crate) use export::{export, is_open_to};
pub(crate) use feedback::{PULLS_PER_MINUTE, events, summary};
pub(crate) use openapi::openapi;
pub(crate) use problem::Problem;
pub(crate) use schemas::{Field, fields_of};

/// Where the API begins.
pub(crate) const ROOT: &str = "/api/";
/// Where the calls in the form of RIPEstat begin.
pub(crate) const RIPESTAT_ROOT: &str = "/data/abuse-contact-finder/";

/// `GET /api/v1/ip/ADDRESS`.
pub(crate) async fn show(
    State(shared): State<Shared>,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let facts = shared
        .lookup
        .facts(address::read(&text)?, shared.app.clock.now())
        .await?;
    let answer = shared.lookup.answer(&facts);
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

/// `POST /api/v1/ip/ADDRESS/removal`: 201 where it left, 200 where it was not listed, 409 where it cannot leave (yet), 428 with a puzzle to
/// solve first, 429.
pub(crate) async fn remove(
    State(shared): State<Shared>,
    Client(client): Client,
    Path(text): Path<String>,
    Query(proof): Query<Proof>,
) -> Result<Response, Failure> {
    let address = address::read(&text)?;
    let unit = Prefix::unit(address);
    if let Admission::Asked(asked) = shared.gate.admit(&shared.app, (unit, client), &proof)? {
        return Ok(first(&asked));
    }
    let left = leave(&shared, address, client).await?;
    let now = shared.app.clock.now();
    let ttl = shared.app.config.publish.ttl.duration().as_secs();
    Ok(match left.outcome {
        Outcome::Removed(removed) => {
            let gone = |(prefix, class)| json!({ "prefix": prefix, "class": class });
            let body = json!({
                "outcome": "removed",
                "serial": removed.serial,
                "in_zone": left.in_zone == InZone::Now,
                "ttl_seconds": ttl,
                "left": removed.left.into_iter().map(gone).collect::<Vec<_>>(),
                "staying": staying(&removed.staying),
            });
            (StatusCode::CREATED, Json(body)).into_response()
        }
        Outcome::NotListed => Json(json!({ "outcome": "not-listed" })).into_response(),
        Outcome::Wait { until } => refused(
            Problem::new(StatusCode::CONFLICT, "The address cannot leave yet")
                .detail("It left before and came back; see `until`.")
                .with("outcome", json!("wait"))
                .with("until", json!(until)),
            Some(until.since(now)),
        ),
        Outcome::ByHandOnly { staying: listings } => refused(by_hand(&shared, &listings), None),
        Outcome::TooMany { until } => refused(
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "Too many removals by this client")
                .detail("Removals are limited for each client; see `until`.")
                .with("outcome", json!("too-many"))
                .with("until", json!(until)),
            Some(until.since(now)),
        ),
    })
}

/// What is to be done before.
fn first(asked: &Asked) -> Response {
    let how = "Find a number N for which SHA-256 of the puzzle, a dot and N in decimal digits begins with `bits` zero bits, and send both as \
               ?puzzle=…&solution=N. The puzzle alone is enough once it is `wait_seconds` old, a few times an hour.";
    Problem::new(StatusCode::PRECONDITION_REQUIRED, "Solve the puzzle first")
        .detail(how)
        .with("outcome", json!("puzzle"))
        .with("puzzle", json!(asked.word))
        .with("bits", json!(asked.bits))
        .with(
            "wait_seconds",
            json!(
                asked
                    .wait
                    .as_secs()
                    .saturating_add(u64::from(asked.wait.subsec_nanos() > 0))
            ),
        )
        .into_response()
}

/// Only the postmaster can do it.
fn by_hand(shared: &Inner, listings: &[Listing]) -> Problem {
    Problem::new(StatusCode::CONFLICT, "The listing is taken out by hand")
        .detail("Write to the address in `postmaster`.")
        .with("outcome", json!("by-hand-only"))
        .with("postmaster", json!(shared.app.config.web.postmaster))
        .with("staying", staying(listings))
}

/// What still covers the address.
fn staying(listings: &[Listing]) -> Value {
    listings
        .iter()
        .map(|listing| json!({ "prefix": listing.prefix, "class": listing.class }))
        .collect()
}

/// A problem, and when to ask again where that helps. Rounded up: who comes at that second must not be too early.
fn refused(problem: Problem, wait: Option<Duration>) -> Response {
    let mut response = problem.into_response();
    let seconds = wait.map(|wait| wait.as_secs().saturating_add(1).to_string());
    if let Some(seconds) = seconds.and_then(|seconds| seconds.parse().ok()) {
        response.headers_mut().insert(RETRY_AFTER, seconds);
    }
    response
}

/// The problem document of a failure. Problems are in English: programs and their authors read them.
pub(crate) fn problem(failure: &Failure) -> Response {
    let (title, detail) = failure.told(Language::English);
    Problem::new(failure.status(), title)
        .detail(&detail)
        .into_response()
}
