//! Whom we tell, in the console: who enrolled in the feedback loop, and the search for a contact.

use atalaya_model::{Act, Role};
use atalaya_notify::NewEnrolment;
use atalaya_store::{DeedFilter, DeedOutcome, Ways};
use axum::http::StatusCode;

use crate::console_pages::done;
use crate::support::House;

#[tokio::test]
async fn who_enrolled_is_shown_as_text_and_ended() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    let page = house.console(&marta, "/console/feedback").await;
    page.says("Nobody has enrolled.")
        .says("Nobody asks to be enrolled.");
    let new = NewEnrolment {
        scope: "192.0.2.0/24".parse().unwrap(),
        name: "The <b>desk</b>".to_owned(),
        mailbox: "abuse@network.example".parse().unwrap(),
        ways: Ways {
            mail: true,
            summary: false,
            webhook: None,
        },
    };
    let (enrolment, secrets) = house.feedback().add(new).await.unwrap();
    let id = enrolment.id.to_string();
    let page = house.console(&marta, "/console/feedback").await;
    page.says("192.0.2.0/24")
        .says("is told")
        .says("your word")
        .keeps("<b>desk")
        .keeps(&secrets.pull_key.to_string());
    let which = [("id", id.as_str())];
    let refused = done(&house, &marta, "/console/feedback/approve", &which).await;
    refused.says("it is no request any more");
    let ended = done(&house, &marta, "/console/feedback/end", &which).await;
    ended.says("Ended: ").says("Nobody has enrolled.");
    let trail = house.store.deeds(&DeedFilter::default(), None, 2).await.unwrap();
    let told: Vec<(Act, DeedOutcome)> = trail
        .iter()
        .map(|one| (one.deed.act, one.end.as_ref().unwrap().outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Act::EndEnrolment, DeedOutcome::Done),
            (Act::Enrol, DeedOutcome::Failed),
        ]
    );
    let wrong = house
        .console_post(&marta, "/console/feedback/end", &[("id", "x")])
        .await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_search_for_a_contact_shows_each_question_and_asks_nobody_by_a_link() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let link = house.console(&eva, "/console/contacts?address=192.0.2.7").await;
    link.keeps("whois.example");
    let found = house
        .console_post(&eva, "/console/contacts", &[("address", "192.0.2.7")])
        .await;
    found
        .says("whois.example")
        .says("for 192.0.2.7")
        .says("hung up")
        .keeps("<b>nobody")
        .keeps("<i>registry");
    let wrong = house
        .console_post(&eva, "/console/contacts", &[("address", "<script>")])
        .await;
    wrong.says("This is no address.").keeps("<script>");
}
