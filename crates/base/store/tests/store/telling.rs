//! Contacts, notices, removals, tallies and the positions of readers.

use std::collections::BTreeMap;
use std::time::Duration;

use atalaya_model::{Class, Confidence, Contact, ContactSource, Kind, MailAddress, Serial, Timestamp};
use atalaya_store::{
    Asked, Asker, Case, DossierLimits, MailNote, MailOutcome, NewMail, Notice, Removal, Suppressed, Tally,
};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::{Fixture, prefix};

on_both!(
    Fixture:
    the_longest_fresh_contact_is_found,
    contacts_come_in_the_order_in_which_they_were_kept,
    who_asked_is_left_alone_however_it_is_capitalised,
    no_mail_goes_to_who_is_suppressed_until_the_time_is_over,
    notices_are_found,
    a_notice_is_told_when_a_relay_took_its_mail,
    removals_are_remembered,
    tallies_are_kept,
    a_wiped_tally_forgets_the_evidence_and_keeps_how_often_it_was_listed,
    readers_remember_their_position,
    an_open_store_answers,
);

fn contact(prefix_text: &str, network: &str) -> Contact {
    Contact {
        prefix: prefix(prefix_text),
        addresses: vec!["abuse@network.example".parse().unwrap()],
        network: network.to_owned(),
        source: ContactSource::Rdap {
            url: "https://rdap.example/ip/192.0.2.0".to_owned(),
        },
        confidence: Confidence::percent(90),
        found_at: Timestamp::from_seconds(5),
    }
}

async fn contacts_come_in_the_order_in_which_they_were_kept(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let until = time.now().plus(Duration::from_secs(3600));
    for prefix in ["192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32"] {
        store
            .keep_contact(&contact(prefix, "first"), until)
            .await
            .unwrap();
    }
    time.advance(Duration::from_secs(1));
    store
        .keep_contact(&contact("192.0.2.0/24", "second"), until)
        .await
        .unwrap();
    let mut place = (Timestamp::EPOCH, String::new());
    let mut seen = Vec::new();
    loop {
        let batch = store.contacts_kept((place.0, &place.1), 2).await.unwrap();
        let Some(last) = batch.last() else { break };
        place = (last.kept_at, last.contact.prefix.to_string());
        assert!(batch.iter().all(|kept| kept.fresh_until == until));
        seen.extend(
            batch
                .into_iter()
                .map(|kept| (kept.contact.prefix, kept.contact.network)),
        );
    }
    let expected = [
        ("198.51.100.0/24", "first"),
        ("2001:db8::/32", "first"),
        ("192.0.2.0/24", "second"),
    ];
    assert_eq!(
        seen,
        expected.map(|(text, network)| (prefix(text), network.to_owned()))
    );
}

async fn the_longest_fresh_contact_is_found(fixture: Fixture) {
    let store = &fixture.store;
    let now = fixture.time.now();
    let hours = |count: u64| now.plus(Duration::from_secs(3600 * count));
    store
        .keep_contact(&contact("192.0.0.0/16", "wide"), hours(9))
        .await
        .unwrap();
    store
        .keep_contact(&contact("192.0.2.0/24", "narrow"), hours(1))
        .await
        .unwrap();
    store
        .keep_contact(&contact("192.0.2.0/25", "stale"), now)
        .await
        .unwrap();
    store
        .keep_contact(&contact("2001:db8::/32", "six"), hours(9))
        .await
        .unwrap();
    let found = |address: &str, at| {
        let address = address.parse().unwrap();
        async move {
            store
                .contact_for(address, at)
                .await
                .unwrap()
                .map(|contact| contact.network)
        }
    };
    assert_eq!(found("192.0.2.1", now).await.as_deref(), Some("narrow"));
    assert_eq!(found("192.0.2.1", hours(1)).await.as_deref(), Some("wide"));
    assert_eq!(found("192.0.2.1", hours(9)).await, None);
    assert_eq!(found("2001:db8::1", now).await.as_deref(), Some("six"));
    assert_eq!(found("198.51.100.1", now).await, None);

    store
        .keep_contact(&contact("192.0.2.0/24", "renamed"), hours(2))
        .await
        .unwrap();
    let kept = store
        .contact_for("192.0.2.1".parse().unwrap(), hours(1))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(kept, contact("192.0.2.0/24", "renamed"));
}

async fn who_asked_is_left_alone_however_it_is_capitalised(fixture: Fixture) {
    let store = &fixture.store;
    let [asked, other]: [MailAddress; 2] =
        ["Abuse@network.example", "noc@network.example"].map(|text| text.parse().unwrap());
    for _ in 0..2 {
        store.leave_alone(&asked, fixture.time.now()).await.unwrap();
    }
    assert!(
        store
            .is_left_alone(&"abuse@NETWORK.example".parse().unwrap())
            .await
            .unwrap()
    );
    assert!(!store.is_left_alone(&other).await.unwrap());
}

async fn notices_are_found(fixture: Fixture) {
    let store = &fixture.store;
    let notice = |number: u64| Notice {
        id: Uuid::now_v7(),
        serial: Serial(number),
        prefix: prefix("192.0.2.1"),
        contact: "Abuse@network.example".parse().unwrap(),
        token: format!("token{number}"),
        at: Timestamp::from_seconds(number.cast_signed()),
        told_at: None,
    };
    let notices: Vec<Notice> = (1..=3).map(notice).collect();
    let mut transaction = store.begin().await.unwrap();
    for notice in &notices {
        transaction.add_notice(notice).await.unwrap();
        transaction.add_notice(notice).await.unwrap();
    }
    transaction.commit().await.unwrap();
    assert_eq!(
        store.notice_by_token("token2").await.unwrap().as_ref(),
        Some(&notices[1])
    );
    assert_eq!(store.notice_by_token("token9").await.unwrap(), None);
    assert_eq!(
        store.notices_of(&prefix("192.0.2.1"), 2).await.unwrap(),
        [notices[2].clone(), notices[1].clone()]
    );
}

async fn a_notice_is_told_when_a_relay_took_its_mail(fixture: Fixture) {
    let store = &fixture.store;
    let ids = [Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3)];
    let mut transaction = store.begin().await.unwrap();
    for id in ids {
        let notice = Notice {
            id,
            serial: Serial(1),
            prefix: prefix("192.0.2.1"),
            contact: "abuse@network.example".parse().unwrap(),
            token: id.to_string(),
            at: fixture.time.now(),
            told_at: None,
        };
        transaction.add_notice(&notice).await.unwrap();
        let mail = NewMail {
            id,
            sender: String::new(),
            recipient: notice.contact,
            message: b"x".to_vec(),
        };
        transaction.add_mail(&mail).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let why = "no such mailbox".to_owned();
    let notes = [
        (ids[1], MailOutcome::Filed),
        (ids[2], MailOutcome::Failed { why }),
    ];
    let taken = store.take_mails(9, Duration::from_secs(60)).await.unwrap();
    let lease = taken[0].leased_until;
    let notes = notes.map(|(id, outcome)| MailNote { id, lease, outcome });
    store.note_mails(&notes).await.unwrap();
    let limits = DossierLimits {
        observations: 0,
        decisions: 0,
        notices: 9,
        removals_since: Timestamp::EPOCH,
    };
    let address = "192.0.2.1".parse().unwrap();
    let told = async || {
        let found = store.dossier(address, limits, fixture.time.now()).await.unwrap();
        found.notices
    };
    assert!(told().await.is_empty());
    fixture.time.advance(Duration::from_secs(60));
    store.mail_sent(ids[0]).await.unwrap();
    fixture.time.advance(Duration::from_secs(60));
    store.mail_sent(ids[0]).await.unwrap();
    let found = told().await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        (found[0].id, found[0].told_at),
        (ids[0], Some(found[0].at.plus(Duration::from_secs(60))))
    );
    assert!(store.take_mail(Duration::ZERO).await.unwrap().is_none());
}

async fn removals_are_remembered(fixture: Fixture) {
    let store = &fixture.store;
    let mut transaction = store.begin().await.unwrap();
    for (address, client, network, seconds) in [
        ("192.0.2.1", "a", "x", 1),
        ("192.0.2.1", "b", "x", 3),
        ("192.0.2.2", "a", "x", 2),
        ("192.0.2.3", "c", "y", 9),
    ] {
        for class in [Class::Spam, Class::Bot] {
            let removal = Removal {
                prefix: prefix(address),
                class,
                client,
                network,
                at: Timestamp::from_seconds(seconds),
            };
            transaction.add_removal(&removal).await.unwrap();
        }
    }
    transaction.commit().await.unwrap();
    let since = Timestamp::from_seconds;
    let mut transaction = store.begin().await.unwrap();
    let mut of = async |from| transaction.removals_of(&prefix("192.0.2.1"), from).await.unwrap();
    assert_eq!(of(since(0)).await, [since(3), since(3), since(1), since(1)]);
    assert_eq!(of(since(2)).await, [since(3), since(3)]);
    for (asker, from, now, counted) in [
        (Asker::Client("a"), 0, 9, 2),
        (Asker::Client("a"), 1, 9, 1),
        (Asker::Network("x"), 0, 9, 3),
        (Asker::Anyone, 0, 9, 4),
        // What lies ahead was written by a clock that was wrong.
        (Asker::Anyone, 0, 8, 3),
    ] {
        let count = transaction.count_removals(asker, since(from), since(now)).await;
        assert_eq!(count.unwrap(), counted, "{asker:?} after {from} up to {now}");
    }
    transaction.rollback().await.unwrap();
}

/// A case that says something everywhere.
fn case() -> Case {
    Case {
        weights: BTreeMap::from([(Kind::Spam, 2.5), (Kind::RelayAttempt, 0.1)]),
        at: Timestamp::from_micros(11),
        observations: 7,
        witnesses: BTreeMap::from([("trap:a@b.example".to_owned(), Timestamp::from_micros(7))]),
        strong_at: Some(Timestamp::from_micros(5)),
    }
}

async fn a_wiped_tally_forgets_the_evidence_and_keeps_how_often_it_was_listed(fixture: Fixture) {
    let store = &fixture.store;
    let (known, new) = (prefix("192.0.2.1"), prefix("192.0.2.2"));
    let mut old = Tally::new(known);
    old.cases.insert(Class::Spam, case());
    old.listed_times = 3;
    let at = Timestamp::from_seconds(9);
    let mut transaction = store.begin().await.unwrap();
    transaction.put_tallies(&[old]).await.unwrap();
    transaction.wipe_tallies(&[known, new, known], at).await.unwrap();
    let tallies = transaction.tallies(&[known, new]).await.unwrap();
    let wiped = |unit, listed_times| Tally {
        listed_times,
        last_withdrawn_at: Some(at),
        wiped_at: Some(at),
        ..Tally::new(unit)
    };
    assert_eq!(
        (&tallies[&known], &tallies[&new]),
        (&wiped(known, 3), &wiped(new, 0))
    );
    let later = Timestamp::from_seconds(20);
    transaction
        .note_withdrawn(&[known, prefix("192.0.2.3")], later)
        .await
        .unwrap();
    let tallies = transaction.tallies(&[known, prefix("192.0.2.3")]).await.unwrap();
    assert_eq!(tallies.len(), 1);
    assert_eq!(tallies[&known].last_withdrawn_at, Some(later));
}

async fn tallies_are_kept(fixture: Fixture) {
    let store = &fixture.store;
    let mut full = Tally::new(prefix("192.0.2.1"));
    full.cases.insert(Class::Spam, case());
    full.cases.insert(Class::Bot, Case::default());
    full.listed_times = 3;
    full.last_withdrawn_at = Some(Timestamp::from_seconds(4));
    full.wiped_at = Some(Timestamp::from_seconds(3));
    let empty = Tally::new(prefix("2001:db8::/64"));
    let mut transaction = store.begin().await.unwrap();
    let older = Tally {
        listed_times: 1,
        ..full.clone()
    };
    transaction
        .put_tallies(&[older, empty.clone(), full.clone()])
        .await
        .unwrap();
    transaction.put_tallies(&[full.clone()]).await.unwrap();
    transaction.commit().await.unwrap();

    let units = [full.unit, empty.unit, prefix("198.51.100.1")];
    let tallies = store.begin().await.unwrap().tallies(&units).await.unwrap();
    assert_eq!(tallies.len(), 2);
    assert_eq!((&tallies[&full.unit], &tallies[&empty.unit]), (&full, &empty));
}

async fn readers_remember_their_position(fixture: Fixture) {
    let mut transaction = fixture.store.begin().await.unwrap();
    assert_eq!(transaction.position("judge").await.unwrap(), 0);
    transaction.set_position("judge", 12).await.unwrap();
    assert_eq!(transaction.position("judge").await.unwrap(), 12);
    assert_eq!(transaction.position("other").await.unwrap(), 0);
    transaction.commit().await.unwrap();
    assert_eq!(
        fixture
            .again()
            .await
            .begin()
            .await
            .unwrap()
            .position("judge")
            .await
            .unwrap(),
        12
    );
}

async fn an_open_store_answers(fixture: Fixture) {
    fixture.store.check().await.unwrap();
    fixture.store.close().await;
    assert!(fixture.store.check().await.is_err());
}

async fn no_mail_goes_to_who_is_suppressed_until_the_time_is_over(fixture: Fixture) {
    let (store, time) = (&fixture.store, &fixture.time);
    let [for_good, for_now, alone, free] = [
        "Gone@a.example",
        "full@b.example",
        "alone@c.example",
        "d@d.example",
    ]
    .map(|text| text.parse::<MailAddress>().unwrap());
    let suppressed = |address: &MailAddress, until| Suppressed {
        address: address.as_str().to_ascii_lowercase().parse().unwrap(),
        why: "550 no such user".to_owned(),
        since: time.now(),
        until,
    };
    let hour = Duration::from_secs(3_600);
    let all = [
        suppressed(&for_good, None),
        suppressed(&for_now, Some(time.now().plus(hour))),
    ];
    for one in &all {
        store.suppress(one).await.unwrap();
        store.suppress(one).await.unwrap();
    }
    let shorter = suppressed(&for_good, Some(time.now().plus(hour)));
    store.suppress(&shorter).await.unwrap();
    store.leave_alone(&alone, time.now()).await.unwrap();
    let unwanted = async || {
        let found = store
            .unwanted(&[&for_good, &for_now, &alone, &free])
            .await
            .unwrap();
        found.into_keys().collect::<Vec<_>>()
    };
    assert_eq!(
        unwanted().await,
        ["alone@c.example", "full@b.example", "gone@a.example"]
    );
    assert_eq!(
        store.suppressed("", 9).await.unwrap(),
        [all[1].clone(), all[0].clone()]
    );
    assert_eq!(store.suppressed("full@b.example", 9).await.unwrap().len(), 1);
    time.advance(hour);
    assert_eq!(unwanted().await, ["alone@c.example", "gone@a.example"]);
    assert!(
        store
            .allow_mail_to(&"GONE@a.example".parse().unwrap(), Asked::Kept)
            .await
            .unwrap()
    );
    assert!(!store.allow_mail_to(&alone, Asked::Kept).await.unwrap());
    assert_eq!(unwanted().await, ["alone@c.example"]);
}
