//! Enrolling in the feedback loop on the pages: the form, the link in the mail, and what its page shows and does.

use std::time::Duration;

use atalaya_notify::Enrolling;
use atalaya_store::EnrolmentRequest;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use uuid::Uuid;

use crate::support::{DAY, House, Page};

const FORM: &str = "scope=192.0.2.0%2F24&mailbox=abuse%40network.example&name=%3Cb%3EExample%3C%2Fb%3E&mail=yes\
                    &webhook=https%3A%2F%2Fnetwork.example%2Fhook&proof=txt";

async fn press(house: &House, path: &str, form: &str) -> Page {
    let request = Request::post(path)
        .header("host", "list.example")
        .header("origin", "http://list.example")
        .header("content-type", "application/x-www-form-urlencoded");
    house
        .send(request.body(Body::from(form.to_owned())).unwrap())
        .await
}

/// The path of the link in the next mail, which must go to this mailbox. What a form asks for is done behind the answer to it.
async fn link(house: &House, mailbox: &str) -> String {
    let mail = loop {
        if let Some(mail) = house.store.take_mail(Duration::from_secs(60)).await.unwrap() {
            break mail;
        }
        tokio::task::yield_now().await;
    };
    house.store.mail_sent(mail.id).await.unwrap();
    assert_eq!(mail.recipient.as_str(), mailbox);
    let text = String::from_utf8(mail.message).unwrap().replace("=\r\n", "");
    let (_, rest) = text.split_once("https://list.example/feedback/mine/").unwrap();
    let ticket: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    format!("/feedback/mine/{ticket}")
}

/// What was asked for, once it is written down.
async fn request(house: &House) -> EnrolmentRequest {
    house
        .store
        .enrolment_requests(None, 9)
        .await
        .unwrap()
        .pop()
        .unwrap()
}

/// A house in which somebody asked, and the link of his page.
async fn asked() -> (House, String, Uuid) {
    let house = House::open().await;
    let page = press(&house, "/feedback", FORM).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("a mail is on its way to abuse@network.example");
    let link = link(&house, "abuse@network.example").await;
    let id = request(&house).await.id;
    (house, link, id)
}

#[tokio::test]
async fn the_form_explains_itself_in_both_languages() {
    let house = House::open().await;
    let page = house.get("/feedback").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("x-robots-tag"), "");
    page.says("<h1>Feedback loop</h1>")
        .says("Atalaya del Sur tells you of every message")
        .says("action=\"/feedback\"")
        .says("value=\"mail\" checked")
        .keeps("<script");
    house
        .get("/feedback?lang=es")
        .await
        .says("<h1>Circuito de avisos</h1>")
        .says("action=\"/feedback?lang=es\"");
    let back = house.get("/feedback/link?lang=es").await;
    assert_eq!(back.header("location"), "/feedback?lang=es");
}

#[tokio::test]
async fn a_form_that_cannot_be_says_what_is_wrong_and_keeps_what_was_typed() {
    let house = House::open().await;
    for (form, words) in [
        (
            "scope=x&mailbox=a%40b.example&proof=mail",
            "That is no prefix, no network and no domain",
        ),
        (
            "scope=0.0.0.0%2F0&mailbox=a%40b.example&proof=mail",
            "That is no prefix, no network and no domain",
        ),
        (
            "scope=192.0.2.0%2F24&mailbox=nobody&proof=mail",
            "That is no mail address.",
        ),
        (
            "scope=192.0.2.0%2F24&mailbox=a%40b.example&proof=operator",
            "cannot be proven in that way",
        ),
        (
            "scope=192.0.2.0%2F24&mailbox=a%40b.example&proof=reverse",
            "cannot be proven in that way",
        ),
        (
            "scope=192.0.2.0%2F24&mailbox=a%40b.example",
            "cannot be proven in that way",
        ),
        (
            "scope=192.0.2.0%2F24&mailbox=a%40b.example&proof=txt&webhook=http%3A%2F%2F127.0.0.1%2F",
            "A webhook is a public address",
        ),
        (
            "scope=192.0.2.0%2F24&mailbox=a%40b.example&proof=txt&name=a%0Ab",
            "A name is one line",
        ),
    ] {
        let page = press(&house, "/feedback", form).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{form}");
        page.says(words);
    }
    let typed = "scope=%22%3E%3Cscript%3E&mailbox=a%40b.example&proof=txt";
    press(&house, "/feedback", typed)
        .await
        .says("value=\"a@b.example\"")
        .says("value=\"txt\" checked")
        .keeps("<script>");
    assert!(house.store.enrolment_requests(None, 9).await.unwrap().is_empty());
    let other_site = Request::post("/feedback")
        .header("host", "list.example")
        .header("origin", "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .header("content-type", "application/x-www-form-urlencoded");
    let page = house.send(other_site.body(Body::from(FORM)).unwrap()).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_link_shows_what_was_asked_and_a_visit_changes_nothing() {
    let (house, link, id) = asked().await;
    for _ in 0..2 {
        let page = house.get(&link).await;
        assert_eq!(page.status, StatusCode::OK);
        for (name, value) in [
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(page.header(name), value);
        }
        page.says("192.0.2.0/24")
            .says("&#60;b&#62;Example&#60;/b&#62;")
            .says("Webhook: https://network.example/hook")
            .says("Did you ask for this?")
            .keeps("token=");
    }
    assert_eq!(request(&house).await.confirmed_at, None);
    let page = press(&house, &format!("{link}/go-on"), &format!("id={id}")).await;
    page.says("Not yet");
    assert!(request(&house).await.confirmed_at.is_some());
    house
        .get(&link)
        .await
        .says("_atalaya-feedback.2.0.192.in-addr.arpa. TXT &#34;token=")
        .says("Look now");
    let back = house.get(&format!("{link}/go-on?lang=es")).await;
    assert_eq!(back.header("location"), format!("{link}?lang=es"));
}

#[tokio::test]
async fn whoever_is_approved_finishes_and_sees_his_secrets_once() {
    let (house, link, id) = asked().await;
    let form = format!("id={id}");
    press(&house, &format!("{link}/go-on"), &form)
        .await
        .says("Not yet");
    house.feedback().approve(id).await.unwrap();
    let again = self::link(&house, "abuse@network.example").await;
    house.get(&again).await.says("Finish");
    let page = press(&house, &format!("{again}/go-on"), &form).await;
    page.says("You are enrolled").says("whsec_").says("atf_");
    assert_eq!(page.header("cache-control"), "no-store");
    let (_, rest) = page.text.split_once("Bearer ").unwrap();
    let key: String = rest
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || "-_".contains(*c))
        .collect();
    let feed = house
        .get_with(
            "/api/v1/feedback/events",
            "authorization",
            &format!("Bearer {key}"),
        )
        .await;
    assert_eq!(feed.status, StatusCode::OK);

    house.get(&link).await.says("Active").keeps("whsec_").keeps(&key);
    let page = press(&house, &format!("{link}/go-on"), &form).await;
    assert_eq!(
        page.status,
        StatusCode::NOT_FOUND,
        "what is enrolled is asked for no more"
    );
    let page = press(&house, &format!("{link}/rotate"), &form).await;
    page.says("The old key has ended").says("atf_").keeps(&key);
    let feed = house
        .get_with(
            "/api/v1/feedback/events",
            "authorization",
            &format!("Bearer {key}"),
        )
        .await;
    assert_eq!(feed.status, StatusCode::UNAUTHORIZED);
    press(&house, &format!("{link}/end"), &form)
        .await
        .says("It has ended");
    house.get(&link).await.says("There is nothing.");
}

#[tokio::test]
async fn nobody_else_does_anything_by_his_own_link() {
    let (house, link, id) = asked().await;
    let other = FORM
        .replace("abuse%40network", "thief%40evil")
        .replace("192.0.2.0", "198.51.100.0");
    press(&house, "/feedback", &other).await;
    let theirs = self::link(&house, "thief@evil.example").await;
    house.get(&theirs).await.keeps("192.0.2.0/24");
    for step in ["go-on", "drop", "vouch", "prove", "rotate", "end"] {
        let page = press(&house, &format!("{theirs}/{step}"), &format!("id={id}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{step}");
        let page = press(&house, &format!("/feedback/mine/x/{step}"), &format!("id={id}")).await;
        page.says("This link is not whole");
    }
    let page = press(&house, &format!("{link}/no-such-step"), &format!("id={id}")).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    press(&house, &format!("{link}/drop"), &format!("id={id}"))
        .await
        .says("It is dropped");
    house.get(&link).await.says("There is nothing.");
}

#[tokio::test]
async fn a_link_has_its_time_and_a_fresh_one_is_sent() {
    let (house, link, id) = asked().await;
    press(&house, &format!("{link}/go-on"), &format!("id={id}")).await;
    house.clock.advance(DAY * 8);
    let page = house.get(&link).await;
    assert_eq!(page.status, StatusCode::GONE);
    page.says("This link has expired");
    let page = press(&house, "/feedback/link", "mailbox=abuse%40network.example").await;
    page.says("We do not tell here whether it has.");
    let fresh = self::link(&house, "abuse@network.example").await;
    house.get(&fresh).await.says("192.0.2.0/24");
    let stranger = press(&house, "/feedback/link", "mailbox=nobody%40home.example").await;
    assert_eq!(stranger.text, page.text, "the answer tells nothing");
    let wrong = press(&house, "/feedback/link", "mailbox=x").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn where_it_is_closed_the_page_says_whom_to_write_to() {
    let mut house = House::open().await;
    house.feedback_config.enrol = Enrolling::Closed;
    house
        .get("/feedback")
        .await
        .says("Enrolling on this page is turned off here.")
        .says("postmaster@list.example")
        .keeps("name=\"scope\"");
    let page = press(&house, "/feedback", FORM).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    house.feedback_config.enrol = Enrolling::Approve;
    house
        .get("/feedback")
        .await
        .says("After that the operator of this list looks at it");
}
