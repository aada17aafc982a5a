//! The public log as people and programs meet it.

use atalaya_formats::tlog::{Checkpoint, LogKey, Note, Proof};
use atalaya_model::{Class, Serial, Verdict};
use atalaya_publish::check_proof;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::House;

#[tokio::test]
async fn the_page_of_the_log_shows_its_head_its_key_and_the_newest_entries_and_no_address() {
    let mut house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    house.list("2001:db8::/64", Class::Bot).await;
    let log = house.keep_log().await;
    let page = house.get("/log").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says(&log.key().to_string())
        .says("atalaya verify-log https://list.example/log --key")
        .says("<code>list</code>")
        .says("data-label=\"Class\">bot</td>")
        .says("trap-spam/1")
        .keeps("192.0.2.7")
        .keeps("2001:db8")
        .keeps("Spam reached our traps");
    assert_eq!(page.header("cache-control"), "public, max-age=60");
    house.get("/log?lang=es").await.says("<h1>Registro público</h1>");
    house.get("/data").await.says("href=\"/log\"");
    house
        .get("/ip/192.0.2.7")
        .await
        .says("entry 0 of the public log")
        .says("href=\"/ip/192.0.2.7/proof\"");
}

#[tokio::test]
async fn the_files_of_the_log_are_those_that_tools_expect() {
    let mut house = House::open().await;
    for last in 0..3 {
        house.list(&format!("192.0.2.{last}"), Class::Spam).await;
    }
    let log = house.keep_log().await;
    let checkpoint = house.get("/log/checkpoint").await;
    assert_eq!(checkpoint.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(checkpoint.header("cache-control"), "public, max-age=2");
    let read = Checkpoint::read(&Note::read(&checkpoint.text).unwrap().text).unwrap();
    assert_eq!((read.origin.as_str(), read.size), ("list.example/log", 3));
    let key: LogKey = house.get("/log/key").await.text.trim_end().parse().unwrap();
    assert_eq!(key, log.key());
    for (path, length) in [("0/000.p/3", 96), ("0/000.p/1", 32)] {
        // Its bytes are no text.
        let request = Request::head(format!("/log/tile/{path}")).body(Body::empty());
        let tile = house.send(request.unwrap()).await;
        assert_eq!(
            (tile.status, tile.header("content-type")),
            (StatusCode::OK, "application/octet-stream")
        );
        assert_eq!(tile.header("content-length"), length.to_string(), "{path}");
        assert_eq!(tile.header("cache-control"), "public, max-age=86400");
    }
    let bundle = house.get("/log/tile/entries/000.p/3").await;
    bundle.says("\"serial\":1").says("\"serial\":3").keeps("192.0.2");
    for path in [
        "0/000",
        "0/000.p/4",
        "0/001.p/1",
        "1/000.p/1",
        "0/0",
        "0/x000/000",
        "8/000",
        "entries/000",
        "entries/../../checkpoint",
        "0/%2e%2e%2f000",
        "data/000",
        "0/000.p/0",
        "",
    ] {
        let page = house.get(&format!("/log/tile/{path}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn a_listing_is_proven_to_whoever_knows_its_address() {
    let mut house = House::open().await;
    let serial = house.list("192.0.2.7", Class::Spam).await;
    house
        .decide(
            "192.0.2.9",
            Verdict::List {
                class: Class::Manual,
                until: None,
            },
            "by-hand",
            "<b>bold</b>",
        )
        .await;
    let log = house.keep_log().await;
    house
        .get("/ip/192.0.2.7/proof")
        .await
        .says("Proof for 192.0.2.7")
        .says("Decision 1, in the log of 2 entries")
        .says("c2sp.org/tlog-proof@v1")
        .says("&#34;prefix&#34;:&#34;192.0.2.7&#34;");
    house
        .get("/ip/192.0.2.9/proof?lang=es")
        .await
        .says("Prueba para 192.0.2.9")
        .keeps("<b>bold</b>");
    let page = house.get("/api/v1/ip/192.0.2.7/proof").await;
    assert_eq!(
        (page.status, page.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    let answer = page.json();
    let proof: Proof = answer["proofs"][0]["proof"].as_str().unwrap().parse().unwrap();
    let (checkpoint, entry, opening) = check_proof(&proof, &log.key()).unwrap();
    assert_eq!((checkpoint.size, entry.serial), (2, serial));
    assert_eq!(opening.unwrap().prefix, "192.0.2.7".parse().unwrap());
    let file = house.get("/api/v1/ip/192.0.2.7/proof/1").await;
    assert_eq!(file.text, proof.to_string());
    assert_eq!(
        file.header("content-disposition"),
        "attachment; filename=\"1.tlog-proof\""
    );
}

#[tokio::test]
async fn the_page_of_a_listed_address_shows_its_proof_folded() {
    let mut house = House::open().await;
    for last in 1..=5 {
        house.list(&format!("192.0.2.{last}"), Class::Spam).await;
    }
    house.list("192.0.2.5", Class::Bot).await;
    let log = house.keep_log().await;
    let page = house.get("/ip/192.0.2.5").await;
    let proof = log.prove(Serial(5)).await.unwrap().unwrap();
    for hash in &proof.hashes {
        page.says(&data_encoding::BASE64.encode(&hash.0));
    }
    page.says("<summary>Proof: entry 4 of the 6 in the public log</summary>")
        .says("<summary>Proof: entry 5 of the 6 in the public log</summary>")
        .says(&format!("--proof 5.tlog-proof --key &#39;{}", log.key().name()))
        .says("href=\"/api/v1/ip/192.0.2.5/proof/5\" download")
        .says("href=\"/ip/192.0.2.5/proof\"");
    house
        .get("/ip/192.0.2.5?lang=es")
        .await
        .says("<summary>Prueba: entrada 4 de las 6 del registro público</summary>");
    // What is not listed, or not in the log yet, has none.
    house.get("/ip/192.0.2.9").await.keeps("class=\"proof\"");
    house.list("192.0.2.6", Class::Spam).await;
    house.get("/ip/192.0.2.6").await.keeps("class=\"proof\"");
    house.log = None;
    house.get("/ip/192.0.2.5").await.keeps("class=\"proof\"");
}

/// Serials are counted: whoever could ask by them alone would read the whole list out.
#[tokio::test]
async fn nobody_finds_out_by_a_serial_whom_it_is_about() {
    let mut house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    house.list("192.0.2.8", Class::Spam).await;
    house
        .decide(
            "192.0.2.8",
            Verdict::Withdraw { class: Class::Spam },
            "by-hand",
            "over",
        )
        .await;
    house.keep_log().await;
    for (path, status) in [
        ("192.0.2.7/proof/2", StatusCode::NOT_FOUND),
        ("192.0.2.9/proof/1", StatusCode::NOT_FOUND),
        ("192.0.2.7/proof/99", StatusCode::NOT_FOUND),
        ("192.0.2.7/proof/x", StatusCode::NOT_FOUND),
        ("nobody/proof/1", StatusCode::BAD_REQUEST),
        // What is over is proven to whoever knows the address.
        ("192.0.2.8/proof/2", StatusCode::OK),
        ("192.0.2.8/proof/3", StatusCode::OK),
    ] {
        assert_eq!(
            house.get(&format!("/api/v1/ip/{path}")).await.status,
            status,
            "{path}"
        );
    }
    house.get("/ip/192.0.2.8/proof").await.says("nothing to prove");
}

#[tokio::test]
async fn what_was_forgotten_is_still_proven_and_not_opened() {
    let mut house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    let log = house.keep_log().await;
    assert!(log.forget(Serial(1)).await.unwrap());
    house
        .get("/ip/192.0.2.7/proof")
        .await
        .says("The salt of this entry was deleted")
        .keeps("Salt:");
    let answer = house.get("/api/v1/ip/192.0.2.7/proof").await.json();
    assert!(answer["proofs"][0]["opening"].is_null());
    let proof: Proof = answer["proofs"][0]["proof"].as_str().unwrap().parse().unwrap();
    assert_eq!(check_proof(&proof, &log.key()).unwrap().2, None);
}

#[tokio::test]
async fn a_listing_that_is_too_new_is_promised_and_a_list_without_a_log_has_none() {
    let mut house = House::open().await;
    house.keep_log().await;
    house.list("192.0.2.7", Class::Spam).await;
    house.get("/ip/192.0.2.7/proof").await.says("not in the log yet");
    house.get("/ip/192.0.2.7").await.keeps("of the public log");
    house.log = None;
    for path in [
        "/log",
        "/log/checkpoint",
        "/log/key",
        "/log/tile/0/000",
        "/ip/192.0.2.7/proof",
        "/api/v1/ip/192.0.2.7/proof",
    ] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    house.get("/data").await.keeps("href=\"/log\"");
}

#[tokio::test]
async fn one_client_fetches_only_so_many_tiles() {
    let mut house = House::open().await;
    house.keep_log().await;
    let pages = atalaya_web::router(house.app());
    let mut statuses = Vec::new();
    for _request in 0..3_001 {
        let request = Request::get("/log/tile/0/000").body(Body::empty()).unwrap();
        statuses.push(
            crate::support::send(&pages, crate::support::STRANGER, request)
                .await
                .status,
        );
    }
    assert_eq!(statuses[2_999], StatusCode::NOT_FOUND);
    assert_eq!(statuses[3_000], StatusCode::TOO_MANY_REQUESTS);
}
