//! Answers and refusals in the shape of AbuseIPDB.

use std::time::Duration;

use atalaya_store::StoreError;
use axum::Json;
use axum::http::header::{CACHE_CONTROL, RETRY_AFTER};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::reporters::Left;

/// An answer: `data`, and what is left of the day.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Value,
    pub(super) left: Option<Left>,
}

impl Answer {
    /// An answer of `data`.
    pub(super) fn data(data: &Value, left: Option<Left>) -> Self {
        Self {
            body: json!({ "data": data }),
            left,
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = ([(CACHE_CONTROL, "no-store")], Json(self.body)).into_response();
        tell_left(response.headers_mut(), self.left);
        response
    }
}

/// A refusal, with the parameter that is wrong where one is.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) detail: String,
    parameter: Option<&'static str>,
    left: Option<Left>,
    wait: Option<Duration>,
}

impl Refusal {
    /// A refusal with its sentence.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self {
            status,
            detail: detail.into(),
            parameter: None,
            left: None,
            wait: None,
        }
    }

    /// A parameter is wrong.
    pub(super) fn wrong(parameter: &'static str, detail: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter),
            ..Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
        }
    }

    /// Too many requests; come again later.
    pub(super) fn too_many(detail: impl Into<String>, left: Option<Left>, wait: Duration) -> Self {
        Self {
            left,
            wait: Some(wait),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, detail)
        }
    }
}

/// Logs it, and says only that it cannot be done now.
impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "a call failed: the store did not answer"
        );
        Self {
            wait: Some(Duration::from_secs(30)),
            ..Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "The store does not answer; send it again later, what was kept already is not counted twice.",
            )
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut error = json!({ "detail": self.detail, "status": self.status.as_u16() });
        if let (Some(parameter), Some(error)) = (self.parameter, error.as_object_mut()) {
            error.insert("source".to_owned(), json!({ "parameter": parameter }));
        }
        let body = Json(json!({ "errors": [error] }));
        let mut response = (self.status, [(CACHE_CONTROL, "no-store")], body).into_response();
        tell_left(response.headers_mut(), self.left);
        if let Some(wait) = self.wait {
            response
                .headers_mut()
                .insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        response
    }
}

/// What a layer or the router meant by a bare status, in the same shape.
pub(crate) fn refuse(status: StatusCode, detail: &str) -> Response {
    Refusal::new(status, detail).into_response()
}

/// The headers of the quota; none where a key has none.
fn tell_left(headers: &mut HeaderMap, left: Option<Left>) {
    let Some(left) = left else { return };
    headers.insert("x-ratelimit-limit", left.limit.into());
    headers.insert("x-ratelimit-remaining", left.remaining.into());
    headers.insert("x-ratelimit-reset", left.reset.seconds().into());
}
