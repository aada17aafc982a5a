//! The API: the same answers as JSON, and problems after RFC 9457.

use std::time::Duration;

use atalaya_model::{Class, Contact, Verdict};
use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::support::{DAY, House, Page};

const ADDRESS: &str = "192.0.2.7";
const LOOK: &str = "/api/v1/ip/192.0.2.7";
const REMOVE: &str = "/api/v1/ip/192.0.2.7/removal";

/// The problem document of an answer, after a look at what every one has.
#[track_caller]
fn problem(page: &Page, status: StatusCode) -> Value {
    assert_eq!(page.status, status, "{}", page.text);
    assert_eq!(page.header("content-type"), "application/problem+json");
    assert_eq!(page.header("cache-control"), "no-store");
    let problem = page.json();
    assert_eq!(problem["status"], status.as_u16());
    assert_eq!(problem["type"], "about:blank");
    assert!(problem["title"].is_string() && problem["detail"].is_string());
    problem
}

#[tokio::test]
async fn a_listed_address_comes_with_its_listings_and_their_evidence() {
    let house = House::open().await;
    house.observe(ADDRESS, "Win a phone", "mail.cheap.example").await;
    house.list(ADDRESS, Class::Spam).await;
    let page = house.get(LOOK).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "application/json");
    assert_eq!(page.header("cache-control"), "no-store");
    let expected = json!({
        "address": ADDRESS,
        "unit": "192.0.2.7",
        "zone": "bl.list.example",
        "serial": 1,
        "listed": true,
        "details": "available",
        "listings": [{
            "zone": "bl.list.example",
            "code": "127.0.0.3",
            "class": "spam",
            "prefix": "192.0.2.7",
            "scope": "address",
            "reason": "Spam reached our traps: 2 messages.",
            "since": "2026-11-23T22:10:42Z",
            "until": "2027-01-22T22:10:42Z",
            "rule": "trap-spam/1",
            "score": 2.5,
            "serial": 1,
            "evidence": [{
                "seen_at": "2026-11-23T22:10:00Z",
                "address": ADDRESS,
                "sensor": "trap",
                "kind": "spam",
                "counted": true,
                "helo": "mail.cheap.example",
                "sender_domain": "barato.example",
                "subject": "Win a phone",
                "size": 4_301,
                "system": null,
                "dialect": null,
            }],
        }],
    });
    assert_eq!(page.json(), expected);
}

#[tokio::test]
async fn an_address_that_is_not_listed_has_no_listings() {
    let house = House::open().await;
    let answer = house.get(LOOK).await.json();
    assert_eq!(answer["listed"], false);
    assert_eq!(answer["listings"], json!([]));
    assert_eq!(answer["details"], "available");
}

#[tokio::test]
async fn an_allowed_address_names_its_range_and_not_the_reason() {
    let house = House::open().await;
    let allow = Verdict::Allow { until: None };
    house
        .decide("192.0.2.0/24", allow, "by-hand", "customer of ours")
        .await;
    let page = house.get(LOOK).await;
    page.keeps("customer of ours");
    let answer = page.json();
    assert_eq!(answer["listed"], false);
    assert_eq!(answer["allowed"]["prefix"], "192.0.2.0/24");
    assert_eq!(answer["allowed"]["until"], Value::Null);
    assert_eq!(answer["allowed"].get("since"), None);
}

#[tokio::test]
async fn reserved_addresses_and_test_entries_say_what_they_are() {
    let house = House::open().await;
    let reserved = house.get("/api/v1/ip/10.1.2.3").await.json();
    assert_eq!(reserved["listed"], false);
    assert_eq!(reserved["reserved"], "private use (RFC 1918)");
    let test_entry = house.get("/api/v1/ip/127.0.0.2").await.json();
    assert_eq!(test_entry["listed"], true);
    assert_eq!(test_entry["listings"][0]["code"], "127.0.0.2");
    assert_eq!(test_entry["listings"][0]["rule"], "test-entry/1");
    assert_eq!(house.get("/api/v1/ip/127.0.0.1").await.json()["listed"], false);
}

#[tokio::test]
async fn an_ipv6_address_is_answered_with_its_unit() {
    let house = House::open().await;
    house.list("2001:db8:7::/64", Class::Spam).await;
    let answer = house.get("/api/v1/ip/2001:DB8:7::25").await.json();
    assert_eq!(answer["address"], "2001:db8:7::25");
    assert_eq!(answer["unit"], "2001:db8:7::/64");
    assert_eq!(answer["listings"][0]["scope"], "unit");
}

#[tokio::test]
async fn a_listing_of_a_range_or_by_hand_claims_no_evidence() {
    let house = House::open().await;
    house.observe(ADDRESS, "Win a phone", "mail.cheap.example").await;
    house.list("192.0.2.0/24", Class::Spam).await;
    house.list(ADDRESS, Class::Manual).await;
    let answer = house.get(LOOK).await.json();
    let listings = answer["listings"].as_array().unwrap();
    let scopes: Vec<&Value> = listings.iter().map(|listing| &listing["scope"]).collect();
    assert_eq!(scopes, ["address", "range"]);
    for listing in listings {
        assert_eq!(listing["evidence"], json!([]));
    }
}

#[tokio::test]
async fn what_is_no_address_is_a_problem() {
    let house = House::open().await;
    let wrong = problem(
        &house.get("/api/v1/ip/mail.example.org").await,
        StatusCode::BAD_REQUEST,
    );
    assert_eq!(wrong["title"], "That is not an address");
    let page = house
        .get_with("/api/v1/ip/192.0.2.0%2F24", "accept-language", "es")
        .await;
    let range = problem(&page, StatusCode::BAD_REQUEST);
    assert!(range["detail"].as_str().unwrap().contains("is a range"));
}

#[tokio::test]
async fn a_removal_is_created_and_names_its_serial() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.list(ADDRESS, Class::Policy).await;
    let page = house.post_plainly(REMOVE).await;
    assert_eq!(page.status, StatusCode::CREATED);
    let expected = json!({
        "outcome": "removed",
        "serial": 3,
        "in_zone": true,
        "ttl_seconds": house.config.publish.ttl.duration().as_secs(),
        "left": [{ "prefix": ADDRESS, "class": "spam" }],
        "staying": [{ "prefix": ADDRESS, "class": "policy" }],
    });
    assert_eq!(page.json(), expected);
}

#[tokio::test]
async fn a_removal_of_what_is_not_listed_is_no_error() {
    let house = House::open().await;
    let page = house.post_plainly(REMOVE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.json(), json!({ "outcome": "not-listed" }));
}

#[tokio::test]
async fn who_came_back_is_told_until_when_to_wait() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.post_plainly(REMOVE).await;
    house.list(ADDRESS, Class::Spam).await;
    let page = house.post_plainly(REMOVE).await;
    let wait = problem(&page, StatusCode::CONFLICT);
    assert_eq!(wait["outcome"], "wait");
    assert_eq!(wait["until"], "2026-11-24T22:10:42Z");
    assert_eq!(page.header("retry-after"), "86401");
    house.clock.advance(DAY);
    assert_eq!(house.post_plainly(REMOVE).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn a_listing_by_hand_names_the_postmaster() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Manual).await;
    let refused = problem(&house.post_plainly(REMOVE).await, StatusCode::CONFLICT);
    assert_eq!(refused["outcome"], "by-hand-only");
    assert_eq!(refused["postmaster"], "postmaster@list.example");
    assert_eq!(refused["staying"][0]["class"], "manual");
}

#[tokio::test]
async fn who_removes_too_many_is_told_when_to_go_on() {
    let mut house = House::open().await;
    house.config.delist.client_hourly = 1;
    house.list(ADDRESS, Class::Spam).await;
    house.list("192.0.2.8", Class::Spam).await;
    house.post_plainly(REMOVE).await;
    let page = house.post_plainly("/api/v1/ip/192.0.2.8/removal").await;
    let refused = problem(&page, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused["outcome"], "too-many");
    assert_eq!(page.header("retry-after"), "3601");
    house.clock.advance(Duration::from_secs(3_601));
    let again = house.post_plainly("/api/v1/ip/192.0.2.8/removal").await;
    assert_eq!(again.status, StatusCode::CREATED);
}

#[tokio::test]
async fn mistakes_of_programs_are_problems_and_never_pages() {
    let house = House::open().await;
    for path in ["/api/", "/api/v1/ip", "/api/v3/ip/192.0.2.7"] {
        problem(&house.get(path).await, StatusCode::NOT_FOUND);
    }
    let page = house.get(REMOVE).await;
    problem(&page, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(page.header("allow"), "POST");
    let cross_site = Request::post(REMOVE)
        .header("host", "list.example")
        .header("origin", "https://evil.example")
        .body(Body::empty())
        .unwrap();
    problem(&house.send(cross_site).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn without_the_store_the_api_still_says_listed_or_not() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.lose_store().await;
    let answer = house.get(LOOK).await.json();
    assert_eq!(answer["listed"], true);
    assert_eq!(answer["details"], "unavailable");
    let expected = json!([{
        "zone": "bl.list.example",
        "code": "127.0.0.3",
        "class": "spam",
        "prefix": ADDRESS,
        "scope": "address",
        "until": "2027-01-22T23:00:00Z",
        "score": null,
        "evidence": null,
    }]);
    assert_eq!(answer["listings"], expected);
    let told = atalaya_web::answer_json(&house.app(), ADDRESS.parse().unwrap()).await;
    assert_eq!(told.unwrap()["observations"], Value::Null);
    let page = house.post_plainly(REMOVE).await;
    problem(&page, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "30");
}

#[tokio::test]
async fn before_the_zone_is_loaded_nobody_is_called_not_listed() {
    let house = House::unpublished().await;
    let page = house.get(LOOK).await;
    problem(&page, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "2");
    let not_loaded = atalaya_web::answer_json(&house.app(), ADDRESS.parse().unwrap()).await;
    assert_eq!(not_loaded.unwrap_err(), atalaya_web::NotLoaded);
}

#[tokio::test]
async fn the_command_line_gets_the_answer_of_the_api_as_configured_and_the_number_of_observations() {
    let mut house = House::open().await;
    house.config.web.observations_shown = 1;
    for subject in ["Win a phone", "Win a boat"] {
        house.observe(ADDRESS, subject, "mail.cheap.example").await;
    }
    house.list(ADDRESS, Class::Spam).await;
    let mut expected = house.get(LOOK).await.json();
    assert_eq!(expected["listings"][0]["evidence"].as_array().unwrap().len(), 1);
    assert_eq!(expected["observations"], Value::Null);
    expected["observations"] = json!(2);
    let answer = atalaya_web::answer_json(&house.app(), ADDRESS.parse().unwrap()).await;
    assert_eq!(answer.unwrap(), expected);
}

#[tokio::test]
async fn the_contact_of_an_address_is_told_in_our_form_and_in_that_of_ripestat() {
    let house = House::open().await;
    let contact: Contact = serde_json::from_value(json!({
        "prefix": "192.0.2.0/24",
        "addresses": ["abuse@network.example", "noc@network.example"],
        "network": "NET-EXAMPLE",
        "source": { "kind": "rdap", "url": "https://rdap.db.ripe.net/ip/192.0.2.0" },
        "confidence": 95,
        "found_at": "2026-11-20T00:00:00Z",
    }))
    .unwrap();
    house
        .store
        .keep_contact(&contact, house.now().plus(DAY))
        .await
        .unwrap();
    let page = house.get("/api/v1/contact/192.0.2.7").await;
    assert_eq!(page.header("cache-control"), "no-store");
    let expected = json!({
        "address": ADDRESS,
        "known": true,
        "addresses": ["abuse@network.example", "noc@network.example"],
        "prefix": "192.0.2.0/24",
        "network": "NET-EXAMPLE",
        "source": "RDAP https://rdap.db.ripe.net/ip/192.0.2.0",
        "found_at": "2026-11-20T00:00:00Z",
        "confidence": 95,
    });
    assert_eq!(page.json(), expected);
    let stat = house
        .get("/data/abuse-contact-finder/data.json?resource=192.0.2.0/24")
        .await
        .json();
    assert_eq!(
        (&stat["status"], &stat["data"]["authoritative_rir"]),
        (&json!("ok"), &json!("ripe"))
    );
    assert_eq!(stat["data"]["abuse_contacts"], expected["addresses"]);
    // As IntelMQ reads it.
    let old = &stat["data"]["anti_abuse_contacts"]["abuse_c"][0]["email"];
    assert_eq!(old, "abuse@network.example,noc@network.example");
}

#[tokio::test]
async fn an_unknown_contact_is_told_as_unknown_and_what_is_no_address_refused() {
    let mut house = House::open().await;
    let unknown = house.get("/api/v1/contact/198.51.100.1").await.json();
    assert_eq!(
        (&unknown["known"], &unknown["addresses"]),
        (&json!(false), &json!([]))
    );
    let stat = house
        .get("/data/abuse-contact-finder/data.json?resource=2001:db8::1")
        .await
        .json();
    assert_eq!(
        (&stat["status"], &stat["data"]["abuse_contacts"]),
        (&json!("ok"), &json!([]))
    );
    assert_eq!(
        house.get("/data/abuse-contact-finder/data.json").await.status,
        StatusCode::BAD_REQUEST
    );
    problem(
        &house.get("/api/v1/contact/example.net").await,
        StatusCode::BAD_REQUEST,
    );
    house.close_to_strangers();
    problem(
        &house.get("/api/v1/contact/192.0.2.7").await,
        StatusCode::FORBIDDEN,
    );
}
