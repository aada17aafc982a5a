//! All who may be the contact, in order: for when the best of them is dead. And who wants to be left alone, over a restart.

use std::path::Path;

use atalaya_store::{Store, StoreUrl};

use super::*;
use crate::contact::{ContactError, ContactFinder};

async fn finder(config: &ContactConfig, folder: &Path, time: &TestClock) -> ContactFinder {
    let store = Store::open(&StoreUrl::Sqlite(folder.join("test.db")), time.clock())
        .await
        .unwrap();
    ContactFinder::new(config, store, time.clock(), folder).unwrap()
}

async fn told(finder: &ContactFinder, time: &TestClock) -> Vec<String> {
    let found = finder
        .candidates("192.0.2.7".parse().unwrap(), time.now())
        .await
        .unwrap();
    found
        .iter()
        .map(|contact| format!("{} {}", contact.addresses[0], contact.confidence))
        .collect()
}

#[tokio::test]
async fn every_source_adds_its_own_and_the_surest_stands_first() {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let rdap = rdap_peer(HttpReply::rdap(right_answer())).await;
    let whois = whois_peer(LineReply::text(
        "inetnum: 192.0.2.0/24\nremarks: mail abuse@whois.example\n",
    ))
    .await;
    let dns = resolver(vec![
        DnsRecord::txt("7.2.0.192.contacts.example", "ABUSE@example.net zone@example.net"),
        DnsRecord::soa("2.0.192.in-addr.arpa", "dns@example.net"),
        DnsRecord::ns("2.0.192.in-addr.arpa", "ns1.example.net"),
    ])
    .await;
    let config = ContactConfig {
        rdap_servers: by_rdap(&rdap).rdap_servers,
        whois_server: whois.address().to_string(),
        bulk: vec![folder.path().join("bulk")],
        ..by_dns(&dns)
    };
    std::fs::write(
        folder.path().join("bulk"),
        "inetnum: 192.0.2.0/24\nabuse-mailbox: bulk@example.net\n",
    )
    .unwrap();
    let finder = finder(&config, folder.path(), &time).await;
    let expected = [
        "abuse@example.net 95 %",
        "bulk@example.net 80 %",
        "zone@example.net 75 %",
        "abuse@whois.example 55 %",
        "dns@example.net 35 %",
    ];
    assert_eq!(told(&finder, &time).await, expected);
    let asked = (rdap.asked().len(), whois.asked().len(), dns.asked().len());
    assert_eq!(told(&finder, &time).await, expected, "from the store");
    assert_eq!(
        (rdap.asked().len(), whois.asked().len(), dns.asked().len()),
        asked
    );
    time.advance(Duration::from_secs(7 * 86_400));
    assert_eq!(told(&finder, &time).await, expected);
    assert_eq!(rdap.asked().len(), 2);
}

#[tokio::test]
async fn one_that_fails_does_not_hide_the_others_and_is_asked_again_soon() {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let rdap = rdap_peer(HttpReply::status(500)).await;
    let dns = resolver(reverse_zone("dns@example.net").to_vec()).await;
    let config = ContactConfig {
        rdap_servers: by_rdap(&rdap).rdap_servers,
        ..by_dns(&dns)
    };
    let finder = finder(&config, folder.path(), &time).await;
    assert_eq!(told(&finder, &time).await, ["dns@example.net 35 %"]);
    assert_eq!(told(&finder, &time).await.len(), 1);
    assert_eq!(rdap.asked().len(), 1);
    time.advance(Duration::from_secs(900));
    assert_eq!(told(&finder, &time).await.len(), 1);
    assert_eq!(rdap.asked().len(), 2);
    let best = finder.find("192.0.2.7".parse().unwrap(), time.now()).await;
    assert!(
        matches!(best, Err(ContactError::Later { .. })),
        "a guess waits for the registry"
    );
}

#[tokio::test]
async fn where_nobody_is_to_be_told_there_are_no_candidates() {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let rdap = rdap_peer(HttpReply::rdap(right_answer())).await;
    let config = ContactConfig {
        file: Some(folder.path().join("own")),
        ..by_rdap(&rdap)
    };
    std::fs::write(folder.path().join("own"), "192.0.2.0/24, nobody\n").unwrap();
    assert_eq!(
        told(&finder(&config, folder.path(), &time).await, &time).await,
        [""; 0]
    );
    assert_eq!(rdap.asked().len(), 0);
}

#[tokio::test]
async fn a_clock_that_was_ahead_closes_a_server_for_a_day_at_most() {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let rdap = rdap_peer(HttpReply::rdap(right_answer())).await;
    let finder = finder(&by_rdap(&rdap), folder.path(), &time).await;
    let ahead = time.now().plus(Duration::from_secs(3_650 * 86_400));
    finder.store.keep_closed_server("127.0.0.1", ahead).await.unwrap();
    let address = "192.0.2.7".parse().unwrap();
    let found = finder.find(address, time.now()).await;
    let Err(ContactError::Later { at, .. }) = found else {
        panic!("{found:?}")
    };
    assert_eq!(at, time.now().plus(Duration::from_secs(86_400)));
    time.advance(Duration::from_secs(86_400));
    assert!(finder.find(address, time.now()).await.is_ok());
    assert_eq!(rdap.asked().len(), 1);
}

#[tokio::test]
async fn who_wants_to_be_left_alone_is_left_alone_by_the_next_process_too() {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let busy = HttpReply::Full(429, vec!["Retry-After: 3600".to_owned()], Vec::new());
    let rdap = rdap_peer(busy).await;
    let config = by_rdap(&rdap);
    for process in 0..3 {
        let finder = finder(&config, folder.path(), &time).await;
        let found = finder.find("192.0.2.7".parse().unwrap(), time.now()).await;
        let Err(ContactError::Later { at, .. }) = found else {
            panic!("{found:?}")
        };
        assert!(
            at >= time.now().plus(Duration::from_secs(3_600)),
            "process {process}"
        );
        assert_eq!(rdap.asked().len(), 1, "process {process}");
    }
    time.advance(Duration::from_secs(3_601));
    let finder = finder(&config, folder.path(), &time).await;
    assert!(
        finder
            .find("192.0.2.7".parse().unwrap(), time.now())
            .await
            .is_err()
    );
    assert_eq!(rdap.asked().len(), 2, "asked again when the time is over");
}

#[tokio::test]
async fn what_one_process_is_told_the_others_learn_within_a_minute() {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let peer = HttpPeer::start(|path| match path {
        path if path.ends_with("192.0.2.1") => HttpReply::rdap(right_answer()),
        _ => HttpReply::Full(429, vec!["Retry-After: 3600".to_owned()], Vec::new()),
    });
    let rdap = peer.await.unwrap();
    let config = by_rdap(&rdap);
    let one = finder(&config, folder.path(), &time).await;
    let other = ContactFinder::new(&config, one.store.clone(), time.clock(), folder.path()).unwrap();
    let first = one.find("192.0.2.1".parse().unwrap(), time.now()).await;
    assert!(first.is_ok(), "{first:?}");
    let told = other.find("198.51.100.1".parse().unwrap(), time.now()).await;
    assert!(told.is_err(), "{told:?}");
    time.advance(Duration::from_secs(60));
    let found = one.find("203.0.113.1".parse().unwrap(), time.now()).await;
    assert!(matches!(found, Err(ContactError::Later { .. })), "{found:?}");
    assert_eq!(rdap.asked().len(), 2, "not asked by the first again");
}
