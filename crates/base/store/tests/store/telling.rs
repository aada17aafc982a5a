//! Contacts, notices, removals, tallies and the positions of readers.

use std::collections::BTreeMap;
use std::time::Duration;

use atalaya_model::{
    Class, Confidence, Contact, ContactSource, Decision, Kind, MailAddress, Rule, Serial, Timestamp, Verdict,
};
use atalaya_store::{
    Asked, Asker, Case, Counting, DossierLimits, Gathered, Letter, Letters, MailNote, MailOutcome, NewMail,
    Notice, Removal, Suppressed, Tally,
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
    gathered_notices_are_told_in_one_letter_once,
    what_goes_into_no_letter_stays_gathered_ends_or_is_taken_back,
    a_job_that_was_done_is_done_again_where_that_is_asked,
    a_letter_that_a_relay_took_tells_its_notices,
    letters_are_counted_by_contact_and_network,
    counting_begins_anew_in_the_next_span_and_after_a_quiet_time,
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

#[expect(clippy::cognitive_complexity, reason = "one story, told in its order")]
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
    for (whom, is_told) in [
        ("@network.example", true),
        ("Abuse@network.example", true),
        ("noc@network.example", false),
        ("@work.example", false),
    ] {
        assert_eq!(store.has_letter_to(whom).await.unwrap(), is_told, "{whom}");
    }
    assert_eq!(waiting(9).await, [4]);
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
