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
}

/// `/console`.
async fn dashboard(State(shared): State<Shared>, visitor: Visitor) -> Result<Response, Failure> {
    visitor.needs(Role::Viewer)?;
    let frame = ConsoleFrame::new(&shared, &visitor, Place::Dashboard);
    Ok(page(StatusCode::OK, &visitor.reader, &DashboardPage { frame }))
}
