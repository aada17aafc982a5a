//! For the machines of the operator: alive, ready, and the numbers.

use std::fmt::Write as _;

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use crate::app::{Client, Shared};
use crate::client::is_forwarded;
use crate::failure::{Failure, Finished};
use crate::host;

/// The content type of the text that Prometheus reads.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// `/healthz`: this process answers.
pub(crate) async fn alive() -> &'static str {
    "alive\n"
}

/// `/readyz`: it can say who is listed, and the store answers. The text tells which of the two is missing.
pub(crate) async fn ready(State(shared): State<Shared>) -> Response {
    let zone = &shared.app.zone;
    let loaded = zone.is_loaded();
    let patience = shared.lookup.limits.patience;
    let store_answers = matches!(
        tokio::time::timeout(patience, shared.app.store.check()).await,
        Ok(Ok(()))
    );
    let mut text = String::new();
    let zone_state = if loaded {
        format!("loaded, serial {}", zone.serial())
    } else {
        "loading".to_owned()
    };
    let store_state = if store_answers {
        "answers"
    } else {
        "does not answer"
    };
    // Writing to a string cannot fail.
    let _written = write!(text, "zone: {zone_state}\nstore: {store_state}\n");
    let status = if loaded && store_answers {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    (status, Extension(Finished), text).into_response()
}

/// `/metrics`, for those who may read it and ask directly. Through a proxy nobody may: one that was forgotten in `trusted_proxies` makes
/// every stranger look like this machine.
pub(crate) async fn metrics(
    State(shared): State<Shared>,
    Client(client): Client,
    request: Request,
) -> Response {
    let readers = &shared.app.config.web.metrics_clients;
    if is_forwarded(request.headers()) || !readers.iter().any(|prefix| prefix.contains(client)) {
        return Failure::NotFound.into_response();
    }
    if let Err(failure) = host::check(&shared.app.config, &request) {
        return failure.into_response();
    }
    ([(CONTENT_TYPE, PROMETHEUS)], shared.app.metrics.render()).into_response()
}
