//! When something is missing: the store, the zone, the page, the right method.

use atalaya_model::{Class, Period};
use atalaya_store::{Piece, Store};
use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use tokio::sync::mpsc;

use crate::support::House;

const ADDRESS: &str = "192.0.2.7";

#[tokio::test]
async fn without_the_store_the_page_still_says_listed_or_not() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.lose_store().await;
    let listed = house.get("/ip/192.0.2.7").await;
    assert_eq!(listed.status, StatusCode::OK);
    listed
        .says("</svg>Listed</span>")
        .says("Why it is listed: Spam seen")
        .says("<code>127.0.0.3</code>")
        .says("This address alone")
        .says("It leaves by itself on 22 January 2027, 23:00 UTC")
        .says("Details are not available right now")
        .says("The reason, since when, the rule, evidence, history and removal need the database")
        .keeps("Spam reached our traps: 2 messages.")
        .keeps("trap-spam")
        .keeps("on the list since")
        .keeps("method=\"post\"")
        .keeps("never on the list");
    house
        .get("/ip/192.0.2.8?lang=es")
        .await
        .says("</svg>No está en la lista</span>")
        .says("Los detalles no están disponibles ahora");
}

#[tokio::test]
async fn without_the_store_a_removal_promises_nothing() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.lose_store().await;
    let page = house.post("/ip/192.0.2.7/remove").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "30");
    page.says("may have been done all the same")
        .says("look the address up");
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn a_removal_goes_on_where_its_request_has_had_its_time() {
    let mut house = House::open().await;
    house.config.web.request_timeout = Period::millis(100);
    house.list(ADDRESS, Class::Spam).await;
    // Whoever writes holds all others up.
    let slow = house.store.begin().await.unwrap();
    let page = house.post("/ip/192.0.2.7/remove").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    page.says("may have been done all the same");
    assert!(house.is_listed(ADDRESS));
    drop(slow);
    house.until(|| !house.is_listed(ADDRESS)).await;
}

#[tokio::test]
async fn with_a_slow_store_the_page_goes_out_without_details() {
    let mut house = House::open().await;
    house.config.web.details_timeout = Period::millis(0);
    house.list(ADDRESS, Class::Spam).await;
    let _slow = hold_up(&house.store).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("</svg>Listed</span>")
        .says("Details are not available right now");
}

/// Holds all readers up until the receivers are dropped: whoever asks for the whole list and does not take it has one for himself.
async fn hold_up(store: &Store) -> Vec<mpsc::Receiver<Piece>> {
    /// More than there are readers.
    const MANY: usize = 64;

    let begin = |_| {
        let (sender, pieces) = mpsc::channel(1);
        let store = store.clone();
        tokio::spawn(async move { store.read_list("", sender).await });
        pieces
    };
    let slow: Vec<_> = (0..MANY).map(begin).collect();
    // They run in turn: once one has begun, all others have a reader or wait for one.
    while slow.iter().all(mpsc::Receiver::is_empty) {
        tokio::task::yield_now().await;
    }
    slow
}

#[tokio::test]
async fn before_the_zone_is_loaded_nobody_is_called_not_listed() {
    let house = House::unpublished().await;
    let page = house.get("/ip/192.0.2.7").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "2");
    page.says("The list is being loaded").keeps("Not listed");
    let home = house.get("/").await;
    assert_eq!(home.status, StatusCode::OK);
    home.keeps("Listings now");
}

#[tokio::test]
async fn an_unknown_path_has_a_page_in_the_language_of_the_reader() {
    let house = House::open().await;
    let page = house.get("/nowhere").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.says("There is no such page").says("name=\"address\"");
    let spanish = house.get_with("/nowhere", "accept-language", "es").await;
    spanish
        .says("Esa página no existe")
        .says("href=\"/nowhere?lang=en\"");
}

#[tokio::test]
async fn no_path_makes_a_link_to_another_site() {
    let house = House::open().await;
    for path in ["//evil.example/x", "/\\evil.example/x", "///evil.example/x"] {
        let page = house.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        page.says("href=\"/evil.example/x?lang=es\"");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let house = House::open().await;
    for (method, path, allowed) in [
        (Method::POST, "/ip/192.0.2.7", "GET,HEAD"),
        (Method::DELETE, "/ip/192.0.2.7/remove", "POST,GET,HEAD"),
        (Method::PUT, "/", "GET,HEAD"),
    ] {
        let request = Request::builder().method(method).uri(path);
        let page = house.send(request.body(Body::empty()).unwrap()).await;
        assert_eq!(page.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
        let mut told: Vec<&str> = page.header("allow").split(',').collect();
        let mut expected: Vec<&str> = allowed.split(',').collect();
        told.sort_unstable();
        expected.sort_unstable();
        assert_eq!(told, expected, "{path}");
        page.says("That does not work here");
    }
}

#[tokio::test]
async fn a_body_larger_than_any_form_of_ours_is_refused() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    let body = vec![b'x'; 5_000];
    let request = Request::post("/ip/192.0.2.7/remove").header("content-length", body.len());
    let page = house.send(request.body(Body::from(body)).unwrap()).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    page.says("The request is too large");
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn a_query_that_makes_no_sense_is_a_page_too() {
    let house = House::open().await;
    let page = house.get("/ip?address=192.0.2.7&address=192.0.2.8").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.says("The request cannot be understood").keeps("duplicate");
}
