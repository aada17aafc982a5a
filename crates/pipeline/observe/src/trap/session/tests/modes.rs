//! What a listener does with those who come.

use atalaya_model::{Kind, Trap};

use super::*;
use crate::{TarpitConfig, TrapMode};

fn config(mode: TrapMode) -> TrapConfig {
    TrapConfig {
        mode,
        ..TrapConfig::default()
    }
}

async fn begin_message(client: &mut Client) {
    client.ask("EHLO client.example", "250").await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
}

#[tokio::test]
async fn recipients_are_refused_and_the_conversation_is_recorded() {
    let mut client = Client::connect(config(TrapMode::RefuseRecipients)).await;
    begin_message(&mut client).await;
    for _ in 0..30 {
        client.ask("RCPT TO:<c@d.example>", "550 5.1.1").await;
    }
    client.ask("DATA", "554 5.5.1").await;
    client.ask("QUIT", "221").await;
    let store = client.store.clone();
    client.end().await;
    let (seen, evidence) = store.all().remove(0);
    assert_eq!((seen.kind, seen.trap), (Kind::Connection, Some(Trap::Pristine)));
    assert_eq!(seen.envelope.mail_from, "a@b.example");
    assert_eq!(seen.envelope.recipients.len(), 30);
    let dialect = evidence.dialect.unwrap();
    assert!(
        dialect.contains(" refused=RCPT:5>DATA ") && dialect.ends_with(" end=quit"),
        "{dialect}"
    );
}

#[tokio::test]
async fn messages_are_kept_and_refused() {
    let mut client = Client::connect(config(TrapMode::RefuseMessages)).await;
    assert!(
        client
            .deliver(b"From: a\r\n\r\nx\r\n.\r\n")
            .await
            .starts_with("550 5.7.1")
    );
    let (seen, message) = client.store.only();
    assert_eq!(
        (seen.kind, message.as_slice()),
        (Kind::Spam, &b"From: a\r\n\r\nx\r\n"[..])
    );
    client.ask("QUIT", "221").await;
    let store = client.store.clone();
    client.end().await;
    assert_eq!(store.all().len(), 1, "the message is what is observed");
}

#[tokio::test]
async fn who_comes_again_is_let_in() {
    let clock = TestClock::default();
    let mut client = Client::begin_with(config(TrapMode::DeferOnce), None, &clock);
    client.expect("220").await;
    begin_message(&mut client).await;
    client.ask("RCPT TO:<c@d.example>", "451 4.7.1").await;
    clock.advance(Duration::from_secs(300));
    let mut again = client.beside("192.0.2.11").await;
    let mut other = client.beside("192.0.2.12").await;
    client.ask("QUIT", "221").await;
    let store = client.store.clone();
    client.end().await;
    assert!(again.deliver(b"From: a\r\n\r\n.\r\n").await.starts_with("250"));
    begin_message(&mut other).await;
    other.ask("RCPT TO:<c@d.example>", "451").await;
    let all = store.all();
    let kinds: Vec<_> = all.iter().map(|(seen, _)| seen.kind).collect();
    assert_eq!(kinds, [Kind::Connection, Kind::Spam]);
    assert!(
        all[0]
            .1
            .dialect
            .as_ref()
            .unwrap()
            .contains(" refused=RCPT:4>QUIT ")
    );
}

fn tarpit(delay: Period, longest: Period, places: usize) -> TrapConfig {
    TrapConfig {
        tarpit: TarpitConfig {
            delay,
            longest,
            places,
        },
        ..config(TrapMode::Tarpit)
    }
}

#[tokio::test(start_paused = true)]
async fn the_tarpit_holds_up_line_by_line_and_not_for_ever() {
    let begun = Instant::now();
    let mut client = Client::connect(tarpit(Period::seconds(5), Period::minutes(1), 1)).await;
    assert_eq!(begun.elapsed().as_secs(), 5);
    client.ask("EHLO x", "250-").await;
    assert_eq!(begun.elapsed().as_secs(), 5 + 9 * 5);
    client.ask("NOOP", "250").await;
    client.ask("NOOP", "250").await;
    client.ask("NOOP", "250").await;
    let waited = begun.elapsed();
    assert_eq!(waited.as_secs(), 60);
    client.ask("NOOP", "250").await;
    assert!(client.deliver(b"From: a\r\n\r\n.\r\n").await.starts_with("250"));
    assert_eq!(begun.elapsed(), waited, "then it is as quick as any");
}

#[tokio::test(start_paused = true)]
async fn the_tarpit_has_so_many_places() {
    let mut client = Client::connect(tarpit(Period::seconds(5), Period::minutes(10), 1)).await;
    let begun = Instant::now();
    let mut beside = client.beside("192.0.2.12").await;
    beside.ask("EHLO x", "250-").await;
    assert!(begun.elapsed().is_zero());
    client.ask("QUIT", "221").await;
    client.end().await;
    let _held = beside.beside("192.0.2.13").await;
    assert_eq!(begun.elapsed().as_secs(), 5);
}

#[tokio::test(start_paused = true)]
async fn who_speaks_on_in_the_tarpit_is_heard_and_who_goes_is_noticed() {
    let mut client = Client::connect(tarpit(Period::seconds(5), Period::minutes(10), 1)).await;
    client.send(b"EHLO x\r\n").await;
    tokio::time::sleep(Duration::from_secs(7)).await;
    client.send(b"MAIL FROM:<a@b.example>\r\n").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    let store = client.store.clone();
    let Client { stream, session, .. } = client;
    drop(stream);
    assert_eq!(session.await.unwrap(), "gone");
    let dialect = store.all().remove(0).1.dialect.unwrap();
    assert!(
        dialect.contains(" order=EHLO+MAIL "),
        "it did not wait for the last line: {dialect}"
    );
    assert!(dialect.ends_with(" end=drop"), "{dialect}");
}
