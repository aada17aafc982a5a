//! Answers to our own mail that come to the trap.

use std::sync::{Arc, Mutex};

use atalaya_observe::{Ear, Hearing, RecordConnections, Taken, TrapConfig, Unheard};

use crate::client::{Client, Fixture};

/// Hears what comes to `bounces@trap.example`, with anything behind a `+`.
#[derive(Debug, Default)]
struct Listener {
    heard: Mutex<Vec<(Vec<u8>, String)>>,
}

impl Ear for Listener {
    fn takes(&self, recipients: &[String]) -> bool {
        !recipients.is_empty() && recipients.iter().all(|to| to.starts_with("bounces"))
    }

    fn hear<'a>(&'a self, mail: Vec<u8>, recipient: &'a str) -> Hearing<'a> {
        Box::pin(async move {
            if mail.starts_with(b"X: ") {
                return Err(match mail.get(3) {
                    Some(b'f') => Unheard::Full,
                    Some(b'e') => Unheard::Enough,
                    Some(b'l') => Unheard::TooLong,
                    _ => Unheard::Trouble,
                });
            }
            let is_about_ours = !mail.starts_with(b"Y: ");
            self.heard.lock().unwrap().push((mail, recipient.to_owned()));
            Ok(Taken {
                name: "7".to_owned(),
                is_about_ours,
            })
        })
    }
}

async fn deliver(client: &mut Client, recipients: &[&str], text: &str) -> String {
    client.ask("MAIL FROM:<>", "250").await;
    for recipient in recipients {
        client.ask(&format!("RCPT TO:<{recipient}>"), "250").await;
    }
    client.ask("DATA", "354").await;
    client.send(format!("{text}\r\n.\r\n").as_bytes()).await;
    client.reply().await
}

#[tokio::test]
async fn an_answer_is_handed_over_and_nothing_is_observed() {
    let ear = Arc::new(Listener::default());
    let config = TrapConfig {
        record_connections: RecordConnections::All,
        ..TrapConfig::default()
    };
    let fixture = Fixture::start_with_ear(config, ear.clone()).await;
    let mut client = fixture.connect().await;
    client.ask("EHLO mx.net.example", "250").await;
    let to = "bounces+id@trap.example";
    assert_eq!(
        deliver(&mut client, &[to], "Subject: x\r\n\r\nno")
            .await
            .trim_end(),
        "250 2.0.0 Ok: heard as 7"
    );
    for (mail, answer) in [
        ("X: full", "452 4.3.1"),
        ("X: enough", "450 4.7.1"),
        ("X: long", "552 5.3.4"),
        ("X: trouble", "451 4.3.0"),
    ] {
        let reply = deliver(&mut client, &[to], mail).await;
        assert!(reply.starts_with(answer), "{reply}");
    }
    client.ask("QUIT", "221").await;
    fixture.stop.cancel();
    fixture.served.await.unwrap();
    let heard = ear.heard.lock().unwrap().clone();
    assert_eq!(heard, [(b"Subject: x\r\n\r\nno\r\n".to_vec(), to.to_owned())]);
    assert!(fixture.store.observations_after(0, 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_answer_hides_no_connection_that_brings_something_else() {
    let answer = ("bounces+id@trap.example", "Subject: x\r\n\r\nno");
    let strange = ("bounces@trap.example", "Y: x\r\n\r\nbuy");
    let spam = ("x@trap.example", "Subject: x\r\n\r\nbuy");
    for (mails, observed) in [
        (vec![answer, answer], 0),
        (vec![answer, strange], 1),
        (vec![strange, answer], 1),
        (vec![spam, answer], 2),
        (vec![answer, spam], 2),
    ] {
        let config = TrapConfig {
            record_connections: RecordConnections::All,
            ..TrapConfig::default()
        };
        let fixture = Fixture::start_with_ear(config, Arc::new(Listener::default())).await;
        let mut client = fixture.connect().await;
        client.ask("EHLO mx.net.example", "250").await;
        for (to, text) in &mails {
            assert!(deliver(&mut client, &[to], text).await.starts_with("250"));
        }
        client.ask("QUIT", "221").await;
        fixture.stop.cancel();
        fixture.served.await.unwrap();
        let seen = fixture.store.observations_after(0, 9).await.unwrap();
        assert_eq!(seen.len(), observed, "{mails:?}");
    }
}

#[tokio::test]
async fn an_answer_to_a_trap_beside_is_spam() {
    let ear = Arc::new(Listener::default());
    let fixture = Fixture::start_with_ear(TrapConfig::default(), ear.clone()).await;
    let mut client = fixture.connect().await;
    client.ask("EHLO mx.net.example", "250").await;
    let both = ["bounces@trap.example", "x@trap.example"];
    assert!(
        deliver(&mut client, &both, "Subject: x\r\n\r\nno")
            .await
            .contains("queued as")
    );
    assert!(ear.heard.lock().unwrap().is_empty());
    assert_eq!(fixture.store.observations_after(0, 9).await.unwrap().len(), 1);
}
