//! The calls of programs about the list: looking through it, listing and taking off, and the allow list, as `atalaya list` and `atalaya allow` do.
//!
//! In: a JSON document of a program with the scope. Out: what was decided, and whether DNS answers so already. Each call is written down before it is
//! done, and goes on to its end though nobody waits for it any more.

use std::sync::Arc;

use atalaya_decide::{DecideError, by_hand};
use atalaya_model::{AccessScope, Act, Class, Prefix, Serial, Timestamp};
use atalaya_store::{Deed, DeedOutcome};
use axum::Router;
use axum::extract::{Query, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::access::{MAX_REASON, Program, answer, read_body};
use super::allowing::{self, AllowAsked};
use super::looking::{Asked, Unknown, Wanted, find};
use crate::api::Problem;
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::leave::{InZone, reached};

/// Most listings, or entries of the allow list, of one answer.
const MOST_LISTINGS: u32 = 500;
/// The largest document.
const MAX_DOCUMENT: usize = 16 << 10;

/// The calls.
pub(crate) fn routes() -> Router<Shared> {
    Router::new()
        .route("/api/v1/console/listings", get(listings))
        .route("/api/v1/console/allowed", get(allowed))
        .route("/api/v1/console/list", post(list))
        .route("/api/v1/console/unlist", post(unlist))
        .route("/api/v1/console/allow", post(allow))
        .route("/api/v1/console/disallow", post(disallow))
}

/// What to list, or to allow.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Adding {
    prefix: Prefix,
    class: Option<Class>,
    reason: String,
    until: Option<Timestamp>,
}

/// What to take off.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Taking {
    prefix: Prefix,
    class: Option<Class>,
    reason: String,
}

/// What became of a call: the decisions, and the last of them.
type Outcome = Result<(Value, Serial), DecideError>;

/// `GET /api/v1/console/listings`: a page of what is listed, by the filters of the console's page.
async fn listings(
    State(shared): State<Shared>,
    program: Program,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    program.needs(AccessScope::Read)?;
    let wanted = Wanted::of(&asked).ok_or(Failure::BadRequest)?;
    let after = asked.cursor();
    if after.is_none() && !asked.after.is_empty() {
        return Err(Failure::BadRequest);
    }
    let why = match find(&shared, &wanted, after, MOST_LISTINGS).await? {
        Ok(found) => {
            let next = found.next.map(|(prefix, class)| format!("{class}:{prefix}"));
            return Ok(answer(json!({ "listings": found.listings, "after": next })));
        }
        Err(Unknown::Countries) => "countries are not known: what the program brings with it cannot be read",
        Err(Unknown::Networks) => "networks are not known: there is no file of networks (places.networks)",
    };
    let problem = Problem::new(StatusCode::CONFLICT, "Not known here").detail(why);
    Ok(problem.into_response())
}

/// `GET /api/v1/console/allowed`: a page of the allow list, in the order of its addresses.
async fn allowed(
    State(shared): State<Shared>,
    program: Program,
    Query(asked): Query<AllowAsked>,
) -> Result<Response, Failure> {
    program.needs(AccessScope::Read)?;
    let found = allowing::read(&shared, &asked, MOST_LISTINGS).await?;
    let found = found.ok_or(Failure::BadRequest)?;
    Ok(answer(json!({ "allowed": found.entries, "after": found.next })))
}

/// `POST /api/v1/console/list`.
async fn list(State(shared): State<Shared>, program: Program, request: Request) -> Result<Response, Failure> {
    let (program, asked) = match read::<Adding>(&shared, program, AccessScope::List, request).await? {
        Ok(read) => read,
        Err(refused) => return Ok(refused),
    };
    let class = asked.class.unwrap_or(Class::Manual);
    let details = json!({ "class": class, "reason": asked.reason, "until": asked.until });
    let deed = program.deed(&shared, (Act::List, asked.prefix), details);
    let work = Arc::clone(&shared);
    let act = async move {
        let (store, now) = (&work.app.store, work.app.clock.now());
        let wish = (asked.prefix, class);
        let decided = by_hand::list(store, wish, &asked.reason, asked.until, now).await?;
        Ok((json!([decided]), decided.serial))
    };
    do_it(shared, deed, act).await
}

/// `POST /api/v1/console/unlist`.
async fn unlist(
    State(shared): State<Shared>,
    program: Program,
    request: Request,
) -> Result<Response, Failure> {
    let (program, asked) = match read::<Taking>(&shared, program, AccessScope::List, request).await? {
        Ok(read) => read,
        Err(refused) => return Ok(refused),
    };
    let details = json!({ "class": asked.class, "reason": asked.reason });
    let deed = program.deed(&shared, (Act::Unlist, asked.prefix), details);
    let work = Arc::clone(&shared);
    let act = async move {
        let (store, now) = (&work.app.store, work.app.clock.now());
        let decided = by_hand::unlist(store, asked.prefix, asked.class, &asked.reason, now).await?;
        let last = decided.last().map_or(Serial(0), |last| last.serial);
        Ok((json!(decided), last))
    };
    do_it(shared, deed, act).await
}

/// `POST /api/v1/console/allow`.
async fn allow(
    State(shared): State<Shared>,
    program: Program,
    request: Request,
) -> Result<Response, Failure> {
    let (program, asked) = match read::<Adding>(&shared, program, AccessScope::Allow, request).await? {
        Ok(read) => read,
        Err(refused) => return Ok(refused),
    };
    if asked.class.is_some() {
        return Ok(refusal("the allow list has no classes"));
    }
    let details = json!({ "reason": asked.reason, "until": asked.until });
    let deed = program.deed(&shared, (Act::Allow, asked.prefix), details);
    let work = Arc::clone(&shared);
    let act = async move {
        let (store, now) = (&work.app.store, work.app.clock.now());
        let allowed = by_hand::allow(store, asked.prefix, &asked.reason, asked.until, now).await?;
        Ok((json!(allowed.decided), allowed.serial))
    };
    do_it(shared, deed, act).await
}

/// `POST /api/v1/console/disallow`.
async fn disallow(
    State(shared): State<Shared>,
    program: Program,
    request: Request,
) -> Result<Response, Failure> {
    let (program, asked) = match read::<Taking>(&shared, program, AccessScope::Allow, request).await? {
        Ok(read) => read,
        Err(refused) => return Ok(refused),
    };
    if asked.class.is_some() {
        return Ok(refusal("the allow list has no classes"));
    }
    let deed = program.deed(
        &shared,
        (Act::Disallow, asked.prefix),
        json!({ "reason": asked.reason }),
    );
    let work = Arc::clone(&shared);
    let act = async move {
        let (store, now) = (&work.app.store, work.app.clock.now());
        let decided = by_hand::disallow(store, asked.prefix, &asked.reason, now).await?;
        Ok((json!([decided]), decided.serial))
    };
    do_it(shared, deed, act).await
}

/// Reads the document of a call, of a program that has the scope before it and behind it; a sentence that says what is wrong with it goes back.
async fn read<T: DeserializeOwned + HasReason>(
    shared: &Inner,
    program: Program,
    scope: AccessScope,
    request: Request,
) -> Result<Result<(Program, T), Response>, Failure> {
    program.needs(scope)?;
    let body = read_body(request.into_body(), MAX_DOCUMENT).await?;
    let program = program.again(shared).await?;
    program.needs(scope)?;
    let asked: T = match serde_json::from_slice(&body) {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(refusal(&error.to_string()))),
    };
    let reason = asked.reason();
    let is_plain = !reason.chars().any(char::is_control);
    let length = reason.trim().chars().count();
    if !is_plain || !(1..=MAX_REASON).contains(&length) {
        return Ok(Err(refusal("a reason is one line of 1 to 400 characters")));
    }
    Ok(Ok((program, asked)))
}

/// A document with a reason.
trait HasReason {
    fn reason(&self) -> &str;
}

impl HasReason for Adding {
    fn reason(&self) -> &str {
        &self.reason
    }
}

impl HasReason for Taking {
    fn reason(&self) -> &str {
        &self.reason
    }
}

/// What is wrong with a document.
fn refusal(detail: &str) -> Response {
    let status = StatusCode::UNPROCESSABLE_ENTITY;
    Problem::new(status, "The call cannot be read")
        .detail(detail)
        .into_response()
}

/// Does something as a task of its own, written down before and behind it, and waits until the zone shows it.
async fn do_it(
    shared: Shared,
    deed: Deed,
    act: impl Future<Output = Outcome> + Send + 'static,
) -> Result<Response, Failure> {
    let work = Arc::clone(&shared);
    let done = tokio::spawn(async move {
        let store = &work.app.store;
        let id = store.record_deed(&deed).await?;
        let done = act.await;
        let (outcome, details) = match &done {
            Ok((decided, _)) => (DeedOutcome::Done, decided.clone()),
            Err(error) => (DeedOutcome::Failed, Value::String(error.to_string())),
        };
        if let Err(error) = store.end_deed(id, outcome, &details).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, %id, "a call was done, but the audit trail does not say what came of it");
        }
        Ok::<_, Failure>(done)
    });
    match done.await.map_err(|_broken| Failure::Internal)?? {
        Ok((decided, serial)) => {
            let wait = shared.app.config.web.zone_wait.duration();
            let in_zone = reached(&shared.app.zone, serial, wait).await;
            let is_there = matches!(in_zone, InZone::Now);
            Ok(answer(
                json!({ "decided": decided, "serial": serial, "in_zone": is_there }),
            ))
        }
        Err(DecideError::Store(error)) => Err(error.into()),
        Err(refused) => {
            let problem = Problem::new(StatusCode::CONFLICT, "Not done").detail(&refused.to_string());
            Ok(problem.into_response())
        }
    }
}
