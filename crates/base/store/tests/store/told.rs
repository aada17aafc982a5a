//! What one contact is and was told of, in pages.

use std::time::Duration;

use atalaya_model::{Class, Decision, MailAddress, Rule, Serial, Timestamp, Verdict};
use atalaya_store::{Counting, LINK_JOB, Letter, Notice, Part, Store, ToldCount};
use atalaya_testkit::on_both;
use uuid::Uuid;

use crate::support::{Fixture, prefix};

on_both!(
    Fixture:
    addresses_stand_once_and_are_told_apart_by_whether_they_are_listed,
    the_last_decisions_and_what_was_refused_are_found_for_many_at_once,
    a_link_is_asked_for_once_a_day,
);

fn contact() -> MailAddress {
    "Abuse@isp.example".parse().unwrap()
}

/// Decides and tells a contact of it.
async fn tell(fixture: &Fixture, address: &str, verdict: Verdict, contact: &MailAddress) -> Serial {
    let decision = Decision {
        prefix: prefix(address),
        verdict,
        rule: Rule::new("trap-spam", 1),
        score: 1.0,
        reason: "spam".to_owned(),
    };
    let mut transaction = fixture.store.begin().await.unwrap();
    let serial = transaction
        .decide(&decision, fixture.time.now())
        .await
        .unwrap()
        .serial;
    if matches!(verdict, Verdict::List { .. }) {
        let notice = Notice {
            id: Uuid::new_v4(),
            serial,
            prefix: prefix(address),
            contact: contact.clone(),
            token: Uuid::new_v4().to_string(),
            at: fixture.time.now(),
            told_at: None,
        };
        transaction.add_notice(&notice).await.unwrap();
    }
    transaction.commit().await.unwrap();
    serial
}

const fn list(until: Option<Timestamp>) -> Verdict {
    let class = Class::Spam;
    Verdict::List { class, until }
}

/// Tells the contact of three addresses, of one of them again after it had left, and another contact of a fourth. Gives the serial of the return.
async fn tell_of_four(fixture: &Fixture) -> Serial {
    let other: MailAddress = "abuse@other.example".parse().unwrap();
    tell(fixture, "192.0.2.1", list(None), &contact()).await;
    tell(fixture, "192.0.2.2", list(None), &contact()).await;
    tell(
        fixture,
        "192.0.2.1",
        Verdict::Withdraw { class: Class::Spam },
        &contact(),
    )
    .await;
    tell(
        fixture,
        "192.0.2.3",
        list(Some(fixture.time.now().plus(Duration::from_secs(60)))),
        &contact(),
    )
    .await;
    tell(fixture, "192.0.2.9", list(None), &other).await;
    tell(
        fixture,
        "192.0.2.1",
        list(None),
        &"abuse@ISP.example".parse().unwrap(),
    )
    .await
}

async fn addresses_stand_once_and_are_told_apart_by_whether_they_are_listed(fixture: Fixture) {
    let (store, now) = (&fixture.store, fixture.time.now());
    let again = tell_of_four(&fixture).await;
    let told = async |part, before, at| {
        let notices = store.told_to(&contact(), part, (before, 2), at).await.unwrap();
        let texts = notices.iter().map(|notice| notice.prefix.to_string());
        texts.collect::<Vec<_>>()
    };
    let (all, later) = (Serial(u64::MAX), now.plus(Duration::from_secs(60)));
    assert_eq!(told(Part::Listed, all, now).await, ["192.0.2.1", "192.0.2.3"]);
    assert_eq!(told(Part::Listed, again, now).await, ["192.0.2.3", "192.0.2.2"]);
    assert_eq!(told(Part::Listed, all, later).await, ["192.0.2.1", "192.0.2.2"]);
    assert_eq!(told(Part::Ended, all, later).await, ["192.0.2.3"]);
    assert_eq!(told(Part::All, Serial(4), now).await, ["192.0.2.2"]);
    let count = store.count_told(&contact(), later).await.unwrap();
    assert_eq!(count, ToldCount { listed: 2, ended: 1 });
    one_notice_is_found_by_its_contact(store, again).await;
}

async fn one_notice_is_found_by_its_contact(store: &Store, again: Serial) {
    let about =
        async |address, contact: &MailAddress| store.told_about(contact, &prefix(address)).await.unwrap();
    assert_eq!(about("192.0.2.1", &contact()).await.unwrap().serial, again);
    assert_eq!(about("192.0.2.9", &contact()).await, None);
    assert_eq!(
        store.newest_told(&contact()).await.unwrap().unwrap().serial,
        again
    );
    assert_eq!(
        store
            .newest_told(&"x@isp.example".parse().unwrap())
            .await
            .unwrap(),
        None
    );
}

async fn the_last_decisions_and_what_was_refused_are_found_for_many_at_once(fixture: Fixture) {
    let store = &fixture.store;
    for verdict in [list(None), Verdict::Withdraw { class: Class::Spam }, list(None)] {
        tell(&fixture, "192.0.2.1", verdict, &contact()).await;
    }
    tell(&fixture, "192.0.2.200", list(None), &contact()).await;
    let prefixes = [prefix("192.0.2.1"), prefix("192.0.2.200"), prefix("192.0.2.3")];
    let mut serials: Vec<u64> = store
        .last_decisions(&prefixes)
        .await
        .unwrap()
        .iter()
        .map(|decided| decided.serial.0)
        .collect();
    serials.sort_unstable();
    assert_eq!(serials, [2, 3, 4]);
    store
        .contact_refused(&prefix("192.0.2.128/25"), &contact(), fixture.time.now())
        .await
        .unwrap();
    let refused = store.refused_by(&contact(), &prefixes).await.unwrap();
    assert_eq!(refused, [prefix("192.0.2.200")]);
    let other = "abuse@other.example".parse().unwrap();
    assert!(store.refused_by(&other, &prefixes).await.unwrap().is_empty());
}

/// A letter to the contact, as the writer writes it.
async fn write_letter(fixture: &Fixture) {
    let store = &fixture.store;
    let mut transaction = store.begin().await.unwrap();
    let notice = store.newest_told(&contact()).await.unwrap().unwrap();
    let gathered = Notice {
        id: Uuid::new_v4(),
        token: "t".to_owned(),
        ..notice
    };
    let from_the_start = Counting {
        span: Timestamp::EPOCH,
        quiet_since: Timestamp::EPOCH,
    };
    transaction
        .gather_notice(&gathered, "{}", from_the_start)
        .await
        .unwrap();
    let letter = Letter {
        mail: Uuid::new_v4(),
        contact: contact(),
        network: prefix("192.0.2.0/24"),
        at: fixture.time.now(),
    };
    transaction.tell_gathered(&letter, Serial(9), 9).await.unwrap();
    transaction.commit().await.unwrap();
}

async fn a_link_is_asked_for_once_a_day(fixture: Fixture) {
    let store = &fixture.store;
    assert!(!store.is_written_to(&contact()).await.unwrap());
    tell(&fixture, "192.0.2.1", list(None), &contact()).await;
    assert!(
        !store.is_written_to(&contact()).await.unwrap(),
        "nothing was told yet"
    );
    write_letter(&fixture).await;
    assert!(
        store
            .is_written_to(&"abuse@isp.EXAMPLE".parse().unwrap())
            .await
            .unwrap()
    );
    let lease = Duration::from_secs(60);
    for mailbox in ["Abuse@isp.example", "abuse@isp.example"] {
        let mailbox = mailbox.parse().unwrap();
        store.ask_for_link(&mailbox, fixture.time.now()).await.unwrap();
    }
    assert!(store.take_job(LINK_JOB, lease).await.unwrap().is_some());
    assert!(store.take_job(LINK_JOB, lease).await.unwrap().is_none());
    fixture.time.advance(Duration::from_secs(86_400));
    store.ask_for_link(&contact(), fixture.time.now()).await.unwrap();
    assert!(store.take_job(LINK_JOB, lease).await.unwrap().is_some());
}
