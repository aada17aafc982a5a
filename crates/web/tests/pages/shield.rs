//! What protects the pages and their readers: other sites' forms, headers, what may be kept or found.

use atalaya_model::Class;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::House;

const ADDRESS: &str = "192.0.2.7";

/// Presses the button with these headers; gives the status.
async fn press(house: &House, headers: &[(&str, &str)]) -> StatusCode {
    let mut request = Request::post("/ip/192.0.2.7/remove");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    house.send(request.body(Body::empty()).unwrap()).await.status
}

#[tokio::test]
async fn forms_of_other_sites_are_refused() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    for headers in [
        &[("host", "list.example"), ("origin", "https://evil.example")][..],
        &[("host", "list.example"), ("sec-fetch-site", "cross-site")],
        &[("host", "list.example"), ("sec-fetch-site", "same-site")],
        &[("host", "list.example"), ("origin", "null")],
        &[
            ("host", "list.example"),
            ("origin", "https://list.example.evil.example"),
        ],
    ] {
        assert_eq!(press(&house, headers).await, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn our_own_forms_are_accepted_also_behind_a_proxy() {
    let house = House::open().await;
    for headers in [
        &[
            ("host", "list.example"),
            ("origin", "https://list.example"),
            ("sec-fetch-site", "same-origin"),
        ][..],
        // A browser without TLS tells no `Sec-Fetch-Site`.
        &[("host", "127.0.0.1:8080"), ("origin", "http://127.0.0.1:8080")],
        // The proxy rewrote the host; the public address is known.
        &[("host", "127.0.0.1:8080"), ("origin", "https://list.example")],
    ] {
        house.list(ADDRESS, Class::Spam).await;
        assert_eq!(press(&house, headers).await, StatusCode::OK, "{headers:?}");
        assert!(!house.is_listed(ADDRESS), "{headers:?}");
        house.clock.advance(crate::support::DAY * 91);
    }
}

#[tokio::test]
async fn a_refused_form_gets_a_page_that_says_why() {
    let house = House::open().await;
    let request = Request::post("/ip/192.0.2.7/remove")
        .header("host", "list.example")
        .header("origin", "https://evil.example");
    let page = house.send(request.body(Body::empty()).unwrap()).await;
    page.says("The request came from another site");
}

#[tokio::test]
async fn every_answer_forbids_scripts_of_others_frames_and_guessing() {
    let house = House::open().await;
    for path in [
        "/",
        "/use",
        "/policy",
        "/data",
        "/ip/192.0.2.7",
        "/ip/192.0.2.0/24",
        "/ip?address=x",
        "/nowhere",
        "/api/v1/ip/192.0.2.7",
        "/api/nowhere",
        "/style.css",
        "/healthz",
    ] {
        let page = house.get(path).await;
        assert_eq!(
            page.header("content-security-policy"),
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
            "{path}"
        );
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(page.header("x-frame-options"), "DENY", "{path}");
        assert_eq!(page.header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(page.header("set-cookie"), "", "{path}");
    }
}

#[tokio::test]
async fn no_page_needs_what_the_policy_forbids() {
    let house = House::open().await;
    house.observe(ADDRESS, "Hello", "h.example").await;
    house.list(ADDRESS, Class::Spam).await;
    for path in [
        "/",
        "/use",
        "/policy",
        "/data",
        "/ip/192.0.2.7",
        "/ip/192.0.2.0/24",
        "/nowhere",
    ] {
        house
            .get(path)
            .await
            .keeps("<script")
            .keeps("<style")
            .keeps(" style=")
            .keeps("src=")
            .keeps("href=\"http");
    }
}

#[tokio::test]
async fn pages_about_somebody_are_kept_by_nobody_and_only_the_list_itself_is_found() {
    let house = House::open().await;
    let serial = house.list(ADDRESS, Class::Spam).await;
    let token = house.tell(ADDRESS, "abuse@isp.example", serial).await;
    for (path, robots) in [
        ("/ip/192.0.2.7", "noindex"),
        ("/ip/192.0.2.0/24", "noindex"),
        ("/ip?address=192.0.2", "noindex"),
        ("/api/v1/ip/192.0.2.7", "noindex"),
        (&format!("/notices/stop/{token}"), "noindex"),
        ("/nowhere", "noindex"),
    ] {
        let page = house.get(path).await;
        assert_eq!(page.header("cache-control"), "no-store", "{path}");
        assert_eq!(page.header("x-robots-tag"), robots, "{path}");
    }
    for path in ["/", "/use", "/policy", "/data"] {
        let page = house.get(path).await;
        assert_eq!(page.header("cache-control"), "public, max-age=60", "{path}");
        assert_eq!(page.header("vary"), "accept-language", "{path}");
        assert_eq!(page.header("x-robots-tag"), "", "{path}");
    }
}

#[tokio::test]
async fn the_style_sheet_is_kept_for_good_under_a_name_of_its_own() {
    let house = House::open().await;
    let home = house.get("/").await;
    let (_, after) = home.text.split_once("rel=\"stylesheet\" href=\"").unwrap();
    let link = after.split_once('"').unwrap().0;
    let style = house.get(link).await;
    assert_eq!(style.status, StatusCode::OK);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(style.header("cache-control").contains("immutable"));
    assert_eq!(
        house.get("/mark.svg").await.header("content-type"),
        "image/svg+xml"
    );
}
