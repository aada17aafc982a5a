//! The pages of the console.

use askama::Template;
use atalaya_model::Role;
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;

use super::access::Visitor;
use super::{ConsoleFrame, Place};
use crate::app::Shared;
use crate::failure::Failure;
use crate::pages::page;

/// The routes of the pages.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route("/console", get(dashboard))
}

#[derive(Template)]
#[template(path = "console/dashboard.html")]
struct DashboardPage {
    frame: ConsoleFrame,
    listings: String,
    serial: String,
    zone: String,
    /// Whether all of the list is in memory.
    is_loaded: bool,
}

/// `/console`.
async fn dashboard(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Role::Viewer)?;
    let zone = &shared.app.zone;
    let listings = u64::try_from(zone.size().0).unwrap_or(u64::MAX);
    let template = DashboardPage {
        frame: ConsoleFrame::new(&shared, &visitor, Place::Dashboard),
        listings: visitor.reader.texts().units.number(listings),
        serial: zone.serial().to_string(),
        zone: shared.lookup.zone_name.clone(),
        is_loaded: zone.is_loaded(),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}
