//! Observations and messages.

use std::collections::HashSet;

use atalaya_model::{DialectId, Kind, Observation, Prefix, ShapeId, Timestamp};
use atalaya_store::{Evidence, Recorded, StoreError, StoreUrl, Topic};
use atalaya_testkit::on_both;
use sqlx::Connection as _;

use crate::support::{Fixture, MAX_WAIT, count, spam_from, sqlite};

on_both!(
    Fixture:
    what_was_recorded_is_read_back,
    the_same_id_twice_is_kept_once_and_takes_no_position,
    the_same_message_is_kept_once,
    the_recipients_of_a_message_come_from_all_its_observations,
    the_texts_of_dialects_and_shapes_are_kept_once_and_read_by_name,
    positions_are_gap_free_with_many_writers,
    the_observations_of_a_unit_come_newest_first,
    nul_becomes_the_replacement_character,
    what_is_handed_out_from_memory_is_what_is_kept,
    one_bad_observation_does_not_fail_the_others,
    a_write_that_waits_is_done_before_the_store_closes,
    recording_wakes_who_waits_for_observations,
    messages_of_any_size_come_back,
);

async fn what_was_recorded_is_read_back(fixture: Fixture) {
    let store = &fixture.store;
    let mut first = spam_from("192.0.2.1");
    first.oddities = vec!["bare-lf".to_owned()];
    first.message_size = 17;
    let mut second = spam_from("2001:db8::1");
    second.kind = Kind::Backscatter;
    second.source_port = None;
    second.subject = "Zürich \u{1F600} 'quoted' \\".to_owned();
    second.seen_at = Timestamp::from_micros(-1);
    store
        .record(first.clone(), Some(b"Subject: x\r\n\r\n\0\xff".to_vec()))
        .await
        .unwrap();
    store.record(second.clone(), None).await.unwrap();

    let seen = store.observations_after(0, 10).await.unwrap();
    assert_eq!(seen.iter().map(|seen| seen.position).collect::<Vec<_>>(), [1, 2]);
    let digest = seen[0].observation.message.unwrap();
    assert_eq!(
        store.message(&digest).await.unwrap().unwrap(),
        b"Subject: x\r\n\r\n\0\xff"
    );
    assert_eq!(
        seen[0].observation,
        Observation {
            message: Some(digest),
            ..first
        }
    );
    assert_eq!(seen[1].observation, second);
    assert_eq!(store.observations_after(1, 10).await.unwrap().len(), 1);
    assert_eq!(store.observations_after(0, 1).await.unwrap().len(), 1);
    assert!(store.observations_after(2, 10).await.unwrap().is_empty());
}

async fn the_recipients_of_a_message_come_from_all_its_observations(fixture: Fixture) {
    let store = &fixture.store;
    for (address, recipients, message) in [
        ("192.0.2.1", ["a@trap.example", "b@trap.example"], "one"),
        ("2001:db8::1", ["c@trap.example", "a@trap.example"], "one"),
        ("192.0.2.1", ["d@trap.example", "e@trap.example"], "other"),
    ] {
        let mut observation = spam_from(address);
        observation.envelope.recipients = recipients.map(str::to_owned).to_vec();
        store.record(observation, Some(message.into())).await.unwrap();
    }
    let digest = store.observations_after(0, 1).await.unwrap()[0]
        .observation
        .message
        .unwrap();
    let newest = ["c@trap.example", "a@trap.example"];
    let oldest = ["a@trap.example", "b@trap.example"];
    assert_eq!(store.recipients_of(&digest, 1).await.unwrap(), newest);
    assert_eq!(
        store.recipients_of(&digest, 9).await.unwrap(),
        [newest, oldest].concat()
    );
}

async fn the_texts_of_dialects_and_shapes_are_kept_once_and_read_by_name(fixture: Fixture) {
    let store = &fixture.store;
    let (dialect, shapes) = (DialectId([1; 8]), [2, 3].map(|byte| ShapeId([byte; 8])));
    for (shape, text) in [(0, "mail/1 a"), (1, "mail/1 b"), (0, "mail/1 c")] {
        let mut observation = spam_from("192.0.2.1");
        observation.dialect = Some(dialect);
        observation.headers = Some(shapes[shape]);
        let evidence = Evidence {
            dialect: Some("smtp/1".to_owned()),
            shape: Some(text.to_owned()),
            ..Evidence::default()
        };
        store.record(observation, evidence).await.unwrap();
    }
    assert_eq!(store.text_of(dialect).await.unwrap().as_deref(), Some("smtp/1"));
    assert_eq!(store.text_of(ShapeId([9; 8])).await.unwrap(), None);
    let asked = [shapes[0], shapes[1], ShapeId([9; 8]), shapes[0]];
    let texts = store.texts_of(asked).await.unwrap();
    let expected = [(shapes[0], "mail/1 a"), (shapes[1], "mail/1 b")];
    assert_eq!(texts, expected.map(|(id, text)| (id, text.to_owned())).into());
}

async fn what_is_handed_out_from_memory_is_what_is_kept(fixture: Fixture) {
    let store = &fixture.store;
    let mut odd = spam_from("::ffff:192.0.2.1");
    odd.source = "a\0b".to_owned();
    odd.subject = "c\0d".to_owned();
    odd.headers = Some(ShapeId([7; 8]));
    odd.nth = 3;
    odd.envelope.recipients = vec!["e\0f".to_owned()];
    odd.oddities = vec!["g\0h".to_owned()];
    let again = odd.clone();
    store.record(odd, Some(b"message".to_vec())).await.unwrap();
    store.record(again, None).await.unwrap();
    store.record(spam_from("2001:db8::1"), None).await.unwrap();
    let kept = store.observations_after(0, 10).await.unwrap();
    assert_eq!(kept.len(), 2);
    // The second time there is nothing left in memory.
    for _ in 0..2 {
        let mut seen = Vec::new();
        while seen.len() < kept.len() {
            seen.extend(store.next_observations(seen.len() as u64, 1).await.unwrap());
        }
        assert_eq!(seen, kept);
    }
    assert!(store.next_observations(2, 10).await.unwrap().is_empty());
}

async fn the_same_id_twice_is_kept_once_and_takes_no_position(fixture: Fixture) {
    let store = &fixture.store;
    let observation = spam_from("192.0.2.1");
    let mut told = Vec::new();
    for _ in 0..3 {
        told.push(store.record(observation.clone(), None).await.unwrap());
    }
    assert_eq!(told, [Recorded::New, Recorded::Known, Recorded::Known]);
    let (one, two) = tokio::join!(
        store.record(observation.clone(), None),
        store.record(observation.clone(), Some(b"other".to_vec()))
    );
    one.and(two).unwrap();
    store.record(spam_from("192.0.2.2"), None).await.unwrap();
    let seen = store.observations_after(0, 10).await.unwrap();
    assert_eq!(seen.iter().map(|seen| seen.position).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(seen[0].observation, observation);
}

async fn the_same_message_is_kept_once(fixture: Fixture) {
    let store = &fixture.store;
    let records = (0..10).map(|_| store.record(spam_from("192.0.2.1"), Some(b"same".to_vec())));
    for record in records {
        record.await.unwrap();
    }
    let digests: HashSet<_> = store
        .observations_after(0, 20)
        .await
        .unwrap()
        .into_iter()
        .map(|seen| seen.observation.message)
        .collect();
    assert_eq!(digests.len(), 1);
    assert_eq!(count(&fixture.url, "evidence").await, 1);
}

async fn positions_are_gap_free_with_many_writers(fixture: Fixture) {
    let stores = [fixture.store.clone(), fixture.again().await];
    let mut tasks = Vec::new();
    let shared: Vec<Observation> = (0..20).map(|_| spam_from("192.0.2.99")).collect();
    for number in 0..8_usize {
        let (store, shared) = (stores[number % 2].clone(), shared.clone());
        tasks.push(tokio::spawn(async move {
            for again in shared {
                store
                    .record(spam_from("192.0.2.1"), Some(vec![1; 300]))
                    .await
                    .unwrap();
                store.record(again, None).await.unwrap();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let seen = fixture.store.observations_after(0, 1_000).await.unwrap();
    let positions: Vec<u64> = seen.iter().map(|seen| seen.position).collect();
    assert_eq!(positions, (1..=8 * 20 + 20).collect::<Vec<_>>());
    stores[1].close().await;
}

async fn the_observations_of_a_unit_come_newest_first(fixture: Fixture) {
    let store = &fixture.store;
    for (address, seconds) in [
        ("2001:db8::1", 1),
        ("2001:db8::2", 3),
        ("2001:db8:0:1::1", 9),
        ("2001:db8::3", 2),
    ] {
        let observation = Observation {
            seen_at: Timestamp::from_seconds(seconds),
            ..spam_from(address)
        };
        store.record(observation, None).await.unwrap();
    }
    let unit = Prefix::unit("2001:db8::7".parse().unwrap());
    let seen = store.observations_of(&unit, 2).await.unwrap();
    assert_eq!(
        seen.iter().map(|one| one.seen_at.seconds()).collect::<Vec<_>>(),
        [3, 2]
    );
    assert_eq!(store.count_observations(&unit).await.unwrap(), 3);
}

async fn nul_becomes_the_replacement_character(fixture: Fixture) {
    let mut observation = spam_from("192.0.2.1");
    observation.envelope.helo = "a\0b".to_owned();
    observation.envelope.mail_from = "\0".to_owned();
    observation.envelope.recipients = vec!["x\0y".to_owned()];
    observation.subject = "\0\u{10FFFF}".to_owned();
    fixture.store.record(observation, None).await.unwrap();
    let kept = fixture
        .store
        .observations_after(0, 1)
        .await
        .unwrap()
        .remove(0)
        .observation;
    assert_eq!(kept.envelope.helo, "a\u{FFFD}b");
    assert_eq!(kept.envelope.mail_from, "\u{FFFD}");
    assert_eq!(kept.envelope.recipients, ["x\u{FFFD}y"]);
    assert_eq!(kept.subject, "\u{FFFD}\u{10FFFF}");
}

async fn one_bad_observation_does_not_fail_the_others(fixture: Fixture) {
    poison(&fixture.url).await;
    let store = fixture.store.clone();
    let mut tasks = Vec::new();
    for number in 0..40 {
        let mut observation = spam_from("192.0.2.1");
        let is_bad = number % 10 == 3;
        observation.envelope.helo = if is_bad { "poison" } else { "good" }.to_owned();
        let store = store.clone();
        tasks.push(tokio::spawn(async move {
            (is_bad, store.record(observation, None).await)
        }));
    }
    for task in tasks {
        let (is_bad, result) = task.await.unwrap();
        assert_eq!(is_bad, result.is_err(), "{result:?}");
        assert!(result.err().is_none_or(|error| !error.is_temporary()));
    }
    let seen = store.observations_after(0, 100).await.unwrap();
    let positions: Vec<u64> = seen.iter().map(|seen| seen.position).collect();
    assert_eq!(positions, (1..=36).collect::<Vec<_>>());
}

async fn a_write_that_waits_is_done_before_the_store_closes(fixture: Fixture) {
    let store = fixture.store.clone();
    let records: Vec<_> = (0..50)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.record(spam_from("192.0.2.1"), None).await })
        })
        .collect();
    store.close().await;
    let mut acknowledged = 0;
    for record in records {
        match record.await.unwrap() {
            Ok(_) => acknowledged += 1,
            Err(error) => assert!(matches!(error, StoreError::Closed), "{error}"),
        }
    }
    let error = store.record(spam_from("192.0.2.1"), None).await.unwrap_err();
    assert!(matches!(error, StoreError::Closed));
    assert!(store.check().await.is_err());
    let again = fixture.again().await;
    assert_eq!(
        again.observations_after(0, 100).await.unwrap().len(),
        acknowledged
    );
}

async fn recording_wakes_who_waits_for_observations(fixture: Fixture) {
    let mut news = fixture.store.subscribe(Topic::Observations);
    let waiting =
        tokio::spawn(async move { tokio::time::timeout(MAX_WAIT / 2, news.changed(MAX_WAIT)).await });
    fixture.store.record(spam_from("192.0.2.1"), None).await.unwrap();
    assert!(waiting.await.unwrap().is_ok());
}

async fn messages_of_any_size_come_back(fixture: Fixture) {
    for size in [0_usize, 1, 100_000, 9 << 20] {
        let message: Vec<u8> = (0..size).map(|at| (at * at / 7).to_le_bytes()[0]).collect();
        fixture
            .store
            .record(spam_from("192.0.2.1"), Some(message.clone()))
            .await
            .unwrap();
        let seen = fixture
            .store
            .observations_of(&Prefix::unit("192.0.2.1".parse().unwrap()), 1)
            .await
            .unwrap();
        let digest = seen[0].message.unwrap();
        assert!(
            fixture.store.message(&digest).await.unwrap() == Some(message),
            "{size} bytes"
        );
    }
}

/// Makes the database refuse the HELO name `poison`, as if a row of ours could be bad.
async fn poison(url: &StoreUrl) {
    match url {
        StoreUrl::Sqlite(path) => {
            let trigger = "CREATE TRIGGER facts.poison BEFORE INSERT ON observations WHEN NEW.details LIKE '%poison%' \
                           BEGIN SELECT RAISE(ABORT, 'poison'); END";
            sqlx::query(trigger)
                .execute(&mut sqlite(path).await)
                .await
                .unwrap();
        }
        StoreUrl::Postgres(url) => {
            let check = "ALTER TABLE observations ADD CHECK (details NOT LIKE '%poison%')";
            let mut server = sqlx::PgConnection::connect(url.expose()).await.unwrap();
            sqlx::query(check).execute(&mut server).await.unwrap();
        }
    }
}
