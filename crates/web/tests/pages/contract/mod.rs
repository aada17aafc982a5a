//! Holds every answer of the API that a test of this folder gets against the document that describes it: the call is there, its status is
//! named, its media type is the one that was promised, and its body follows the schema.

mod document;

use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use boon::{Compiler, Schemas};
use serde_json::Value;
use tower::ServiceExt;

use crate::support::{House, Page};

/// A name for the document; nothing is fetched from there.
const DOCUMENT: &str = "https://list.example/api/openapi.json";
/// More than the document is long.
const LONGEST: usize = 1 << 20;

/// Holds an answer against the document, where it is one of the API.
pub(crate) async fn hold(pages: &Router, (method, path): (&Method, &str), page: &Page) {
    // The router itself answers what is no call: unknown paths, and other methods.
    let is_of_api = path.starts_with("/api/") || path.starts_with("/data/");
    if !is_of_api || page.status == StatusCode::METHOD_NOT_ALLOWED {
        return;
    }
    let document = document(pages).await;
    let method = method.as_str().to_lowercase();
    let Some((template, call)) = call(document, &method, path) else {
        assert_ne!(page.status, StatusCode::OK, "{method} {path} is not described");
        return;
    };
    let status = page.status.as_u16().to_string();
    let answer = &call["responses"][&status];
    assert!(
        answer.is_object(),
        "{method} {template} does not tell of {status}"
    );
    let Some(contents) = answer["content"].as_object() else {
        return;
    };
    let media = page.header("content-type").split(';').next().unwrap_or_default();
    let known: Vec<&String> = contents.keys().collect();
    assert!(
        contents.contains_key(media),
        "{method} {template} answers {status} as {media:?}, not as one of {known:?}"
    );
    // What is packed follows the schema as it did before.
    let is_packed = !page.header("content-encoding").is_empty();
    if contents[media]["schema"].is_object() && !is_packed {
        let pointer = [
            "paths",
            &template,
            &method,
            "responses",
            &status,
            "content",
            media,
            "schema",
        ];
        follows(document, &pointer, &page.json());
    }
}

/// The document, as it is served.
async fn document(pages: &Router) -> &'static Value {
    static READ: OnceLock<Value> = OnceLock::new();
    if let Some(read) = READ.get() {
        return read;
    }
    let request = Request::get("/api/openapi.json").body(Body::empty()).unwrap();
    let response = pages.clone().oneshot(request).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), LONGEST).await.unwrap();
    READ.get_or_init(|| serde_json::from_slice(&bytes).unwrap())
}

/// The call that a path is for: the one with the most words of its own.
fn call<'d>(document: &'d Value, method: &str, path: &str) -> Option<(String, &'d Value)> {
    let parts: Vec<&str> = path.split('/').collect();
    let paths = document["paths"].as_object().unwrap();
    let fitting = paths.iter().filter(|(template, methods)| {
        let own: Vec<&str> = template.split('/').collect();
        let fit = |(own, part): (&&str, &&str)| own.starts_with('{') || own == part;
        methods.get(method).is_some() && own.len() == parts.len() && own.iter().zip(&parts).all(fit)
    });
    let best = fitting.min_by_key(|(template, _)| template.matches('{').count());
    best.map(|(template, methods)| (template.clone(), &methods[method]))
}

/// Whether a value is as the schema at a place in the document has it.
fn follows(document: &Value, place: &[&str], value: &Value) {
    let mut compiler = Compiler::new();
    compiler.enable_format_assertions();
    compiler.add_resource(DOCUMENT, document.clone()).unwrap();
    let pointer: String = place
        .iter()
        .map(|name| format!("/{}", name.replace('~', "~0").replace('/', "~1")))
        .collect();
    let pointer = pointer.replace('{', "%7B").replace('}', "%7D");
    let mut schemas = Schemas::new();
    let schema = compiler
        .compile(&format!("{DOCUMENT}#{pointer}"), &mut schemas)
        .unwrap();
    let faults = schemas.validate(value, schema).err();
    assert_eq!(faults.map(|error| format!("{error:#}\nin {value:#}")), None);
}

#[tokio::test]
async fn an_answer_that_the_document_does_not_promise_is_noticed() {
    let house = House::open().await;
    let page = house.get("/api/v1/ip/192.0.2.7").await;
    let pages = atalaya_web::router(house.app());
    let place = [
        "paths",
        "/api/v1/ip/{address}",
        "get",
        "responses",
        "200",
        "content",
        "application/json",
        "schema",
    ];
    let document = document(&pages).await;
    follows(document, &place, &page.json());
    let wrong =
        std::panic::catch_unwind(|| follows(document, &place, &serde_json::json!({ "listed": "yes" })));
    assert!(wrong.is_err());
}

#[tokio::test]
async fn every_call_names_itself_once_and_says_what_goes_wrong() {
    let house = House::open().await;
    let document = house.get("/api/openapi.json").await.json();
    let mut ids = std::collections::BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for (method, call) in methods.as_object().unwrap() {
            let id = call["operationId"].as_str().unwrap();
            assert!(ids.insert(id.to_owned()), "{method} {path}: {id} is twice");
            assert!(has_told_refusals(call), "{method} {path}");
        }
    }
}

/// Whether every refusal of a call says in which form it comes.
fn has_told_refusals(call: &Value) -> bool {
    let mut answers = call["responses"].as_object().unwrap().iter();
    answers.all(|(status, answer)| !status.starts_with(['4', '5']) || answer["content"].is_object())
}
