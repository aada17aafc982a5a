//! Lasting exceptions as they are kept.

use atalaya_model::{MailAddress, Timestamp};
use atalaya_store::{ExceptionAnswer, ExceptionStep};
use atalaya_testkit::on_both;

use crate::support::{Fixture, prefix};

on_both!(
    Fixture:
    what_is_asked_for_waits_until_it_is_answered,
    an_answer_is_kept_with_what_was_asked,
    one_prefix_waits_once_and_one_contact_not_for_ever_more,
);

fn contact(text: &str) -> MailAddress {
    text.parse().unwrap()
}

async fn ask(fixture: &Fixture, address: &str, whose: &str) -> ExceptionStep {
    let contact = contact(whose);
    let asked = fixture.store.ask_exception(
        (prefix(address), &contact),
        "Our mail server.",
        2,
        Timestamp::from_seconds(9),
    );
    asked.await.unwrap()
}

fn granted() -> ExceptionAnswer {
    ExceptionAnswer {
        at: Timestamp::from_seconds(10),
        granted: true,
        until: Some(Timestamp::from_seconds(99)),
        words: "Granted.".to_owned(),
    }
}

async fn what_is_asked_for_waits_until_it_is_answered(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(store.exception_for(&prefix("192.0.2.1")).await.unwrap(), None);
    assert_eq!(
        ask(&fixture, "192.0.2.1", "Abuse@isp.example").await,
        ExceptionStep::Kept
    );
    assert_eq!(
        ask(&fixture, "192.0.2.2", "abuse@isp.example").await,
        ExceptionStep::Kept
    );
    let waiting = store.waiting_exceptions(0, 9).await.unwrap();
    assert_eq!(waiting.len(), 2);
    assert_eq!(
        (waiting[0].prefix, &waiting[0].settled),
        (prefix("192.0.2.1"), &None)
    );
    assert_eq!(
        store.waiting_exceptions(waiting[0].id, 9).await.unwrap(),
        waiting[1..]
    );
    let answer = granted();
    assert!(store.settle_exception(waiting[0].id, &answer).await.unwrap());
    assert!(!store.settle_exception(waiting[0].id, &answer).await.unwrap());
    assert_eq!(store.waiting_exceptions(0, 9).await.unwrap(), waiting[1..]);
}

async fn an_answer_is_kept_with_what_was_asked(fixture: Fixture) {
    let store = &fixture.store;
    assert_eq!(
        ask(&fixture, "192.0.2.1", "abuse@isp.example").await,
        ExceptionStep::Kept
    );
    let waiting = store.waiting_exceptions(0, 9).await.unwrap();
    let answer = granted();
    assert!(store.settle_exception(waiting[0].id, &answer).await.unwrap());
    let settled = store.settled_exceptions(None, 9).await.unwrap();
    assert_eq!(settled.len(), 1);
    assert_eq!(settled[0].settled, Some(answer));
    assert_eq!(
        store.exception_for(&prefix("192.0.2.1")).await.unwrap().as_ref(),
        settled.first()
    );
    assert_eq!(
        store.exception(settled[0].id).await.unwrap().as_ref(),
        settled.first()
    );
    assert_eq!(
        store.settled_exceptions(Some(settled[0].id), 9).await.unwrap(),
        []
    );
}

async fn one_prefix_waits_once_and_one_contact_not_for_ever_more(fixture: Fixture) {
    assert_eq!(
        ask(&fixture, "192.0.2.1", "abuse@isp.example").await,
        ExceptionStep::Kept
    );
    assert_eq!(
        ask(&fixture, "192.0.2.1", "abuse@other.example").await,
        ExceptionStep::Waits
    );
    assert_eq!(
        ask(&fixture, "192.0.2.2", "abuse@isp.example").await,
        ExceptionStep::Kept
    );
    assert_eq!(
        ask(&fixture, "192.0.2.3", "ABUSE@isp.example").await,
        ExceptionStep::TooMany
    );
    let answer = ExceptionAnswer {
        at: Timestamp::from_seconds(10),
        granted: false,
        until: None,
        words: "No.".to_owned(),
    };
    let first = fixture.store.waiting_exceptions(0, 1).await.unwrap();
    assert!(
        fixture
            .store
            .settle_exception(first[0].id, &answer)
            .await
            .unwrap()
    );
    assert_eq!(
        ask(&fixture, "192.0.2.1", "abuse@isp.example").await,
        ExceptionStep::Kept
    );
}
