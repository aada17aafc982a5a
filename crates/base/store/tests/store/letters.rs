//! Letters: what is gathered for a contact, and what of it one mail tells.

use std::time::Duration;

use atalaya_model::{Class, Decision, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Counting, Gathered, Letter, Letters, Notice, Store};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::{Fixture, prefix};

on_both!(
    Fixture:
    gathered_notices_are_told_in_one_letter_once,
    what_goes_into_no_letter_stays_gathered_ends_or_is_taken_back,
    a_job_that_was_done_is_done_again_where_that_is_asked,
    a_letter_that_a_relay_took_tells_its_notices,
    letters_are_counted_by_contact_and_network,
    counting_begins_anew_in_the_next_span_and_after_a_quiet_time,
);

/// A notice to the same contact as all others here, about an address of its own.
fn gathered(number: u8, at: Timestamp) -> Notice {
    Notice {
        id: Uuid::from_u128(number.into()),
        serial: Serial(number.into()),
        prefix: prefix(&format!("192.0.2.{number}")),
        contact: "Abuse@network.example".parse().unwrap(),
        token: format!("word{number}"),
        at,
        told_at: None,
    }
}

/// The letter that is named for the third notice.
fn letter(at: Timestamp) -> Letter {
    Letter {
        mail: gathered(3, at).id,
        contact: "abuse@network.example".parse().unwrap(),
        network: prefix("192.0.2.0/24"),
        at,
    }
}

/// Lists four addresses and gathers their notices, each twice; the listing of the second has ended when a letter is written.
async fn gather_four(fixture: &Fixture) {
    let now = fixture.time.now();
    let mut transaction = fixture.store.begin_deciding().await.unwrap();
    for number in 1..=4 {
        let notice = gathered(number, now);
        let verdict = Verdict::List {
            class: Class::Spam,
            until: (number == 2).then_some(now),
        };
        let decision = Decision {
            prefix: notice.prefix,
            verdict,
            rule: Rule::new("x", 1),
            score: 1.0,
            reason: "x".to_owned(),
        };
        let decided = transaction.decide(&decision, now).await.unwrap();
        assert_eq!(decided.serial, notice.serial);
        for counted in [Some(number.into()), None] {
            let counting = Counting {
                span: now,
                quiet_since: Timestamp::EPOCH,
            };
            let count = transaction.gather_notice(&notice, "{}", counting).await;
            assert_eq!(count.unwrap(), counted);
        }
    }
    transaction.commit().await.unwrap();
}

/// The serials of gathered notices, in their order.
fn serials(found: &[Gathered]) -> Vec<u64> {
    found.iter().map(|one| one.notice.serial.0).collect()
}

async fn gathered_notices_are_told_in_one_letter_once(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    gather_four(&fixture).await;
    let letter = letter(now);
    let waiting = async |up_to| {
        let found = store.gathered_to(&letter.contact, Serial(up_to), 9).await;
        serials(&found.unwrap())
    };
    assert_eq!(waiting(9).await, [4, 3, 2, 1]);
    assert_eq!(waiting(3).await, [3, 2, 1]);
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.tell_gathered(&letter, Serial(3), 9).await.unwrap(), 2);
    let told = transaction.told_in(letter.mail, 9).await.unwrap();
    assert_eq!(serials(&told), [3, 1]);
    assert_eq!(transaction.tell_gathered(&letter, Serial(3), 9).await.unwrap(), 0);
    transaction.commit().await.unwrap();
    let prefixes = store.prefixes_told_in(letter.mail, 9).await.unwrap();
    assert_eq!(prefixes, [prefix("192.0.2.1"), prefix("192.0.2.3")]);
    assert_eq!(waiting(9).await, [4]);
    it_is_known_who_was_written_to_and_of_what(store, now).await;
}

async fn it_is_known_who_was_written_to_and_of_what(store: &Store, now: Timestamp) {
    for (whom, is_told) in [
        ("@network.example", true),
        ("Abuse@network.example", true),
        ("noc@network.example", false),
        ("@work.example", false),
    ] {
        assert_eq!(store.has_letter_to(whom).await.unwrap(), is_told, "{whom}");
    }
    for (number, is_told) in [(2, false), (3, true), (4, false)] {
        let id = gathered(number, now).id;
        assert_eq!(store.is_in_letter(id).await.unwrap(), is_told, "{number}");
    }
}

async fn what_goes_into_no_letter_stays_gathered_ends_or_is_taken_back(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    gather_four(&fixture).await;
    let letter = letter(now);
    let ids = [1, 2, 3, 4].map(|number| gathered(number, now).id);
    assert_eq!(store.ended(&ids, now).await.unwrap(), [ids[1]]);
    store.end_gathered(&ids[1..2]).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    assert_eq!(transaction.tell_gathered(&letter, Serial(9), 1).await.unwrap(), 1);
    let newest = transaction.newest_gathered(&letter.contact, Serial(9)).await;
    assert_eq!(newest.unwrap().unwrap().serial, Serial(3));
    // What is told or has ended is taken back no more.
    assert_eq!(transaction.take_back(&ids[1..]).await.unwrap(), [Serial(3)]);
    transaction.commit().await.unwrap();
    let left = store.gathered_to(&letter.contact, Serial(9), 9).await.unwrap();
    assert_eq!(serials(&left), [1]);
    assert_eq!(store.notice(ids[2]).await.unwrap(), None);
}

async fn a_job_that_was_done_is_done_again_where_that_is_asked(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let mut transaction = store.begin().await.unwrap();
    for _ in 0..2 {
        let job = ("3".to_owned(), "{}".to_owned());
        transaction.add_jobs_again("notice", [job], now).await.unwrap();
    }
    transaction.commit().await.unwrap();
    let lease = Duration::from_secs(60);
    let job = store.take_job("notice", lease).await.unwrap().unwrap();
    assert_eq!(store.take_job("notice", lease).await.unwrap(), None);
    store.finish_job(job.id).await.unwrap();
    let mut transaction = store.begin().await.unwrap();
    let again = [(job.key, job.payload)];
    transaction.add_jobs_again("notice", again, now).await.unwrap();
    transaction.commit().await.unwrap();
    assert!(store.take_job("notice", lease).await.unwrap().is_some());
}

async fn a_letter_that_a_relay_took_tells_its_notices(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    gather_four(&fixture).await;
    let mut transaction = store.begin().await.unwrap();
    let mail = letter(now).mail;
    transaction
        .tell_gathered(&letter(now), Serial(3), 9)
        .await
        .unwrap();
    for noted in ["{}", ""] {
        let told = transaction.told_in(mail, 9).await.unwrap();
        assert_eq!((told.len(), told[0].details.as_str()), (2, noted));
        transaction.forget_noted(mail).await.unwrap();
    }
    transaction.commit().await.unwrap();
    store.mail_sent(mail).await.unwrap();
    for (number, is_told) in [(1, true), (2, false), (3, true), (4, false)] {
        let found = store.notices_of(&gathered(number, now).prefix, 1).await.unwrap();
        assert_eq!(found[0].told_at.is_some(), is_told, "{number}");
    }
}

async fn counting_begins_anew_in_the_next_span_and_after_a_quiet_time(fixture: Fixture) {
    let mut transaction = fixture.store.begin().await.unwrap();
    transaction.count_alone().await.unwrap();
    let at = Timestamp::from_seconds;
    let mut other = gathered(9, at(11));
    other.contact = "noc@network.example".parse().unwrap();
    for (notice, span, count) in [
        (gathered(1, at(10)), 10, 1),
        (gathered(2, at(11)), 10, 2),
        (other, 10, 1),
        (gathered(3, at(12)), 20, 1),
        (gathered(4, at(13)), 20, 2),
        // A clock that is behind begins nothing, and one that was ahead silences nobody for longer than the quiet time.
        (gathered(5, at(13)), 10, 3),
        (gathered(6, at(14)), 9_000, 1),
        (gathered(7, at(18)), 20, 2),
        (gathered(8, at(24)), 20, 1),
        (gathered(10, at(25)), 20, 2),
    ] {
        let counting = Counting {
            span: at(span),
            quiet_since: notice.at.minus(Duration::from_secs(5)),
        };
        let counted = transaction.gather_notice(&notice, "{}", counting).await;
        assert_eq!(counted.unwrap(), Some(count), "{}", notice.prefix);
    }
    transaction.rollback().await.unwrap();
}

async fn letters_are_counted_by_contact_and_network(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    gather_four(&fixture).await;
    let letter = letter(now);
    let mut transaction = store.begin().await.unwrap();
    let last = transaction.last_letter_to(&letter.contact, now).await.unwrap();
    assert_eq!(last, None);
    transaction.tell_gathered(&letter, Serial(9), 9).await.unwrap();
    let last = transaction.last_letter_to(&letter.contact, now).await.unwrap();
    assert_eq!(last, Some(now));
    // What lies ahead was written by a clock that was wrong.
    let before = Timestamp::from_micros(now.micros() - 1);
    let last = transaction.last_letter_to(&letter.contact, before).await.unwrap();
    assert_eq!(last, None);
    let counted = transaction.letters_between(Timestamp::EPOCH, before, Letters::All);
    assert_eq!(counted.await.unwrap(), 0);
    let other = "noc@network.example".parse().unwrap();
    let later = now.plus(Duration::from_secs(1));
    for (since, which, count) in [
        (now, Letters::To(&letter.contact), 1),
        (
            now,
            Letters::To(&"ABUSE+list@network.example".parse().unwrap()),
            1,
        ),
        (now, Letters::To(&other), 0),
        (now, Letters::About(&prefix("192.0.2.0/24")), 1),
        (now, Letters::About(&prefix("192.0.0.0/16")), 0),
        (now, Letters::All, 1),
        (later, Letters::All, 0),
    ] {
        let counted = transaction.letters_between(since, later, which).await.unwrap();
        assert_eq!(counted, count, "{which:?}");
    }
    transaction.rollback().await.unwrap();
}
