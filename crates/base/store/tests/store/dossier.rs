//! What is kept about one address, asked for at once, is what each question alone finds.

use std::time::Duration;

use atalaya_model::{
    Class, Confidence, Contact, ContactSource, MailAddress, Observation, Prefix, Serial, Timestamp, Verdict,
};
use atalaya_store::{Dossier, DossierLimits, Notice, Removal, Store};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::{Fixture, decide, decision, listed_until, prefix, spam_from};

on_both!(
    Fixture:
    of_an_unknown_address_there_is_nothing,
    all_that_is_kept_comes_at_once,
    the_decision_behind_a_listing_comes_however_old_it_is,
    the_network_is_whoever_was_written_to_last,
);

const ADDRESS: &str = "192.0.2.1";

/// Three of each, and removals since the second 10.
async fn dossier(store: &Store, address: &str, now: Timestamp) -> Dossier {
    let limits = DossierLimits {
        observations: 3,
        decisions: 3,
        notices: 3,
        removals_since: Timestamp::from_seconds(10),
    };
    store
        .dossier(address.parse().unwrap(), limits, now)
        .await
        .unwrap()
}

fn contact(prefix_text: &str, address: &str) -> Contact {
    Contact {
        prefix: prefix(prefix_text),
        addresses: vec![address.parse().unwrap()],
        network: "Example".to_owned(),
        source: ContactSource::Rdap {
            url: "https://rdap.example/".to_owned(),
        },
        confidence: Confidence::percent(90),
        found_at: Timestamp::from_seconds(5),
    }
}

fn notice(number: u128, address: &str, contact: &str) -> Notice {
    let seconds = i64::try_from(number).unwrap();
    Notice {
        id: Uuid::from_u128(number),
        serial: Serial(1),
        prefix: prefix(address),
        contact: contact.parse().unwrap(),
        token: number.to_string(),
        at: Timestamp::from_seconds(seconds),
        told_at: None,
    }
}

async fn of_an_unknown_address_there_is_nothing(fixture: Fixture) {
    for address in [ADDRESS, "2001:db8::1"] {
        let found = dossier(&fixture.store, address, fixture.time.now()).await;
        assert!(found.listings.is_empty() && found.observations.is_empty() && found.decisions.is_empty());
        assert!(found.notices.is_empty() && found.removals.is_empty());
        assert_eq!(
            (found.observation_count, found.contact, found.network),
            (0, None, None)
        );
    }
}

/// Four of the address, and one of another.
async fn see_some(store: &Store) {
    for (address, seconds) in [
        (ADDRESS, 1),
        (ADDRESS, 4),
        (ADDRESS, 2),
        (ADDRESS, 3),
        ("192.0.2.2", 9),
    ] {
        let seen = Observation {
            seen_at: Timestamp::from_seconds(seconds),
            ..spam_from(address)
        };
        store.record(seen, None).await.unwrap();
    }
}

/// Three of the address, and one of another.
async fn remove_some(store: &Store) {
    let mut transaction = store.begin().await.unwrap();
    for (address, seconds) in [(ADDRESS, 9), (ADDRESS, 11), (ADDRESS, 12), ("192.0.2.2", 13)] {
        let removal = Removal {
            prefix: prefix(address),
            class: Class::Spam,
            client: "a",
            network: "x",
            at: Timestamp::from_seconds(seconds),
        };
        transaction.add_removal(&removal).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn all_that_is_kept_comes_at_once(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    see_some(store).await;
    let listed = decide(store, &decision(ADDRESS, listed_until(9_000)), now).await;
    let range = decide(store, &decision("192.0.2.0/24", listed_until(9_000)), now).await;
    decide(store, &decision("192.0.2.2", listed_until(9_000)), now).await;
    remove_some(store).await;
    let until = now.plus(Duration::from_secs(3_600));
    store
        .keep_contact(&contact("192.0.0.0/16", "wide@network.example"), until)
        .await
        .unwrap();
    store
        .keep_contact(&contact("192.0.2.0/24", "narrow@network.example"), until)
        .await
        .unwrap();

    let found = dossier(store, ADDRESS, now).await;
    let seconds = |seen: &Observation| seen.seen_at.seconds();
    assert_eq!(
        found.observations.iter().map(seconds).collect::<Vec<_>>(),
        [4, 3, 2]
    );
    assert_eq!(found.observation_count, 4);
    assert_eq!(found.observations[0].envelope.helo, "mail.example");
    let mut prefixes: Vec<Prefix> = found.listings.iter().map(|listing| listing.prefix).collect();
    prefixes.sort_unstable_by_key(Prefix::length);
    assert_eq!(prefixes, ["192.0.2.0/24", ADDRESS].map(prefix));
    assert_eq!(found.decisions, [range, listed]);
    assert_eq!(found.removals, [12, 11].map(Timestamp::from_seconds));
    assert_eq!(found.contact.unwrap().prefix, prefix("192.0.2.0/24"));
    assert_eq!(found.network.unwrap().as_str(), "narrow@network.example");
}

async fn the_decision_behind_a_listing_comes_however_old_it_is(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let first = decide(store, &decision("192.0.0.0/16", listed_until(9_000)), now).await;
    let allow = Verdict::Allow { until: None };
    let mut later = Vec::new();
    for verdict in [allow, Verdict::Disallow, allow, Verdict::Disallow] {
        later.push(decide(store, &decision(ADDRESS, verdict), now).await);
    }
    let found = dossier(store, ADDRESS, now).await;
    let serials: Vec<Serial> = found.decisions.iter().map(|decided| decided.serial).collect();
    assert_eq!(
        serials,
        [later[3].serial, later[2].serial, later[1].serial, first.serial]
    );
}

async fn the_network_is_whoever_was_written_to_last(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let until = now.plus(Duration::from_secs(3_600));
    store
        .keep_contact(&contact("192.0.2.0/24", "cached@network.example"), until)
        .await
        .unwrap();
    let mut transaction = store.begin().await.unwrap();
    for (number, contact) in [(1, "old@network.example"), (2, "new@network.example")] {
        transaction
            .add_notice(&notice(number, ADDRESS, contact))
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let found = dossier(store, ADDRESS, now).await;
    let network: Option<MailAddress> = store.network_of(ADDRESS.parse().unwrap(), now).await.unwrap();
    assert_eq!(
        (&found.network, found.notices.len()),
        (&network, 0),
        "none was told"
    );
    assert_eq!(network.unwrap().as_str(), "new@network.example");
    assert_eq!(
        found.contact.unwrap().addresses[0].as_str(),
        "cached@network.example"
    );
}
