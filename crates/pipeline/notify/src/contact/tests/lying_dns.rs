//! Name servers that lie, dawdle or talk nonsense.

use super::*;

async fn told(reply: DnsReply) -> (String, String) {
    let peer = DnsPeer::start(move |_name| reply.clone()).await.unwrap();
    let config = ContactConfig {
        least_confidence: 50,
        ..by_dns(&peer)
    };
    let search = Bench::new(&config).ask("192.0.2.7").await;
    (search.told(), search.outcomes())
}

fn text(text: &str) -> DnsReply {
    DnsReply::Records(vec![DnsRecord::txt("7.2.0.192.contacts.example", text)])
}

#[tokio::test]
async fn a_text_that_writes_headers_is_no_mailbox() {
    for lie in [
        "abuse@example.net\r\nBcc: victim@example.org",
        "abuse@example.net\nvictim@example.org",
        "abuse@example.net\0",
        "\"abuse victim\"@example.net",
        "abuse@[192.0.2.1]",
        "<abuse@example.net>",
        "abuse@example.net?bcc=victim@example.org",
        "abuse@-example.net",
        "@@@@",
    ] {
        let (found, outcomes) = told(text(lie)).await;
        assert_eq!(found, "nobody", "{lie:?}: {outcomes}");
    }
}

#[tokio::test]
async fn more_mailboxes_than_anybody_needs_are_cut() {
    let many: Vec<_> = (0..60).map(|number| format!("a{number}@example.net")).collect();
    let (found, _) = told(text(&many[..8].join(","))).await;
    assert!(
        found.starts_with("a0@example.net a1@example.net a2@example.net for "),
        "{found}"
    );
    let (found, _) = told(text(&many.join(","))).await;
    assert!(
        found.starts_with("a0@example.net a1@example.net a2@example.net for "),
        "{found}"
    );
    let (found, _) = told(text(&many.join(",").repeat(3))).await;
    assert_eq!(found, "nobody", "a text that long is none");
}

#[tokio::test]
async fn a_failure_is_waited_for_and_nonsense_is_a_failure() {
    for reply in [DnsReply::Status(2), DnsReply::Status(5)] {
        let (found, outcomes) = told(reply).await;
        assert_eq!(
            found, "wait: no resolver answers about 7.2.0.192.contacts.example",
            "{outcomes}"
        );
    }
}

#[tokio::test]
async fn a_reverse_name_that_is_none_is_passed_over() {
    let long = "x".repeat(63);
    for lie in [
        "*.example.net",
        "a b.example.net",
        "mail\r\nx.example.net",
        "net",
        long.as_str(),
    ] {
        let peer = resolver(vec![
            DnsRecord::ptr("7.2.0.192.in-addr.arpa", lie),
            DnsRecord::address(lie, "192.0.2.7".parse().unwrap()),
            DnsRecord::soa("example.net", "dns@example.net"),
            DnsRecord::mx("example.net", "mx.example.net"),
        ])
        .await;
        let search = Bench::new(&by_dns(&peer)).ask("192.0.2.7").await;
        assert_eq!(search.told(), "nobody", "{lie:?}: {}", search.outcomes());
    }
}
