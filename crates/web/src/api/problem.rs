//! Problem details for programs (RFC 9457).

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// A problem document. Its type is always `about:blank`: the status says what kind it is (section 4.2.1).
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    status: StatusCode,
    members: Map<String, Value>,
}

impl Problem {
    /// A problem with its status and title.
    pub(crate) fn new(status: StatusCode, title: &str) -> Self {
        let mut members = Map::new();
        members.insert("type".to_owned(), json!("about:blank"));
        members.insert("title".to_owned(), json!(title));
        members.insert("status".to_owned(), json!(status.as_u16()));
        Self { status, members }
    }

    /// Says what happened this time.
    pub(crate) fn detail(self, detail: &str) -> Self {
        self.with("detail", json!(detail))
    }

    /// Adds an extension member (section 3.2).
    pub(crate) fn with(mut self, name: &str, value: Value) -> Self {
        self.members.insert(name.to_owned(), value);
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let headers = [
            (CONTENT_TYPE, "application/problem+json"),
            (CACHE_CONTROL, "no-store"),
        ];
        (self.status, headers, Value::Object(self.members).to_string()).into_response()
    }
}
