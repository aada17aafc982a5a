//! The judge on a real store.

use std::net::IpAddr;

use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Period, Trap};
use atalaya_store::StoreUrl;
use atalaya_testkit::TestClock;

use super::*;
use crate::{DecideError, by_hand};

struct Bench {
    store: Store,
    judge: Judge,
    clock: TestClock,
    _folder: tempfile::TempDir,
}

async fn bench() -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let clock = TestClock::default();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    let store = Store::open(&url, clock.clock()).await.unwrap();
    let judge = Judge::new(DecideConfig::default(), store.clone(), clock.clock());
    Bench {
        store,
        judge,
        clock,
        _folder: folder,
    }
}

impl Bench {
    async fn see(&self, address: &str, kind: Kind) {
        let observation = Observation {
            id: ObservationId(uuid::Uuid::new_v4()),
            address: address.parse::<IpAddr>().unwrap(),
            seen_at: self.clock.now(),
            sensor: "trap".to_owned(),
            kind,
            handshake: Handshake::Completed,
            trap: Trap::Pristine,
            envelope: Envelope {
                recipients: vec!["a@trap.example".to_owned()],
                ..Envelope::default()
            },
            subject: String::new(),
            source_port: None,
            message: None,
            message_size: 0,
            oddities: Vec::new(),
        };
        self.store
            .record(observation, Some(b"Subject: x\r\n\r\ny".to_vec()))
            .await
            .unwrap();
        self.judge.catch_up().await.unwrap();
    }

    async fn listings(&self, prefix: &str) -> Vec<Listing> {
        self.store.listings(&prefix.parse().unwrap()).await.unwrap()
    }

    async fn verdicts(&self) -> Vec<&'static str> {
        let all = self.store.decisions_after(Serial(0), 1_000).await.unwrap();
        let serials: Vec<u64> = all.iter().map(|decided| decided.serial.0).collect();
        assert_eq!(
            serials,
            (1..=all.len() as u64).collect::<Vec<_>>(),
            "the sequence has a gap"
        );
        all.iter()
            .map(|decided| decided.decision.verdict.name())
            .collect()
    }
}

#[tokio::test]
async fn a_spam_lists_its_source_and_orders_a_notice() {
    let bench = bench().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    let listings = bench.listings("192.0.2.1").await;
    assert_eq!(listings.len(), 1);
    assert_eq!(listings[0].class, Class::Spam);
    assert!(
        listings[0]
            .reason
            .starts_with("Spam reached our traps: 1 message")
    );
    let job = bench
        .store
        .take_job("notice", Duration::from_secs(60))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(job.payload, "{\"serial\":1}");
}

#[tokio::test]
async fn an_ipv6_source_is_listed_as_its_64() {
    let bench = bench().await;
    bench.see("2001:db8::25", Kind::Spam).await;
    assert_eq!(bench.listings("2001:db8::/64").await.len(), 1);
}

#[tokio::test]
async fn reserved_addresses_and_backscatter_never_list() {
    let bench = bench().await;
    bench.see("127.0.0.1", Kind::Spam).await;
    bench.see("10.1.2.3", Kind::Spam).await;
    bench.see("192.0.2.2", Kind::Backscatter).await;
    assert_eq!(bench.store.serial().await.unwrap(), Serial(0));
    assert_eq!(
        bench
            .store
            .count_observations(&"127.0.0.1".parse().unwrap())
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn what_is_allowed_is_never_listed_and_the_allow_list_acts_backwards() {
    let bench = bench().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    let now = bench.clock.now();
    let network: Prefix = "192.0.2.0/24".parse().unwrap();
    by_hand::allow(&bench.store, network, "a customer", None, now)
        .await
        .unwrap();
    assert!(bench.listings("192.0.2.1").await.is_empty());
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.see("192.0.2.9", Kind::Spam).await;
    assert!(bench.listings("192.0.2.1").await.is_empty());
    let by_hand = by_hand::list(
        &bench.store,
        ("192.0.2.9".parse().unwrap(), Class::Manual),
        "x",
        None,
        now,
    )
    .await;
    assert!(matches!(by_hand, Err(DecideError::Allowed { .. })));
    assert_eq!(bench.verdicts().await, ["list", "allow", "withdraw"]);
}

#[tokio::test]
async fn after_the_allow_list_an_address_can_be_listed_again() {
    let bench = bench().await;
    let now = bench.clock.now();
    let address: Prefix = "192.0.2.1".parse().unwrap();
    by_hand::allow(&bench.store, address, "a mistake", None, now)
        .await
        .unwrap();
    by_hand::disallow(&bench.store, address, "it was one", now)
        .await
        .unwrap();
    assert!(matches!(
        by_hand::disallow(&bench.store, address, "twice", now).await,
        Err(DecideError::NotAllowed(_))
    ));
    bench.see("192.0.2.1", Kind::Spam).await;
    assert_eq!(bench.listings("192.0.2.1").await.len(), 1);
}

#[tokio::test]
async fn an_entry_of_the_allow_list_ends_on_its_date() {
    let bench = bench().await;
    let until = bench.clock.now().plus(Duration::from_secs(60));
    by_hand::allow(
        &bench.store,
        "192.0.2.1".parse().unwrap(),
        "x",
        Some(until),
        bench.clock.now(),
    )
    .await
    .unwrap();
    bench.clock.advance(Duration::from_secs(61));
    bench.see("192.0.2.1", Kind::Spam).await;
    assert_eq!(bench.verdicts().await, ["allow", "list", "disallow"]);
}

#[tokio::test]
async fn a_listing_ends_on_its_date_and_lasts_longer_the_next_time() {
    let bench = bench().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.clock.advance(Period::days(3).duration());
    bench.judge.catch_up().await.unwrap();
    assert!(bench.listings("192.0.2.1").await.is_empty());
    bench.see("192.0.2.1", Kind::Spam).await;
    let until = bench.listings("192.0.2.1").await[0].until.unwrap();
    assert_eq!(until, bench.clock.now().plus(Period::days(6).duration()));
    assert_eq!(bench.verdicts().await, ["list", "withdraw", "list"]);
}

#[tokio::test]
async fn after_a_long_silence_an_address_counts_as_new() {
    let bench = bench().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.clock.advance(Period::days(3).duration());
    bench.judge.catch_up().await.unwrap();
    bench.clock.advance(Period::days(181).duration());
    bench.see("192.0.2.1", Kind::Spam).await;
    let until = bench.listings("192.0.2.1").await[0].until.unwrap();
    assert_eq!(until, bench.clock.now().plus(Period::days(3).duration()));
}

#[tokio::test]
async fn more_spam_moves_the_end_of_the_listing() {
    let bench = bench().await;
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.see("192.0.2.1", Kind::Spam).await;
    bench.clock.advance(Period::days(2).duration());
    bench.see("192.0.2.1", Kind::Spam).await;
    let until = bench.listings("192.0.2.1").await[0].until.unwrap();
    assert_eq!(until, bench.clock.now().plus(Period::days(3).duration()));
    assert_eq!(bench.verdicts().await, ["list", "extend"]);
}

#[tokio::test]
async fn by_hand_the_operator_lists_and_unlists() {
    let bench = bench().await;
    let now = bench.clock.now();
    let network: Prefix = "198.51.100.0/24".parse().unwrap();
    by_hand::list(
        &bench.store,
        (network, Class::Hijacked),
        "announced by nobody",
        None,
        now,
    )
    .await
    .unwrap();
    assert_eq!(bench.listings("198.51.100.0/24").await[0].until, None);
    let wrong = by_hand::unlist(&bench.store, network, Some(Class::Bot), "x", now).await;
    assert_eq!(
        wrong.unwrap_err().to_string(),
        "198.51.100.0/24 is not listed as bot"
    );
    by_hand::unlist(&bench.store, network, None, "settled", now)
        .await
        .unwrap();
    assert!(bench.listings("198.51.100.0/24").await.is_empty());
}

#[tokio::test]
async fn by_hand_too_reserved_addresses_and_past_ends_are_refused() {
    let bench = bench().await;
    let now = bench.clock.now();
    let world: Prefix = "0.0.0.0/0".parse().unwrap();
    let refused = by_hand::list(&bench.store, (world, Class::Manual), "x", None, now).await;
    assert!(matches!(refused, Err(DecideError::Reserved { .. })));
    let address: Prefix = "192.0.2.1".parse().unwrap();
    let refused = by_hand::list(&bench.store, (address, Class::Manual), "x", Some(now), now).await;
    assert!(matches!(refused, Err(DecideError::AlreadyOver)));
}
