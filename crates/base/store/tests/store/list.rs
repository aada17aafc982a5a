//! Decisions, listings, the allow list.

use atalaya_model::{Class, Decision, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Store, StoreError, Topic};
use atalaya_testkit::on_both;

use crate::support::{Fixture, MAX_WAIT, decide, decision, listed_until, prefix, read_list, whole};

on_both!(
    Fixture:
    decisions_change_what_is_listed,
    the_allow_list_follows_its_decisions,
    what_does_not_stand_is_neither_changed_nor_ended,
    a_dropped_transaction_leaves_no_trace,
    serials_are_gap_free_with_many_writers,
    a_snapshot_shows_one_moment,
    listings_end_in_the_order_of_their_dates,
    listings_inside_a_prefix_are_found,
    decisions_are_found_by_prefix_and_serial,
    deciding_wakes_who_waits_only_after_the_commit,
    a_long_list_is_read_whole,
    many_decisions_are_written_at_once_and_what_finds_nothing_is_left_out,
    the_pages_of_the_list_hold_every_listing_once,
    the_pages_of_a_rule_hold_what_it_listed_and_nothing_else,
    the_entries_that_cover_a_prefix_are_found,
    whoever_begins_to_decide_waits_for_whoever_decides,
    a_transaction_that_is_rolled_back_leaves_no_trace,
    a_unit_is_found_once_however_often_it_is_asked_for,
);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(seconds)
}

async fn decisions_change_what_is_listed(fixture: Fixture) {
    let store = &fixture.store;
    let address = prefix("192.0.2.1");
    assert_eq!(store.serial().await.unwrap(), Serial(0));
    decide(store, &decision("192.0.2.1", listed_until(100)), at(10)).await;
    decide(
        store,
        &decision(
            "192.0.2.1",
            Verdict::List {
                class: Class::Manual,
                until: None,
            },
        ),
        at(11),
    )
    .await;
    let extend = Verdict::Extend {
        class: Class::Spam,
        until: Some(at(200)),
    };
    decide(store, &decision("192.0.2.1", extend), at(12)).await;

    let mut listings = store.listings(&address).await.unwrap();
    listings.sort_by_key(|listing| listing.class);
    let facts: Vec<_> = listings
        .iter()
        .map(|one| (one.class, one.since, one.until, one.serial))
        .collect();
    assert_eq!(
        facts,
        [
            (Class::Manual, at(11), None, Serial(2)),
            (Class::Spam, at(10), Some(at(200)), Serial(3)),
        ]
    );

    decide(store, &decision("192.0.2.1", listed_until(300)), at(13)).await;
    decide(
        store,
        &decision("192.0.2.1", Verdict::Withdraw { class: Class::Manual }),
        at(14),
    )
    .await;
    let listings = store.listings(&address).await.unwrap();
    assert_eq!(listings.len(), 1);
    assert_eq!((listings[0].since, listings[0].until), (at(13), Some(at(300))));
    assert_eq!(listings[0].reason, "because");
    assert_eq!(store.serial().await.unwrap(), Serial(5));
    assert!(store.listings(&prefix("192.0.2.2")).await.unwrap().is_empty());
}

async fn the_allow_list_follows_its_decisions(fixture: Fixture) {
    let store = &fixture.store;
    decide(
        store,
        &decision("192.0.2.0/24", Verdict::Allow { until: None }),
        at(1),
    )
    .await;
    decide(
        store,
        &decision("198.51.100.0/24", Verdict::Allow { until: Some(at(9)) }),
        at(2),
    )
    .await;
    let allowed = store.allowed().await.unwrap();
    assert_eq!(
        allowed
            .iter()
            .map(|entry| (entry.prefix, entry.until))
            .collect::<Vec<_>>(),
        [
            (prefix("192.0.2.0/24"), None),
            (prefix("198.51.100.0/24"), Some(at(9))),
        ]
    );
    assert!(store.expired_allowed(at(8), 10).await.unwrap().is_empty());
    assert_eq!(store.expired_allowed(at(9), 10).await.unwrap().len(), 1);

    decide(
        store,
        &decision("192.0.2.0/24", Verdict::Allow { until: Some(at(50)) }),
        at(3),
    )
    .await;
    decide(store, &decision("198.51.100.0/24", Verdict::Disallow), at(4)).await;
    let allowed = store.allowed().await.unwrap();
    assert_eq!(allowed.len(), 1);
    assert_eq!((allowed[0].until, allowed[0].serial), (Some(at(50)), Serial(3)));
}

async fn what_does_not_stand_is_neither_changed_nor_ended(fixture: Fixture) {
    let store = &fixture.store;
    let mut transaction = store.begin().await.unwrap();
    for verdict in [
        Verdict::Extend {
            class: Class::Spam,
            until: None,
        },
        Verdict::Withdraw { class: Class::Spam },
        Verdict::Disallow,
    ] {
        let refused = transaction
            .decide(&decision("192.0.2.1", verdict), at(1))
            .await
            .unwrap_err();
        assert!(matches!(refused, StoreError::NothingListed(_)), "{refused}");
        assert!(refused.to_string().contains("192.0.2.1"));
    }
    let decided = transaction
        .decide(&decision("192.0.2.1", listed_until(9)), at(2))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(decided.serial, Serial(1));
    assert_eq!(store.decisions_after(Serial(0), 10).await.unwrap(), [decided]);
}

async fn a_dropped_transaction_leaves_no_trace(fixture: Fixture) {
    let store = &fixture.store;
    let mut transaction = store.begin().await.unwrap();
    transaction
        .decide(&decision("192.0.2.1", listed_until(9)), at(1))
        .await
        .unwrap();
    transaction.set_position("judge", 7).await.unwrap();
    drop(transaction);
    assert!(whole(store).await.listings.is_empty());
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.position("judge").await.unwrap(), 0);
    let decided = transaction
        .decide(&decision("192.0.2.1", listed_until(9)), at(1))
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert_eq!(decided.serial, Serial(1));
}

async fn list_ten_and_give_up_every_third(store: Store, first: usize) {
    for number in 0..10 {
        let mut transaction = store.begin().await.unwrap();
        let address = format!("192.0.2.{}", first + number);
        let decision = decision(&address, listed_until(9));
        transaction.decide(&decision, at(1)).await.unwrap();
        if number % 3 != 0 {
            transaction.commit().await.unwrap();
        }
    }
}

async fn serials_are_gap_free_with_many_writers(fixture: Fixture) {
    let stores = [fixture.store.clone(), fixture.again().await];
    let tasks: Vec<_> = (0..6_usize)
        .map(|number| {
            let store = stores[number % 2].clone();
            tokio::spawn(list_ten_and_give_up_every_third(store, number * 10))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let decided = fixture.store.decisions_after(Serial(0), 1_000).await.unwrap();
    let serials: Vec<u64> = decided.iter().map(|decided| decided.serial.0).collect();
    assert_eq!(serials, (1..=6 * 6).collect::<Vec<_>>());
    assert_eq!(whole(&fixture.store).await.listings.len(), 36);
    stores[1].close().await;
}

async fn a_snapshot_shows_one_moment(fixture: Fixture) {
    let store = fixture.store.clone();
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 0..60 {
                // Serial and number of listings go up together, so a mixture of moments would show.
                decide(
                    &store,
                    &decision(&format!("192.0.2.{number}"), listed_until(9)),
                    at(1),
                )
                .await;
            }
        }
    });
    loop {
        let (serial, _, lines) = read_list(&store, "by-hand").await;
        assert_eq!(serial.0, lines.len() as u64);
        if serial.0 == 60 {
            break;
        }
    }
    writer.await.unwrap();
}

async fn listings_end_in_the_order_of_their_dates(fixture: Fixture) {
    let store = &fixture.store;
    for (address, end) in [
        ("192.0.2.1", 30),
        ("192.0.2.2", 10),
        ("192.0.2.3", 20),
        ("192.0.2.4", 21),
    ] {
        decide(store, &decision(address, listed_until(end)), at(1)).await;
    }
    decide(
        store,
        &decision(
            "192.0.2.5",
            Verdict::List {
                class: Class::Manual,
                until: None,
            },
        ),
        at(1),
    )
    .await;
    let over = store.expired(at(20), 10).await.unwrap();
    assert_eq!(
        over.iter().map(|one| one.prefix).collect::<Vec<_>>(),
        [prefix("192.0.2.2"), prefix("192.0.2.3")]
    );
    assert_eq!(store.expired(at(20), 1).await.unwrap().len(), 1);
}

async fn listings_inside_a_prefix_are_found(fixture: Fixture) {
    let store = &fixture.store;
    let all = [
        "0.0.0.0/1",
        "192.0.2.0/24",
        "192.0.2.0/25",
        "192.0.2.0",
        "192.0.2.255",
        "192.0.3.0",
        "192.0.1.255",
        "2001:db8::/32",
        "2001:db8::/64",
        "2001:db8:ffff::/48",
        "2001:db9::/64",
    ];
    for address in all {
        decide(store, &decision(address, listed_until(9)), at(1)).await;
    }
    for inside in [
        "192.0.2.0/24",
        "192.0.2.0/25",
        "192.0.2.255",
        "2001:db8::/32",
        "0.0.0.0/0",
        "::/0",
    ] {
        let mut transaction = store.begin().await.unwrap();
        let found = transaction.listings_inside(&prefix(inside), 100).await.unwrap();
        let mut found: Vec<_> = found.into_iter().map(|listing| listing.prefix).collect();
        found.sort();
        let mut wanted: Vec<_> = all
            .iter()
            .map(|text| prefix(text))
            .filter(|one| prefix(inside).covers(one))
            .collect();
        wanted.sort();
        assert_eq!(found, wanted, "inside {inside}");
    }
    let mut transaction = store.begin().await.unwrap();
    let units: Vec<_> = (0..=255).map(|last| prefix(&format!("192.0.2.{last}"))).collect();
    assert_eq!(transaction.listings_in(&units).await.unwrap().len(), 2);
    assert!(transaction.listings_in(&[]).await.unwrap().is_empty());
}

async fn decisions_are_found_by_prefix_and_serial(fixture: Fixture) {
    let store = &fixture.store;
    let first = decide(store, &decision("192.0.2.1", listed_until(9)), at(1)).await;
    let other = decide(store, &decision("192.0.2.2", listed_until(9)), at(2)).await;
    let last = decide(
        store,
        &decision("192.0.2.1", Verdict::Withdraw { class: Class::Spam }),
        at(3),
    )
    .await;
    let allowed = decide(
        store,
        &decision("192.0.2.1", Verdict::Allow { until: None }),
        at(4),
    )
    .await;
    let of_prefix = store.decisions_of(&[prefix("192.0.2.1")], 2).await.unwrap();
    assert_eq!(of_prefix, [allowed.clone(), last.clone()]);
    assert_eq!(store.decision(Serial(2)).await.unwrap(), Some(other.clone()));
    assert_eq!(store.decision(Serial(9)).await.unwrap(), None);
    assert_eq!(
        store.decisions_after(Serial(0), 3).await.unwrap(),
        [first, other, last]
    );
    assert_eq!(store.decisions_after(Serial(3), 3).await.unwrap(), [allowed]);
}

async fn deciding_wakes_who_waits_only_after_the_commit(fixture: Fixture) {
    let store = &fixture.store;
    let mut news = store.subscribe(Topic::Decisions);
    let mut transaction = store.begin().await.unwrap();
    transaction
        .decide(&decision("192.0.2.1", listed_until(9)), at(1))
        .await
        .unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move {
            news.changed(MAX_WAIT).await;
            store.serial().await.unwrap()
        }
    });
    transaction.commit().await.unwrap();
    assert_eq!(
        tokio::time::timeout(MAX_WAIT / 2, waiting)
            .await
            .unwrap()
            .unwrap(),
        Serial(1)
    );
}

async fn a_long_list_is_read_whole(fixture: Fixture) {
    let mut transaction = fixture.store.begin().await.unwrap();
    for number in 0..10_050_u32 {
        let address = std::net::Ipv4Addr::from(0x0b00_0000 + number).to_string();
        transaction
            .decide(&decision(&address, listed_until(9)), at(1))
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    let snapshot = whole(&fixture.store).await;
    let mut prefixes: Vec<_> = snapshot.listings.iter().map(|listing| listing.prefix).collect();
    prefixes.sort();
    prefixes.dedup();
    assert_eq!((prefixes.len(), snapshot.serial), (10_050, Serial(10_050)));
}

async fn many_decisions_are_written_at_once_and_what_finds_nothing_is_left_out(fixture: Fixture) {
    let store = &fixture.store;
    let extend = Verdict::Extend {
        class: Class::Spam,
        until: Some(at(99)),
    };
    let withdraw = Verdict::Withdraw { class: Class::Spam };
    let all = [
        ("192.0.2.1", listed_until(9)),
        ("192.0.2.2", listed_until(9)),
        ("192.0.2.1", listed_until(10)),
        ("192.0.2.9", withdraw),
        ("192.0.2.1", withdraw),
        ("192.0.2.1", withdraw),
        ("192.0.2.9", extend),
        ("192.0.2.2", extend),
        ("192.0.2.0/24", Verdict::Disallow),
        ("192.0.2.0/24", Verdict::Allow { until: None }),
        ("192.0.2.3", listed_until(9)),
    ]
    .map(|(address, verdict)| decision(address, verdict));
    let mut transaction = store.begin_deciding().await.unwrap();
    let decided = transaction.decide_all(&all, at(1)).await.unwrap();
    transaction.commit().await.unwrap();
    let kept: Vec<_> = [0, 1, 2, 4, 7, 9, 10].map(|at| all[at].clone()).into();
    assert!(decided.iter().map(|one| &one.decision).eq(&kept));
    assert!(decided.iter().map(|one| one.serial.0).eq(1..=7));
    assert_eq!(store.decisions_after(Serial(0), 99).await.unwrap(), decided);
    assert_eq!(store.serial().await.unwrap(), Serial(7));
    let listings = whole(store).await.listings;
    let standing: Vec<_> = listings
        .iter()
        .map(|one| (one.prefix, one.until, one.serial))
        .collect();
    assert_eq!(
        standing,
        [
            (prefix("192.0.2.2"), Some(at(99)), Serial(5)),
            (prefix("192.0.2.3"), Some(at(9)), Serial(7)),
        ]
    );
}

async fn the_pages_of_the_list_hold_every_listing_once(fixture: Fixture) {
    let store = &fixture.store;
    let all = [
        "192.0.0.0/16",
        "192.0.2.0/24",
        "192.0.2.0",
        "192.0.2.1",
        "192.0.2.2",
        "192.0.3.0",
        "2001:db8::/64",
    ];
    for address in all {
        decide(store, &decision(address, listed_until(9)), at(1)).await;
        let manual = Verdict::List {
            class: Class::Manual,
            until: None,
        };
        decide(store, &decision(address, manual), at(1)).await;
    }
    for (around, wanted) in [
        (None, &all[..]),
        (Some(prefix("192.0.2.0/24")), &all[..5]),
        (
            Some(prefix("192.0.2.1")),
            &["192.0.0.0/16", "192.0.2.0/24", "192.0.2.1"],
        ),
        (Some(prefix("::/0")), &all[6..]),
        (Some(prefix("198.51.100.0/24")), &[]),
    ] {
        let mut found = Vec::new();
        let mut after = None;
        loop {
            let page = store
                .listings_page(around.as_ref(), after.as_ref(), 3)
                .await
                .unwrap();
            let Some(last) = page.last() else { break };
            after = Some((last.prefix, last.class));
            found.extend(page.into_iter().map(|one| (one.prefix, one.class)));
        }
        found.sort();
        let wanted = wanted.iter().map(|text| prefix(text));
        let mut wanted: Vec<_> = wanted
            .flat_map(|one| [(one, Class::Manual), (one, Class::Spam)])
            .collect();
        wanted.sort();
        assert_eq!(found, wanted, "around {around:?}");
    }
    assert_eq!(store.count_listings().await.unwrap(), 14);
}

async fn the_pages_of_a_rule_hold_what_it_listed_and_nothing_else(fixture: Fixture) {
    let store = &fixture.store;
    let rule = Rule::new("import", 1);
    let by_rule = |text: &str| Decision {
        rule: rule.clone(),
        ..decision(text, listed_until(9))
    };
    let listed = [
        "::/64",
        "192.0.2.0",
        "192.0.2.0/25",
        "192.0.2.0/24",
        "192.0.2.9",
        "2001:db8::/64",
    ];
    let mut all: Vec<Decision> = listed.into_iter().rev().map(by_rule).collect();
    all.push(decision("192.0.2.8", listed_until(9)));
    let class = Class::Manual;
    all.push(Decision {
        verdict: Verdict::List { class, until: None },
        ..by_rule("192.0.2.7")
    });
    let mut transaction = store.begin_deciding().await.unwrap();
    transaction.decide_all(&all, at(1)).await.unwrap();
    transaction.commit().await.unwrap();
    for limit in [1, 2, 3, 99] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.prefixes_by_rule(Class::Spam, &rule, after.as_ref(), limit);
            let page = page.await.unwrap();
            let Some(last) = page.last() else { break };
            after = Some(*last);
            found.extend(page.iter().map(ToString::to_string));
        }
        assert_eq!(found, listed, "pages of {limit}");
    }
}

async fn the_entries_that_cover_a_prefix_are_found(fixture: Fixture) {
    let store = &fixture.store;
    for entry in ["192.0.2.0/24", "192.0.2.7", "2001:db8::1", "198.51.100.0/24"] {
        decide(store, &decision(entry, Verdict::Allow { until: None }), at(1)).await;
    }
    for (asked, wanted) in [
        (&["192.0.2.7"][..], &["192.0.2.0/24", "192.0.2.7"][..]),
        (&["192.0.2.8", "2001:db8::1"], &["192.0.2.0/24", "2001:db8::1"]),
        (&["192.0.0.0/16", "2001:db8::/64", "203.0.113.1"], &[]),
    ] {
        let asked: Vec<_> = asked.iter().map(|text| prefix(text)).collect();
        let mut found: Vec<_> = store
            .allowed_covering(&asked)
            .await
            .unwrap()
            .into_iter()
            .map(|one| one.prefix)
            .collect();
        found.sort();
        assert!(
            found
                .iter()
                .eq(&wanted.iter().map(|text| prefix(text)).collect::<Vec<_>>()),
            "{asked:?}"
        );
    }
}

async fn whoever_begins_to_decide_waits_for_whoever_decides(fixture: Fixture) {
    let other = fixture.again().await;
    let mut first = fixture.store.begin_deciding().await.unwrap();
    let second = tokio::spawn(async move {
        let mut transaction = other.begin_deciding().await.unwrap();
        transaction.listings_in(&[prefix("192.0.2.1")]).await.unwrap()
    });
    fixture.until_somebody_waits().await;
    first
        .decide(&decision("192.0.2.1", listed_until(9)), at(1))
        .await
        .unwrap();
    first.commit().await.unwrap();
    assert_eq!(second.await.unwrap().len(), 1);
}

async fn a_transaction_that_is_rolled_back_leaves_no_trace(fixture: Fixture) {
    let store = &fixture.store;
    for _ in 0..3 {
        let mut transaction = store.begin_deciding().await.unwrap();
        transaction
            .decide(&decision("192.0.2.1", listed_until(9)), at(1))
            .await
            .unwrap();
        transaction.rollback().await.unwrap();
    }
    assert_eq!(store.serial().await.unwrap(), Serial(0));
    assert!(whole(store).await.listings.is_empty());
}

async fn a_unit_is_found_once_however_often_it_is_asked_for(fixture: Fixture) {
    decide(&fixture.store, &decision("192.0.2.1", listed_until(9)), at(1)).await;
    // More than fit into one statement, so that the same key would stand in several.
    let asked = vec![prefix("192.0.2.1"); 3_000];
    let mut transaction = fixture.store.begin().await.unwrap();
    assert_eq!(transaction.listings_in(&asked).await.unwrap().len(), 1);
}
