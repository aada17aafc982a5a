//! For the operator's machines: alive, ready, and the numbers.

use std::sync::Arc;

use atalaya_web::{App, router};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use metrics_exporter_prometheus::PrometheusBuilder;

use crate::support::{House, STRANGER, send};

#[tokio::test]
async fn a_running_process_is_alive_whatever_is_missing() {
    let house = House::unpublished().await;
    house.lose_store().await;
    let page = house.get("/healthz").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.text, "alive\n");
}

#[tokio::test]
async fn it_is_ready_with_the_zone_loaded_and_the_store_answering() {
    let house = House::open().await;
    let page = house.get("/readyz").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.text, "zone: loaded, serial 0\nstore: answers\n");
}

#[tokio::test]
async fn it_is_not_ready_while_the_zone_is_loading() {
    let house = House::unpublished().await;
    let page = house.get("/readyz").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.text, "zone: loading\nstore: answers\n");
}

#[tokio::test]
async fn it_is_not_ready_without_its_store() {
    let house = House::open().await;
    house.lose_store().await;
    let page = house.get("/readyz").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.text, "zone: loaded, serial 0\nstore: does not answer\n");
}

#[tokio::test]
async fn requests_are_counted_by_route_and_never_by_address() {
    let house = House::open().await;
    let recorder = PrometheusBuilder::new().build_recorder();
    let pages = router(App {
        metrics: recorder.handle(),
        ..house.app()
    });
    let recorder = Arc::new(recorder);
    let _counting = metrics::set_default_local_recorder(&recorder);
    for path in ["/ip/192.0.2.7", "/ip/192.0.2.8", "/secret/path"] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        send(&pages, STRANGER, request).await;
    }
    let request = Request::get("/metrics").body(Body::empty()).unwrap();
    let numbers = send(&pages, "127.0.0.1", request).await;
    assert_eq!(numbers.status, StatusCode::OK);
    assert!(
        numbers
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    numbers
        .says("atalaya_web_requests_total{route=\"/ip/{address}\",status=\"200\"} 2")
        .says("atalaya_web_requests_total{route=\"none\",status=\"404\"} 1")
        .keeps("192.0.2")
        .keeps("secret");
}

#[tokio::test]
async fn strangers_are_told_that_there_are_no_numbers() {
    let house = House::open().await;
    let page = house.get("/metrics").await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
    page.says("There is no such page");
}

#[tokio::test]
async fn nobody_reads_the_numbers_through_a_proxy() {
    let mut house = House::open().await;
    for trusted in [vec![], vec!["127.0.0.1".parse().unwrap()]] {
        house.config.web.trusted_proxies = trusted;
        for (name, value) in [
            ("x-forwarded-for", &b"\xe9"[..]),
            ("x-forwarded-for", b"127.0.0.1"),
            ("forwarded", b"for=127.0.0.1"),
            ("x-real-ip", b"127.0.0.1"),
            ("via", b"1.1 proxy"),
        ] {
            let request = Request::get("/metrics").header(name, value).body(Body::empty());
            let page = send(&router(house.app()), "127.0.0.1", request.unwrap()).await;
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{name}: {value:?}");
        }
    }
}
