//! Lasting exceptions that networks ask for: what each says, and the answer of a person.

use askama::Template;
use atalaya_model::Act;
use atalaya_store::Exception;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::act::{CHANGES, Deeds, Told, perform};
use super::forms::{cut, end_of, line_of, reason_of};
use super::hand::{DAYS, back_to};
use super::tabs::{AllowTab, allow_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{ExceptionsOrder, Order};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/exceptions";
/// Rows of a page.
const PAGE: u32 = 25;

/// Which of them.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The last that waits of the page before.
    #[serde(default)]
    after: u64,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/exceptions.html")]
struct ExceptionsPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    waiting: Vec<WaitingRow>,
    next: Option<String>,
    first: Option<String>,
    settled: Vec<SettledRow>,
    days: [u64; 6],
    may_change: bool,
}

/// One that waits.
struct WaitingRow {
    id: String,
    prefix: String,
    about: String,
    contact: String,
    reason: String,
    asked: Moment,
}

/// One that was answered.
struct SettledRow {
    prefix: String,
    about: String,
    contact: String,
    answered: Moment,
    is_granted: bool,
    until: Option<Moment>,
    words: String,
}

/// `/console/exceptions`.
pub(super) async fn exceptions(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let store = &shared.app.store;
    let mut waiting = store.waiting_exceptions(asked.after, PAGE + 1).await?;
    let next = cut(&mut waiting, PAGE).map(|last| {
        let path = format!("{PATH}?after={}", last.id);
        visitor.reader.link_to(&path)
    });
    let settled = store.settled_exceptions(None, PAGE).await?;
    let template = ExceptionsPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: allow_tabs(&visitor, AllowTab::Exceptions),
        waiting: waiting.iter().map(|one| waiting_row(one, &visitor)).collect(),
        next,
        first: (asked.after > 0).then(|| visitor.link(PATH)),
        settled: settled
            .iter()
            .filter_map(|one| settled_row(one, &visitor))
            .collect(),
        days: DAYS,
        may_change: visitor.may(CHANGES),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Allowed),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

fn waiting_row(one: &Exception, visitor: &Visitor) -> WaitingRow {
    WaitingRow {
        id: one.id.to_string(),
        prefix: one.prefix.to_string(),
        about: visitor.reader.link_to(&back_to(&one.prefix)),
        contact: one.contact.to_string(),
        reason: one.reason.clone(),
        asked: visitor.reader.texts().units.moment(one.asked_at),
    }
}

fn settled_row(one: &Exception, visitor: &Visitor) -> Option<SettledRow> {
    let (answer, units) = (one.settled.as_ref()?, &visitor.reader.texts().units);
    Some(SettledRow {
        prefix: one.prefix.to_string(),
        about: visitor.reader.link_to(&back_to(&one.prefix)),
        contact: one.contact.to_string(),
        answered: units.moment(answer.at),
        is_granted: answer.granted,
        until: answer.until.map(|until| units.moment(until)),
        words: answer.words.clone(),
    })
}

/// The answer of a person.
#[derive(Deserialize)]
pub(super) struct Answered {
    id: u64,
    #[serde(default)]
    days: String,
    #[serde(default)]
    words: String,
}

/// `POST /console/exceptions/grant`.
pub(super) async fn grant(
    State(shared): State<Shared>,
    posted: Posted<Answered>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (id, words) = (form.id, line_of(&form.words)?);
    let until = end_of(&form.days, shared.app.clock.now())?;
    let order = ExceptionsOrder::Grant {
        id,
        until,
        words: words.clone(),
    };
    let details = json!({ "exception": id, "until": until, "words": words });
    answer(&shared, &visitor, (Act::GrantException, id), (details, order)).await
}

/// `POST /console/exceptions/refuse`.
pub(super) async fn refuse(
    State(shared): State<Shared>,
    posted: Posted<Answered>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (id, words) = (form.id, reason_of(&form.words)?);
    let order = ExceptionsOrder::Refuse {
        id,
        words: words.clone(),
    };
    let details = json!({ "exception": id, "words": words });
    answer(&shared, &visitor, (Act::RefuseException, id), (details, order)).await
}

async fn answer(
    shared: &Shared,
    visitor: &Visitor,
    (act, id): (Act, u64),
    (details, order): (serde_json::Value, ExceptionsOrder),
) -> Result<Response, Failure> {
    let deeds = Deeds::one(
        (act, target(shared, id).await?),
        details,
        Order::Exceptions(order),
    );
    perform(shared, visitor, deeds, PATH).await
}

/// The address that one is about.
async fn target(shared: &Inner, id: u64) -> Result<String, Failure> {
    let asked = shared.app.store.exception(id).await?;
    asked
        .map(|asked| asked.prefix.to_string())
        .ok_or(Failure::NotFound)
}
