//! How much a browser fetches for a first page, and how it is packed.

use atalaya_model::Class;
use axum::http::StatusCode;

use crate::support::{House, Page};

/// The most that a first visit may cost, before it is packed.
const MOST_BYTES: usize = 100_000;

/// The files that a page names, read.
async fn files(house: &House, page: &Page) -> Vec<Page> {
    let mut files = Vec::new();
    for before in [
        "rel=\"stylesheet\" href=\"",
        "<script src=\"",
        "rel=\"icon\" href=\"",
    ] {
        if let Some((_, rest)) = page.text.split_once(before) {
            files.push(house.get(rest.split_once('"').unwrap().0).await);
        }
    }
    files
}

#[tokio::test]
async fn every_page_stays_below_a_hundred_kilobytes_with_all_that_it_needs() {
    let mut house = House::open().await;
    house.config.web.puzzle_bits = 16;
    for n in 0..20 {
        house
            .observe("192.0.2.7", &format!("Offer {n}: cheap watches"), "h.example")
            .await;
    }
    house.list("192.0.2.7", Class::Spam).await;
    house.keep_log().await;
    for path in [
        "/",
        "/use",
        "/policy",
        "/data",
        "/log",
        "/ip/192.0.2.7/proof",
        "/stats",
        "/ip/192.0.2.7",
        "/ip/192.0.2.0/24",
        "/network",
        "/nowhere",
    ] {
        let page = house.get(path).await;
        let files = files(&house, &page).await;
        assert!(files.iter().all(|file| file.status == StatusCode::OK), "{path}");
        let bytes = page.text.len() + files.iter().map(|file| file.text.len()).sum::<usize>();
        assert!(bytes < MOST_BYTES, "{path}: {bytes}");
    }
}

#[tokio::test]
async fn what_is_large_and_public_is_packed_and_what_holds_secrets_is_not() {
    let house = House::open().await;
    let serial = house.list("192.0.2.7", Class::Spam).await;
    let token = house.tell("192.0.2.7", "abuse@isp.example", serial).await;
    for (path, coding) in [
        ("/", "gzip"),
        ("/policy", "gzip"),
        ("/style.css", "gzip"),
        ("/removal.js", "gzip"),
        ("/ip/192.0.2.7", "gzip"),
        ("/api/openapi.json", "gzip"),
        ("/mark.svg", ""),
        ("/healthz", ""),
        ("/network", ""),
        (&format!("/notices/stop/{token}"), ""),
    ] {
        let page = house.get_with(path, "accept-encoding", "gzip, br").await;
        assert_eq!(page.header("content-encoding"), coding, "{path}");
        assert!(page.status.is_success(), "{path}");
    }
    let plain = house.get("/").await;
    assert_eq!(plain.header("content-encoding"), "");
}
