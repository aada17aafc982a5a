//! Ranges and domains: the search leads to a page that answers for all of their addresses.

use atalaya_model::Class;
use atalaya_net::Resolver;
use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply};
use axum::body::Body;
use axum::http::{Request, StatusCode};

use atalaya_web::router;

use crate::support::{House, STRANGER, send};

#[tokio::test]
async fn the_page_of_a_range_names_what_is_listed_in_it_and_nothing_else() {
    let house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    house.list("192.0.2.200", Class::Bot).await;
    house.list("198.51.100.1", Class::Spam).await;
    let page = house.get("/ip/192.0.2.99/24").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("<title>192.0.2.0/24: 2 of 256 listed")
        .says("href=\"/ip/192.0.2.7\"")
        .says("Listed: Spam seen")
        .says("Listed: Exploited machine")
        .says("As bl.list.example answers in DNS at serial 3.")
        .keeps("198.51.100")
        .keeps("href=\"/ip/192.0.2.8\"");
    house
        .get("/ip/192.0.2.0/24?lang=es")
        .await
        .says("2 de 256 en la lista")
        .says("En la lista: Se ha visto spam");
    house.get("/ip/203.0.113.0/28").await.says("None is listed");
}

#[tokio::test]
async fn a_range_of_ipv6_is_answered_by_its_64s_and_a_wider_listing_is_named() {
    let house = House::open().await;
    house.list("2001:db8:7::/48", Class::Manual).await;
    house
        .get("/ip/2001:db8:7::/60")
        .await
        .says("16 of 16 listed")
        .says("The wider range 2001:db8:7::/48 is listed as a whole.");
    let unit = house.get("/ip/2001:db8::5/64").await;
    assert_eq!(unit.status, StatusCode::SEE_OTHER);
    assert_eq!(unit.header("location"), "/ip/2001:db8::");
    assert_eq!(
        house.get("/ip/192.0.2.7/32").await.header("location"),
        "/ip/192.0.2.7"
    );
}

#[tokio::test]
async fn a_range_that_would_read_the_list_out_is_refused() {
    let house = House::open().await;
    for path in ["/ip/192.0.2.0/23", "/ip/0.0.0.0/0", "/ip/2001:db8::/55"] {
        let page = house.get(path).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        page.says("That range is too wide for one page");
        house
            .get_with(path, "accept-language", "es")
            .await
            .says("demasiado amplio");
    }
    for path in ["/ip/192.0.2.0/33", "/ip/192.0.2.0/x", "/ip/x/24"] {
        assert_eq!(house.get(path).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
}

#[tokio::test]
async fn programs_get_a_range_as_json() {
    let house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    let answer = house.get("/api/v1/ip/192.0.2.0/30").await.json();
    assert_eq!(
        (&answer["units"], &answer["listed"]),
        (&4.into(), &serde_json::json!([]))
    );
    let answer = house.get("/api/v1/ip/192.0.2.4/30").await.json();
    assert_eq!(answer["prefix"], "192.0.2.4/30");
    assert_eq!(answer["listed"][0]["unit"], "192.0.2.7");
    assert_eq!(answer["listed"][0]["listings"][0]["code"], "127.0.0.3");
    let wide = house.get("/api/v1/ip/192.0.0.0/16").await;
    assert_eq!(wide.status, StatusCode::BAD_REQUEST);
    assert_eq!(wide.header("content-type"), "application/problem+json");
}

/// A name server that knows a domain with two mail servers, one without mail, and nothing else.
async fn names() -> DnsPeer {
    let address = |owner: &str, text: &str| DnsRecord::address(owner, text.parse().unwrap());
    DnsPeer::start(move |asked| {
        DnsReply::Records(match asked {
            "shop.example" => vec![
                DnsRecord::mx("shop.example", "mx1.shop.example"),
                DnsRecord::mx("shop.example", "mx2.shop.example"),
                address("shop.example", "192.0.2.80"),
            ],
            "mx1.shop.example" => vec![
                address("mx1.shop.example", "192.0.2.7"),
                address("mx1.shop.example", "2001:db8::7"),
            ],
            "mx2.shop.example" => vec![address("mx2.shop.example", "192.0.2.8")],
            "broken.example" => return DnsReply::Status(2),
            _ => return DnsReply::Status(3),
        })
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn the_page_of_a_domain_answers_for_its_mail_servers_and_its_name() {
    let mut house = House::open().await;
    let names = names().await;
    house.config.resolver = Some(Resolver::new(vec![names.address()]));
    house.list("192.0.2.7", Class::Spam).await;
    let search = house.get("/ip?address=Postmaster@Shop.Example&lang=en").await;
    assert_eq!(search.header("location"), "/name/shop.example?lang=en");
    let page = house.get("/name/shop.example").await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    page.says("<title>shop.example: 1 of 4 listed")
        .says("Mail server mx1.shop.example")
        .says("Mail server mx2.shop.example")
        .says("The name shop.example itself")
        .says("href=\"/ip/2001:db8::7\"")
        .says("Listed: Spam seen")
        .says("Mail often leaves through other machines");
    house
        .get("/name/shop.example?lang=es")
        .await
        .says("1 de 4 en la lista")
        .says("Servidor de correo mx1.shop.example");
    house
        .get("/name/nowhere.example")
        .await
        .says("No address to look up")
        .says("names no mail server and no address for nowhere.example");
}

#[tokio::test]
async fn a_domain_whose_servers_fail_is_a_page_and_so_is_a_wrong_name() {
    let mut house = House::open().await;
    assert_eq!(
        house.get("/name/shop.example").await.status,
        StatusCode::BAD_REQUEST
    );
    let names = names().await;
    house.config.resolver = Some(Resolver::new(vec![names.address()]));
    let page = house.get("/name/broken.example").await;
    assert_eq!(page.status, StatusCode::GATEWAY_TIMEOUT);
    page.says("Nobody answers for that name").says("broken.example");
    for wrong in ["/name/%3Cb%3E.example", "/name/localhost", "/name/a..b"] {
        let page = house.get(wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong}");
        page.keeps("<b>.example");
    }
}

#[tokio::test]
async fn domains_are_looked_up_for_one_client_only_so_often() {
    let mut house = House::open().await;
    let names = names().await;
    house.config.resolver = Some(Resolver::new(vec![names.address()]));
    let pages = router(house.app());
    let mut last = StatusCode::OK;
    for _ in 0..11 {
        let request = Request::get("/name/nowhere.example").body(Body::empty()).unwrap();
        last = send(&pages, STRANGER, request).await.status;
    }
    assert_eq!(last, StatusCode::TOO_MANY_REQUESTS);
}
