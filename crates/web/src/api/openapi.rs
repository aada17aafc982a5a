//! `GET /api/openapi.json`: what every call takes and answers, as OpenAPI 3.1.
//!
//! The document is made from the table of [`calls`](super::calls), as the page `/api` is.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::calls::{CALLS, Call, Errors, Parameter};
use super::schemas;

/// `GET /api/openapi.json`.
pub(crate) async fn openapi() -> Response {
    Json(document()).into_response()
}

/// The document.
fn document() -> Value {
    let mut paths = Map::new();
    for call in CALLS {
        paths.insert(call.path.to_owned(), json!({ call.method: describe(call) }));
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Atalaya",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A DNS blocklist: look up, leave, report",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "Key" },
                "enrolment": { "type": "http", "scheme": "bearer" },
            },
            "schemas": schemas::all(),
        },
    })
}

fn describe(call: &Call) -> Value {
    let parameters: Vec<Value> = call.parameters.iter().map(parameter).collect();
    let answers: Map<String, Value> = call
        .answers
        .iter()
        .map(|status| (status.to_string(), answer(*status, call)))
        .collect();
    let mut described = json!({ "operationId": name(call), "summary": call.summary.0, "parameters": parameters, "responses": answers });
    if let (Some(kind), Some(described)) = (call.body, described.as_object_mut()) {
        let content = json!({ kind: { "schema": { "type": "object" } } });
        described.insert(
            "requestBody".to_owned(),
            json!({ "required": true, "content": content }),
        );
    }
    let scheme = match call.errors {
        Errors::Listed => Some("key"),
        Errors::Enrolled => Some("enrolment"),
        Errors::Problem | Errors::Text => None,
    };
    if let (Some(scheme), Some(described)) = (scheme, described.as_object_mut()) {
        described.insert("security".to_owned(), json!([{ scheme: [] }]));
    }
    described
}

/// The name of a call for whoever makes clients from the document: its method and the words of its path.
fn name(call: &Call) -> String {
    let words = call.path.split(|c: char| !c.is_ascii_alphanumeric());
    std::iter::once(call.method)
        .chain(words.filter(|word| !word.is_empty()))
        .collect::<Vec<_>>()
        .join("-")
}

fn parameter((place, name, kind, description): &Parameter) -> Value {
    json!({
        "in": place,
        "name": name,
        "required": *place == "path" || description.ends_with("; required"),
        "description": description,
        "schema": { "type": kind },
    })
}

/// An answer, with its media type where it has a body that is always of one.
fn answer(status: u16, call: &Call) -> Value {
    let status = axum::http::StatusCode::from_u16(status).unwrap_or_default();
    let description = status.canonical_reason().unwrap_or_default();
    let kind = match call.errors {
        Errors::Problem | Errors::Enrolled => "application/problem+json",
        Errors::Listed => "application/json",
        Errors::Text => "text/plain",
    };
    if status.is_client_error() || status.is_server_error() {
        let content = match call.errors {
            Errors::Problem | Errors::Enrolled => {
                json!({ "schema": { "$ref": "#/components/schemas/Problem" } })
            }
            Errors::Listed | Errors::Text => json!({}),
        };
        return json!({ "description": description, "content": { kind: content } });
    }
    match call.schema {
        Some(name) => {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            json!({ "description": description, "content": { "application/json": { "schema": schema } } })
        }
        None => json!({ "description": description }),
    }
}
