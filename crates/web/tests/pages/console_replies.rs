//! Replies and jobs in the console: what waits for a person, settled once; what was given up, tried anew.

use std::time::Duration;

use atalaya_model::{Act, Role};
use atalaya_store::{DeedFilter, DeedOutcome, NewHeard};
use axum::http::StatusCode;
use serde_json::json;
use uuid::Uuid;

use crate::console_pages::done;
use crate::support::House;

/// A reply that quotes the link of a notice, with words that want to be a page.
const REPLY: &str = "From: \"<script>alert(1)</script>\" <abuse@network.example>\r\nSubject: Re: 192.0.2.7\r\n\r\n\
     <img src=x onerror=alert(2)> we looked\r\n> https://list.example/network/AQAGRs3xR2h0dHBzOi8vZXhhbXBsZQ\r\n";

/// Hears a reply that is left to a person.
async fn hear(house: &House, said: &str) -> Uuid {
    let heard = NewHeard {
        id: Uuid::new_v4(),
        at: house.now(),
        notice: None,
        contact: None,
        sender: "abuse@network.example".to_owned(),
        kind: "reply".to_owned(),
        confidence: 40,
        because: "nothing <b>plain</b> was said".to_owned(),
        action: "person".to_owned(),
        details: json!({ "said": said }),
        settles: None,
    };
    let mail = Some(REPLY.as_bytes().to_vec());
    house.store.hear(&heard, mail, &[]).await.unwrap();
    house.clock.advance(Duration::from_secs(1));
    heard.id
}

#[tokio::test]
async fn what_waits_for_a_person_is_read_as_text_and_settled_once() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    house
        .console(&eva, "/console/replies")
        .await
        .says("Nothing waits for you.");
    let said = "<u>we looked</u> https://list.example/network/AQAGRs3xR2h0dHBzOi8vZXhhbXBsZQ";
    let id = hear(&house, said).await.to_string();
    let list = house.console(&eva, "/console/replies").await;
    list.says(&id)
        .says("we looked")
        .says("https://list.example/network/…")
        .keeps("AQAGRs3x")
        .keeps("<u>");
    let page = house.console(&eva, &format!("/console/replies/{id}")).await;
    page.says("answer (40 % sure)")
        .says("left to a person")
        .says("It answers no notice that we know of.")
        .says("https://list.example/network/…")
        .says("we looked")
        .keeps("AQAGRs3x")
        .keeps("<script>")
        .keeps("<img")
        .keeps("<b>plain");
    // It is about no notice of ours, so that nothing can follow from it.
    let settle = |settlement: &'static str| [("id", id.as_str()), ("settlement", settlement)];
    let refused = done(&house, &eva, "/console/replies/settle", &settle("stop")).await;
    refused.says("this was not done");
    let settled = done(&house, &eva, "/console/replies/settle", &settle("ignore")).await;
    settled
        .says("Settled: ")
        .says("A person has settled this.")
        .keeps("/console/replies/settle");
    let twice = done(&house, &eva, "/console/replies/settle", &settle("ignore")).await;
    twice.says("this was not done");
    house
        .console(&eva, "/console/replies")
        .await
        .says("Nothing waits for you.");
    house.console(&eva, "/console/replies?show=all").await.says(&id);
    let trail = house.store.deeds(&DeedFilter::default(), None, 3).await.unwrap();
    let told: Vec<(Act, DeedOutcome)> = trail
        .iter()
        .map(|one| (one.deed.act, one.end.as_ref().unwrap().outcome))
        .collect();
    assert_eq!(
        told,
        [
            (Act::SettleReply, DeedOutcome::Failed),
            (Act::SettleReply, DeedOutcome::Done),
            (Act::SettleReply, DeedOutcome::Failed),
        ]
    );
}

#[tokio::test]
async fn what_else_was_read_is_a_list_of_terms_and_hostile_words_stay_text() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let heard = NewHeard {
        id: Uuid::new_v4(),
        at: house.now(),
        notice: None,
        contact: None,
        sender: "abuse@network.example".to_owned(),
        kind: "bounce".to_owned(),
        confidence: 40,
        because: "a report".to_owned(),
        action: "person".to_owned(),
        details: json!({
            "failures": [{
                "recipient": "\u{202e}moc@x",
                "reason": "mailbox-full",
                "lasting": "soft",
                "diagnosis": "<script>alert(1)</script>".repeat(100),
            }],
            "<img src=x>": "</dd><b>bold</b> https://list.example/network/AQAGRs3xR2h0dHBzOi8vZXhhbXBsZQ",
            "ticket": null,
        }),
        settles: None,
    };
    house.store.hear(&heard, None, &[]).await.unwrap();
    let path = format!("/console/replies/{}", heard.id);
    let page = house.console(&eva, &path).await;
    page.says("<bdi>Failure 1</bdi></h2>")
        .says("<dt>Cause</dt><dd><bdi>the mailbox is full</bdi></dd>")
        .says("<dt>Lasting</dt><dd><bdi>may pass</bdi></dd>")
        .says("<dt><code>&#60;img src=x&#62;</code></dt>")
        .says("&#60;/dd&#62;&#60;b&#62;bold&#60;/b&#62; https://list.example/network/…")
        .says("alert(1)&#60;/script&#62;")
        .says("…</bdi>")
        .keeps("<script>alert")
        .keeps("<img")
        .keeps("<b>bold")
        .keeps("AQAGRs3x")
        .keeps("&#34;failures&#34;")
        .keeps("<dt>Number of the case</dt>");
    let spanish = house.console(&eva, &format!("{path}?lang=es")).await;
    spanish
        .says("<bdi>Fallo 1</bdi></h2>")
        .says("<dt>Causa</dt><dd><bdi>el buzón está lleno</bdi></dd>");
}

#[tokio::test]
async fn pages_of_replies_repeat_and_skip_nothing() {
    let mut house = House::unpublished().await;
    let eva = house.signed_in("Eva", Role::Desk).await;
    let mut ids = Vec::new();
    for number in 0..60 {
        ids.push(hear(&house, &format!("reply {number}")).await.to_string());
    }
    ids.reverse();
    let first = house.console(&eva, "/console/replies").await;
    let (before, _) = first.text.split_once("\" rel=\"next\"").unwrap();
    let link = before.rsplit("href=\"").next().unwrap().replace("&#38;", "&");
    let second = house.console(&eva, &link).await;
    for (number, id) in ids.iter().enumerate() {
        let page = if number < 50 { &first } else { &second };
        page.says(id);
    }
    for wrong in ["?show=some", "?behind=x"] {
        let page = house.console(&eva, &format!("/console/replies{wrong}")).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
    }
    let missing = format!("/console/replies/{}", Uuid::nil());
    assert_eq!(house.console(&eva, &missing).await.status, StatusCode::NOT_FOUND);
    let broken = [
        ("id", ids[0].as_str()),
        ("settlement", "not-ours"),
        ("prefixes", "x"),
    ];
    let page = house.console_post(&eva, "/console/replies/settle", &broken).await;
    assert_eq!(page.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn jobs_that_were_given_up_show_why_and_are_tried_anew() {
    let mut house = House::unpublished().await;
    let marta = house.signed_in("Marta", Role::Operator).await;
    house
        .console(&marta, "/console/jobs")
        .await
        .says("There are no jobs.");
    let mut transaction = house.store.begin().await.unwrap();
    for key in ["1", "2", "3"] {
        transaction
            .add_job("notice", key, "{}", house.now())
            .await
            .unwrap();
    }
    transaction.commit().await.unwrap();
    for _ in 0..2 {
        let lease = Duration::from_secs(60);
        let job = house.store.take_job("notice", lease).await.unwrap().unwrap();
        house
            .store
            .abandon_job(job.id, "no <b>route</b> to whois")
            .await
            .unwrap();
    }
    let page = house.console(&marta, "/console/jobs").await;
    page.says("given up").says("to whois").keeps("<b>route");
    let (_, behind) = page.text.split_once("name=\"id\" value=\"").unwrap();
    let id = behind.split('"').next().unwrap().to_owned();
    let one = done(&house, &marta, "/console/jobs/retry", &[("id", &id)]).await;
    one.says("Job tried anew: ");
    let again = done(&house, &marta, "/console/jobs/retry", &[("id", &id)]).await;
    again.says("this was not done");
    let all = done(&house, &marta, "/console/jobs/retry", &[("id", "")]).await;
    all.says("Job tried anew: all that were given up.")
        .keeps("Try all anew that were given up");
    let trail = house.store.deeds(&DeedFilter::default(), None, 1).await.unwrap();
    assert_eq!(trail[0].deed.act, Act::RetryJob);
}
