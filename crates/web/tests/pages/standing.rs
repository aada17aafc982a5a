//! The page of an address: what the verdict is, and what stands around it.

use std::time::Duration;

use atalaya_model::{Class, Verdict};
use axum::http::StatusCode;

use crate::support::{DAY, House, Page};

const ADDRESS: &str = "192.0.2.7";

/// What stands in the verdict, in one word or two.
#[track_caller]
fn verdict(page: &Page) -> &str {
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    let (_, after) = page.text.split_once("<span class=\"word\">").unwrap();
    let (_, after) = after.split_once("</svg>").unwrap();
    after.split_once("</span>").unwrap().0
}

#[tokio::test]
async fn a_listed_address_learns_why_since_when_and_until_when() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    let page = house.get("/ip/192.0.2.7").await;
    assert_eq!(verdict(&page), "Listed");
    page.says("<title>192.0.2.7: Listed · Atalaya del Sur</title>")
        .says("It has been on the list since 23 November 2026, 22:10 UTC.")
        .says("It leaves by itself on 22 January 2027, 22:10 UTC, unless more is seen before.")
        .says("Spam reached our traps: 2 messages.")
        .says("<code>127.0.0.3</code>")
        .says("trap-spam/1, at a score of 2.5")
        .says("This address alone")
        .says("As bl.list.example answers in DNS at serial 1.")
        .says("Find out who or what sent the mail")
        .says("<form action=\"/ip/192.0.2.7/remove\" method=\"post\">")
        .says("href=\"/api/v1/ip/192.0.2.7\"");
}

#[tokio::test]
async fn a_listed_address_learns_the_same_in_spanish() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    let page = house.get("/ip/192.0.2.7?lang=es").await;
    assert_eq!(verdict(&page), "En la lista");
    page.says("Está en la lista desde el 23 de noviembre de 2026, 22:10 UTC.")
        .says("con una puntuación de 2,5")
        .says("<form action=\"/ip/192.0.2.7/remove?lang=es\" method=\"post\">");
}

#[tokio::test]
async fn an_address_in_several_classes_sees_each_with_its_steps() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.list(ADDRESS, Class::Policy).await;
    let page = house.get("/ip/192.0.2.7").await;
    page.says("Why it is listed: Spam seen")
        .says("Why it is listed: Should send no mail directly")
        .says("<h3>Spam seen</h3>")
        .says("<h3>Should send no mail directly</h3>");
}

#[tokio::test]
async fn a_listing_without_end_says_so() {
    let house = House::open().await;
    let verdict = Verdict::List {
        class: Class::Manual,
        until: None,
    };
    house
        .decide(ADDRESS, verdict, "by-hand", "Phishing since May.")
        .await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("It stays until it is taken out by hand.")
        .says("Until it is taken out by hand");
}

#[tokio::test]
async fn an_address_that_nobody_listed_is_told_so() {
    let house = House::open().await;
    let page = house.get("/ip/192.0.2.7").await;
    assert_eq!(verdict(&page), "Not listed");
    page.says("This address was never on the list.")
        .says("Nothing was seen from this address.")
        .keeps("/remove");
    assert_eq!(
        verdict(&house.get("/ip/192.0.2.7?lang=es").await),
        "No está en la lista"
    );
}

#[tokio::test]
async fn an_address_that_left_is_told_when() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.clock.advance(DAY);
    let withdrawal = Verdict::Withdraw { class: Class::Spam };
    house
        .decide(ADDRESS, withdrawal, "expired", "The listing reached its end.")
        .await;
    let page = house.get("/ip/192.0.2.7").await;
    assert_eq!(verdict(&page), "Not listed");
    page.says("It was on the list before, and left on 24 November 2026.")
        .says("Left: Spam seen")
        .says("The listing reached its end.")
        .says("Listed: Spam seen");
}

#[tokio::test]
async fn an_address_is_told_the_history_of_every_range_that_holds_it() {
    let house = House::open().await;
    for prefix in ["192.0.2.0/24", "2001:db8:0:7::5"] {
        house.list(prefix, Class::Hijacked).await;
        house.clock.advance(DAY);
        let withdrawal = Verdict::Withdraw {
            class: Class::Hijacked,
        };
        house
            .decide(prefix, withdrawal, "by-hand", "It was given back.")
            .await;
    }
    for (address, prefix) in [
        ("192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:0:7::5", "2001:db8:0:7::5"),
    ] {
        let page = house.get(&format!("/ip/{address}")).await;
        assert_eq!(verdict(&page), "Not listed");
        page.says("It was on the list before")
            .says(&format!("Left: Hijacked network ({prefix})"))
            .says("<bdi lang=\"\">It was given back.</bdi>")
            .keeps("never on the list");
    }
    for address in ["192.0.3.7", "2001:db8:0:7::6"] {
        house
            .get(&format!("/ip/{address}"))
            .await
            .says("This address was never on the list.");
    }
}

#[tokio::test]
async fn a_listing_ends_by_itself_in_the_hour_of_its_end() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.clock.advance(DAY * 60 + Duration::from_secs(3_600));
    assert_eq!(verdict(&house.get("/ip/192.0.2.7").await), "Not listed");
    assert!(!house.is_listed(ADDRESS));
}

#[tokio::test]
async fn an_allowed_address_is_told_its_range_and_not_the_reason() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    let allow = Verdict::Allow { until: None };
    house
        .decide("192.0.2.0/24", allow, "by-hand", "customer of ours")
        .await;
    let page = house.get("/ip/192.0.2.7").await;
    assert_eq!(verdict(&page), "On the allow list");
    page.says("nothing in 192.0.2.0/24 is listed")
        .keeps("customer of ours")
        .keeps("/remove");
}

#[tokio::test]
async fn a_reserved_address_is_told_what_it_is_for_and_nothing_more() {
    let house = House::open().await;
    for (address, purpose) in [
        ("10.1.2.3", "private use (RFC 1918)"),
        ("127.0.0.1", "loopback (RFC 1122)"),
        ("fe80::1", "link local (RFC 4291)"),
    ] {
        let page = house.get(&format!("/ip/{address}")).await;
        assert_eq!(verdict(&page), "Never listed");
        page.says(purpose).keeps("Whom we told").keeps("/remove");
    }
}

#[tokio::test]
async fn the_test_entries_are_no_listing_to_be_afraid_of() {
    let house = House::open().await;
    for address in ["127.0.0.2", "127.0.0.3", "::ffff:127.0.0.2"] {
        let page = house.get(&format!("/ip/{address}")).await;
        assert_eq!(verdict(&page), "Test entry");
        page.says("(RFC 5782 section 5)")
            .keeps("/remove")
            .keeps("never on the list");
    }
}

#[tokio::test]
async fn an_ipv6_address_is_listed_with_its_64() {
    let house = House::open().await;
    house.list("2001:db8:7::/64", Class::Spam).await;
    let page = house.get("/ip/2001:DB8:7::25").await;
    assert_eq!(verdict(&page), "Listed");
    page.says("<span class=\"address\">2001:db8:7::25</span>")
        .says("An IPv6 address is listed together with its /64")
        .says("The /64 2001:db8:7::/64")
        .says("Remove 2001:db8:7::/64");
    assert_eq!(verdict(&house.get("/ip/2001:db8:8::25").await), "Not listed");
}

#[tokio::test]
async fn an_address_in_a_listed_range_is_told_the_range() {
    let house = House::open().await;
    house.list("198.51.100.0/24", Class::Manual).await;
    let page = house.get("/ip/198.51.100.4").await;
    assert_eq!(verdict(&page), "Listed");
    page.says("as a part of the wider range 198.51.100.0/24")
        .says("The range 198.51.100.0/24")
        .says("Ranges are taken out by hand.")
        .says("mailto:postmaster@list.example?subject=Removal%20of%20198.51.100.4")
        .keeps("method=\"post\"");
}

#[tokio::test]
async fn an_ipv4_address_in_ipv6_form_is_the_ipv4_address() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    let page = house.get("/ip/::ffff:192.0.2.7").await;
    assert_eq!(verdict(&page), "Listed");
    page.says("<span class=\"address\">192.0.2.7</span>");
}
