//! The document of the API as a whole: what it names is there, each example follows its schema, and what it says of bodies and bounds is what the
//! calls do.

use std::collections::BTreeSet;

use atalaya_model::{AccessScope, Role};
use atalaya_publish::Key;
use atalaya_store::DeedWay;
use atalaya_web::accounts::{Doer, NewToken, make_token};
use atalaya_web::{NewReporter, ReporterFile, Reporters, router};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use super::follows;
use crate::support::{House, Page, encoded, send};

/// The methods that a path may have.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The document of a house.
async fn document(house: &House) -> Value {
    house.get("/api/openapi.json").await.json()
}

/// Every call of the document: path, method, and what is said of it.
fn calls(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths
        .flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap().iter();
            methods
                .filter(|(method, _)| METHODS.contains(&method.as_str()))
                .map(move |(method, call)| (path.as_str(), method.as_str(), call))
        })
        .collect()
}

/// Calls `see` with each value of a document and where it stands.
fn walk<'d>(value: &'d Value, place: &mut Vec<String>, see: &mut dyn FnMut(&[String], &'d Value)) {
    see(place, value);
    let within: Vec<(String, &Value)> = match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), value))
            .collect(),
        Value::Array(items) => items
            .iter()
            .enumerate()
            .map(|(at, value)| (at.to_string(), value))
            .collect(),
        _ => Vec::new(),
    };
    for (name, value) in within {
        place.push(name);
        walk(value, place, see);
        place.pop();
    }
}

#[tokio::test]
async fn every_reference_of_the_document_leads_somewhere_and_every_schema_is_used() {
    let document = document(&House::open().await).await;
    let mut used = BTreeSet::new();
    walk(&document, &mut Vec::new(), &mut |place, value| {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
            return;
        };
        let target = document.pointer(reference.strip_prefix('#').unwrap());
        assert!(target.is_some(), "{place:?}: {reference}");
        used.insert(reference.rsplit('/').next().unwrap().to_owned());
    });
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let named: BTreeSet<String> = schemas.keys().cloned().collect();
    assert_eq!(used, named);
}

#[tokio::test]
async fn every_parameter_of_a_path_is_declared_and_no_other() {
    let document = document(&House::open().await).await;
    for (path, method, call) in calls(&document) {
        let named: BTreeSet<&str> = path
            .split('/')
            .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
            .collect();
        let parameters = call["parameters"].as_array().unwrap();
        let in_path = parameters.iter().filter(|one| one["in"] == "path");
        let declared: BTreeSet<&str> = in_path.map(|one| one["name"].as_str().unwrap()).collect();
        assert_eq!(declared, named, "{method} {path}");
        let all: BTreeSet<_> = parameters
            .iter()
            .map(|one| (one["in"].as_str(), one["name"].as_str()))
            .collect();
        assert_eq!(all.len(), parameters.len(), "{method} {path}");
        for parameter in parameters {
            assert!(
                !parameter["description"].as_str().unwrap().is_empty(),
                "{method} {path}"
            );
            assert!(
                parameter["required"] == true || parameter["in"] != "path",
                "{method} {path}"
            );
        }
    }
}

#[tokio::test]
async fn every_call_has_a_tag_a_key_that_there_is_and_tells_each_answer() {
    let mut house = House::open().await;
    house.config.console.listen = Some(([127, 0, 0, 1], 0).into());
    let document = document(&house).await;
    assert_eq!(document["servers"], json!([{ "url": "https://list.example" }]));
    let tags: Vec<&Value> = document["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| &tag["name"])
        .collect();
    let schemes = document["components"]["securitySchemes"].as_object().unwrap();
    for (path, method, call) in calls(&document) {
        let own = call["tags"].as_array().unwrap();
        assert!(
            own.len() == 1 && own.iter().all(|tag| tags.contains(&tag)),
            "{method} {path}"
        );
        for (status, answer) in call["responses"].as_object().unwrap() {
            assert!(
                answer["description"]
                    .as_str()
                    .is_some_and(|text| !text.is_empty()),
                "{method} {path} {status}"
            );
            let has_body = status != "304";
            assert_eq!(
                answer["content"].is_object(),
                has_body,
                "{method} {path} {status}"
            );
        }
        let doors = call["security"].as_array().map(Vec::as_slice).unwrap_or_default();
        for name in doors.iter().flat_map(|door| door.as_object().unwrap().keys()) {
            assert!(schemes.contains_key(name), "{method} {path}: {name}");
        }
        assert_eq!(
            doors.iter().any(|door| door["token"].is_array()),
            path.starts_with("/api/v1/console/"),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn every_example_follows_its_schema() {
    let document = document(&House::open().await).await;
    let mut seen = 0;
    walk(&document, &mut Vec::new(), &mut |place, value| {
        let place: Vec<&str> = place.iter().map(String::as_str).collect();
        let is_parameter = matches!(&place[..], [.., "parameters", _]);
        if let Some(example) = value.get("example").filter(|_| is_parameter) {
            follows(&document, &[&place[..], &["schema"]].concat(), example);
            seen += 1;
        }
        let is_schema = matches!(&place[..], ["components", "schemas", _]);
        let examples = value.get("examples").and_then(Value::as_array);
        for example in examples.filter(|_| is_schema).into_iter().flatten() {
            follows(&document, &place, example);
            seen += 1;
        }
    });
    let parameters = calls(&document).iter().fold(0, |count, (_, _, call)| {
        count + call["parameters"].as_array().unwrap().len()
    });
    assert!(seen > parameters, "{seen} examples, {parameters} parameters");
}

/// A house, the key of a reporter, and a token of an operator.
async fn with_keys() -> (House, String, String) {
    let (mut house, key) = (House::open().await, Key::random());
    let mut file = ReporterFile::default();
    let new = NewReporter {
        name: "mx".parse().unwrap(),
        quota: "-".parse().unwrap(),
        scopes: "report,read".parse().unwrap(),
    };
    file.add(new, &key).unwrap();
    file.write(&Reporters::file_in(house.folder())).unwrap();
    house.reporters = Reporters::open(house.folder()).unwrap().into();
    let new = NewToken {
        name: "program".parse().unwrap(),
        role: Role::Administrator,
        scopes: AccessScope::ALL.to_vec(),
        account: None,
        ends_at: None,
    };
    let doer = Doer {
        who: "uid 1000".to_owned(),
        way: DeedWay::Command,
        client: None,
        at: house.now(),
    };
    let token = make_token(&house.store, &doer, new).await.unwrap();
    (house, key.to_string(), token)
}

/// Sends a body that the document shows for a call.
async fn send_example(
    house: &House,
    (key, token): (&str, &str),
    path: &str,
    (media, example): (&str, &Value),
) -> Page {
    let form = |example: &Value| {
        let fields = example.as_object().unwrap().iter().map(|(name, value)| {
            let value = if name == "apikey" {
                key
            } else {
                value.as_str().unwrap()
            };
            format!("{name}={}", encoded(value))
        });
        fields.collect::<Vec<_>>().join("&")
    };
    let (media, body) = match media {
        "application/json" => (media.to_owned(), example.to_string()),
        "text/csv" => (media.to_owned(), example.as_str().unwrap().to_owned()),
        "application/x-www-form-urlencoded" => (media.to_owned(), form(example)),
        other => {
            assert_eq!(other, "multipart/form-data", "{path}");
            let table = example["csv"].as_str().unwrap();
            let part = "Content-Disposition: form-data; name=\"csv\"; filename=\"a.csv\"";
            (
                format!("{media}; boundary=-edge"),
                format!("---edge\r\n{part}\r\n\r\n{table}\r\n---edge--\r\n"),
            )
        }
    };
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header("content-type", media)
        .header("key", key)
        .header("authorization", format!("Bearer {token}"));
    send(
        &router(house.app()),
        "127.0.0.1",
        request.body(Body::from(body)).unwrap(),
    )
    .await
}

#[tokio::test]
async fn every_body_that_the_document_shows_is_taken_as_it_stands() {
    let (house, key, token) = with_keys().await;
    let document = document(&house).await;
    let mut calls: Vec<_> = calls(&document)
        .into_iter()
        .filter(|(.., call)| call["requestBody"].is_object())
        .collect();
    // What is taken off has to stand there before.
    let order = ["/list", "/unlist", "/allow", "/disallow"];
    calls.sort_by_key(|(path, ..)| order.iter().position(|end| path.ends_with(end)));
    let mut sent = 0;
    for (path, method, call) in calls {
        assert_eq!(method, "post", "{path}");
        for (media, content) in call["requestBody"]["content"].as_object().unwrap() {
            let name = content["schema"]["$ref"].as_str().unwrap();
            let schema = document.pointer(&name[1..]).unwrap();
            let example = &schema["examples"][0];
            let page = send_example(&house, (&key, &token), path, (media, example)).await;
            assert_eq!(page.status, StatusCode::OK, "{path} as {media}: {}", page.text);
            page.keeps("invalidReports\":[{");
            sent += 1;
        }
    }
    assert_eq!(sent, 9);
}

#[tokio::test]
async fn what_an_order_must_have_is_what_the_call_asks_for() {
    let (house, key, token) = with_keys().await;
    let document = document(&house).await;
    for (path, _, call) in calls(&document) {
        let content = &call["requestBody"]["content"]["application/json"];
        let Some(name) = content["schema"]["$ref"].as_str() else {
            continue;
        };
        let schema = document.pointer(&name[1..]).unwrap();
        let example = &schema["examples"][0];
        let with = |name: &str, value: Value| {
            let mut changed = example.clone();
            changed[name] = value;
            changed
        };
        let mut wrong = vec![
            with("more", json!(1)),
            with("reason", json!("")),
            with("reason", json!("two\nlines")),
            with("reason", json!("x".repeat(401))),
            with("prefix", json!(7)),
        ];
        for name in schema["required"].as_array().unwrap() {
            let mut less = example.clone();
            less.as_object_mut().unwrap().remove(name.as_str().unwrap());
            wrong.push(less);
        }
        if schema["properties"]["class"].is_null() {
            wrong.push(with("class", json!("spam")));
        }
        for order in wrong {
            let place = ["components", "schemas", name.rsplit('/').next().unwrap()];
            let is_refused = std::panic::catch_unwind(|| follows(&document, &place, &order)).is_err();
            assert!(is_refused, "{path}: the schema takes {order}");
            let page = send_example(&house, (&key, &token), path, ("application/json", &order)).await;
            assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}: {order}");
        }
    }
}

/// The query of a call with one parameter as it is wanted, and the others that it needs as in their examples.
fn query(parameters: &[Value], wanted: &str, value: u64) -> String {
    let asked = parameters
        .iter()
        .filter(|one| one["name"] == wanted || one["required"] == true);
    let field = |one: &Value| {
        let name = one["name"].as_str().unwrap();
        let value = match one["example"].as_str() {
            Some(example) if name != wanted => encoded(example),
            _ => value.to_string(),
        };
        format!("{name}={value}")
    };
    asked.map(field).collect::<Vec<_>>().join("&")
}

/// Queries with each number of a call at its bounds and beyond them, and the status that each is to get.
fn at_the_bounds(call: &Value) -> Vec<(String, u16)> {
    let parameters = call["parameters"].as_array().unwrap();
    let mut asked = Vec::new();
    for parameter in parameters {
        let bound = |name: &str| parameter["schema"][name].as_u64();
        if let Some((first, last)) = bound("minimum").zip(bound("maximum")) {
            let name = parameter["name"].as_str().unwrap();
            let values = [(first, 200), (last, 200), (first - 1, 422), (last + 1, 422)];
            asked.extend(values.map(|(value, status)| (query(parameters, name, value), status)));
        }
    }
    asked
}

#[tokio::test]
async fn the_bounds_of_numbers_are_those_of_the_calls() {
    let (house, key, _) = with_keys().await;
    let document = document(&house).await;
    let of_reporters = calls(&document)
        .into_iter()
        .filter(|(path, ..)| path.starts_with("/api/v2/"));
    let asked: Vec<_> = of_reporters
        .flat_map(|(path, _, call)| at_the_bounds(call).into_iter().map(move |asked| (path, asked)))
        .collect();
    assert_eq!(asked.len(), 4 * 7);
    for (path, (query, status)) in asked {
        let request = Request::get(format!("{path}?{query}")).header("key", &key);
        let page = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status.as_u16(), status, "{path} {query}: {}", page.text);
    }
}

#[tokio::test]
async fn numbers_that_are_taken_where_none_is_given_are_those_of_the_document() {
    let (house, key, _) = with_keys().await;
    let request = Request::get("/api/v2/reports?ipAddress=192.0.2.7").header("key", &key);
    let data = house.send(request.body(Body::empty()).unwrap()).await.json()["data"].clone();
    let document = document(&house).await;
    let parameters = document["paths"]["/api/v2/reports"]["get"]["parameters"]
        .as_array()
        .unwrap()
        .clone();
    for name in ["page", "perPage"] {
        let parameter = parameters.iter().find(|one| one["name"] == name).unwrap();
        assert_eq!(parameter["schema"]["default"], data[name], "{name}");
    }
}
