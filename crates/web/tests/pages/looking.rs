//! The first page, the search and the policy, in both languages.

use std::sync::Arc;

use atalaya_decide::Rules;
use atalaya_decide::rules::STANDARD;
use atalaya_model::Class;
use axum::http::StatusCode;

use crate::support::House;

#[tokio::test]
async fn the_first_page_offers_a_search_and_tells_mail_servers_what_to_ask() {
    let house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    let page = house.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    page.says("<title>Is an address on the list? · Atalaya del Sur</title>")
        .says("<form class=\"search\" action=\"/ip\" method=\"get\"")
        .says("Being listed, looking up and leaving cost nothing, ever.")
        .says("A message counts 1")
        .says("href=\"/use\"")
        .says("mailto:postmaster@list.example")
        .says("Listings now: 1")
        .says("bl.list.example at serial 1");
    // The narrow layout takes the rows apart; the roles keep them a table.
    page.says("<table class=\"codes\" role=\"table\">")
        .says("<th scope=\"row\" role=\"rowheader\">");
    for class in Class::ALL {
        page.says(&class.code().to_string());
    }
}

#[tokio::test]
async fn the_browser_chooses_the_language_and_a_link_overrules_it() {
    let house = House::open().await;
    let asked = house.get_with("/", "accept-language", "es-MX,es;q=0.9").await;
    assert_eq!(asked.header("content-language"), "es");
    assert_eq!(asked.header("vary"), "accept-language");
    asked
        .says("<html lang=\"es\">")
        .says("¿Está una dirección en la lista?")
        .says("href=\"/policy\"")
        .says("href=\"/?lang=en\"");
    let chosen = house
        .get_with("/?lang=en", "accept-language", "es-MX,es;q=0.9")
        .await;
    chosen
        .says("<html lang=\"en\">")
        .says("href=\"/policy?lang=en\"")
        .says("name=\"lang\" value=\"en\"");
    assert_eq!(house.get("/").await.header("content-language"), "en");
}

#[tokio::test]
async fn a_search_leads_to_the_page_of_the_address() {
    let house = House::open().await;
    for (search, page) in [
        ("/ip?address=192.0.2.7", "/ip/192.0.2.7"),
        ("/ip?address=+192.0.2.7%20", "/ip/192.0.2.7"),
        ("/ip?address=%5B2001:DB8::1%5D", "/ip/2001:db8::1"),
        ("/ip?address=::ffff:192.0.2.7&lang=es", "/ip/192.0.2.7?lang=es"),
        ("/ip?address=192.0.2.7/24&lang=es", "/ip/192.0.2.0/24?lang=es"),
        ("/ip?address=2001:DB8::/56", "/ip/2001:db8::/56"),
    ] {
        let answer = house.get(search).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{search}");
        assert_eq!(answer.header("location"), page, "{search}");
    }
}

#[tokio::test]
async fn a_search_for_something_else_says_what_is_wrong_and_offers_another() {
    let house = House::open().await;
    for (search, english, spanish) in [
        (
            "/ip",
            "Write the IPv4 or IPv6 address",
            "Escriba la dirección IPv4 o IPv6",
        ),
        (
            "/ip?address=mail.example.org",
            "looks like a name",
            "parece un nombre",
        ),
        (
            "/ip?address=fe80::1%25eth0",
            "names an interface",
            "nombra una interfaz",
        ),
        (
            "/ip?address=999.1.1.1",
            "is no IPv4 or IPv6 address",
            "no es una dirección IPv4 ni IPv6",
        ),
    ] {
        let page = house.get(search).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{search}");
        page.says("<h1>That is not an address</h1>")
            .says(english)
            .says("name=\"address\"");
        let page = house.get_with(search, "accept-language", "es").await;
        page.says("<h1>Eso no es una dirección</h1>").says(spanish);
        let joint = if search.contains('?') { '&' } else { '?' };
        house.get(&format!("{search}{joint}lang=es")).await.says(spanish);
    }
}

#[tokio::test]
async fn changing_the_language_of_a_bad_search_keeps_the_search() {
    let house = House::open().await;
    let page = house.get("/ip?address=mail.example.org&lang=en").await;
    page.says("href=\"/ip?lang=es&#38;address=mail.example.org\"")
        .says("value=\"mail.example.org\"");
    house
        .get("/ip?lang=es&address=mail.example.org")
        .await
        .says("«mail.example.org» parece un nombre");
}

#[tokio::test]
async fn what_was_searched_is_repeated_as_text_and_cut() {
    let house = House::open().await;
    let page = house
        .get("/ip?address=%3Cscript%3Ealert(1)%3C/script%3E%22%27")
        .await;
    page.says("&#60;script&#62;").keeps("<script");
    let long = house.get(&format!("/ip?address={}", "9".repeat(4_000))).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST);
    long.says(&format!("“{}”", "9".repeat(60)));
}

#[tokio::test]
async fn a_bad_address_in_the_path_is_told_like_a_bad_search() {
    let house = House::open().await;
    let page = house.get("/ip/mail.example.org").await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
    page.says("looks like a name");
    let not_text = house.get("/ip/%ff%fe").await;
    assert_eq!(not_text.status, StatusCode::BAD_REQUEST);
    not_text.says("The request cannot be understood");
}

#[tokio::test]
async fn the_policy_says_whether_neighbours_are_listed() {
    let mut house = House::open().await;
    house.get("/policy").await.says("They never list neighbours");
    house
        .get("/policy?lang=es")
        .await
        .says("Nunca incluyen a los vecinos");
    let more = "[escalation]\nunits = 16\nclass = \"spam\"\nlifetime = \"2d\"\n";
    house.config.rules = Arc::new(Rules::parse(&format!("{STANDARD}\n{more}")).unwrap()).into();
    let page = house.get("/policy").await;
    page.says("Where 16 of them in one /24 (IPv4) or /48 (IPv6) are listed at once, the whole of it is listed for 2 days");
    assert!(!page.text.contains("never list neighbours"), "{}", page.text);
    let page = house.get("/policy?lang=es").await;
    page.says("Si 16 de ellas").says("entra entero durante 2 días");
}

#[tokio::test]
async fn the_policy_shows_the_figures_that_are_configured() {
    let mut house = House::open().await;
    let text = STANDARD.replacen("first_lifetime = \"3d\"", "first_lifetime = \"9d\"", 1);
    house.config.rules = Arc::new(Rules::parse(&text).unwrap()).into();
    house.config.delist.client_hourly = 17;
    house.config.delist.self_service = vec![Class::Bot];
    let page = house.get("/policy").await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("The first lasts 9 days")
        .says("17 removals in an hour")
        .says("1, 1, 2, 4 and 8 days after the first")
        .says("from these classes: Exploited machine (127.0.0.4).")
        .says("mailto:postmaster@list.example?subject=bl.list.example")
        .says("10.0.0.0/8")
        .says("private use (RFC 1918)");
    house
        .get("/policy?lang=es")
        .await
        .says("La primera vez dura 9 días")
        .says("de estas clases: Máquina comprometida (127.0.0.4).");
}

#[tokio::test]
async fn what_usually_stands_behind_spam_is_told_with_steps_for_each() {
    let house = House::open().await;
    house.list("192.0.2.7", Class::Spam).await;
    let page = house.get("/ip/192.0.2.7").await;
    page.says("What it usually is")
        .says("href=\"#causes\"")
        .says("<summary>An open relay or proxy</summary>")
        .says("<summary>A form, script or plug-in of a web site</summary>");
    let spanish = house.get("/ip/192.0.2.7?lang=es").await;
    spanish.says("<summary>Una contraseña robada</summary>");
    house.list("192.0.2.8", Class::Hijacked).await;
    for path in ["/ip/192.0.2.8", "/ip/192.0.2.9"] {
        let other = house.get(path).await;
        assert!(!other.text.contains("What it usually is"), "{path}");
    }
}

#[tokio::test]
async fn the_policy_tells_of_the_puzzle_and_open_data_leads_to_the_feedback_loop() {
    let mut house = House::open().await;
    assert!(!house.get("/policy").await.text.contains("puzzle"), "none is set");
    house.config.web.puzzle_bits = 16;
    let policy = house.get("/policy").await;
    policy
        .says("the browser solves a small puzzle")
        .says("up to 5 removals an hour");
    house.get("/data").await.says("href=\"/feedback\"");
}
