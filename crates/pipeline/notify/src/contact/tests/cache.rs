//! The finder with its store: each network is asked about once while its answer is fresh.

use atalaya_store::{Store, StoreUrl};

use super::*;
use crate::contact::{ContactError, ContactFinder};

struct Cached {
    finder: ContactFinder,
    time: TestClock,
    _folder: TempDir,
}

async fn cached(config: &ContactConfig) -> Cached {
    let (folder, time) = (TempDir::new().unwrap(), TestClock::default());
    let store = Store::open(&StoreUrl::Sqlite(folder.path().join("test.db")), time.clock())
        .await
        .unwrap();
    let finder = ContactFinder::new(config, store, time.clock(), folder.path()).unwrap();
    Cached {
        finder,
        time,
        _folder: folder,
    }
}

impl Cached {
    async fn find(&self, address: &str) -> Option<String> {
        let found = self
            .finder
            .find(address.parse().unwrap(), self.time.now())
            .await
            .unwrap();
        found.contact.map(|contact| contact.addresses[0].to_string())
    }
}

#[tokio::test]
async fn one_question_serves_a_whole_network_while_it_is_fresh() {
    let peer = rdap_peer(HttpReply::rdap(right_answer())).await;
    let cached = cached(&by_rdap(&peer)).await;
    for address in ["192.0.2.1", "192.0.2.77", "::ffff:192.0.2.3"] {
        assert_eq!(cached.find(address).await.as_deref(), Some("abuse@example.net"));
    }
    assert_eq!(peer.asked().len(), 1);
    let told = cached
        .finder
        .explain("192.0.2.9".parse().unwrap(), cached.time.now())
        .await;
    assert_eq!(told.steps.len(), 1);
    assert_eq!(told.steps[0].source, "cache");
    assert!(
        told.steps[0].outcome.contains("from RDAP http://127.0.0.1:")
            && told.steps[0].outcome.ends_with("of 2026-11-23")
    );
    cached.time.advance(Duration::from_secs(7 * 86_400));
    assert!(cached.find("192.0.2.1").await.is_some());
    assert_eq!(peer.asked().len(), 2);
}

#[tokio::test]
async fn that_nobody_is_named_is_remembered_for_a_day() {
    let peer = rdap_peer(HttpReply::rdap(answer_about(
        "192.0.2.0",
        "192.0.2.255",
        "person@localhost",
    )))
    .await;
    let cached = cached(&by_rdap(&peer)).await;
    assert_eq!(cached.find("192.0.2.1").await, None);
    assert_eq!(cached.find("192.0.2.2").await, None);
    assert_eq!(peer.asked().len(), 1);
    cached.time.advance(Duration::from_secs(86_400));
    assert_eq!(cached.find("192.0.2.1").await, None);
    assert_eq!(peer.asked().len(), 2);
}

#[tokio::test]
async fn a_failure_is_not_remembered_and_says_when_to_come_back() {
    let peer = rdap_peer(HttpReply::status(500)).await;
    let cached = cached(&by_rdap(&peer)).await;
    let told = cached
        .finder
        .explain("192.0.2.1".parse().unwrap(), cached.time.now())
        .await;
    let Err(ContactError::Later { at, why }) = told.result else {
        panic!("{:?}", told.result)
    };
    assert_eq!(
        (at, why.as_str()),
        (
            cached.time.now().plus(Duration::from_secs(900)),
            "the server answers with status 500"
        )
    );
    assert_eq!(told.steps[0].source, "rdap");
    assert!(
        cached
            .finder
            .find("192.0.2.1".parse().unwrap(), cached.time.now())
            .await
            .is_err()
    );
    assert_eq!(peer.asked().len(), 2);
}

/// A registry that knows one address less than the network, and a reverse zone of the whole.
async fn registry_and_zone(of_first: HttpReply) -> (HttpPeer, DnsPeer) {
    let rdap = HttpPeer::start(move |path| match path {
        path if path.ends_with("192.0.2.1") => of_first.clone(),
        _ => HttpReply::rdap(right_answer()),
    });
    let zone = resolver(reverse_zone("dns@example.net").to_vec());
    (rdap.await.unwrap(), zone.await)
}

#[tokio::test]
async fn a_guess_for_one_address_is_no_answer_for_its_neighbours() {
    let (rdap, dns) = registry_and_zone(HttpReply::status(404)).await;
    let cached = cached(&ContactConfig {
        rdap_servers: by_rdap(&rdap).rdap_servers,
        ..by_dns(&dns)
    })
    .await;
    assert_eq!(cached.find("192.0.2.1").await.as_deref(), Some("dns@example.net"));
    assert_eq!(
        cached.find("192.0.2.2").await.as_deref(),
        Some("abuse@example.net"),
        "the registry knows better"
    );
}

#[tokio::test]
async fn a_guess_holds_where_the_registry_names_nobody() {
    let nobody = answer_about("192.0.2.0", "192.0.2.127", "person@localhost");
    let (rdap, dns) = registry_and_zone(HttpReply::rdap(nobody)).await;
    let cached = cached(&ContactConfig {
        rdap_servers: by_rdap(&rdap).rdap_servers,
        ..by_dns(&dns)
    })
    .await;
    for address in ["192.0.2.1", "192.0.2.2"] {
        assert_eq!(cached.find(address).await.as_deref(), Some("dns@example.net"));
    }
    assert_eq!(rdap.asked().len(), 1);
    assert_eq!(
        cached.find("192.0.2.200").await.as_deref(),
        Some("abuse@example.net"),
        "outside of that network the registry is asked"
    );
}

#[tokio::test]
async fn a_whois_server_that_turns_us_away_does_not_make_rdap_be_asked_again_and_again() {
    let nobody = answer_about("192.0.2.0", "192.0.2.255", "person@localhost");
    let rdap = rdap_peer(HttpReply::rdap(nobody)).await;
    let whois = whois_peer(LineReply::text("%ERROR:201: access denied\n")).await;
    let cached = cached(&ContactConfig {
        whois_server: whois.address().to_string(),
        ..by_rdap(&rdap)
    })
    .await;
    for _ in 0..3 {
        assert_eq!(cached.find("192.0.2.1").await, None);
        cached.time.advance(Duration::from_secs(3_600));
    }
    assert_eq!((rdap.asked().len(), whois.asked().len()), (1, 1));
}

#[tokio::test]
async fn a_registry_that_will_not_say_is_asked_once_a_day() {
    let elsewhere = answer_about("198.51.100.0", "198.51.100.255", "abuse@example.net");
    for reply in [
        HttpReply::status(400),
        HttpReply::status(403),
        HttpReply::rdap(elsewhere),
    ] {
        let rdap = rdap_peer(reply).await;
        let cached = cached(&by_rdap(&rdap)).await;
        for address in ["192.0.2.1", "192.0.2.2"] {
            assert_eq!(cached.find(address).await, None);
        }
        assert_eq!(rdap.asked().len(), 1);
        cached.time.advance(Duration::from_secs(86_400));
        assert_eq!(cached.find("192.0.2.1").await, None);
        assert_eq!(rdap.asked().len(), 2);
    }
}

#[tokio::test]
async fn where_one_will_not_say_and_another_fails_the_search_waits_a_day() {
    let rdap = rdap_peer(HttpReply::status(403)).await;
    let silent = whois_peer(LineReply::Stuck(Vec::new())).await;
    let bench = Bench::new(&hasty(ContactConfig {
        whois_server: silent.address().to_string(),
        ..by_rdap(&rdap)
    }));
    assert_eq!(bench.ask("192.0.2.1").await.wait(), bench.later(86_400));
}
