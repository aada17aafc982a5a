//! The feed and the summaries of the feedback loop: keys, cursors, and those who guess.

use atalaya_notify::{NewEnrolment, Secrets};
use atalaya_store::{FeedbackEvent, Ways};
use axum::http::StatusCode;
use uuid::Uuid;

use crate::support::{DAY, House, Page};

/// A house with an enrolment and three events, whose messages are kept no more.
async fn enrolled() -> (House, Secrets, Uuid) {
    let house = House::open().await;
    let new = NewEnrolment {
        scope: "192.0.2.0/24".parse().unwrap(),
        name: "Example".to_owned(),
        mailbox: "abuse@network.example".parse().unwrap(),
        ways: Ways::default(),
    };
    let (enrolment, secrets) = house.feedback().add(new).await.unwrap();
    let event = |position| FeedbackEvent {
        enrolment: enrolment.id,
        position,
        observation: position,
        address: "192.0.2.7".parse().unwrap(),
        seen_at: house.now(),
        traps: 2,
    };
    let mut transaction = house.store.begin().await.unwrap();
    transaction
        .add_feedback_events(&[event(3), event(5), event(9)])
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    (house, secrets, enrolment.id)
}

async fn ask(house: &House, path: &str, key: &str) -> Page {
    let path = format!("/api/v1/feedback/{path}");
    house
        .get_with(&path, "authorization", &format!("Bearer {key}"))
        .await
}

#[tokio::test]
async fn the_feed_goes_on_at_its_cursor() {
    let (house, secrets, _) = enrolled().await;
    let first = ask(&house, "events?limit=2", &secrets.pull_key).await;
    assert_eq!(first.status, StatusCode::OK);
    let page = first.json();
    assert_eq!((&page["next"], &page["more"]), (&5.into(), &true.into()));
    assert_eq!(page["events"][0]["address"], "192.0.2.7");
    assert!(page["events"][0]["xarf"].is_null());
    let rest = ask(&house, "events?after=5", &secrets.pull_key).await.json();
    assert_eq!(
        (&rest["events"][0]["cursor"], &rest["next"]),
        (&9.into(), &9.into())
    );
    let end = ask(&house, "events?after=9", &secrets.pull_key).await.json();
    assert_eq!((&end["next"], &end["more"]), (&9.into(), &false.into()));
    for wrong in [
        "after=-1",
        "after=x",
        "limit=99999999999",
        "after=18446744073709551616",
    ] {
        let refused = ask(&house, &format!("events?{wrong}"), &secrets.pull_key).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    let far = ask(
        &house,
        "events?after=18446744073709551615&limit=0",
        &secrets.pull_key,
    )
    .await;
    assert_eq!(far.status, StatusCode::OK);
}

#[tokio::test]
async fn a_day_is_a_table() {
    let (house, secrets, _) = enrolled().await;
    let today = ask(&house, "summary.csv?day=2026-11-23", &secrets.pull_key).await;
    assert_eq!(
        today.header("content-type"),
        "text/csv; charset=utf-8; header=present"
    );
    assert_eq!(
        today.text,
        "address,first_seen,last_seen,messages,trap_hits,colour,listed\r\n\
         192.0.2.7,2026-11-23T22:10:42Z,2026-11-23T22:10:42Z,3,6,yellow,no\r\n"
    );
    assert_eq!(
        ask(&house, "summary.csv", &secrets.pull_key).await.text,
        today.text
    );
    for wrong in ["x", "2026-11-23T00:00:00Z", "1969-12-31", "2026-13-01"] {
        let refused = ask(&house, &format!("summary.csv?day={wrong}"), &secrets.pull_key).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn without_the_key_nothing_is_told() {
    let (house, secrets, id) = enrolled().await;
    for path in ["/api/v1/feedback/events", "/api/v1/feedback/summary.csv"] {
        let refused = house.get(path).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
        assert_eq!(refused.header("www-authenticate"), "Bearer");
        assert_eq!(refused.header("content-type"), "application/problem+json");
    }
    let basic = format!("Basic {}", secrets.pull_key);
    let refused = house
        .get_with("/api/v1/feedback/events", "authorization", &basic)
        .await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    house.feedback().remove(id).await.unwrap();
    let gone = ask(&house, "events", &secrets.pull_key).await;
    assert_eq!(gone.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_has_lapsed_is_told_so() {
    let (house, secrets, _) = enrolled().await;
    house.clock.advance(DAY * 181);
    let refused = ask(&house, "events", &secrets.pull_key).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn who_asks_without_end_is_told_to_wait() {
    let (house, secrets, _) = enrolled().await;
    let pages = atalaya_web::router(house.app());
    let mut statuses = Vec::new();
    for _ in 0..61 {
        let request = axum::http::Request::get("/api/v1/feedback/events?after=9")
            .header("authorization", format!("bearer {}", secrets.pull_key))
            .body(axum::body::Body::empty())
            .unwrap();
        let page = crate::support::send(&pages, crate::support::STRANGER, request).await;
        statuses.push(page.status);
    }
    assert_eq!(statuses.pop(), Some(StatusCode::TOO_MANY_REQUESTS));
    assert!(statuses.iter().all(|status| *status == StatusCode::OK));
}

#[tokio::test]
async fn who_guesses_is_told_to_wait() {
    let (house, secrets, _) = enrolled().await;
    let pages = atalaya_web::router(house.app());
    let guess = |key: String| {
        let request = axum::http::Request::get("/api/v1/feedback/events")
            .header("authorization", format!("Bearer {key}"))
            .body(axum::body::Body::empty())
            .unwrap();
        crate::support::send(&pages, crate::support::STRANGER, request)
    };
    for number in 0..10 {
        assert_eq!(
            guess(format!("atf_{number}")).await.status,
            StatusCode::UNAUTHORIZED
        );
    }
    assert_eq!(
        guess("atf_x".to_owned()).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(
        guess(secrets.pull_key).await.status,
        StatusCode::OK,
        "the right key is never held up"
    );
}
