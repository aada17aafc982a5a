//! The allow list as whoever decides sees it: what is in memory is never older than what was decided, by whomever.

use atalaya_model::{Prefix, Timestamp, Verdict};
use atalaya_store::Store;
use atalaya_testkit::on_both;

use crate::support::{Fixture, decide, decision, listed_until, prefix};

on_both!(
    Fixture:
    a_change_by_another_process_is_seen,
    what_was_rolled_back_was_never_there,
    what_the_transaction_itself_decided_is_seen,
    pages_of_the_allow_list_give_all_of_it_once_in_the_order_of_addresses,
    a_page_around_a_prefix_gives_what_overlaps_it_and_nothing_else,
);

const FOREVER: Verdict = Verdict::Allow { until: None };

/// What covers an address, as a transaction that decides sees it.
async fn covering(store: &Store, address: &str) -> Vec<Prefix> {
    let mut transaction = store.begin_deciding().await.unwrap();
    let found = transaction.allowed_covering(&[prefix(address)]).await.unwrap();
    transaction.rollback().await.unwrap();
    let mut found: Vec<Prefix> = found.into_iter().map(|entry| entry.prefix).collect();
    found.sort_by_key(Prefix::length);
    found
}

async fn a_change_by_another_process_is_seen(fixture: Fixture) {
    let (store, other) = (&fixture.store, fixture.again().await);
    let now = Timestamp::from_seconds(1);
    assert!(covering(store, "192.0.2.1/32").await.is_empty());
    for (allowed, verdict, expected) in [
        ("192.0.2.0/24", FOREVER, vec!["192.0.2.0/24"]),
        ("198.51.100.0/24", FOREVER, vec!["192.0.2.0/24"]),
        // A listing changes nothing about it.
        ("203.0.113.1/32", listed_until(9), vec!["192.0.2.0/24"]),
        ("192.0.2.1/32", FOREVER, vec!["192.0.2.0/24", "192.0.2.1/32"]),
        ("192.0.2.0/24", Verdict::Disallow, vec!["192.0.2.1/32"]),
    ] {
        decide(&other, &decision(allowed, verdict), now).await;
        let expected: Vec<Prefix> = expected.into_iter().map(prefix).collect();
        assert_eq!(covering(store, "192.0.2.1/32").await, expected, "after {allowed}");
    }
    other.close().await;
}

async fn what_was_rolled_back_was_never_there(fixture: Fixture) {
    let store = &fixture.store;
    let now = Timestamp::from_seconds(1);
    let mut transaction = store.begin_deciding().await.unwrap();
    let allow = decision("192.0.2.0/24", FOREVER);
    transaction.decide(&allow, now).await.unwrap();
    let address = [prefix("192.0.2.1/32")];
    assert_eq!(transaction.allowed_covering(&address).await.unwrap().len(), 1);
    transaction.rollback().await.unwrap();
    assert!(covering(store, "192.0.2.1/32").await.is_empty());
    // Another decision takes the serial that was rolled back.
    decide(store, &decision("203.0.113.1/32", listed_until(9)), now).await;
    assert!(covering(store, "192.0.2.1/32").await.is_empty());
}

async fn what_the_transaction_itself_decided_is_seen(fixture: Fixture) {
    let store = &fixture.store;
    let now = Timestamp::from_seconds(1);
    decide(store, &decision("192.0.2.0/24", FOREVER), now).await;
    assert_eq!(covering(store, "192.0.2.1/32").await.len(), 1);
    let mut transaction = store.begin_deciding().await.unwrap();
    let disallow = decision("192.0.2.0/24", Verdict::Disallow);
    transaction.decide(&disallow, now).await.unwrap();
    let address = [prefix("192.0.2.1/32")];
    assert!(transaction.allowed_covering(&address).await.unwrap().is_empty());
    transaction.commit().await.unwrap();
    assert!(covering(store, "192.0.2.1/32").await.is_empty());
}

/// Allows these prefixes.
async fn allow(store: &Store, prefixes: &[&str]) {
    for text in prefixes {
        decide(store, &decision(text, FOREVER), Timestamp::from_seconds(1)).await;
    }
}

/// All pages of so many entries, as texts.
async fn pages(store: &Store, around: Option<&str>, limit: u32) -> Vec<String> {
    let around = around.map(prefix);
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = store.allowed_page(around.as_ref(), after.as_ref(), limit).await;
        let page = page.unwrap();
        assert!(page.len() <= limit as usize);
        seen.extend(page.iter().map(|entry| entry.prefix.to_string()));
        let Some(last) = page.last() else { return seen };
        after = Some(last.prefix);
    }
}

/// In the order of their addresses.
const ALLOWED: [&str; 9] = [
    "::/0",
    "9.0.0.0/8",
    "10.0.0.0/16",
    "10.0.0.0/8",
    "10.0.0.9",
    "10.1.0.0/24",
    "100.64.0.0/10",
    "2001:db8::/32",
    "2001:db8::/48",
];

async fn pages_of_the_allow_list_give_all_of_it_once_in_the_order_of_addresses(fixture: Fixture) {
    let store = &fixture.store;
    allow(
        store,
        &[
            "100.64.0.0/10",
            "10.0.0.0/8",
            "2001:db8::/48",
            "10.1.0.0/24",
            "::/0",
        ],
    )
    .await;
    allow(store, &["9.0.0.0/8", "2001:db8::/32", "10.0.0.9", "10.0.0.0/16"]).await;
    for limit in [1, 2, 3, 50] {
        assert_eq!(pages(store, None, limit).await, ALLOWED, "{limit} at once");
    }
}

async fn a_page_around_a_prefix_gives_what_overlaps_it_and_nothing_else(fixture: Fixture) {
    let store = &fixture.store;
    allow(store, &ALLOWED).await;
    let cases: [(&str, &[&str]); 6] = [
        ("10.0.0.9", &["10.0.0.0/8", "10.0.0.0/16", "10.0.0.9"]),
        ("10.0.0.0/16", &["10.0.0.0/8", "10.0.0.0/16", "10.0.0.9"]),
        (
            "10.0.0.0/8",
            &["10.0.0.0/16", "10.0.0.0/8", "10.0.0.9", "10.1.0.0/24"],
        ),
        ("2001:db8::7", &["::/0", "2001:db8::/32", "2001:db8::/48"]),
        ("::/0", &["::/0", "2001:db8::/32", "2001:db8::/48"]),
        ("192.0.2.0/24", &[]),
    ];
    for (around, expected) in cases {
        for limit in [1, 2, 50] {
            assert_eq!(
                pages(store, Some(around), limit).await,
                expected,
                "{around}, {limit} at once"
            );
        }
        let mut transaction = store.begin().await.unwrap();
        let is_any = transaction.is_allowed_around(&prefix(around)).await.unwrap();
        assert_eq!(is_any, !expected.is_empty(), "{around}");
        transaction.rollback().await.unwrap();
    }
}
