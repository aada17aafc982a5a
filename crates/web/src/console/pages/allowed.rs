//! The allow list, a page at a time.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::act::{CHANGES, Told};
use super::rows::AllowRow;
use super::tabs::{AllowTab, allow_tabs};
use crate::app::Shared;
use crate::console::access::Visitor;
use crate::console::allowing::{AllowAsked, read};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;

/// Where the page is.
const PATH: &str = "/console/allowed";
/// Rows of a page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "console/allowed.html")]
struct AllowedPage {
    frame: ConsoleFrame,
    tabs: Vec<NavLink>,
    told: Option<Told>,
    asked: AllowAsked,
    /// What stands in the way.
    wrong: Option<&'static str>,
    total: String,
    rows: Vec<AllowRow>,
    next: Option<String>,
    first: Option<String>,
    may_change: bool,
    by_hand: String,
}

/// `/console/allowed`.
pub(super) async fn allowed(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<AllowAsked>,
) -> Result<Response, Failure> {
    let t = visitor.reader.texts();
    let found = read(&shared, &asked, PAGE).await?;
    let wrong = found.is_none().then_some(t.console.list.wrong_prefix);
    let found = found.unwrap_or_default();
    let link = |after: String| {
        let path = format!("{PATH}?{}{after}", asked.in_link());
        visitor.reader.link_to(&path)
    };
    let rows = found.entries.iter();
    let template = AllowedPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: allow_tabs(&visitor, AllowTab::List),
        rows: rows.map(|entry| AllowRow::new(entry, &visitor)).collect(),
        total: t.units.number(shared.app.zone.size().1 as u64),
        next: found.next.map(|last| link(format!("&after={last}"))),
        first: (!asked.after.is_empty() && wrong.is_none()).then(|| link(String::new())),
        wrong,
        may_change: visitor.may(CHANGES),
        by_hand: visitor.link("/console/by-hand"),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Allowed),
        asked,
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}
