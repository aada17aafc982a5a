//! What stands beside the verdict: each zone, the network, when it was seen, how often it was listed.

use std::time::Duration;

use atalaya_model::{Class, Confidence, Contact, ContactSource, Verdict};

use crate::support::{DAY, House};

const ADDRESS: &str = "192.0.2.7";
const PAGE: &str = "/ip/192.0.2.7";

#[tokio::test]
async fn every_zone_says_what_it_answers() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.list(ADDRESS, Class::PolicyDeclared).await;
    let page = house.get(PAGE).await;
    let row = |zone: &str, tone: &str, answer: &str| {
        format!(
            "<tr role=\"row\" class=\"{tone}\"><th role=\"rowheader\" scope=\"row\"><code>{zone}</code></th><td role=\"cell\"><span class=\"word\">{answer}</span>"
        )
    };
    page.says(&row("bl.list.example", "listed", "127.0.0.3, 127.0.0.10"))
        .says(&row("spam.bl.list.example", "listed", "127.0.0.3"))
        .says(&row("policy.bl.list.example", "listed", "127.0.0.10"))
        .says(&row("bot.bl.list.example", "clear", "Not listed"));
    house
        .get("/ip/192.0.2.8?lang=es")
        .await
        .says(&row("spam.bl.list.example", "clear", "No está"));
    // No zone has a word to say about what is no machine.
    house.get("/ip/10.0.0.1").await.keeps("spam.bl.list.example");
}

#[tokio::test]
async fn the_page_tells_when_it_was_seen_first_and_last_and_how_much_is_kept() {
    let mut house = House::open().await;
    house.config.web.observations_shown = 2;
    for subject in ["One", "Two", "Three"] {
        house.observe(ADDRESS, subject, "h.example").await;
        house.clock.advance(DAY);
    }
    let page = house.get(PAGE).await;
    page.says("First seen</dt><dd><time datetime=\"2026-11-23T22:10:42Z\">")
        .says("Last seen</dt><dd><time datetime=\"2026-11-25T22:10:42Z\">")
        .says("<dt>Messages kept</dt><dd><bdi>3</bdi>")
        .keeps("<bdi>One</bdi>");
    house
        .get(&format!("{PAGE}?lang=es"))
        .await
        .says("Vista por primera vez");
    house.get("/ip/192.0.2.8").await.keeps("First seen");
}

#[tokio::test]
async fn it_counts_how_often_the_address_was_listed_before() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house
        .get(PAGE)
        .await
        .says("On the list before</dt><dd><bdi>Never</bdi>");
    for expected in ["Once", "2 times"] {
        let class = Class::Spam;
        house
            .decide(ADDRESS, Verdict::Withdraw { class }, "by-hand", "")
            .await;
        house.get(PAGE).await.says(&format!("<bdi>{expected}</bdi>"));
        house.list(ADDRESS, class).await;
        house.get(PAGE).await.says(&format!("<bdi>{expected}</bdi>"));
    }
    house
        .get(&format!("{PAGE}?lang=es"))
        .await
        .says("<bdi>2 veces</bdi>");
}

#[tokio::test]
async fn whose_network_it_is_is_told_without_the_mailbox_and_as_text() {
    let house = House::open().await;
    let contact = Contact {
        prefix: "192.0.2.0/24".parse().unwrap(),
        addresses: vec!["marta.lopez@isp.example".parse().unwrap()],
        network: "NET-<script>alert(1)</script>\u{202e}".to_owned(),
        source: ContactSource::Whois {
            server: "whois.example".to_owned(),
        },
        confidence: Confidence::percent(90),
        found_at: house.now(),
    };
    let until = house.now().plus(DAY);
    house.store.keep_contact(&contact, until).await.unwrap();
    for page in [house.get(PAGE).await, house.get(&format!("{PAGE}?lang=es")).await] {
        page.says("<bdi>NET-&#60;script&#62;")
            .says("isp.example")
            .keeps("<script>")
            .keeps("marta.lopez");
    }
    house.get(PAGE).await.says("A mailbox at isp.example");
}

#[tokio::test]
async fn who_came_back_reads_how_long_it_waits_and_why() {
    let house = House::open().await;
    house.list(ADDRESS, Class::Spam).await;
    house.post("/ip/192.0.2.7/remove").await.says("has left the list");
    house.list(ADDRESS, Class::Spam).await;
    house
        .get(PAGE)
        .await
        .says("It can be removed from 24 November 2026, 22:10 UTC on.")
        .says("It left once in the last 90 days. Each return doubles the wait");
    house.clock.advance(DAY + Duration::from_secs(1));
    house.post("/ip/192.0.2.7/remove").await.says("has left the list");
    house.list(ADDRESS, Class::Spam).await;
    house
        .get(&format!("{PAGE}?lang=es"))
        .await
        .says("Salió 2 veces en los últimos 90 días.");
}
