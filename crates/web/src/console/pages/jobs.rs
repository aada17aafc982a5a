//! The work that waits: how many jobs there are by kind and state, those with trouble and why, and trying those anew that were given up.

use std::collections::HashSet;

use askama::Template;
use atalaya_model::Act;
use atalaya_store::{KeptJob, MOST_JOBS};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::act::{CHANGES, Deeds, Told, perform};
use super::forms::cut;
use crate::app::Shared;
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{JobsOrder, Order};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/jobs";
/// Rows of a page.
const PAGE: u32 = 50;

/// Which jobs.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The last row of the page before.
    behind: Option<i64>,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/jobs.html")]
struct JobsPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    /// Kind, state, how many.
    counts: Vec<(String, &'static str, String)>,
    rows: Vec<JobRow>,
    next: Option<String>,
    first: Option<String>,
    has_abandoned: bool,
}

/// A job with trouble.
struct JobRow {
    id: i64,
    kind: String,
    key: String,
    state: &'static str,
    is_abandoned: bool,
    attempts: u32,
    due: Moment,
    error: String,
}

/// `/console/jobs`.
pub(super) async fn jobs(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(CHANGES)?;
    let (store, t) = (&shared.app.store, visitor.reader.texts());
    let j = &t.console.jobs;
    let counts = store.count_some_jobs().await?;
    let mut troubled = store.troubled_jobs(asked.behind, PAGE + 1).await?;
    let next = cut(&mut troubled, PAGE).map(|last| last.id);
    let row = |job: &KeptJob| JobRow {
        id: job.id,
        kind: j.does(&job.kind),
        key: job.key.clone(),
        state: j.state(&job.state),
        is_abandoned: job.state == "abandoned",
        attempts: job.attempts,
        due: t.units.moment(job.due_at),
        error: job
            .last_error
            .as_deref()
            .map(|error| j.held_by(error))
            .unwrap_or_default(),
    };
    let full = full_states(&counts);
    let or_more = t.console.overview.or_more;
    let template = JobsPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        next: next.map(|last| visitor.reader.link_to(&format!("{PATH}?behind={last}"))),
        first: asked.behind.is_some().then(|| visitor.link(PATH)),
        rows: troubled.iter().map(row).collect(),
        has_abandoned: counts.iter().any(|(_, state, _)| state == "abandoned"),
        counts: counts
            .into_iter()
            .map(|(kind, state, count)| {
                let number = t.units.number(count);
                let is_cut = full.contains(&state);
                let number = if is_cut { (or_more)(&number) } else { number };
                (j.does(&kind), j.state(&state), number)
            })
            .collect(),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Jobs),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// The states of which there may be more than were counted, in each kind.
fn full_states(counts: &[(String, String, u64)]) -> HashSet<String> {
    let of = |state: &str| {
        let counts = counts.iter().filter(|(_, other, _)| other == state);
        counts.map(|(_, _, count)| *count).sum::<u64>()
    };
    let states = counts.iter().map(|(_, state, _)| state);
    states.filter(|state| of(state) >= MOST_JOBS).cloned().collect()
}

/// Which job; none for all that were given up.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    id: String,
}

/// `POST /console/jobs/retry`.
pub(super) async fn retry(State(shared): State<Shared>, posted: Posted<Which>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let id: Option<i64> = match form.id.as_str() {
        "" => None,
        id => Some(id.parse().map_err(|_bad| Failure::BadRequest)?),
    };
    let deeds = Deeds::one(
        (
            Act::RetryJob,
            id.map_or_else(|| "all that were given up".to_owned(), |id| id.to_string()),
        ),
        Value::Null,
        Order::Jobs(JobsOrder::Retry { id }),
    );
    perform(&shared, &visitor, deeds, PATH).await
}
