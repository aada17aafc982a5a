//! What is not for everybody answers to the server's own names: no page elsewhere whose name points here reads it through a browser (DNS rebinding).

use std::net::SocketAddr;

use atalaya_model::Role;
use atalaya_web::router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use crate::console_access::HERE;
use crate::support::{House, STRANGER, SignedIn, send};

/// What only some may see.
const FOR_SOME: [&str; 5] = [
    "/console",
    "/console/sign-in",
    "/api/v1/console/token",
    "/metrics",
    "/api/v1/export/plain",
];
/// What everybody may.
const FOR_ALL: [&str; 6] = [
    "/",
    "/policy",
    "/ip/192.0.2.7",
    "/api/v1/ip/192.0.2.7",
    "/healthz",
    "/console.css",
];

/// Asks from a peer, by these names.
async fn ask(house: &House, peer: &str, path: &str, hosts: &[&str]) -> (StatusCode, String) {
    let mut request = Request::get(path);
    for host in hosts {
        request = request.header("host", *host);
    }
    let page = send(&router(house.app()), peer, request.body(Body::empty()).unwrap()).await;
    (page.status, page.text)
}

#[tokio::test]
async fn what_is_not_for_everybody_is_misdirected_by_a_name_that_is_not_ours() {
    let house = House::open().await;
    for path in FOR_SOME {
        for hosts in [
            &["evil.example"][..],
            &["evil.example:8080"],
            &["list.example.evil.example"],
            &["list.example", "evil.example"],
            &["\u{e9}"],
            &[""],
        ] {
            let (status, text) = ask(&house, HERE, path, hosts).await;
            assert_eq!(status, StatusCode::MISDIRECTED_REQUEST, "{path} {hosts:?}");
            assert!(text.contains("web.own_names"), "{path}: {text}");
        }
        for host in [
            "list.example",
            "LIST.example.:8443",
            "127.0.0.1:8080",
            "[::1]:8080",
            "localhost:18080",
            "192.0.2.1",
        ] {
            let (status, _) = ask(&house, HERE, path, &[host]).await;
            assert_ne!(status, StatusCode::MISDIRECTED_REQUEST, "{path} {host}");
        }
        // A program that says no name is no browser.
        assert_ne!(
            ask(&house, HERE, path, &[]).await.0,
            StatusCode::MISDIRECTED_REQUEST,
            "{path}"
        );
        // Strangers hear what they always hear.
        let (status, _) = ask(&house, STRANGER, path, &["evil.example"]).await;
        assert!(
            [StatusCode::NOT_FOUND, StatusCode::FORBIDDEN].contains(&status),
            "{path}: {status}"
        );
    }
    // In the form for proxies the name stands in the request line.
    let request = Request::get("http://evil.example/metrics").header("host", "list.example");
    let page = send(&router(house.app()), HERE, request.body(Body::empty()).unwrap()).await;
    assert_eq!(page.status, StatusCode::MISDIRECTED_REQUEST);
}

#[tokio::test]
async fn the_public_pages_are_reached_by_any_name() {
    let mut house = House::open().await;
    for path in FOR_ALL {
        for peer in [HERE, STRANGER] {
            assert_eq!(
                ask(&house, peer, path, &["alias.example"]).await.0,
                StatusCode::OK,
                "{path}"
            );
        }
    }
    // A list that is open to everybody is public too.
    house.config.web.export_clients = vec!["0.0.0.0/0".parse().unwrap()];
    let (status, _) = ask(&house, STRANGER, "/api/v1/export/plain", &["alias.example"]).await;
    assert_eq!(status, StatusCode::OK);
}

#[tokio::test]
async fn whoever_may_fetch_the_list_is_held_up_where_a_strange_name_asks_for_him() {
    let mut house = House::open().await;
    house.config.web.lookups_per_minute = 2;
    let pages = router(house.app());
    let mut told = Vec::new();
    for host in ["evil.example", "evil.example", "evil.example", "list.example"] {
        let request = Request::get("/ip/192.0.2.7").header("host", host);
        told.push(
            send(&pages, HERE, request.body(Body::empty()).unwrap())
                .await
                .status
                .as_u16(),
        );
    }
    assert_eq!(told, [200, 200, 429, 200]);
}

#[tokio::test]
async fn further_names_and_the_one_of_the_console_are_given_by_the_operator() {
    let mut house = House::open().await;
    house.config.web.own_names = vec!["Backend.internal".to_owned()];
    house.config.console.url = Some("https://desk.example".to_owned());
    for host in ["backend.internal:8080", "desk.example"] {
        assert_eq!(
            ask(&house, HERE, "/console/sign-in", &[host]).await.0,
            StatusCode::OK,
            "{host}"
        );
        assert_eq!(
            ask(&house, HERE, "/metrics", &[host]).await.0,
            StatusCode::OK,
            "{host}"
        );
    }
}

/// A form as a page of ours sends it, by a name.
async fn press(house: &House, who: &SignedIn, host: &str) -> StatusCode {
    let request = Request::post("/console/sign-out")
        .header("host", host)
        .header("origin", format!("http://{host}"))
        .header("cookie", &who.cookie)
        .header("content-type", "application/x-www-form-urlencoded")
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 40_000))));
    let body = Body::from(format!("csrf={}", who.csrf));
    let response = router(house.app()).oneshot(request.body(body).unwrap()).await;
    response.unwrap().status()
}

#[tokio::test]
async fn not_even_a_form_with_its_mark_is_taken_by_a_name_that_is_not_ours() {
    let mut house = House::open().await;
    let marta = house.signed_in("Marta", Role::Viewer).await;
    assert_eq!(
        press(&house, &marta, "evil.example").await,
        StatusCode::MISDIRECTED_REQUEST
    );
    assert_eq!(house.console(&marta, "/console").await.status, StatusCode::OK);
    assert_eq!(press(&house, &marta, "list.example").await, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_proxy_that_names_nobody_opens_nothing_that_is_for_this_machine() {
    let mut house = House::open().await;
    house.config.web.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let pages = router(house.app());
    let ask = async |path: &str, headers: &[(&str, &str)]| {
        let mut request = Request::get(path).header("host", "list.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        send(&pages, HERE, request).await.status
    };
    for headers in [
        &[("x-real-ip", "203.0.113.5")][..],
        &[("forwarded", "for=203.0.113.5")],
        &[("via", "1.1 proxy")],
        &[("x-forwarded-for", "203.0.113.5, unix:")],
        &[("x-forwarded-for", "unknown")],
    ] {
        assert_eq!(
            ask("/console/sign-in", headers).await,
            StatusCode::NOT_FOUND,
            "{headers:?}"
        );
        assert_eq!(
            ask("/api/v1/export/plain", headers).await,
            StatusCode::FORBIDDEN,
            "{headers:?}"
        );
    }
    // Whoever comes by himself, or is named, is who he is.
    for headers in [&[][..], &[("x-forwarded-for", "127.0.0.1"), ("via", "1.1 proxy")]] {
        assert_eq!(
            ask("/console/sign-in", headers).await,
            StatusCode::OK,
            "{headers:?}"
        );
        assert_eq!(
            ask("/api/v1/export/plain", headers).await,
            StatusCode::OK,
            "{headers:?}"
        );
    }
}
