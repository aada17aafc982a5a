//! Protection before a listing and backwards, on a real store.

use std::time::Duration;

use atalaya_model::{Confidence, Contact, ContactSource, Kind};

use super::*;
use crate::work::tests::Bench;

async fn protection(bench: &Bench, config: ProtectConfig) -> Protection {
    Protection::open(config, bench.store.clone(), bench.clock.clock())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_range_that_becomes_protected_is_cleared_but_for_what_a_person_listed() {
    let bench = Bench::sqlite().await;
    for address in ["192.0.2.1", "192.0.2.2", "198.51.100.1"] {
        bench.see(address, Kind::Spam).await;
    }
    bench.list("192.0.2.3", Class::Manual, None).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("protected.txt");
    std::fs::write(&file, "").unwrap();
    let config = ProtectConfig {
        files: vec![file.clone()],
        ..ProtectConfig::default()
    };
    let protection = protection(&bench, config).await;
    let before = protection.current();
    std::fs::write(&file, "192.0.2.0/24\n").unwrap();
    protection.refresh().await.unwrap();
    let current = protection.current();
    protection.act_backwards(&before, &current).await.unwrap();
    let listed = bench.store.listings_page(None, None, 10).await.unwrap();
    let listed: Vec<String> = listed.iter().map(|at| at.prefix.to_string()).collect();
    assert_eq!(listed, ["192.0.2.3", "198.51.100.1"]);
    let last = bench
        .store
        .decision(bench.store.serial().await.unwrap())
        .await
        .unwrap();
    let last = last.unwrap().decision;
    assert_eq!(last.rule.0, "protected/1");
    assert_eq!(
        last.reason,
        "192.0.2.0/24 is protected: it is protected by the configuration."
    );
    std::fs::write(&file, "192.0.2.0/24\nmail.example\n").unwrap();
    assert!(protection.refresh().await.is_err());
    assert_eq!(protection.current(), current);
}

#[tokio::test]
async fn what_is_protected_is_never_listed_by_rule_and_by_hand_it_is() {
    let config = ProtectConfig {
        ranges: vec!["192.0.2.0/24".parse().unwrap(), "2001:db8::25".parse().unwrap()],
        ..ProtectConfig::default()
    };
    let bench = Bench::protecting(config).await;
    bench.see("192.0.2.1", Kind::Spam).await;
    // A listing is of the whole /64, the neighbour in it too.
    bench.see("2001:db8::1", Kind::Spam).await;
    assert_eq!(bench.store.count_listings().await.unwrap(), 0);
    bench.list("192.0.2.1", Class::Spam, None).await;
    assert_eq!(bench.store.count_listings().await.unwrap(), 1);
}

#[tokio::test]
async fn what_a_former_holder_did_leaves_with_him() {
    let bench = Bench::sqlite().await;
    let contact = |network: &str| Contact {
        prefix: "192.0.2.0/24".parse().unwrap(),
        addresses: Vec::new(),
        network: network.to_owned(),
        source: ContactSource::Whois {
            server: "whois.example".to_owned(),
        },
        confidence: Confidence::percent(90),
        found_at: bench.clock.now(),
    };
    let keep = |network: &str| {
        let (contact, store) = (contact(network), bench.store.clone());
        async move { store.keep_contact(&contact, contact.found_at).await.unwrap() }
    };
    keep("OLD-NET").await;
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.list("192.0.2.9", Class::Manual, None).await;
    bench.clock.advance(Duration::from_secs(60));
    keep("OLD-NET").await;
    bench.see("192.0.2.2", Kind::Spam).await;
    assert_eq!(bench.store.count_listings().await.unwrap(), 3);
    bench.clock.advance(Duration::from_secs(60));
    keep("NEW-NET").await;
    bench.judge.catch_up().await.unwrap();
    let left = bench.store.listings_page(None, None, 10).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].class, Class::Manual);
    // What the new holder does counts against him.
    bench.clock.advance(Duration::from_secs(60));
    bench.see("192.0.2.1", Kind::Spam).await;
    assert_eq!(bench.store.count_listings().await.unwrap(), 2);
}
