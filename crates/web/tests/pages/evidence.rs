//! Evidence and notices: what the public sees, and what it never does.

use atalaya_formats::redact::TrapNames;
use atalaya_model::{Class, Kind, Verdict};
use atalaya_web::Telling;

use crate::support::{House, TRAP, observation};

const ADDRESS: &str = "192.0.2.7";

#[tokio::test]
async fn the_holder_sees_what_was_seen() {
    let house = House::open().await;
    house.observe(ADDRESS, "Win a phone", "mail.cheap.example").await;
    house.list(ADDRESS, Class::Spam).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("<bdi>Win a phone</bdi>")
        .says("<bdi>mail.cheap.example</bdi>")
        .says("<bdi>barato.example</bdi>")
        .says("4.2 KiB")
        .keeps("ofertas@")
        .says("datetime=\"2026-11-23T22:10:00Z\"");
    let answer = house.get("/api/v1/ip/192.0.2.7").await.json();
    let listing = &answer["listings"][0];
    assert_eq!(listing["evidence"][0]["seen_at"], "2026-11-23T22:10:00Z");
    assert_eq!(listing["since"], "2026-11-23T22:10:42Z");
}

#[tokio::test]
async fn names_of_traps_that_the_operator_gave_are_hidden_though_the_sender_bears_them() {
    let mut house = House::open().await;
    house.config.traps = TrapNames::new(["mx.trap.example", "@other-trap.example"]).into();
    house
        .observe(ADDRESS, "for mx.trap.example", "other-trap.example")
        .await;
    house.list(ADDRESS, Class::Spam).await;
    for path in ["/ip/192.0.2.7", "/api/v1/ip/192.0.2.7"] {
        let page = house.get(path).await;
        page.says("for hidden-").keeps("trap.example");
    }
}

#[tokio::test]
async fn addresses_of_traps_are_hidden_in_subjects_and_names_on_page_and_api() {
    let house = House::open().await;
    let subject = "Re: invoice for marta.trampa@trap.example and MARTA.TRAMPA";
    house
        .observe(ADDRESS, subject, "marta.trampa=trap.example.cheap.example")
        .await;
    house.list(ADDRESS, Class::Spam).await;
    for path in ["/ip/192.0.2.7", "/ip/192.0.2.7?lang=es", "/api/v1/ip/192.0.2.7"] {
        let page = house.get(path).await;
        page.says("Re: invoice for hidden-")
            .keeps(TRAP)
            .keeps("trampa@")
            .keeps("marta");
    }
}

#[tokio::test]
async fn what_a_sender_or_a_postmaster_wrote_is_text_and_never_markup() {
    let house = House::open().await;
    let attack = "<script>alert(1)</script><img src=x onerror=\"x\">'";
    house.observe(ADDRESS, attack, "<b onclick='x'>host</b>").await;
    let list = Verdict::List {
        class: Class::Manual,
        until: None,
    };
    house
        .decide(ADDRESS, list, "by-hand", "Reason <i>of</i> the postmaster")
        .await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("&#60;script&#62;alert(1)&#60;/script&#62;")
        .says("Reason &#60;i&#62;of&#60;/i&#62; the postmaster")
        .keeps("<script")
        .keeps("<img")
        .keeps("<b ")
        .keeps("<i>");
}

#[tokio::test]
async fn only_the_newest_observations_are_shown_and_all_are_counted() {
    let mut house = House::open().await;
    house.config.web.observations_shown = 2;
    for subject in ["first", "second", "third"] {
        house.observe(ADDRESS, subject, "h.example").await;
        house.clock.advance(std::time::Duration::from_secs(60));
    }
    house
        .get("/ip/192.0.2.7")
        .await
        .says("The newest 2 of 3 messages.")
        .says("<bdi>third</bdi>")
        .says("<bdi>second</bdi>")
        .keeps("<bdi>first</bdi>");
    let answer = atalaya_web::answer_json(&house.app(), ADDRESS.parse().unwrap()).await;
    assert_eq!(answer.unwrap()["observations"], 3);
}

#[tokio::test]
async fn a_bounce_is_shown_as_not_counted() {
    let house = House::open().await;
    let mut bounce = observation(ADDRESS, house.now(), "Undelivered mail", "mx.example");
    bounce.kind = Kind::Backscatter;
    bounce.envelope.mail_from.clear();
    house.store.record(bounce, None).await.unwrap();
    house
        .get("/ip/192.0.2.7")
        .await
        .says("None (a bounce)")
        .says("kept, not counted");
}

#[tokio::test]
async fn notices_name_the_domain_that_was_told_and_not_the_mailbox() {
    let house = House::open().await;
    let serial = house.list(ADDRESS, Class::Spam).await;
    let token = house.tell(ADDRESS, "juana.abuse@isp.example", serial).await;
    house.relay_took(&token).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("23 November 2026: the abuse contact at isp.example")
        .keeps("juana")
        .keeps(&token);
}

#[tokio::test]
async fn a_notice_that_no_relay_took_told_nobody() {
    let house = House::open().await;
    let serial = house.list(ADDRESS, Class::Spam).await;
    house.tell(ADDRESS, "abuse@isp.example", serial).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .keeps("the abuse contact at isp.example")
        .keeps("Whom we told");
}

#[tokio::test]
async fn pages_speak_of_notices_only_where_there_is_a_relay() {
    let mut house = House::open().await;
    house.get("/").await.keeps("abuse contact");
    house
        .get("/policy")
        .await
        .keeps("Whom we tell")
        .keeps("abuse contact");
    house.config.telling = Telling::ByMail;
    house.get("/").await.says("we write to its abuse contact");
    house.get("/policy").await.says("Whom we tell");
}

#[tokio::test]
async fn the_api_names_the_domain_of_the_abuse_contact_as_the_page_does_and_no_mailbox() {
    let house = House::open().await;
    let serial = house.list(ADDRESS, Class::Spam).await;
    let token = house.tell(ADDRESS, "abuse@isp.example", serial).await;
    let page = house.get("/api/v1/ip/192.0.2.7").await;
    page.keeps(&token);
    let contact = &page.json()["contact"];
    assert_eq!(contact["domains"], serde_json::json!(["isp.example"]));
    assert_eq!(contact["network"], "NET-EXAMPLE");
    page.keeps("abuse@isp.example").keeps("source");
}

#[tokio::test]
async fn what_the_sender_runs_is_told_in_the_readers_language() {
    let house = House::open().await;
    let mut seen = observation(ADDRESS, house.now(), "Win a phone", "h.example");
    seen.fingerprint = Some(
        "4:52:0:60+0:1460:64240,7:mss,sok,ts,nop,ws:df,id+"
            .parse()
            .unwrap(),
    );
    seen.dialect = Some("ba750ae2772a549a".parse().unwrap());
    house.store.record(seen, None).await.unwrap();
    house.clock.advance(std::time::Duration::from_secs(60));
    let mut other = observation(ADDRESS, house.now(), "Win a car", "h.example");
    other.fingerprint = Some("4:52:0:60+0:1460:11,7:mss:df".parse().unwrap());
    other.dialect = Some("00000000000000ff".parse().unwrap());
    house.store.record(other, None).await.unwrap();
    house.list(ADDRESS, Class::Spam).await;
    house
        .get("/ip/192.0.2.7")
        .await
        .says("<dt>Runs on</dt><dd><bdi>Linux 4.20 and newer</bdi></dd>")
        .says("<dd>Postfix smtp</dd>")
        .says("Unknown system")
        .says("No program that we know (dialect 00000000000000ff)");
    house
        .get("/ip/192.0.2.7?lang=es")
        .await
        .says("Sistema desconocido")
        .says("Ningún programa que conozcamos (dialecto 00000000000000ff)");
    let evidence = &house.get("/api/v1/ip/192.0.2.7").await.json()["listings"][0]["evidence"];
    assert_eq!(evidence[1]["system"]["label"], "Linux 4.20 and newer");
    assert_eq!(evidence[1]["dialect"]["programs"], "Postfix smtp");
    assert_eq!(evidence[0]["system"]["label"], serde_json::Value::Null);
    let document = house.get("/api/openapi.json").await.json();
    let described = &document["components"]["schemas"]["Evidence"]["properties"];
    let names =
        |value: &serde_json::Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    assert_eq!(names(described), names(&evidence[0]));
}

#[tokio::test]
async fn the_page_calls_a_trap_as_the_notice_did_and_otherwise_than_for_another_network() {
    let house = House::open().await;
    let pseudonym = async || {
        let text = house.get("/ip/192.0.2.7").await.text;
        let start = text.find("for hidden-").unwrap();
        text[start..start + 21].to_owned()
    };
    house.observe(ADDRESS, "for marta.trampa", "h.example").await;
    let serial = house.list(ADDRESS, Class::Spam).await;
    let alone = pseudonym().await;
    house.tell(ADDRESS, "abuse@isp.example", serial).await;
    let told = pseudonym().await;
    assert_ne!(alone, told);
    let secret = house
        .store
        .secret(atalaya_formats::view::SECRET_NAME)
        .await
        .unwrap();
    let key = atalaya_formats::view::network_key(
        &secret,
        Some(&"Abuse@isp.example".parse().unwrap()),
        &ADDRESS.parse().unwrap(),
    );
    let redactor = atalaya_formats::redact::RedactorBuilder::new(&key).build();
    let local = redactor.pseudonym(TRAP);
    assert_eq!(told, format!("for {}", local.split_once('@').unwrap().0));
}
