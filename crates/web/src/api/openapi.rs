//! `GET /api/openapi.json`: what every call takes and answers, as OpenAPI 3.1.
//!
//! The document is made from the table of [`calls`], as the page `/api` is, and from the [`schemas`] that it names.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::calls::{self, Call, Errors, Medium, Parameter};
use super::schemas;
use crate::app::{AppConfig, Shared};
use crate::console;
use crate::language::Language;
use crate::texts::ApiTexts;

/// `GET /api/openapi.json`.
pub(crate) async fn openapi(State(shared): State<Shared>) -> Response {
    Json(document(&shared.app.config)).into_response()
}

/// The document of a server.
fn document(config: &AppConfig) -> Value {
    let mut paths = paths(calls::all());
    if config.console.listen.is_some() {
        move_console(&mut paths);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Atalaya",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A DNS blocklist: look up, leave, report",
        },
        "servers": [{ "url": config.public_url }],
        "tags": tags(),
        "paths": paths,
        "components": {
            "securitySchemes": {
                "key": { "type": "apiKey", "in": "header", "name": "Key", "description": "A key of `atalaya reporter`" },
                "key_in_query": { "type": "apiKey", "in": "query", "name": "key", "description": "The same in the query" },
                "enrolment": { "type": "http", "scheme": "bearer", "description": "The key of an enrolment" },
                "token": { "type": "http", "scheme": "bearer", "description": "A token of `atalaya token`" },
            },
            "schemas": schemas::all(),
        },
    })
}

/// Every path with its methods.
fn paths<'a>(calls: impl Iterator<Item = &'a Call>) -> Map<String, Value> {
    let mut paths = Map::new();
    for call in calls {
        let path = paths.entry(call.path).or_insert_with(|| json!({}));
        if let Some(methods) = path.as_object_mut() {
            methods.insert(call.method.to_owned(), describe(call));
        }
    }
    paths
}

/// Says that the calls of the console are elsewhere. Where that is, is nobody's business who cannot reach it.
fn move_console(paths: &mut Map<String, Value>) {
    let elsewhere = json!([{
        "url": "{console}",
        "description": "Where the console is reached, by those who may",
        "variables": { "console": { "default": "https://console.example.net" } },
    }]);
    let of_console = paths
        .iter_mut()
        .filter(|(path, _)| path.starts_with(console::API));
    for path in of_console.filter_map(|(_, path)| path.as_object_mut()) {
        path.insert("servers".to_owned(), elsewhere.clone());
    }
}

/// The groups of the page `/api`, in its words. A title has no place of its own before OpenAPI 3.2; programs that draw documents read it here.
fn tags() -> Vec<Value> {
    let texts = &Language::English.texts().api;
    let tag = |errors: Errors| {
        let (title, text) = texts.group(errors);
        json!({ "name": errors.tag(), "x-displayName": title, "description": text })
    };
    Errors::ALL.into_iter().map(tag).collect()
}

/// A call.
fn describe(call: &Call) -> Value {
    let mut described = Map::new();
    let mut put = |name: &str, value: Value| described.insert(name.to_owned(), value);
    put("operationId", json!(name(call)));
    put("tags", json!([call.errors.tag()]));
    put("summary", json!(call.summary.0));
    if let Some(scope) = call.scope {
        put(
            "description",
            json!(ApiTexts::needs_scope(Language::English, scope)),
        );
    }
    put(
        "parameters",
        call.parameters.iter().map(Parameter::describe).collect(),
    );
    if !call.body.is_empty() {
        put(
            "requestBody",
            json!({ "required": true, "content": contents(call.body) }),
        );
    }
    let answers = call.answers.iter();
    put(
        "responses",
        answers
            .map(|status| (status.to_string(), answer(*status, call)))
            .collect::<Map<_, _>>()
            .into(),
    );
    if let Some(security) = security(call) {
        put("security", security);
    }
    Value::Object(described)
}

/// What opens a call.
fn security(call: &Call) -> Option<Value> {
    match call.errors {
        Errors::Problem | Errors::Text => None,
        Errors::Enrolled => Some(json!([{ "enrolment": [] }])),
        Errors::Listed => Some(json!([{ "key": [] }, { "key_in_query": [] }])),
        Errors::Console => {
            let scopes: Vec<&str> = call.scope.iter().map(|scope| scope.name()).collect();
            Some(json!([{ "token": scopes }]))
        }
    }
}

/// The name of a call for whoever makes clients from the document: its method and the words of its path.
fn name(call: &Call) -> String {
    let words = call.path.split(|c: char| !c.is_ascii_alphanumeric());
    std::iter::once(call.method)
        .chain(words.filter(|word| !word.is_empty()))
        .collect::<Vec<_>>()
        .join("-")
}

/// Each media type with its schema.
fn contents(media: &[Medium]) -> Value {
    let content = |(kind, schema): &Medium| {
        let schema =
            schema.map(|name| json!({ "schema": { "$ref": format!("#/components/schemas/{name}") } }));
        ((*kind).to_owned(), schema.unwrap_or_else(|| json!({})))
    };
    Value::Object(media.iter().map(content).collect())
}

/// An answer, with its media types where it has a body.
fn answer(status: u16, call: &Call) -> Value {
    let status = StatusCode::from_u16(status).unwrap_or_default();
    let description = status.canonical_reason().unwrap_or_default();
    let refusal: &[Medium] = match call.errors {
        Errors::Problem | Errors::Enrolled | Errors::Console => {
            &[("application/problem+json", Some("Problem"))]
        }
        Errors::Listed => &[("application/json", Some("Refusals"))],
        Errors::Text => &[("text/plain", None)],
    };
    let media = match status {
        StatusCode::NOT_MODIFIED => &[],
        status if status.is_client_error() || status.is_server_error() => refusal,
        _ => call.gives,
    };
    match media {
        [] => json!({ "description": description }),
        media => json!({ "description": description, "content": contents(media) }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_each_of_its_methods() {
        let mut two: Vec<&Call> = calls::all().take(1).collect();
        let post = Call {
            method: "post",
            parameters: &[],
            ..*two[0]
        };
        two.push(&post);
        let paths = paths(two.into_iter());
        let methods: Vec<&String> = paths["/api/openapi.json"].as_object().unwrap().keys().collect();
        assert_eq!(methods, ["get", "post"]);
    }

    #[test]
    fn the_calls_of_a_console_elsewhere_do_not_say_where() {
        let mut all = paths(calls::all());
        move_console(&mut all);
        for (path, methods) in &all {
            assert_eq!(
                methods["servers"].is_array(),
                path.starts_with("/api/v1/console/"),
                "{path}"
            );
        }
    }
}
