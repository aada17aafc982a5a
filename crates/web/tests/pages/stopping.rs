//! The end of notices, by the link that stands in each of them.

use atalaya_model::{Class, MailAddress};
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::House;

const CONTACT: &str = "abuse@isp.example";

/// A house that has told a contact, and the link in its notice.
async fn told() -> (House, String) {
    let house = House::open().await;
    let serial = house.list("192.0.2.7", Class::Spam).await;
    let token = house.tell("192.0.2.7", CONTACT, serial).await;
    (house, format!("/notices/stop/{token}"))
}

async fn is_left_alone(house: &House) -> bool {
    let contact: MailAddress = CONTACT.parse().unwrap();
    house.store.is_left_alone(&contact).await.unwrap()
}

#[tokio::test]
async fn the_link_shows_what_the_button_does_and_changes_nothing() {
    let (house, link) = told().await;
    let page = house.get(&link).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("We write to abuse@isp.example when")
        .says(&format!("<form action=\"{link}\" method=\"post\">"));
    assert!(!is_left_alone(&house).await);
}

#[tokio::test]
async fn the_button_ends_the_notices_and_pressing_twice_does_no_harm() {
    let (house, link) = told().await;
    for _ in 0..2 {
        let page = house.post(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        page.says("No more notices")
            .says("We will not write to abuse@isp.example again.");
    }
    assert!(is_left_alone(&house).await);
    house
        .get(&link)
        .await
        .says("No more notices")
        .keeps("<button type=\"submit\">Stop");
}

#[tokio::test]
async fn a_mail_program_ends_them_with_one_click_from_another_origin() {
    let (house, link) = told().await;
    let click = Request::post(&link)
        .header("host", "list.example")
        .header("origin", "https://mail.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded")
        .body(Body::from("List-Unsubscribe=One-Click"))
        .unwrap();
    assert_eq!(house.send(click).await.status, StatusCode::OK);
    assert!(is_left_alone(&house).await);
}

#[tokio::test]
async fn the_page_speaks_spanish_too() {
    let (house, link) = told().await;
    house
        .get(&format!("{link}?lang=es"))
        .await
        .says("Escribimos a abuse@isp.example")
        .says(&format!("action=\"{link}?lang=es\""));
}

#[tokio::test]
async fn a_wrong_link_ends_nothing() {
    let (house, link) = told().await;
    let short = link.get(..link.len() - 1).unwrap();
    let long = format!("/notices/stop/{}", "a".repeat(500));
    for wrong in [short, &long, "/notices/stop/%27%20OR%201=1"] {
        for page in [house.get(wrong).await, house.post(wrong).await] {
            assert_eq!(page.status, StatusCode::NOT_FOUND, "{wrong}");
            page.says("This link is not valid")
                .says("mailto:postmaster@list.example");
        }
    }
    assert!(!is_left_alone(&house).await);
}

#[tokio::test]
async fn without_the_store_nobody_is_promised_anything() {
    let (house, link) = told().await;
    house.lose_store().await;
    let page = house.post(&link).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(page.header("retry-after"), "30");
    page.says("may have been done all the same")
        .keeps("We will not write");
}
