//! Complaints that come to the trap's own address for them.

use atalaya_model::{Handshake, Kind, Sensor, Trap as Kinds};
use atalaya_observe::TrapConfig;

use crate::client::{Client, Fixture};

/// A feedback report about this address, as a client sends it, its end included.
fn report(from: &str, source: &str) -> Vec<u8> {
    format!(
        "From: {from}\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=x\r\n\r\n\
         --x\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: X/1\r\nVersion: 1\r\n\
         Source-IP: {source}\r\n\r\n--x\r\nContent-Type: message/rfc822\r\n\r\n\
         Received: from h (n.example [192.0.2.9]) by mx.loop.example with ESMTP\r\nSubject: Buy\r\n\r\nnow\r\n--x--\r\n.\r\n"
    )
    .into_bytes()
}

/// Delivers with the null sender, as feedback loops do.
async fn deliver(client: &mut Client, recipients: &[&str], text: &[u8]) -> String {
    client.ask("EHLO loop.example", "250").await;
    client.ask("MAIL FROM:<>", "250").await;
    for recipient in recipients {
        client.ask(&format!("RCPT TO:<{recipient}>"), "250").await;
    }
    client.ask("DATA", "354").await;
    client.send(text).await;
    client.reply().await
}

#[tokio::test]
async fn a_complaint_is_durable_before_its_250_and_counts_once() {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let mut client = fixture.connect().await;
    let mail = report("fbl@arf.loop.example", "192.0.2.9");
    for _ in 0..2 {
        let reply = deliver(&mut client, &["FBL@Trap.example"], &mail).await;
        assert!(reply.starts_with("250 2.0.0 Ok: queued as "), "{reply}");
    }
    let seen = fixture.store.observations_after(0, 10).await.unwrap();
    assert_eq!(seen.len(), 1, "the same mail twice is one complaint");
    let observation = &seen[0].observation;
    assert_eq!(observation.address.to_string(), "192.0.2.9");
    assert_eq!(
        (
            observation.sensor,
            observation.kind,
            observation.handshake,
            observation.trap
        ),
        (Sensor::Complaint, Kind::Spam, Handshake::Reported, None)
    );
    assert_eq!(
        (observation.source.as_str(), observation.subject.as_str()),
        ("loop.example", "Buy")
    );
    let kept = fixture
        .store
        .message(&observation.message.unwrap())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        kept,
        &mail[..mail.len() - 3],
        "the whole complaint is the evidence"
    );
}

#[tokio::test]
async fn what_is_of_no_use_is_told_and_not_recorded() {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let mut client = fixture.connect().await;
    for (mail, answer) in [
        (
            report("fbl@loop.example", "10.0.0.1"),
            "250 2.0.0 Read, and nothing recorded: the source is reserved",
        ),
        (
            report("x@stranger.example", "203.0.113.66"),
            "250 2.0.0 Read, and nothing recorded: the mail in the report",
        ),
        (
            b"Subject: hello\r\n\r\nhow are you\r\n.\r\n".to_vec(),
            "550 5.6.0 Not read: no report",
        ),
    ] {
        let reply = deliver(&mut client, &["fbl@trap.example"], &mail).await;
        assert!(reply.starts_with(answer), "{reply}");
    }
    assert!(fixture.store.observations_after(0, 10).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_mail_to_a_trap_beside_is_spam_of_its_sender() {
    let fixture = Fixture::start(TrapConfig::default()).await;
    let mut client = fixture.connect().await;
    let mail = report("fbl@loop.example", "203.0.113.66");
    for recipients in [&["x@trap.example"][..], &["fbl@trap.example", "x@trap.example"]] {
        assert!(deliver(&mut client, recipients, &mail).await.starts_with("250"));
    }
    let seen = fixture.store.observations_after(0, 10).await.unwrap();
    let told: Vec<_> = seen
        .iter()
        .map(|seen| {
            (
                seen.observation.address.to_string(),
                seen.observation.sensor,
                seen.observation.trap,
            )
        })
        .collect();
    let own = ("127.0.0.1".to_owned(), Sensor::Trap, Some(Kinds::Pristine));
    assert_eq!(told, [own.clone(), own]);
}
