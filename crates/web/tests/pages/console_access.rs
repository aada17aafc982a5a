//! The door of the console: who gets in, and what keeps others out.

use atalaya_model::Role;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::support::House;

#[tokio::test]
async fn strangers_are_told_that_there_is_no_console() {
    let house = House::unpublished().await;
    for path in ["/console", "/console/sign-in", "/console/nothing"] {
        assert_eq!(house.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn whoever_is_not_signed_in_is_led_to_the_form_and_back() {
    let house = House::unpublished().await;
    let request = Request::get("/console?lang=es").body(Body::empty()).unwrap();
    let page = crate::support::send(&atalaya_web::router(house.app()), "127.0.0.1", request).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert_eq!(
        page.header("location"),
        "/console/sign-in?next=/console%3Flang%3Des&lang=es"
    );
}

#[tokio::test]
async fn a_session_opens_the_console_until_it_is_signed_out() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Desk).await;
    let page = house.console(&marta, "/console").await;
    page.says("Marta").says("desk").keeps("Accounts</a>");
    assert_eq!(page.status, StatusCode::OK);
    let page = house.console_post(&marta, "/console/sign-out", &[]).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    assert!(page.header("set-cookie").ends_with("; Secure; Max-Age=0"));
    assert_eq!(
        house.console(&marta, "/console").await.status,
        StatusCode::SEE_OTHER
    );
}
