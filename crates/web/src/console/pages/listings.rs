//! All listings, a page at a time, however many there are, by what `looking` filters.

use askama::Template;
use atalaya_store::FoundListings;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::rows::{ListingRow, classes};
use crate::app::Shared;
use crate::console::access::Visitor;
use crate::console::looking::{Asked, Unknown, Wanted, find};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;

/// Rows of a page.
const PAGE: u32 = 50;

#[derive(Template)]
#[template(path = "console/listings.html")]
struct ListingsPage {
    frame: ConsoleFrame,
    asked: Asked,
    /// What stands in the way.
    wrong: Option<&'static str>,
    classes: Vec<(&'static str, &'static str)>,
    rows: Vec<ListingRow>,
    total: String,
    next: Option<String>,
    first: Option<String>,
}

/// `/console/listings`.
pub(super) async fn listings(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let (l, after) = (&visitor.reader.texts().console.list, asked.cursor());
    let found = match Wanted::of(&asked) {
        Some(wanted) => find(&shared, &wanted, after, PAGE)
            .await?
            .map_err(|unknown| match unknown {
                Unknown::Countries => l.no_countries,
                Unknown::Networks => l.no_networks,
            }),
        None => Err(l.wrong),
    };
    let link = |after: String| {
        let path = format!("/console/listings?{}{after}", asked.in_link());
        visitor.reader.link_to(&path)
    };
    let (found, wrong) = match found {
        Ok(found) => (found, None),
        Err(wrong) => (FoundListings::default(), Some(wrong)),
    };
    let next = found
        .next
        .map(|(prefix, class)| link(format!("&after={class}:{prefix}")));
    let rows = found.listings.iter();
    let template = ListingsPage {
        rows: rows.map(|listing| ListingRow::new(listing, &visitor)).collect(),
        total: visitor
            .reader
            .texts()
            .units
            .number(shared.app.zone.size().0 as u64),
        next,
        first: (after.is_some() && wrong.is_none()).then(|| link(String::new())),
        wrong,
        classes: classes(&visitor),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Listings),
        asked,
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}
