//! Whole lists over HTTP: who may fetch them, in parts, and only where they changed.

use std::os::unix::fs::PermissionsExt;

use atalaya_model::Class;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::{House, Page, STRANGER};

const PLAIN: &str = "/api/v1/export/plain";

/// A list that is open to the client of these tests.
async fn open() -> House {
    let mut house = House::open().await;
    house.config.web.export_clients = vec![STRANGER.parse().unwrap()];
    house.list("192.0.2.7", Class::Spam).await;
    house.list("2001:db8:7::/64", Class::Policy).await;
    house
}

async fn get(house: &House, path: &str, headers: &[(&str, &str)]) -> Page {
    let request = Request::get(path);
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    house.send(request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn a_list_is_fetched_whole_and_again_only_where_it_changed() {
    let house = open().await;
    let page = house.get(PLAIN).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(
        page.text.ends_with("\n192.0.2.7\n2001:db8:7::/64\n"),
        "{}",
        page.text
    );
    assert_eq!(page.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(page.header("content-length"), page.text.len().to_string());
    assert_eq!(
        page.header("content-disposition"),
        "attachment; filename=\"bl.list.example-plain.txt\""
    );
    let tag = page.header("etag");
    let again = get(&house, PLAIN, &[("if-none-match", tag)]).await;
    assert_eq!(
        (again.status, again.text.as_str()),
        (StatusCode::NOT_MODIFIED, "")
    );
    assert_eq!(again.header("etag"), tag);
    house.list("192.0.2.8", Class::Spam).await;
    let changed = get(&house, PLAIN, &[("if-none-match", tag)]).await;
    assert_eq!(changed.status, StatusCode::OK);
    changed.says("192.0.2.8\n");
}

#[tokio::test]
async fn a_list_is_fetched_in_parts_of_the_same() {
    let house = open().await;
    let whole = house.get(PLAIN).await;
    let (tag, length) = (whole.header("etag"), whole.text.len());
    let part = get(&house, PLAIN, &[("range", "bytes=0-9"), ("if-range", tag)]).await;
    assert_eq!(part.status, StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.header("content-range"), format!("bytes 0-9/{length}"));
    let rest = get(&house, PLAIN, &[("range", "bytes=10-")]).await;
    assert_eq!(format!("{}{}", part.text, rest.text), whole.text);
    let other = get(&house, PLAIN, &[("range", "bytes=0-9"), ("if-range", "\"old\"")]).await;
    assert_eq!((other.status, other.text), (StatusCode::OK, whole.text.clone()));
    let behind = get(&house, PLAIN, &[("range", "bytes=100000-")]).await;
    assert_eq!(behind.status, StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(behind.header("content-range"), format!("bytes */{length}"));
    assert_eq!(behind.header("content-type"), "application/problem+json");
}

#[tokio::test]
async fn a_list_is_cut_by_class_and_family() {
    let house = open().await;
    house
        .get("/api/v1/export/cidr?class=spam,bot")
        .await
        .says("192.0.2.7\n")
        .keeps("2001:db8");
    house
        .get("/api/v1/export/cidr?family=6")
        .await
        .says("2001:db8:7::/64\n")
        .keeps("192.0.2.7\n");
    for (path, status) in [
        ("/api/v1/export/xml", StatusCode::NOT_FOUND),
        ("/api/v1/export/cidr?class=bad", StatusCode::BAD_REQUEST),
        ("/api/v1/export/cidr?family=5", StatusCode::BAD_REQUEST),
        ("/api/v1/export/cidr?zone=x", StatusCode::BAD_REQUEST),
    ] {
        let page = house.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert_eq!(page.header("content-type"), "application/problem+json");
    }
}

#[tokio::test]
async fn strangers_get_no_list_and_neither_does_who_comes_through_an_unknown_proxy() {
    let house = House::open().await;
    let page = house.get(PLAIN).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_eq!(page.header("content-type"), "application/problem+json");
    let house = open().await;
    let veiled = get(&house, PLAIN, &[("x-forwarded-for", "203.0.113.50")]).await;
    assert_eq!(veiled.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn before_the_list_is_loaded_there_is_no_export() {
    let mut house = House::unpublished().await;
    house.config.web.export_clients = vec![STRANGER.parse().unwrap()];
    let page = house.get(PLAIN).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "2");
}

#[tokio::test]
async fn only_the_last_few_exports_stay_on_disk() {
    let house = open().await;
    for last in 10..30 {
        house.list(&format!("192.0.2.{last}"), Class::Spam).await;
        assert_eq!(house.get(PLAIN).await.status, StatusCode::OK);
    }
    let files = std::fs::read_dir(&house.config.exports).unwrap().count();
    assert!((1..=12).contains(&files), "{files}");
}

#[tokio::test]
async fn an_export_on_disk_is_for_nobody_else_to_read() {
    let house = open().await;
    assert_eq!(house.get(PLAIN).await.status, StatusCode::OK);
    let folder = &house.config.exports;
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let paths: Vec<_> = files.chain([folder.clone()]).collect();
    assert_eq!(paths.len(), 2);
    for path in paths {
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
}
