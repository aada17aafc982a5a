//! `GET /api/openapi.json`: what every call takes and answers, as OpenAPI 3.1.
//!
//! The document is made from one table. A test reads the routes out of the sources and compares, so that no call is without its row.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::schemas;

/// A call.
struct Call {
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    parameters: &'static [Parameter],
    body: Option<&'static str>,
    /// The schema of its answer, where that is described.
    schema: Option<&'static str>,
    /// The statuses that it answers with, in their order.
    answers: &'static [u16],
    errors: Errors,
}

/// Which shape refusals have, and whether a key is needed with it.
#[derive(Clone, Copy)]
enum Errors {
    /// Our own calls: RFC 9457, no key.
    Problem,
    /// The same, with the key of an enrolment.
    Enrolled,
    /// The calls of AbuseIPDB, with a key.
    Listed,
    /// The form of blocklist.de: text, with the key in the body.
    Text,
}

/// A parameter: where it stands, its name, its type, and what it says.
type Parameter = (&'static str, &'static str, &'static str, &'static str);

const ADDRESS_IN_PATH: Parameter = ("path", "address", "string", "An IPv4 or IPv6 address");
const FIRST_DAY: Parameter = ("path", "first", "string", "A day, such as 2026-12-31, in UTC");
const ADDRESS: Parameter = (
    "query",
    "ipAddress",
    "string",
    "An IPv4 or IPv6 address; required",
);
const AGE: Parameter = ("query", "maxAgeInDays", "integer", "From 1 to 365; 30 if absent");
const FORM: Option<&str> = Some("application/x-www-form-urlencoded");

/// A row of the table.
const fn call(
    (method, path): (&'static str, &'static str),
    summary: &'static str,
    parameters: &'static [Parameter],
    answers: &'static [u16],
    errors: Errors,
) -> Call {
    Call {
        method,
        path,
        summary,
        parameters,
        body: None,
        schema: None,
        answers,
        errors,
    }
}

/// Every call.
const CALLS: &[Call] = &[
    call(
        ("get", "/api/openapi.json"),
        "This document",
        &[],
        &[200],
        Errors::Problem,
    ),
    Call {
        schema: Some("Answer"),
        ..call(
            ("get", "/api/v1/ip/{address}"),
            "Whether an address is listed, why, since when and until when",
            &[ADDRESS_IN_PATH],
            &[200, 400, 429, 503],
            Errors::Problem,
        )
    },
    call(
        ("post", "/api/v1/ip/{address}/removal"),
        "Take an address off the list; 201 where it left, 200 where it was not listed",
        &[
            ADDRESS_IN_PATH,
            (
                "query",
                "puzzle",
                "string",
                "The puzzle of the answer 428; nothing with the first request",
            ),
            (
                "query",
                "solution",
                "string",
                "A number for which SHA-256 of PUZZLE.NUMBER begins with `bits` zero bits; without one the puzzle must be `wait_seconds` old",
            ),
        ],
        &[200, 201, 400, 409, 428, 429, 503],
        Errors::Problem,
    ),
    call(
        ("get", "/api/v1/ip/{address}/{length}"),
        "What is listed in a prefix, an IPv4 /24 or an IPv6 /56 at most",
        &[
            (
                "path",
                "address",
                "string",
                "The first address, or another of the prefix",
            ),
            ("path", "length", "integer", "The length of the prefix"),
        ],
        &[200, 400, 429, 503],
        Errors::Problem,
    ),
    Call {
        schema: Some("Contact"),
        ..call(
            ("get", "/api/v1/contact/{address}"),
            "Whom to tell about an address, as far as it is known; nothing is looked up",
            &[ADDRESS_IN_PATH],
            &[200, 400, 403, 503],
            Errors::Problem,
        )
    },
    call(
        ("get", "/data/abuse-contact-finder/data.json"),
        "The same in the form of RIPEstat, for its clients",
        &[("query", "resource", "string", "An address or a prefix; required")],
        &[200, 400, 403, 503],
        Errors::Problem,
    ),
    call(
        ("get", "/api/v1/network/{ticket}"),
        "The addresses that a contact was told of, by the link in its notices; those that are listed first",
        &[
            ("path", "ticket", "string", "The word in the link"),
            (
                "query",
                "part",
                "string",
                "listed or ended: where the page begins, from `next` of the page before",
            ),
            ("query", "before", "integer", "The same"),
        ],
        &[200, 400, 404, 410, 503],
        Errors::Problem,
    ),
    call(
        ("get", "/api/v1/export/{format}"),
        "The whole list in a format, for clients that the operator admits",
        &[
            ("path", "format", "string", "The name of a format"),
            (
                "query",
                "class",
                "string",
                "Classes with commas between; all if absent",
            ),
            ("query", "family", "string", "4 or 6; both if absent"),
        ],
        &[200, 206, 304, 400, 403, 404, 416, 503],
        Errors::Problem,
    ),
    Call {
        schema: Some("StatisticsDays"),
        ..call(
            ("get", "/api/v1/stats"),
            "The days of which something is known, the first one first",
            &[],
            &[200, 304, 404, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("Statistics"),
        ..call(
            ("get", "/api/v1/stats/{first}"),
            "What was counted on a day: all figures, and no addresses",
            &[FIRST_DAY],
            &[200, 304, 400, 404, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("Statistics"),
        ..call(
            ("get", "/api/v1/stats/{first}/{last}"),
            "What was counted from one day to another, both in it",
            &[FIRST_DAY, ("path", "last", "string", "The last day")],
            &[200, 304, 400, 404, 503],
            Errors::Problem,
        )
    },
    Call {
        schema: Some("FeedbackEvents"),
        ..call(
            ("get", "/api/v1/feedback/events"),
            "What came from the addresses of an enrolment after a cursor, in order and without gaps",
            &[
                (
                    "query",
                    "after",
                    "integer",
                    "The cursor: `next` of the answer before; 0 if absent",
                ),
                (
                    "query",
                    "limit",
                    "integer",
                    "Events at most, from 1 to 100; 100 if absent",
                ),
            ],
            &[200, 400, 401, 403, 429, 503],
            Errors::Enrolled,
        )
    },
    call(
        ("get", "/api/v1/feedback/summary.csv"),
        "What each address of an enrolment did on a day, as CSV",
        &[(
            "query",
            "day",
            "string",
            "A day, such as 2026-12-31, in UTC; today if absent",
        )],
        &[200, 400, 401, 403, 429, 503],
        Errors::Enrolled,
    ),
    call(
        ("get", "/api/v2/check"),
        "What is known of an address",
        &[
            ADDRESS,
            AGE,
            ("query", "verbose", "string", "With the single reports"),
        ],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    call(
        ("get", "/api/v2/check-block"),
        "What is known of the addresses of a network",
        &[
            (
                "query",
                "network",
                "string",
                "A prefix: an IPv4 /24 or an IPv6 /56 at most; required",
            ),
            AGE,
        ],
        &[200, 401, 402, 403, 422, 429, 503],
        Errors::Listed,
    ),
    call(
        ("get", "/api/v2/reports"),
        "The single reports about an address, in pages",
        &[
            ADDRESS,
            AGE,
            ("query", "page", "integer", "From 1"),
            ("query", "perPage", "integer", "From 1 to 100; 25 if absent"),
        ],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    call(
        ("get", "/api/v2/blacklist"),
        "What is listed",
        &[
            (
                "query",
                "confidenceMinimum",
                "integer",
                "From 1 to 100; changes nothing",
            ),
            (
                "query",
                "limit",
                "integer",
                "Entries at most, up to 100000; 10000 if absent",
            ),
            ("query", "ipVersion", "string", "4 or 6; both if absent"),
            ("query", "plaintext", "string", "One entry a line, as text"),
        ],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    Call {
        body: FORM,
        ..call(
            ("post", "/api/v2/report"),
            "Report an address: ip, categories, comment, timestamp",
            &[],
            &[200, 401, 403, 413, 422, 429, 503],
            Errors::Listed,
        )
    },
    Call {
        body: Some("multipart/form-data"),
        ..call(
            ("post", "/api/v2/bulk-report"),
            "Report a table (the file csv, or text/csv as the body): IP, Categories, ReportDate, Comment",
            &[],
            &[200, 401, 403, 413, 422, 429, 503],
            Errors::Listed,
        )
    },
    call(
        ("delete", "/api/v2/clear-address"),
        "Take back one's own reports about an address",
        &[ADDRESS],
        &[200, 401, 403, 422, 429, 503],
        Errors::Listed,
    ),
    Call {
        body: FORM,
        ..call(
            ("post", "/en/httpreports.html"),
            "Report an address in the form of blocklist.de: apikey, service, ip, logs",
            &[],
            &[200, 401, 403, 422, 429, 503],
            Errors::Text,
        )
    },
    Call {
        body: FORM,
        ..call(
            ("post", "/httpreports.php"),
            "The same under another name",
            &[],
            &[200, 401, 403, 422, 429, 503],
            Errors::Text,
        )
    },
];

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
    let mut described = json!({ "summary": call.summary, "parameters": parameters, "responses": answers });
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
        return json!({ "description": description, "content": { kind: {} } });
    }
    match call.schema {
        Some(name) => {
            let schema = json!({ "$ref": format!("#/components/schemas/{name}") });
            json!({ "description": description, "content": { "application/json": { "schema": schema } } })
        }
        None => json!({ "description": description }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_call_of_the_sources_has_its_row() {
        let sources = [include_str!("../app.rs"), include_str!("../reports/mod.rs")].concat();
        let routes = sources
            .split(".route(")
            .skip(1)
            .filter_map(|rest| rest.split('"').nth(1));
        let calls: BTreeSet<&str> = routes
            .filter(|path| {
                path.starts_with("/api/") || path.starts_with("/data/") || path.contains("httpreports")
            })
            .collect();
        let described: BTreeSet<&str> = CALLS.iter().map(|call| call.path).collect();
        assert_eq!(described, calls);
        assert_eq!(described.len(), CALLS.len(), "one method each");
    }

    #[test]
    fn parameters_of_paths_are_described() {
        for call in CALLS {
            let in_path = call.parameters.iter().filter(|(place, ..)| *place == "path");
            let named = in_path.filter(|(_, name, ..)| call.path.contains(&format!("{{{name}}}")));
            assert_eq!(named.count(), call.path.matches('{').count(), "{}", call.path);
        }
    }
}
