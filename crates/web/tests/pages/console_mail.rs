//! The pages of mail in the console: what leaves, what is tried anew or given up, and whom nothing is sent.

use std::time::Duration;

use atalaya_model::{Act, Role};
use atalaya_store::{DeedFilter, DeedOutcome, MailNote, MailOutcome, NewMail};
use axum::http::StatusCode;
use uuid::Uuid;

use crate::console_pages::{deed, done};
use crate::support::{House, Page};

const LEASE: Duration = Duration::from_secs(60);
/// A mail with the link of a notice, and words that want to be a page.
const MAIL: &str = "From: list@list.example\r\nTo: abuse@network.example\r\nSubject: <script>alert(1)</script> 192.0.2.7\r\n\r\n\
     See https://list.example/network/AQAGRs3xR2h0dHBzOi8vZXhhbXBsZQ and <img src=x onerror=alert(2)>.\r\n";

/// Puts a mail into the outbox.
async fn add(house: &House, recipient: &str) -> Uuid {
    let mail = NewMail {
        id: Uuid::now_v7(),
        sender: String::new(),
        recipient: recipient.parse().unwrap(),
        message: MAIL.as_bytes().to_vec(),
    };
    let mut transaction = house.store.begin().await.unwrap();
    transaction.add_mail(&mail).await.unwrap();
    transaction.commit().await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    mail.id
}

/// The mail that waits longest fails for good.
async fn fail(house: &House, why: &str) {
    let taken = house.store.take_mail(LEASE).await.unwrap().unwrap();
    let note = MailNote {
        id: taken.id,
        lease: taken.leased_until,
        outcome: MailOutcome::Failed { why: why.to_owned() },
    };
    house.store.note_mails(&[note]).await.unwrap();
}

/// The recipients on a page of the outbox, in its order, and the link to the older ones.
fn listed(page: &Page) -> (Vec<String>, Option<String>) {
    let rows = page.text.split("data-label=\"To\"><bdi>").skip(1);
    let recipients = rows.map(|row| row.split('<').next().unwrap().to_owned());
    let next = page.text.split_once("\" rel=\"next\"").map(|(before, _)| {
        let link = before.rsplit("href=\"").next().unwrap();
        link.replace("&#38;", "&")
    });
    (recipients.collect(), next)
}

#[tokio::test]
async fn the_outbox_shows_the_newest_first_and_no_page_repeats_or_skips_a_mail() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    house
        .console(&eva, "/console/outbox")
        .await
        .says("No such mail is in the outbox.")
        .keeps("Try all anew that failed");
    for number in 0..120 {
        add(&house, &format!("abuse{number}@network.example")).await;
    }
    let (mut seen, mut next) = listed(&house.console(&eva, "/console/outbox").await);
    while let Some(link) = next {
        add(&house, "late@network.example").await;
        let (more, older) = listed(&house.console(&eva, &link).await);
        seen.extend(more);
        next = older;
    }
    let all: Vec<String> = (0..120)
        .rev()
        .map(|number| format!("abuse{number}@network.example"))
        .collect();
    assert_eq!(seen, all);
    fail(&house, "550 <b>no such user</b>").await;
    let failed = house.console(&eva, "/console/outbox?state=failed").await;
    assert_eq!(listed(&failed).0, ["abuse0@network.example"]);
    failed
        .says("no such user")
        .keeps("<b>no such")
        .says("Try all anew that failed");
    for wrong in ["?state=%3Cscript%3E", "?behind=x", "?behind=1:x"] {
        let page = house.console(&eva, &format!("/console/outbox{wrong}")).await;
        page.says("the link is damaged").keeps("<script>");
    }
}

#[tokio::test]
async fn a_mail_is_read_as_text_without_the_secrets_of_its_links() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let id = add(&house, "abuse@network.example").await;
    let page = house.console(&eva, &format!("/console/outbox/{id}")).await;
    assert_eq!(page.status, StatusCode::OK);
    page.says("https://list.example/network/…")
        .says("192.0.2.7")
        .keeps("AQAGRs3x")
        .keeps("<script>")
        .keeps("<img");
    let missing = format!("/console/outbox/{}", Uuid::nil());
    assert_eq!(house.console(&eva, &missing).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        house.console(&eva, "/console/outbox/x").await.status,
        StatusCode::NOT_FOUND
    );
    let luis = house.signed_in("Luis", Role::Viewer).await;
    let page = house.console(&luis, &format!("/console/outbox/{id}")).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn mails_are_given_up_and_tried_anew_and_the_trail_says_so() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let id = add(&house, "abuse@network.example").await.to_string();
    let which = [("id", id.as_str())];
    let page = done(&house, &eva, "/console/outbox/drop", &which).await;
    page.says("Given up").says("given up");
    // What is given up already waits no more.
    let again = done(&house, &eva, "/console/outbox/drop", &which).await;
    again.says("this was not done");
    let page = done(&house, &eva, "/console/outbox/retry", &which).await;
    page.says("Tried anew").says("waits");
    fail(&house, "550").await;
    let page = done(&house, &eva, "/console/outbox/retry", &[("id", "")]).await;
    page.says("Tried anew: all that failed.");
    let none = done(&house, &eva, "/console/outbox/retry", &[("id", "")]).await;
    none.says("this was not done");
    let trail = house.store.deeds(&DeedFilter::default(), None, 5).await.unwrap();
    let told: Vec<(Act, DeedOutcome)> = trail
        .iter()
        .map(|one| (one.deed.act, one.end.as_ref().unwrap().outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Act::RetryMail, DeedOutcome::Failed),
            (Act::RetryMail, DeedOutcome::Done),
            (Act::RetryMail, DeedOutcome::Done),
            (Act::DropMail, DeedOutcome::Failed),
            (Act::DropMail, DeedOutcome::Done),
        ]
    );
}

#[tokio::test]
async fn an_address_gets_no_more_mail_gets_it_again_and_both_are_taken_back() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let fields = [
        ("address", "Abuse@Network.example"),
        ("reason", "they answer by <i>phone</i>"),
        ("days", "30"),
    ];
    let added = done(&house, &eva, "/console/suppress", &fields).await;
    added
        .says("No more mail: ")
        .says("abuse@network.example")
        .says("they answer by")
        .keeps("<i>phone");
    let back = done(&house, &eva, "/console/undo", &[("deed", &deed(&added))]).await;
    back.says("Mail may go there again")
        .says("No address is suppressed.");
    let again = done(&house, &eva, "/console/undo", &[("deed", &deed(&back))]).await;
    again.says("they answer by");
    let lifted = done(&house, &eva, "/console/unsuppress", &fields[..1]).await;
    lifted.says("No address is suppressed.");
    let nothing = done(&house, &eva, "/console/unsuppress", &fields[..1]).await;
    nothing.says("this was not done");
    for wrong in [
        [("address", "nobody"), ("reason", "why"), ("days", "")],
        [("address", "a@b.example"), ("reason", " "), ("days", "")],
        [("address", "a@b.example"), ("reason", "why"), ("days", "0")],
    ] {
        let page = house.console_post(&eva, "/console/suppress", &wrong).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{wrong:?}");
    }
    // Whoever only sees the list takes nothing back.
    let luis = house.signed_in("Luis", Role::Viewer).await;
    let page = house
        .console_post(&luis, "/console/undo", &[("deed", &deed(&added))])
        .await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}
