//! Proving again: by itself where DNS still holds the proof, by the contact, and by nobody after the end.

use atalaya_model::Period;
use atalaya_store::{EnrolmentRequest, EnrolmentState, Proof};

use super::enrolling::{Asked, HOLDER, REGISTERED, mailbox, ticket, txt};
use super::*;
use crate::feedback::keep::Round;
use crate::feedback::{Need, Stepped};

/// An enrolment that is proven by a record, two days before its end.
async fn near_its_end() -> (Asked, EnrolmentRequest) {
    let asked = Asked::new(|config| {
        config.prove_again = Period::days(30);
        config.warn_before = Period::days(14);
    })
    .await;
    let request = asked.asked("192.0.2.0/24", Proof::Txt).await;
    let token = asked
        .house
        .feedback
        .record_of(&request)
        .await
        .unwrap()
        .unwrap()
        .token;
    asked.put(txt("_atalaya-feedback.2.0.192.in-addr.arpa", &token));
    assert!(matches!(asked.go_on(&request).await, Stepped::Enrolled(..)));
    asked.mailed().await;
    asked.house.time.advance(DAY * 28);
    (asked, request)
}

#[tokio::test]
async fn a_record_that_stands_proves_again_by_itself() {
    let (asked, request) = near_its_end().await;
    let feedback = &asked.house.feedback;
    let end = feedback.find(request.id).await.unwrap().ends_at;
    asked.house.time.set(end.minus(DAY * 14 + DAY / 2));
    feedback.look_at_proofs(&mut Round::default()).await.unwrap();
    assert!(feedback.find(request.id).await.unwrap().ends_at > end);
    asked.house.time.set(end.minus(DAY * 2));
    feedback.look().await.unwrap();
    assert!(asked.mailed().await.is_empty());
}

#[tokio::test]
async fn a_record_that_is_gone_is_told_and_looked_at_again_each_day() {
    let (asked, request) = near_its_end().await;
    let feedback = &asked.house.feedback;
    let record = asked.records.lock().unwrap().pop().unwrap();
    feedback.look().await.unwrap();
    let mails = asked.mailed().await;
    assert_eq!(mails.len(), 1);
    let holder = feedback.open_page(&ticket(&mails[0].1)).await.unwrap();
    assert_eq!(holder.mailbox, request.mailbox, "the warning has the link in it");
    let warned = feedback.find(request.id).await.unwrap();
    assert!(warned.warned_at.is_some());
    asked.put(record);
    let mut round = Round {
        began_at: asked.house.time.now(),
        is_done: true,
        ..Round::default()
    };
    feedback.look_at_proofs(&mut round).await.unwrap();
    assert_eq!(feedback.find(request.id).await.unwrap(), warned, "once a day");
    asked.house.time.advance(DAY);
    feedback.look_at_proofs(&mut round).await.unwrap();
    assert!(feedback.find(request.id).await.unwrap().ends_at > warned.ends_at);
}

#[tokio::test]
async fn what_a_contact_vouched_for_it_vouches_for_again() {
    let asked = Asked::new(|_| {}).await;
    let (feedback, contact) = (&asked.house.feedback, mailbox(REGISTERED));
    let request = asked.asked("198.51.100.0/24", Proof::Mail).await;
    asked.needs(&request).await;
    feedback.vouch(&contact, request.id).await.unwrap();
    assert!(matches!(asked.go_on(&request).await, Stepped::Enrolled(..)));
    asked.mailed().await;
    asked.house.time.advance(DAY * 190);
    feedback.look().await.unwrap();
    assert_eq!(
        feedback.find(request.id).await.unwrap().state,
        EnrolmentState::Lapsed
    );
    let stepped = feedback.renew_proof(&request.mailbox, request.id).await.unwrap();
    assert!(matches!(stepped, Stepped::Waits(Need::Contact(_))), "{stepped:?}");
    let whom: Vec<_> = asked.mailed().await.into_iter().map(|(to, _)| to).collect();
    assert_eq!(whom, [HOLDER, REGISTERED], "that it ended, and the question");
    assert!(
        feedback.go_on(&request.mailbox, request.id).await.is_err(),
        "what is enrolled is not enrolled again"
    );
    feedback.vouch(&contact, request.id).await.unwrap();
    let again = feedback.find(request.id).await.unwrap();
    assert_eq!(
        (again.state, again.proof),
        (EnrolmentState::Active, Some(Proof::Mail))
    );
    assert!(asked.requests().await.is_empty());
}

#[tokio::test]
async fn a_record_that_comes_back_after_the_end_proves_again() {
    let (asked, request) = near_its_end().await;
    let feedback = &asked.house.feedback;
    let record = asked.records.lock().unwrap().pop().unwrap();
    asked.house.time.advance(DAY * 3);
    feedback.look().await.unwrap();
    let lapsed = feedback.find(request.id).await.unwrap();
    assert_eq!(lapsed.state, EnrolmentState::Lapsed);
    asked.put(record);
    feedback.look_at_proofs(&mut Round::default()).await.unwrap();
    let again = feedback.find(request.id).await.unwrap();
    assert_eq!(
        (again.state, again.proof),
        (EnrolmentState::Active, Some(Proof::Txt))
    );
}
