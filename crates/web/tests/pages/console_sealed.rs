//! Evidence untouched, at the console: an administrator with a reason and his password anew, written down first, shown once.

use std::time::Duration;

use atalaya_model::{Act, Role};
use atalaya_store::{DeedFilter, DeedOutcome};
use axum::Router;
use axum::http::StatusCode;

use crate::console_access::{Administrator, code_at, get};
use crate::console_accounts::{PASSWORD, submit, with_administrator};
use crate::support::{House, Page};

/// Observes something; gives the path of it.
async fn observed(house: &House, subject: &str) -> String {
    house.observe("192.0.2.7", subject, "mail.cheap.example").await;
    let unit = "192.0.2.7".parse().unwrap();
    let seen = house.store.observations_of(&unit, 1).await.unwrap();
    format!("/console/evidence/{}", seen[0].id)
}

/// Sends the form with a code of the administrator's factor, which works once.
async fn take(
    (house, pages, marta): (&House, &Router, &Administrator),
    path: &str,
    (reason, password): (&str, &str),
) -> Page {
    house.clock.advance(Duration::from_secs(30));
    let code = code_at(&marta.secret, house.now());
    let fields = [("reason", reason), ("password", password), ("own_code", &code)];
    submit(pages, &marta.cookie, path, &fields).await
}

#[tokio::test]
async fn an_administrator_takes_evidence_untouched_with_a_reason_and_his_password() {
    let (house, pages, marta) = with_administrator().await;
    let path = observed(&house, "an offer").await;
    let sealed = format!("{path}/sealed");
    get(&pages, &path, &marta.cookie).await.says("Take it untouched");
    let form = get(&pages, &sealed, &marta.cookie).await;
    form.says("Who asked, and why").keeps("ofertas");
    let spanish = get(&pages, &format!("{sealed}?lang=es"), &marta.cookie).await;
    spanish.says("Quién lo pidió, y por qué");
    for (reason, password, told) in [
        ("", PASSWORD, "The reason is one line"),
        ("two\nlines", PASSWORD, "The reason is one line"),
        ("a court", "not mine", "Password or code is wrong"),
    ] {
        let page = take((&house, &pages, &marta), &sealed, (reason, password)).await;
        assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{reason:?}");
        page.says(told).keeps("message.eml");
    }
    let fields = [("reason", "a court"), ("password", PASSWORD)];
    let page = submit(&pages, &marta.cookie, &sealed, &fields).await;
    page.says("Password or code is wrong").keeps("message.eml");
    let asked = ("Court of <b>Vigo</b>, 7/2026", PASSWORD);
    let page = take((&house, &pages, &marta), &sealed, asked).await;
    assert_eq!(
        (page.status, page.header("cache-control")),
        (StatusCode::OK, "no-store")
    );
    page.says("download=\"message.eml\"")
        .says("Buy &#60;b&#62;now")
        .says("It is not kept, or not any more.")
        .keeps("<b>")
        .keeps("<img")
        .keeps("<script>alert");
    let trail = house.store.deeds(&DeedFilter::default(), None, 9).await.unwrap();
    let taken: Vec<_> = trail
        .iter()
        .filter(|one| one.deed.act == Act::TakeEvidence)
        .collect();
    assert_eq!(taken.len(), 1, "what was not done is not written down as taken");
    let end = taken[0].end.as_ref().unwrap();
    assert_eq!(taken[0].deed.details["reason"], "Court of <b>Vigo</b>, 7/2026");
    assert_eq!(end.outcome, DeedOutcome::Done);
    assert!(end.details.is_null(), "the evidence is not in the trail");
}

#[tokio::test]
async fn what_cannot_be_written_down_does_not_leave() {
    let (house, pages, marta) = with_administrator().await;
    let path = observed(&house, "refused").await;
    let sealed = format!("{path}/sealed");
    let page = take((&house, &pages, &marta), &sealed, ("a court", PASSWORD)).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER);
    let told = get(&pages, page.header("location"), &marta.cookie).await;
    told.says("cannot write sealed.log").keeps("message.eml");
}

#[tokio::test]
async fn nobody_below_an_administrator_takes_evidence_untouched() {
    let mut house = House::unpublished().await;
    let path = observed(&house, "an offer").await;
    let rosa = house.signed_in("Rosa", Role::Operator).await;
    house.console(&rosa, &path).await.keeps("Take it untouched");
    let sealed = format!("{path}/sealed");
    assert_eq!(house.console(&rosa, &sealed).await.status, StatusCode::FORBIDDEN);
    let fields = [("reason", "a court"), ("password", "x")];
    let page = house.console_post(&rosa, &sealed, &fields).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let root = house.signed_in("Root", Role::Administrator).await;
    let missing = "/console/evidence/00000000-0000-0000-0000-000000000000/sealed";
    assert_eq!(house.console(&root, missing).await.status, StatusCode::NOT_FOUND);
}
