//! Webhooks: signed, called again, given up; and receivers who do it wrong.

use std::time::Duration;

use atalaya_formats::redact::keyed_hash;
use atalaya_model::Period;
use atalaya_store::{Way, Ways};
use atalaya_testkit::peers::{HttpReply, Posted, Receiver};
use data_encoding::BASE64;
use mail_parser::MessageParser;
use uuid::Uuid;

use super::{DAY, House, LEASE, enrolling};
use crate::feedback::{FeedbackError, Secrets};

impl House {
    /// With a receiver that answers by a script, and the webhook leading to it.
    async fn with_receiver(
        script: impl Fn(usize) -> HttpReply + Send + Sync + 'static,
    ) -> (Self, Receiver, Secrets, Uuid) {
        let receiver = Receiver::start(script).await.unwrap();
        let server = receiver.address().to_string();
        let house = Self::new(|config| config.webhook_servers = vec![server.clone()]).await;
        let ways = Ways {
            webhook: Some(format!("http://{server}/hook")),
            ..Ways::default()
        };
        let (enrolment, secrets) = house.feedback.add(enrolling("192.0.2.0/24", ways)).await.unwrap();
        (house, receiver, secrets, enrolment.id)
    }
}

fn ok(_before: usize) -> HttpReply {
    HttpReply::status(204)
}

/// Checks a call as the guide says, with the secret as it was given out.
fn is_signed(posted: &Posted, secrets: &Secrets) -> bool {
    let secret = secrets.webhook_secret.as_deref().unwrap();
    let key = BASE64
        .decode(secret.strip_prefix("whsec_").unwrap().as_bytes())
        .unwrap();
    let (id, at) = (
        posted.header("webhook-id").unwrap(),
        posted.header("webhook-timestamp").unwrap(),
    );
    let signed = [id.as_bytes(), b".", at.as_bytes(), b".", &posted.body].concat();
    let signature = format!("v1,{}", BASE64.encode(&keyed_hash(&key, &[&signed])));
    posted.header("webhook-signature") == Some(signature.as_str())
}

#[tokio::test]
async fn a_webhook_is_called_with_signed_xarf_that_hides_the_trap() {
    let (mut house, receiver, secrets, id) = House::with_receiver(ok).await;
    house.spam(1, "192.0.2.7").await;
    house.spam(2, "198.51.100.7").await;
    house.work(Way::Webhook).await;
    let posted = receiver.posted();
    assert_eq!(posted.len(), 1, "the other network is not theirs");
    assert!(is_signed(&posted[0], &secrets));
    let report: serde_json::Value = serde_json::from_slice(&posted[0].body).unwrap();
    assert_eq!(report["source_identifier"], "192.0.2.7");
    assert_eq!(report["report_id"], posted[0].header("webhook-id").unwrap());
    let evidence = BASE64
        .decode(report["evidence"][0]["payload"].as_str().unwrap().as_bytes())
        .unwrap();
    for text in [
        String::from_utf8_lossy(&evidence),
        String::from_utf8_lossy(&posted[0].body),
    ] {
        assert!(
            !text.contains("maria.trap") && !text.contains("trap.example"),
            "{text}"
        );
    }
    assert_eq!(house.delivery(id, Way::Webhook).await.position, 1);
}

#[tokio::test]
async fn what_was_not_taken_comes_again_under_the_same_name_after_a_growing_wait() {
    let reply = |before| HttpReply::status(if before < 2 { 503 } else { 200 });
    let (mut house, receiver, secrets, id) = House::with_receiver(reply).await;
    house.spam(1, "192.0.2.7").await;
    house.work(Way::Webhook).await;
    let first = house.delivery(id, Way::Webhook).await;
    assert_eq!((first.attempts, first.position), (1, 0));
    assert!(first.last_error.unwrap().contains("503") && first.due_at > house.time.now());
    house.work(Way::Webhook).await;
    assert_eq!(receiver.posted().len(), 1, "not before its time");
    for _ in 0..2 {
        house.time.advance(Duration::from_secs(600));
        house.work(Way::Webhook).await;
    }
    let posted = receiver.posted();
    let ids: Vec<_> = posted
        .iter()
        .map(|posted| posted.header("webhook-id").unwrap())
        .collect();
    assert_eq!(ids.len(), 3);
    assert!(
        ids.iter().all(|id| *id == ids[0]),
        "whoever keeps ids takes it once"
    );
    assert!(posted.iter().all(|posted| is_signed(posted, &secrets)));
    let done = house.delivery(id, Way::Webhook).await;
    assert_eq!((done.attempts, done.position, done.failing_since), (0, 1, None));
}

#[tokio::test]
async fn a_call_that_was_taken_and_not_noted_is_the_same_call_again() {
    let (mut house, receiver, _, _) = House::with_receiver(ok).await;
    house.spam(1, "192.0.2.7").await;
    let taken = house
        .store
        .take_delivery(Way::Webhook, LEASE)
        .await
        .unwrap()
        .unwrap();
    // The process died between the answer and the note: the lease runs out.
    house.feedback.turn(taken.clone()).await.unwrap();
    house.feedback.turn(taken).await.unwrap();
    let posted = receiver.posted();
    assert_eq!(posted.len(), 2);
    assert_eq!(posted[0].header("webhook-id"), posted[1].header("webhook-id"));
    assert_eq!(posted[0].body, posted[1].body);
}

#[tokio::test]
async fn a_webhook_that_fails_for_days_is_dead_and_the_enroller_is_told_once() {
    let (mut house, receiver, secrets, id) = House::with_receiver(|_| HttpReply::status(500)).await;
    house.spam(1, "192.0.2.7").await;
    for _ in 0..30 {
        house.work(Way::Webhook).await;
        house.time.advance(Duration::from_secs(8 * 3_600));
    }
    let calls = receiver.posted().len();
    house.time.advance(DAY);
    house.work(Way::Webhook).await;
    assert_eq!(receiver.posted().len(), calls, "it is called no more");
    let mails = house.mails().await;
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].recipient.as_str(), "abuse@cheap.example");
    let mail = MessageParser::default().parse(&mails[0].message).unwrap();
    assert!(mail.body_text(0).unwrap().contains("after the cursor 0."));
    let holder = house.feedback.holder(&secrets.pull_key).await.unwrap();
    assert_eq!(
        house.feedback.pull(&holder, 0, 10).await.unwrap()["events"][0]["cursor"],
        1
    );
    house.feedback.prove(id).await.unwrap();
    house.work(Way::Webhook).await;
    assert_eq!(receiver.posted().len(), calls + 1, "the operator wakes it");
}

#[tokio::test]
async fn a_receiver_that_is_gone_is_called_no_more() {
    let (mut house, receiver, _, _) = House::with_receiver(|_| HttpReply::status(410)).await;
    house.spam(1, "192.0.2.7").await;
    house.work(Way::Webhook).await;
    house.time.advance(DAY);
    house.work(Way::Webhook).await;
    assert_eq!((receiver.posted().len(), house.mails().await.len()), (1, 1));
}

#[tokio::test]
async fn huge_slow_and_leading_answers_do_no_harm() {
    let elsewhere = Receiver::start(ok).await.unwrap();
    let target = format!("http://{}/", elsewhere.address());
    let reply = move |before| match before {
        0 => HttpReply::redirect(&target),
        1 => HttpReply::Raw(b"SSH-2.0-what\r\n".to_vec()),
        // Its status is a yes; the endless rest is not read.
        _ => HttpReply::Endless(b"x".repeat(65_536)),
    };
    let (mut house, receiver, _, id) = House::with_receiver(reply).await;
    house.spam(1, "192.0.2.7").await;
    for _ in 0..3 {
        house.work(Way::Webhook).await;
        house.time.advance(DAY);
    }
    assert_eq!((receiver.posted().len(), elsewhere.posted().len()), (3, 0));
    assert_eq!(house.delivery(id, Way::Webhook).await.position, 1);
}

#[tokio::test]
async fn a_silent_receiver_is_left_after_its_time() {
    let receiver = Receiver::start(|_| HttpReply::Silence).await.unwrap();
    let server = receiver.address().to_string();
    let mut house = House::new(|config| {
        config.webhook_servers = vec![server.clone()];
        config.webhook_timeout = Period::seconds(1);
    })
    .await;
    let ways = Ways {
        webhook: Some(format!("http://{server}/")),
        ..Ways::default()
    };
    let (enrolment, _) = house.feedback.add(enrolling("192.0.2.0/24", ways)).await.unwrap();
    house.spam(1, "192.0.2.7").await;
    house.work(Way::Webhook).await;
    let delivery = house.delivery(enrolment.id, Way::Webhook).await;
    assert!(delivery.last_error.unwrap().contains("no whole answer"));
}

#[tokio::test]
async fn no_webhook_leads_into_the_own_network_or_without_tls() {
    let house = House::new(|_| {}).await;
    for url in [
        "http://example.net/hook",
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://example.net:8443/",
        "https://user:word@example.net/",
        "https://example.net/\r\nX: y",
        "ftp://example.net/",
        "x",
    ] {
        let ways = Ways {
            webhook: Some(url.to_owned()),
            ..Ways::default()
        };
        let refused = house.feedback.add(enrolling("192.0.2.0/24", ways)).await;
        assert!(matches!(refused, Err(FeedbackError::Refused(_))), "{url}");
    }
}

#[tokio::test]
async fn a_name_that_resolves_to_loopback_is_refused_when_it_is_called() {
    let mut house = House::new(|_| {}).await;
    let ways = Ways {
        webhook: Some("https://localhost/hook".to_owned()),
        ..Ways::default()
    };
    let (enrolment, _) = house.feedback.add(enrolling("192.0.2.0/24", ways)).await.unwrap();
    house.spam(1, "192.0.2.7").await;
    house.work(Way::Webhook).await;
    let delivery = house.delivery(enrolment.id, Way::Webhook).await;
    assert_eq!((delivery.position, delivery.attempts), (0, 1));
}
