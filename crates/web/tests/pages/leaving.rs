//! Leaving the list by the button of the page.

use std::time::Duration;

use atalaya_model::Class;
use atalaya_web::router;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::{DAY, House, STRANGER, send};

const ADDRESS: &str = "192.0.2.7";
const REMOVE: &str = "/ip/192.0.2.7/remove";

#[tokio::test]
async fn the_first_time_it_leaves_without_questions_and_dns_says_so_at_once() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("You can leave now.")
        .says("can then be removed only after 1 day");
    let page = house.post(REMOVE).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!house.is_listed(ADDRESS));
    page.says("192.0.2.7 has left the list")
        .says("Our name servers have stopped listing it, as of serial 2.")
        .says("href=\"/ip/192.0.2.7\"");
    house
        .get("/ip/192.0.2.7")
        .await
        .says("Not listed")
        .says("Removal was asked for on the page.");
}

#[tokio::test]
async fn who_comes_back_waits_longer_each_time() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.post(REMOVE).await.says("has left the list");
    for (days, next) in [(1, "1 day"), (1, "2 days"), (2, "4 days")] {
        house.list(ADDRESS, Class::Spam).await;
        let page = house.get("/ip/192.0.2.7").await;
        page.says("This address left before and came back.")
            .keeps("method=\"post\"");
        let refused = house.post(REMOVE).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        refused.says("192.0.2.7 cannot leave yet");
        house.clock.advance(DAY * days - Duration::from_secs(1));
        assert_eq!(house.post(REMOVE).await.status, StatusCode::CONFLICT);
        assert!(house.is_listed(ADDRESS));
        house.clock.advance(Duration::from_secs(1));
        house
            .get("/ip/192.0.2.7")
            .await
            .says(&format!("only after {next}."));
        house.post(REMOVE).await.says("has left the list");
    }
}

#[tokio::test]
async fn one_removal_from_several_classes_counts_once() {
    let house = House::open().await;
    for class in [Class::Spam, Class::Bot] {
        house.list(ADDRESS, class).await;
    }
    house.post(REMOVE).await.says("has left the list");
    assert!(!house.is_listed(ADDRESS));
    house.list(ADDRESS, Class::Spam).await;
    house.clock.advance(DAY);
    house
        .get("/ip/192.0.2.7")
        .await
        .says("You can leave now.")
        .says("only after 1 day.");
}

#[tokio::test]
async fn what_is_listed_by_hand_is_not_taken_out_by_a_button() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Manual).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("Listings of this class are taken out by hand.")
        .keeps("method=\"post\"");
    let page = house.post(REMOVE).await;
    assert_eq!(page.status, StatusCode::CONFLICT);
    page.says("192.0.2.7 is taken out by hand")
        .says("mailto:postmaster@list.example?subject=Removal%20of%20192.0.2.7");
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn a_part_that_stays_is_told_before_and_after() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.list(ADDRESS, Class::Policy).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("The rest stays, because it is taken out by hand: 192.0.2.7 (Should send no mail directly).");
    let page = house.post(REMOVE).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("192.0.2.7 is still on the list")
        .says("with serial 3: Spam seen.")
        .says("192.0.2.7 (Should send no mail directly)")
        .keeps("has left the list")
        .keeps("accept your mail again");
    assert!(house.is_listed(ADDRESS));
}

#[tokio::test]
async fn an_ipv6_address_leaves_with_its_64() {
    let house = House::open().await;
    house.list("2001:db8:7::/64", Class::Spam).await;
    house
        .post("/ip/2001:db8:7::25/remove")
        .await
        .says("2001:db8:7::/64 has left the list");
    assert!(!house.is_listed("2001:db8:7::1"));
}

#[tokio::test]
async fn who_is_not_listed_has_nothing_to_remove() {
    let house = House::open().await;
    let page = house.post(REMOVE).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("192.0.2.7 is not on the list");
    let spanish = house.post("/ip/192.0.2.7/remove?lang=es").await;
    spanish
        .says("192.0.2.7 no está en la lista")
        .says("href=\"/ip/192.0.2.7?lang=en\"");
}

#[tokio::test]
async fn one_client_cannot_empty_the_list() {
    let mut house = House::open().await;
    house.config.delist.client_hourly = 1;
    house.list(ADDRESS, Class::Spam).await;
    house.list("192.0.2.8", Class::Spam).await;
    house.post(REMOVE).await.says("has left the list");
    let page = house.post("/ip/192.0.2.8/remove").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    page.says("You have removed many addresses");
    assert!(house.is_listed("192.0.2.8"));
    house.clock.advance(Duration::from_secs(3_601));
    house.post("/ip/192.0.2.8/remove").await.says("has left the list");
}

#[tokio::test]
async fn one_client_may_press_buttons_only_so_often_a_minute() {
    let mut house = House::open().await;
    house.config.web.posts_per_minute = 2;
    let pages = router(house.app());
    let press = || Request::post(REMOVE).body(Body::empty()).unwrap();
    for _ in 0..2 {
        assert_eq!(send(&pages, STRANGER, press()).await.status, StatusCode::OK);
    }
    let refused = send(&pages, STRANGER, press()).await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(refused.header("retry-after"), "60");
    refused.says("Too many requests");
    assert_eq!(send(&pages, "203.0.113.51", press()).await.status, StatusCode::OK);
    let look = Request::get("/ip/192.0.2.7").body(Body::empty()).unwrap();
    assert_eq!(send(&pages, STRANGER, look).await.status, StatusCode::OK);
    house.clock.advance(Duration::from_secs(60));
    assert_eq!(send(&pages, STRANGER, press()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn clients_behind_a_proxy_of_ours_are_told_apart() {
    let mut house = House::open().await;
    house.config.web.posts_per_minute = 1;
    house.config.web.trusted_proxies = vec!["127.0.0.1".parse().unwrap()];
    let pages = router(house.app());
    let press = |client: &str| {
        let request = Request::post(REMOVE).header("x-forwarded-for", client);
        request.body(Body::empty()).unwrap()
    };
    for (peer, client, status) in [
        ("127.0.0.1", "198.51.100.1", StatusCode::OK),
        ("127.0.0.1", "198.51.100.2", StatusCode::OK),
        ("127.0.0.1", "198.51.100.1", StatusCode::TOO_MANY_REQUESTS),
        // Nobody else's word is taken.
        (STRANGER, "198.51.100.3", StatusCode::OK),
        (STRANGER, "198.51.100.4", StatusCode::TOO_MANY_REQUESTS),
    ] {
        assert_eq!(
            send(&pages, peer, press(client)).await.status,
            status,
            "{peer} {client}"
        );
    }
}

#[tokio::test]
async fn coming_back_to_the_answer_of_the_button_leads_to_the_address() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    let answer = house.get("/ip/192.0.2.7/remove?lang=es").await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER);
    assert_eq!(answer.header("location"), "/ip/192.0.2.7?lang=es");
    assert!(house.is_listed(ADDRESS), "a visit alone must change nothing");
}

#[tokio::test]
async fn a_zone_that_lags_is_told_as_on_its_way() {
    let mut house = House::unpublished().await;
    house.config.web.zone_wait = atalaya_model::Period::seconds(0);
    house.list(ADDRESS, Class::Spam).await;
    house
        .post(REMOVE)
        .await
        .says("Our name servers will follow within seconds.");
}
