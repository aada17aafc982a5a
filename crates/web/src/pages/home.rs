//! The first page: what this is, a form, and what the answers mean.

use askama::Template;
use atalaya_model::Class;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;

use super::views::{CodeView, codes};
use super::{Frame, Reader, page};
use crate::app::{Shared, Telling};

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage {
    frame: Frame,
    lead: String,
    /// What networks are told; none where there is no relay.
    network: Option<&'static str>,
    /// Where networks enrol in the feedback loop.
    feedback: String,
    server: String,
    postfix: String,
    size: Option<String>,
    codes: Vec<CodeView>,
}

/// `/`.
pub(crate) async fn home(State(shared): State<Shared>, reader: Reader) -> Response {
    let (t, zone) = (reader.texts(), &shared.lookup.zone_name);
    let (listings, _) = shared.app.zone.size();
    let template = HomePage {
        frame: Frame::now(&shared, &reader),
        lead: (t.home.lead)(&shared.app.config.web.organisation),
        network: (shared.app.config.telling == Telling::ByMail).then_some(t.home.network),
        feedback: reader.link("/feedback"),
        server: (t.home.server)(zone),
        postfix: postfix_line(zone),
        size: shared
            .app
            .zone
            .is_loaded()
            .then(|| (t.home.size)(&t.units.number(listings as u64))),
        codes: codes(t),
    };
    page(StatusCode::OK, &reader, &template)
}

/// The line for Postfix that only warns, with our codes and no others: an error code of some list must never count as a listing.
fn postfix_line(zone: &str) -> String {
    let codes = Class::ALL.map(|class| class.code().octets()[3].to_string());
    format!(
        "warn_if_reject reject_rbl_client {zone}=127.0.0.[{}]",
        codes.join(";")
    )
}
