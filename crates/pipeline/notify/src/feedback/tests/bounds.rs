//! What strangers cannot do with the loop: write to contacts, bring back what ended, enrol twice, or find out which mailbox is a trap.

use atalaya_store::{EnrolmentRequest, Proof};

use super::enrolling::{Asked, HOLDER, REGISTERED, mailbox, txt};
use super::*;
use crate::feedback::{FeedbackError, Need, Stepped};

/// The request of a scope that is open.
async fn open(asked: &Asked, scope: &str) -> EnrolmentRequest {
    let (all, now) = (asked.requests().await, asked.house.time.now());
    all.into_iter()
        .find(|one| one.scope.to_string() == scope && one.is_open(now))
        .unwrap()
}

/// How many mails went to the registered contact.
async fn to_contact(asked: &Asked) -> usize {
    let mails = asked.mailed().await;
    mails.iter().filter(|(to, _)| to == REGISTERED).count()
}

#[tokio::test]
async fn a_contact_gets_three_mails_whoever_asks_and_drops() {
    let asked = Asked::new(|_| {}).await;
    for number in 0..8 {
        let scope = format!("198.51.100.{}", number * 2);
        asked.ask(&scope, HOLDER, Proof::Mail).await;
        let request = open(&asked, &scope).await;
        asked.house.time.advance(Duration::from_secs(60));
        asked.needs(&request).await;
        let feedback = &asked.house.feedback;
        feedback.drop_request(&request.mailbox, request.id).await.unwrap();
        assert!(
            feedback.go_on(&request.mailbox, request.id).await.is_err(),
            "what was dropped does not come back"
        );
    }
    assert_eq!(to_contact(&asked).await, 3);
}

#[tokio::test]
async fn the_no_of_a_contact_holds_for_its_scope() {
    let asked = Asked::new(|_| {}).await;
    let (feedback, contact) = (&asked.house.feedback, mailbox(REGISTERED));
    let request = asked.asked("198.51.100.0/24", Proof::Mail).await;
    asked.needs(&request).await;
    feedback.drop_request(&contact, request.id).await.unwrap();
    assert!(feedback.go_on(&request.mailbox, request.id).await.is_err());
    assert!(feedback.vouch(&contact, request.id).await.is_err());
    assert!(matches!(
        feedback.approve(request.id).await,
        Err(FeedbackError::Refused(_))
    ));
    asked
        .ask("198.51.100.0/24", "other@cheap.example", Proof::Mail)
        .await;
    let again = open(&asked, "198.51.100.0/24").await;
    assert_eq!(asked.needs(&again).await, Need::Refused);
    assert_eq!(to_contact(&asked).await, 1);
    let page = feedback.own_page(&contact).await.unwrap();
    assert_eq!(page.to_vouch, []);
    asked.house.time.advance(DAY * 15);
    asked.ask("198.51.100.0/24", HOLDER, Proof::Mail).await;
    let later = open(&asked, "198.51.100.0/24").await;
    assert_eq!(asked.needs(&later).await, Need::Contact(contact), "in two weeks");
}

#[tokio::test]
async fn proving_again_asks_the_contact_once_and_hears_its_no() {
    let asked = Asked::new(|_| {}).await;
    let (feedback, contact) = (&asked.house.feedback, mailbox(REGISTERED));
    let request = asked.asked("198.51.100.0/24", Proof::Mail).await;
    asked.needs(&request).await;
    feedback.vouch(&contact, request.id).await.unwrap();
    assert!(matches!(asked.go_on(&request).await, Stepped::Enrolled(..)));
    assert_eq!(to_contact(&asked).await, 1);
    let renew = async || {
        asked.house.time.advance(Duration::from_secs(60));
        feedback.renew_proof(&request.mailbox, request.id).await.unwrap()
    };
    for _ in 0..3 {
        assert!(matches!(renew().await, Stepped::Waits(Need::Contact(_))));
    }
    feedback.vouch(&contact, request.id).await.unwrap();
    assert!(
        matches!(renew().await, Stepped::ProvenAgain(_)),
        "it said so just now"
    );
    assert_eq!(to_contact(&asked).await, 1);
    asked.house.time.advance(DAY * 15);
    assert!(matches!(renew().await, Stepped::Waits(Need::Contact(_))));
    feedback.drop_request(&contact, request.id).await.unwrap();
    for _ in 0..3 {
        assert!(matches!(renew().await, Stepped::Waits(Need::Refused)));
    }
    assert_eq!(to_contact(&asked).await, 1);
}

#[tokio::test]
async fn a_look_that_took_long_brings_back_neither_an_old_key_nor_what_ended() {
    let asked = Asked::new(|_| {}).await;
    let feedback = &asked.house.feedback;
    let request = asked.asked("192.0.2.0/24", Proof::Mail).await;
    let Stepped::Enrolled(stale, old) = asked.go_on(&request).await else {
        panic!("the contact is the mailbox");
    };
    let (_, new) = feedback.rotate(stale.id).await.unwrap();
    feedback.prove_again(&stale, Proof::Mail).await.unwrap();
    assert!(feedback.holder(&old.pull_key).await.is_err());
    assert!(feedback.holder(&new.pull_key).await.is_ok());
    feedback.remove(stale.id).await.unwrap();
    let proven = feedback.prove_again(&stale, Proof::Mail).await;
    assert!(matches!(proven, Err(FeedbackError::Unknown(_))));
    assert!(feedback.find(stale.id).await.is_err());
}

#[tokio::test]
async fn two_presses_enrol_once() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("192.0.2.0/24", Proof::Mail).await;
    let press = || asked.house.feedback.go_on(&request.mailbox, request.id);
    let (one, other) = tokio::join!(press(), press());
    let enrolled = |stepped: &Result<Stepped, FeedbackError>| matches!(stepped, Ok(Stepped::Enrolled(..)));
    assert_eq!(
        [&one, &other]
            .into_iter()
            .filter(|stepped| enrolled(stepped))
            .count(),
        1,
        "{one:?} {other:?}"
    );
    assert_eq!(asked.house.feedback.list(None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_domain_waits_for_the_operator_though_it_is_proven() {
    let asked = Asked::new(|_| {}).await;
    let request = asked.asked("dkim:news.example", Proof::Txt).await;
    let record = asked.house.feedback.record_of(&request).await.unwrap().unwrap();
    asked.put(txt("_atalaya-feedback.news.example", &record.token));
    assert_eq!(asked.needs(&request).await, Need::Operator);
    asked.house.feedback.approve(request.id).await.unwrap();
    let Stepped::Enrolled(enrolment, _) = asked.go_on(&request).await else {
        panic!("it is approved");
    };
    assert_eq!(enrolment.proof, Some(Proof::Txt));
}

#[tokio::test]
async fn a_registry_that_names_a_trap_tells_nobody_that_it_is_one() {
    let asked = Asked::new(|_| {}).await;
    let trap = mailbox(TRAP);
    let request = asked.asked("198.51.102.0/24", Proof::Mail).await;
    for _ in 0..2 {
        assert_eq!(asked.needs(&request).await, Need::Contact(trap.clone()));
    }
    let whom: Vec<_> = asked.mailed().await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(whom, [HOLDER]);
}

#[tokio::test]
async fn the_last_quarter_is_for_whom_the_operator_enrols() {
    let asked = Asked::new(|config| config.most_enrolments = 4).await;
    for number in 0..4 {
        asked.house.time.advance(Duration::from_secs(60));
        let scope = format!("192.0.2.{number}");
        asked.ask(&scope, HOLDER, Proof::Mail).await;
        let request = open(&asked, &scope).await;
        let stepped = asked.go_on(&request).await;
        match number {
            3 => assert!(matches!(stepped, Stepped::Waits(Need::Room))),
            _ => assert!(matches!(stepped, Stepped::Enrolled(..)), "{stepped:?}"),
        }
    }
    let own = enrolling("198.51.100.0/24", Ways::default());
    assert!(asked.house.feedback.add(own).await.is_ok());
}
