//! RDAP servers that lie, dawdle or break the rules: none brings a wrong contact, and none brings us down.

use std::sync::{Arc, OnceLock};

use super::*;
use serde_json::json;

/// The contact that a reply gives for 192.0.2.1, or the outcomes of the steps.
async fn told(reply: HttpReply) -> Result<String, String> {
    let peer = rdap_peer(reply).await;
    let search = Bench::new(&by_rdap(&peer)).ask("192.0.2.1").await;
    match &search.result {
        Ok(_) => Ok(search
            .kept("192.0.2.1")
            .map(|(addresses, prefix)| format!("{addresses} for {prefix}"))
            .unwrap_or_default()),
        Err(_) => Err(search.outcomes()),
    }
}

#[tokio::test]
async fn a_wrong_type_of_content_is_forgiven() {
    let reply = HttpReply::Full(
        200,
        vec!["Content-Type: text/html".to_owned()],
        right_answer().into_bytes(),
    );
    assert_eq!(told(reply).await.unwrap(), "abuse@example.net for 192.0.2.0/24");
    let with_mark = format!("\u{feff}{}", right_answer());
    assert_eq!(
        told(HttpReply::rdap(with_mark)).await.unwrap(),
        "abuse@example.net for 192.0.2.0/24"
    );
}

#[tokio::test]
async fn what_is_no_answer_is_no_contact_and_no_lasting_silence() {
    let bomb = "[".repeat(1_000_000);
    for (reply, why) in [
        (HttpReply::rdap("<html><body>Welcome</body></html>"), "not JSON"),
        (HttpReply::rdap(bomb), "not JSON"),
        (HttpReply::rdap(""), "not JSON"),
        (HttpReply::rdap("[]"), "no range"),
        (
            HttpReply::rdap("{\"errorCode\": 500, \"title\": \"no\"}"),
            "error 500: no",
        ),
        (
            HttpReply::rdap(answer_about("192.0.2.255", "192.0.2.0", "abuse@example.net")),
            "no range",
        ),
        (HttpReply::status(500), "status 500"),
        (HttpReply::Endless(vec![b' '; 1 << 16]), "larger than"),
        (
            HttpReply::Raw(
                b"HTTP/1.1 200 OK\r\nContent-Length: 52428800\r\n\r\n"
                    .iter()
                    .chain(&[b' '; 1 << 16])
                    .copied()
                    .collect(),
            ),
            "exchange failed",
        ),
        (HttpReply::Raw(vec![0; 100]), "exchange failed"),
        (HttpReply::redirect("/rdap/ip/192.0.2.1"), "circle"),
        (
            HttpReply::redirect("http://10.0.0.1/ip/192.0.2.1"),
            "reserved for private use",
        ),
        (HttpReply::redirect("gopher://192.0.2.9/"), "not an address"),
    ] {
        let outcomes = told(reply.clone()).await.unwrap_err();
        assert!(outcomes.contains(why), "{reply:?}\n{outcomes}");
    }
}

#[tokio::test]
async fn a_server_that_keeps_us_waiting_is_left() {
    for reply in [HttpReply::Half(right_answer().into_bytes()), HttpReply::Silence] {
        let peer = rdap_peer(reply).await;
        let bench = Bench::new(&hasty(by_rdap(&peer)));
        let search = bench.ask("192.0.2.1").await;
        assert!(
            search.outcomes().contains("no whole answer within"),
            "{}",
            search.outcomes()
        );
        assert_eq!(search.wait(), bench.later(900));
    }
}

#[tokio::test]
async fn that_a_registry_withholds_the_mailbox_is_told() {
    let redacted = json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "redacted": [7, {"name": {"type": "Abuse Email"}}],
        "entities": [{"roles": ["abuse"], "vcardArray": ["vcard", [["fn", {}, "text", ""]]]}]});
    let private = json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255",
        "entities": [{"roles": ["registrant"], "remarks": [{"type": "object redacted due to authorization"}]}]});
    for body in [redacted, private] {
        let peer = rdap_peer(HttpReply::rdap(body.to_string())).await;
        let search = Bench::new(&by_rdap(&peer)).ask("192.0.2.1").await;
        assert!(
            search.outcomes().contains("withholds what it knows"),
            "{}",
            search.outcomes()
        );
        assert_eq!(search.kept("192.0.2.1").unwrap().0, "", "nobody is named");
    }
    let uri = json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "redacted": [{"name": {"type": "Abuse Email"}}],
        "entities": [{"roles": ["abuse"], "vcardArray": ["vcard", [["contact-uri", {}, "uri", "mailto:abuse@example.net"]]]}]});
    assert_eq!(
        told(HttpReply::rdap(uri.to_string())).await.unwrap(),
        "abuse@example.net for 192.0.2.0/24",
        "in its place"
    );
}

#[tokio::test]
async fn wrong_types_are_passed_over() {
    let body = json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "name": 7, "handle": [], "cidr0_cidrs": "x",
        "remarks": {"description": 1}, "entities": [null, 7, "x", [], {"roles": 7, "vcardArray": "x", "entities": {}},
            {"roles": [7, "abuse"], "vcardArray": ["vcard", [7, ["email"], ["email", {}, "text", 7, "abuse@example.net"]]]}]});
    assert_eq!(
        told(HttpReply::rdap(body.to_string())).await.unwrap(),
        "abuse@example.net for 192.0.2.0/24"
    );
}

#[tokio::test]
async fn a_registry_is_not_written_to_and_nobody_is_remembered_narrowly() {
    let body = answer_about("192.0.0.0", "192.255.255.255", "hostmaster@arin.net");
    assert_eq!(told(HttpReply::rdap(body)).await.unwrap(), " for 192.0.2.0/24");
}

#[tokio::test]
async fn an_answer_for_the_whole_internet_is_kept_for_little_of_it() {
    let body = answer_about("0.0.0.0", "255.255.255.255", "abuse@example.net");
    assert_eq!(
        told(HttpReply::rdap(body)).await.unwrap(),
        "abuse@example.net for 192.0.2.0/24"
    );
}

#[tokio::test]
async fn the_contact_of_a_provider_is_not_kept_for_the_networks_of_its_customers() {
    let body = answer_about("192.0.0.0", "192.0.255.255", "abuse@example.net");
    for (kind, prefix) in [("ALLOCATED PA", "192.0.2.0/24"), ("ASSIGNED PA", "192.0.0.0/16")] {
        let mut typed: serde_json::Value = serde_json::from_str(&body).unwrap();
        typed["type"] = json!(kind);
        assert_eq!(
            told(HttpReply::rdap(typed.to_string())).await.unwrap(),
            format!("abuse@example.net for {prefix}")
        );
    }
}

#[tokio::test]
async fn a_server_speaks_for_its_own_territory_only() {
    let peer = rdap_peer(HttpReply::rdap(answer_about(
        "192.0.0.0",
        "192.0.255.255",
        "abuse@example.net",
    )))
    .await;
    let mut config = nobody_to_ask();
    config
        .rdap_servers
        .insert("192.0.2.0/25".parse().unwrap(), peer.url(""));
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().1.to_string(), "192.0.2.0/25");
    assert_eq!(peer.asked(), ["/ip/192.0.2.1"]);
}

#[tokio::test]
async fn a_mailbox_that_could_smuggle_is_no_mailbox() {
    for mailbox in [
        "abuse@example.net\r\nBcc: x@example.org",
        "\"x y\"@example.net",
        "abuse@[192.0.2.1]",
        "abuse@localhost",
    ] {
        let told = told(HttpReply::rdap(answer_about("192.0.2.0", "192.0.2.255", mailbox)))
            .await
            .unwrap();
        assert!(
            !told.contains("Bcc")
                && !told.contains('"')
                && !told.contains("localhost")
                && !told.contains('['),
            "{told}"
        );
    }
}

#[tokio::test]
async fn a_redirect_to_the_right_registry_is_followed() {
    let right = rdap_peer(HttpReply::rdap(right_answer())).await;
    let target = right.url("/elsewhere/192.0.2.1");
    let peer = rdap_peer(HttpReply::redirect(&target)).await;
    let mut config = by_rdap(&peer);
    config
        .rdap_servers
        .insert("198.51.100.0/24".parse().unwrap(), right.url("/"));
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().0, "abuse@example.net");
    assert_eq!(search.steps[0].asked, target);
}

#[tokio::test]
async fn behind_a_redirect_the_server_that_answers_is_charged_and_left_alone() {
    let busy = HttpReply::Full(429, vec!["Retry-After: 0".to_owned()], Vec::new());
    let busy = rdap_peer(busy).await;
    let target = busy.url("/x");
    let first = HttpPeer::start(move |path| match path {
        "/ip/192.0.2.1" => HttpReply::redirect(&target),
        _ => HttpReply::rdap(right_answer()),
    })
    .await
    .unwrap();
    let mut config = nobody_to_ask();
    let first_url = format!("http://localhost:{}/", first.address().port());
    config
        .rdap_servers
        .insert("192.0.2.0/24".parse().unwrap(), first_url);
    config
        .rdap_servers
        .insert("198.51.100.0/24".parse().unwrap(), busy.url("/"));
    let bench = Bench::new(&config);
    assert_eq!(
        bench.ask("192.0.2.1").await.wait(),
        bench.later(60),
        "never at once"
    );
    assert!(bench.ask("198.51.100.1").await.result.is_err());
    assert_eq!(busy.asked().len(), 1);
    assert!(
        bench.ask("192.0.2.2").await.result.is_ok(),
        "the first one never complained"
    );
}

/// Names `abuse@example.net` for a role and links to an abuse entity that cannot be had.
async fn peer_with_a_linked_entity(role: &'static str) -> HttpPeer {
    let link = Arc::new(OnceLock::<String>::new());
    let href = Arc::clone(&link);
    let network = move || {
        let card = json!(["vcard", [["email", {}, "text", "abuse@example.net"]]]);
        json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "entities": [
            {"roles": [role], "vcardArray": card},
            {"roles": ["abuse"], "links": [{"rel": "self", "href": href.get()}]}]})
    };
    let peer = HttpPeer::start(move |path| match path {
        "/entity" => HttpReply::Full(429, Vec::new(), Vec::new()),
        _ => HttpReply::rdap(network().to_string()),
    })
    .await
    .unwrap();
    link.set(peer.url("/entity")).unwrap();
    peer
}

#[tokio::test]
async fn a_linked_entity_is_asked_for_only_where_nobody_is_named_and_its_trouble_does_no_harm() {
    for (role, linked_to) in [("abuse", 0), ("technical", 1)] {
        let peer = peer_with_a_linked_entity(role).await;
        let search = Bench::new(&by_rdap(&peer)).ask("192.0.2.1").await;
        assert_eq!(search.kept("192.0.2.1").unwrap().0, "abuse@example.net", "{role}");
        assert_eq!(peer.asked().len(), 1 + linked_to, "{role}");
    }
}

#[tokio::test]
async fn a_linked_abuse_entity_is_asked_for_once_and_on_the_same_server_only() {
    let elsewhere = rdap_peer(HttpReply::rdap("{}")).await;
    let strange = elsewhere.url("/entity/X");
    let peer = HttpPeer::start(move |path| {
        let link = |href: String| json!({"roles": ["abuse"], "links": [{"rel": "self", "href": href}]});
        let network = |entity| {
            json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255", "entities": [entity]})
                .to_string()
        };
        let own = |port: &str| format!("http://127.0.0.1:{port}/entity/X");
        match path.split('/').collect::<Vec<_>>().as_slice() {
            ["", "own", port, ..] => HttpReply::rdap(network(link(own(port)))),
            ["", "strange", ..] => HttpReply::rdap(network(link(strange.clone()))),
            _ => HttpReply::rdap(
                json!({"vcardArray": ["vcard", [["email", {}, "text", "cert@example.net"]]]}).to_string(),
            ),
        }
    })
    .await
    .unwrap();
    let mut config = nobody_to_ask();
    config.rdap_servers.insert(
        "192.0.2.0/24".parse().unwrap(),
        peer.url(&format!("/own/{}/", peer.address().port())),
    );
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().0, "cert@example.net");
    config
        .rdap_servers
        .insert("192.0.2.0/24".parse().unwrap(), peer.url("/strange"));
    let search = Bench::new(&config).ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().0, "");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn a_server_that_asks_for_patience_gets_it() {
    let peer = rdap_peer(HttpReply::Full(
        429,
        vec!["Retry-After: 120".to_owned()],
        Vec::new(),
    ))
    .await;
    let bench = Bench::new(&by_rdap(&peer));
    assert_eq!(bench.ask("192.0.2.1").await.wait(), bench.later(120));
    let search = bench.ask("198.51.100.1").await;
    assert_eq!(search.wait(), bench.later(120));
    assert!(search.outcomes().contains("not asked"));
    assert_eq!(peer.asked().len(), 1, "it is left alone for other addresses too");
    bench.time.advance(Duration::from_secs(120));
    drop(bench.ask("192.0.2.1").await);
    assert_eq!(peer.asked().len(), 2);
    let silly = rdap_peer(HttpReply::Full(
        429,
        vec!["Retry-After: 4000000000".to_owned()],
        Vec::new(),
    ))
    .await;
    let bench = Bench::new(&by_rdap(&silly));
    assert_eq!(bench.ask("192.0.2.1").await.wait(), bench.later(86_400));
}

#[tokio::test]
async fn a_used_up_budget_says_when_to_come_back() {
    let peer = rdap_peer(HttpReply::rdap(right_answer())).await;
    let bench = Bench::new(&ContactConfig {
        queries_per_minute: 2,
        ..by_rdap(&peer)
    });
    for _ in 0..2 {
        assert!(bench.ask("192.0.2.1").await.result.is_ok());
    }
    assert_eq!(bench.ask("192.0.2.1").await.wait(), bench.later(30));
    assert_eq!(peer.asked().len(), 2);
}

#[tokio::test]
async fn whois_is_asked_where_rdap_knows_or_names_nobody() {
    let whois = whois_peer(LineReply::text(
        "inetnum: 192.0.2.0/24\nabuse-mailbox: abuse@example.net\n",
    ))
    .await;
    let nobody = json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255"}).to_string();
    for reply in [
        HttpReply::status(404),
        HttpReply::rdap(nobody),
        HttpReply::rdap("<html>"),
        HttpReply::status(503),
    ] {
        let peer = rdap_peer(reply).await;
        let config = ContactConfig {
            whois_server: whois.address().to_string(),
            ..by_rdap(&peer)
        };
        let search = Bench::new(&config).ask("192.0.2.1").await;
        assert_eq!(
            search.kept("192.0.2.1").unwrap().0,
            "abuse@example.net",
            "{}",
            search.outcomes()
        );
    }
}

#[tokio::test]
async fn that_nobody_is_named_stands_where_whois_cannot_be_reached() {
    let nobody = json!({"startAddress": "192.0.2.0", "endAddress": "192.0.2.255"}).to_string();
    let peer = rdap_peer(HttpReply::rdap(nobody)).await;
    let silent = whois_peer(LineReply::Stuck(Vec::new())).await;
    let config = ContactConfig {
        whois_server: silent.address().to_string(),
        ..by_rdap(&peer)
    };
    let search = Bench::new(&hasty(config)).ask("192.0.2.1").await;
    assert_eq!(search.kept("192.0.2.1").unwrap().0, "");
}

#[tokio::test]
async fn a_reserved_address_has_no_registry_unless_the_operator_names_one() {
    let peer = rdap_peer(HttpReply::rdap(answer_about(
        "10.0.0.0",
        "10.255.255.255",
        "abuse@example.net",
    )))
    .await;
    let search = Bench::new(&nobody_to_ask()).ask("10.1.2.3").await;
    assert!(search.result.unwrap().is_none() && search.steps[0].outcome.contains("private use"));
    let search = Bench::new(&by_rdap(&peer)).ask("10.1.2.3").await;
    assert_eq!(search.kept("10.1.2.3").unwrap().0, "abuse@example.net");
}
