//! Listings by country, network and date, on the page and for programs: by the files of countries and networks, and told where there are none.

use std::time::Duration;

use atalaya_model::{AccessScope, Class, Role};
use atalaya_places::PlacesConfig;
use atalaya_web::accounts::{NewToken, make_token};
use atalaya_web::router;
use axum::http::StatusCode;

use crate::console_accounts::{call, doer};
use crate::console_pages::listed;
use crate::support::{House, SignedIn};

/// A house with files of countries and networks: 198.51.100.0/24 is in ES and AS64500, two pieces of 203.0.113.0/24 are in PT and AS64501.
async fn house() -> (House, SignedIn, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let (countries, networks) = (
        folder.path().join("countries.csv"),
        folder.path().join("networks.csv"),
    );
    let rows = "1.1.0.0,1.1.255.255,ES\n5.5.0.0,5.5.255.255,PT\n9.9.0.0,9.9.0.127,PT\n2a00:1::,2a00:1:ffff:ffff:ffff:ffff:ffff:ffff,PT\n";
    std::fs::write(&countries, rows).unwrap();
    let rows = "1.1.0.0,1.1.255.255,64500,ONE\n5.5.0.0,5.5.255.255,64501,TWO\n9.9.0.0,9.9.0.127,64501,TWO\n";
    std::fs::write(&networks, rows).unwrap();
    let mut house = House::open().await;
    house.places = PlacesConfig {
        countries: vec![countries],
        networks: vec![networks],
        ..PlacesConfig::default()
    };
    let luis = house.signed_in("Luis", Role::Viewer).await;
    (house, luis, folder)
}

/// The token of a program that reads.
async fn reader(house: &House) -> String {
    let new = NewToken {
        name: "reader".parse().unwrap(),
        role: Role::Viewer,
        scopes: vec![AccessScope::Read],
        account: None,
        ends_at: None,
    };
    make_token(&house.store, &doer(house), new).await.unwrap()
}

/// The prefixes of all pages behind a query.
async fn all(house: &House, who: &SignedIn, query: &str) -> Vec<String> {
    let mut link = Some(format!("/console/listings?{query}"));
    let mut seen = Vec::new();
    while let Some(path) = link {
        let (more, next) = listed(&house.console(who, &path).await);
        seen.extend(more);
        link = next;
    }
    seen
}

#[tokio::test]
async fn the_allow_list_comes_a_page_at_a_time_and_by_address() {
    let mut house = House::open().await;
    let luis = house.signed_in("Luis", Role::Viewer).await;
    let empty = house.console(&luis, "/console/allowed").await;
    empty.says("The allow list is empty.");
    for number in 0..120 {
        house.allow(&format!("10.0.{number}.0/24")).await;
    }
    house.allow("9.0.0.0/8").await;
    let (mut seen, mut link) = (Vec::new(), Some("/console/allowed".to_owned()));
    while let Some(path) = link {
        let page = house.console(&luis, &path).await;
        let (more, next) = listed(&page);
        assert!(more.len() <= 50, "{path}");
        seen.extend(more);
        link = next;
        // Behind where the reader is, and before it.
        house.allow(&format!("8.{}.0.0/16", seen.len())).await;
    }
    let expected = (0..120).map(|number| format!("10.0.{number}.0/24"));
    let expected: Vec<String> = ["9.0.0.0/8".to_owned()].into_iter().chain(expected).collect();
    assert_eq!(seen, expected);
    let around = house
        .console(&luis, "/console/allowed?around=10.0.7.9&lang=es")
        .await;
    assert_eq!(listed(&around).0, ["10.0.7.0/24&#38;lang=es"]);
    around.says("name=\"lang\" value=\"es\"");
    let none = house.console(&luis, "/console/allowed?around=192.0.2.1").await;
    none.says("No further entry of the allow list is there.");
    let wrong = house.console(&luis, "/console/allowed?around=%3Cb%3E").await;
    wrong.says("This is no address and no prefix").keeps("<b>");
}

#[tokio::test]
async fn a_program_reads_the_allow_list_a_page_at_a_time() {
    let house = House::open().await;
    for number in 0..501 {
        house
            .allow(&format!("10.{}.{}.0/24", number / 256, number % 256))
            .await;
    }
    let token = reader(&house).await;
    let pages = router(house.app());
    let path = "/api/v1/console/allowed";
    let first = call(&pages, &token, path).await.json();
    assert_eq!(first["allowed"].as_array().unwrap().len(), 500);
    assert_eq!(first["allowed"][0]["prefix"], "10.0.0.0/24");
    let after = first["after"].as_str().unwrap();
    let rest = call(&pages, &token, &format!("{path}?after={after}"))
        .await
        .json();
    assert_eq!(rest["allowed"].as_array().unwrap().len(), 1);
    assert!(rest["after"].is_null());
    let around = call(&pages, &token, &format!("{path}?around=10.1.244.3"))
        .await
        .json();
    assert_eq!(around["allowed"][0]["prefix"], "10.1.244.0/24");
    for wrong in ["around=x", "after=x"] {
        let page = call(&pages, &token, &format!("{path}?{wrong}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn listings_are_found_by_country_and_network_of_their_first_address() {
    let (house, luis, _folder) = house().await;
    for number in 0..60 {
        house.list(&format!("1.1.{number}.1"), Class::Spam).await;
        house.list(&format!("5.5.{number}.1"), Class::Bot).await;
    }
    for prefix in ["9.9.0.7", "9.9.0.200", "2a00:1:0:1::/64", "2a00:2::/64"] {
        house.list(prefix, Class::Spam).await;
    }
    let spanish = all(&house, &luis, "country=es").await;
    assert_eq!(spanish.len(), 60);
    assert!(spanish.iter().all(|prefix| prefix.starts_with("1.1.")));
    let portuguese = all(&house, &luis, "country=PT").await;
    assert_eq!(portuguese.len(), 62);
    assert_eq!(portuguese[60..], ["9.9.0.7", "2a00:1:0:1::/64"]);
    assert_eq!(all(&house, &luis, "network=AS64501").await.len(), 61);
    assert_eq!(all(&house, &luis, "network=64501&country=ES").await.len(), 0);
    assert_eq!(
        all(&house, &luis, "country=PT&class=spam").await,
        ["9.9.0.7", "2a00:1:0:1::/64"]
    );
    let around = all(&house, &luis, "country=PT&around=9.9.0.0%2F16").await;
    assert_eq!(around, ["9.9.0.7"]);
    for wrong in [
        "country=PRT",
        "country=1",
        "network=x",
        "network=AS0",
        "since=yesterday",
    ] {
        let page = house.console(&luis, &format!("/console/listings?{wrong}")).await;
        page.says("no country of two letters");
    }
}

#[tokio::test]
async fn listings_are_found_by_the_day_from_which_on_they_were_listed() {
    let (mut house, _luis, _folder) = house().await;
    house.list("1.1.0.1", Class::Spam).await;
    house.clock.advance(Duration::from_secs(2 * 86_400));
    let day = house.now().date().to_string();
    house.list("1.1.0.2", Class::Spam).await;
    house.list("1.1.0.3", Class::Bot).await;
    house.list("5.5.0.1", Class::Spam).await;
    let luis = house.signed_in("Eva", Role::Viewer).await;
    let since = all(&house, &luis, &format!("since={day}")).await;
    assert_eq!(since, ["1.1.0.2", "1.1.0.3", "5.5.0.1"]);
    assert_eq!(all(&house, &luis, "since=2020-01-01").await.len(), 4);
    let there = all(&house, &luis, &format!("country=ES&since={day}")).await;
    assert_eq!(there, ["1.1.0.2", "1.1.0.3"]);
    let spam = all(&house, &luis, &format!("country=ES&since={day}&class=spam")).await;
    assert_eq!(spam, ["1.1.0.2"]);
    assert_eq!(all(&house, &luis, "country=ES&since=2020-01-01").await.len(), 3);
}

#[tokio::test]
async fn where_no_file_of_networks_is_that_is_said() {
    let mut house = House::open().await;
    let luis = house.signed_in("Luis", Role::Viewer).await;
    house.list("1.1.0.1", Class::Spam).await;
    let page = house.console(&luis, "/console/listings?network=AS64500").await;
    page.says("Networks are not known here").keeps("1.1.0.1");
    let spanish = house
        .console(&luis, "/console/listings?network=AS64500&lang=es")
        .await;
    spanish.says("Aquí no se conocen las redes");
}

#[tokio::test]
async fn programs_look_through_listings_by_the_same_filters() {
    let (house, _luis, _folder) = house().await;
    let token = reader(&house).await;
    for number in 0..3 {
        house.list(&format!("1.1.{number}.1"), Class::Spam).await;
        house.list(&format!("5.5.{number}.1"), Class::Bot).await;
    }
    let pages = router(house.app());
    let answer = call(&pages, &token, "/api/v1/console/listings?country=PT")
        .await
        .json();
    assert_eq!(answer["listings"].as_array().unwrap().len(), 3);
    assert_eq!(answer["listings"][0]["prefix"], "5.5.0.1");
    assert!(answer["after"].is_null());
    let behind = "/api/v1/console/listings?after=spam:1.1.1.1&class=spam";
    let answer = call(&pages, &token, behind).await.json();
    assert_eq!(answer["listings"][0]["prefix"], "1.1.2.1");
    for wrong in ["country=PRT", "after=x", "origin=nobody"] {
        let page = call(&pages, &token, &format!("/api/v1/console/listings?{wrong}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let none = House::open().await;
    let token = reader(&none).await;
    let page = call(&router(none.app()), &token, "/api/v1/console/listings?network=1").await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("places.networks");
}
