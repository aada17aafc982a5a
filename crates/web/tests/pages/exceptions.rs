//! Lasting exceptions: asked for by a network on its page, answered by a person at the console, and nothing without that answer.

use atalaya_formats::{TICKET_SECRET, Ticket};
use atalaya_model::{Act, Class, Role};
use atalaya_store::DeedFilter;
use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::console_pages::done;
use crate::support::{DAY, House, Page, encoded};

const CONTACT: &str = "abuse@isp.example";
const WORDS: &str = "It passes on mail of <b>others</b>.";

/// The path of the page of a contact.
async fn link(house: &House, contact: &str) -> String {
    let key = house.store.secret(TICKET_SECRET).await.unwrap();
    let ticket = Ticket {
        contact: contact.parse().unwrap(),
        until: house.now().plus(DAY * 500),
    };
    format!("/network/{}", ticket.seal(&key))
}

/// An address that a contact was told of and answers for.
async fn told(house: &House, address: &str, contact: &str) {
    let serial = house.list(address, Class::Spam).await;
    house.tell(address, contact, serial).await;
}

async fn ask(house: &House, link: &str, address: &str, reason: &str) -> Page {
    let form = format!("address={}&reason={}", encoded(address), encoded(reason));
    let request = Request::post(format!("{link}/exception"))
        .header("host", "list.example")
        .header("origin", "http://list.example")
        .header("content-type", "application/x-www-form-urlencoded");
    house.send(request.body(Body::from(form)).unwrap()).await
}

#[tokio::test]
async fn a_network_asks_a_person_grants_and_the_address_is_allowed_until_then() {
    let mut house = House::open().await;
    told(&house, "192.0.2.7", CONTACT).await;
    let (link, page) = (link(&house, CONTACT).await, "/ip/192.0.2.7");
    house
        .get(&format!("{link}{page}"))
        .await
        .says("Ask for an exception");
    let asked = ask(&house, &link, "192.0.2.7", WORDS).await;
    assert_eq!(asked.status, StatusCode::OK);
    asked.says("Until then nothing changes.");
    assert!(house.is_listed("192.0.2.7"));
    house
        .get(&format!("{link}{page}"))
        .await
        .says("A person will answer here.")
        .keeps("Ask for an exception");
    assert_eq!(
        ask(&house, &link, "192.0.2.7", WORDS).await.status,
        StatusCode::CONFLICT
    );

    let eva = house.signed_in("Eva", Role::Operator).await;
    let waiting = house.console(&eva, "/console/exceptions").await;
    waiting
        .says("192.0.2.7")
        .says("abuse@isp.example")
        .keeps("<b>others</b>")
        .says("&#60;b&#62;others");
    house
        .console(&eva, "/console/allowed")
        .await
        .says("href=\"/console/exceptions\"");
    let fields = [("id", "1"), ("days", "365"), ("words", "Keep it clean.")];
    done(&house, &eva, "/console/exceptions/grant", &fields)
        .await
        .says("Exception granted");
    let trail = house.store.deeds(&DeedFilter::default(), None, 1).await.unwrap();
    let deed = trail.first().unwrap();
    assert_eq!(deed.deed.act, Act::GrantException);

    assert_eq!(
        (deed.deed.target.as_str(), deed.deed.who.as_str()),
        ("192.0.2.7", "Eva")
    );
    house.until(|| !house.is_listed("192.0.2.7")).await;
    house
        .get(&format!("{link}{page}"))
        .await
        .says("Granted until 23 November 2027")
        .says("Keep it clean.")
        .keeps("Ask for an exception");
    house
        .console(&eva, "/console/exceptions?lang=es")
        .await
        .says("Nadie espera una respuesta.")
        .says("Keep it clean.");
    house.clock.advance(DAY * 366);
    house
        .get(&format!("{link}{page}"))
        .await
        .says("Ask for an exception");
}

#[tokio::test]
async fn what_is_refused_says_why_and_may_be_asked_for_again() {
    let mut house = House::open().await;
    told(&house, "192.0.2.7", CONTACT).await;
    let link = link(&house, CONTACT).await;
    ask(&house, &link, "192.0.2.7", WORDS).await;
    let eva = house.signed_in("Eva", Role::Operator).await;
    let silent = [("id", "1"), ("words", " ")];
    let page = house
        .console_post(&eva, "/console/exceptions/refuse", &silent)
        .await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    let fields = [("id", "1"), ("words", "Spam came <i>yesterday</i>.")];
    done(&house, &eva, "/console/exceptions/refuse", &fields)
        .await
        .says("Exception refused");
    assert!(house.is_listed("192.0.2.7"));
    house
        .get(&format!("{link}/ip/192.0.2.7"))
        .await
        .says("Not granted, on 23 November 2026")
        .says("Spam came &#60;i&#62;yesterday")
        .says("Ask for an exception");
    assert_eq!(
        ask(&house, &link, "192.0.2.7", WORDS).await.status,
        StatusCode::OK
    );
    let nothing = [("id", "99"), ("words", "no")];
    let page = house
        .console_post(&eva, "/console/exceptions/refuse", &nothing)
        .await;
    assert_eq!(page.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn nobody_asks_for_what_is_not_his_or_no_single_address() {
    let mut house = House::open().await;
    told(&house, "192.0.2.7", CONTACT).await;
    told(&house, "198.51.100.0/24", CONTACT).await;
    told(&house, "203.0.113.9", "abuse@other.example").await;
    let own = link(&house, CONTACT).await;
    for (address, status) in [
        ("203.0.113.9", StatusCode::NOT_FOUND),
        ("198.51.100.0/24", StatusCode::NOT_FOUND),
        ("192.0.2.0/24", StatusCode::NOT_FOUND),
        ("192.0.2.8", StatusCode::NOT_FOUND),
        ("nonsense", StatusCode::BAD_REQUEST),
    ] {
        assert_eq!(
            ask(&house, &own, address, WORDS).await.status,
            status,
            "{address}"
        );
    }
    for reason in ["", "  ", &"x".repeat(401), "a\u{7}b"] {
        assert_eq!(
            ask(&house, &own, "192.0.2.7", reason).await.status,
            StatusCode::BAD_REQUEST
        );
    }
    // Another mailbox answers for the address now.
    let serial = house.list("192.0.2.7", Class::Bot).await;
    house.tell("192.0.2.7", "abuse@other.example", serial).await;
    assert_eq!(
        ask(&house, &own, "192.0.2.7", WORDS).await.status,
        StatusCode::NOT_FOUND
    );
    house
        .get(&format!("{own}/ip/192.0.2.7"))
        .await
        .keeps("Ask for an exception");
    let theirs = link(&house, "abuse@other.example").await;
    house.config.delist.exceptions = false;
    assert_eq!(
        ask(&house, &theirs, "192.0.2.7", WORDS).await.status,
        StatusCode::NOT_FOUND
    );
    house.config.delist.exceptions = true;
    house.config.delist.exceptions_waiting = 1;
    assert_eq!(
        ask(&house, &theirs, "192.0.2.7", WORDS).await.status,
        StatusCode::OK
    );
    assert_eq!(
        ask(&house, &theirs, "203.0.113.9", WORDS).await.status,
        StatusCode::TOO_MANY_REQUESTS
    );
    assert_eq!(house.store.waiting_exceptions(0, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn whoever_only_looks_may_not_answer() {
    let mut house = House::open().await;
    told(&house, "192.0.2.7", CONTACT).await;
    let link = link(&house, CONTACT).await;
    ask(&house, &link, "192.0.2.7", WORDS).await;
    let ana = house.signed_in("Ana", Role::Viewer).await;
    house
        .console(&ana, "/console/exceptions")
        .await
        .says("192.0.2.7")
        .keeps("/console/exceptions/grant");
    for path in ["/console/exceptions/grant", "/console/exceptions/refuse"] {
        let page = house
            .console_post(&ana, path, &[("id", "1"), ("words", "x")])
            .await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(house.store.exception(1).await.unwrap().unwrap().settled.is_none());
}
