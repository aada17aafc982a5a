//! The form of blocklist.de, as fail2ban's action `blocklist_de` sends it: the key stands in the body, and the answer is a line of text.

use atalaya_formats::reports::{Form, Report};
use atalaya_observe::reports::{observe, service_categories};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};

use super::admission::{admit, count};
use super::answer::Refusal;
use super::reporters::Scope;
use crate::app::{Inner, Shared};
use crate::failure::Finished;

/// `POST /en/httpreports.html`. `server` and `format` are passed over: the key says who reports, and the answer is always text.
pub(super) async fn report(State(shared): State<Shared>, parts: Parts, body: Bytes) -> Response {
    match take(&shared, &parts, &body).await {
        Ok(address) => (
            StatusCode::OK,
            format!("ok: the report about {address} was taken\n"),
        )
            .into_response(),
        Err(refusal) => {
            let text = format!("error: {}\n", refusal.detail);
            let mut response = refusal.into_response();
            *response.body_mut() = text.into();
            let headers = response.headers_mut();
            headers.insert(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            );
            headers.remove(CONTENT_LENGTH);
            response.extensions_mut().insert(Finished);
            response
        }
    }
}

/// Records the report.
async fn take(shared: &Inner, parts: &Parts, body: &[u8]) -> Result<std::net::IpAddr, Refusal> {
    let form = Form::read(body);
    let reporter = admit(
        shared,
        parts,
        form.get("apikey").unwrap_or_default(),
        Scope::Report,
    )?;
    let caller = count(shared, reporter)?;
    let field = |name| form.get(name).unwrap_or_default().to_vec();
    let service = form.text("service").unwrap_or_default();
    let report = Report {
        address: field("ip"),
        categories: service_categories(&service).into(),
        at: Vec::new(),
        comment: field("logs"),
    };
    let (own, now) = (&shared.app.config.web.own_networks, shared.app.clock.now());
    let reported = observe(report, &caller.reporter.name, own, now)
        .map_err(|wrong| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, wrong.to_string()))?;
    let address = reported.observation.address;
    shared
        .app
        .store
        .record(reported.observation, reported.comment)
        .await?;
    Ok(address)
}
