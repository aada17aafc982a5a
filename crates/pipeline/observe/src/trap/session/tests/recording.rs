//! What is written down of a conversation, and the conversations that are recorded without a message.

use atalaya_formats::conversation::{Conversation, Side, What};
use atalaya_model::{ByteSize, Kind};

use super::*;
use crate::RecordConnections;

/// The conversation of a record, read back.
fn conversation(evidence: &Evidence) -> Conversation {
    let text = String::from_utf8(evidence.conversation.clone().unwrap()).unwrap();
    Conversation::parse(&text).unwrap()
}

/// All that the client said in it.
fn said(evidence: &Evidence) -> String {
    let talk = conversation(evidence);
    let said = talk.segments().filter_map(|segment| match segment.what {
        What::Said(Side::Client, said) => Some(String::from_utf8_lossy(said).into_owned()),
        _ => None,
    });
    said.collect()
}

/// Says goodbye and waits for the end.
async fn quit(mut client: Client) -> Memory {
    client.ask("QUIT", "221").await;
    let store = client.store.clone();
    assert_eq!(client.end().await, "quit");
    store
}

#[tokio::test(start_paused = true)]
async fn a_message_is_kept_with_its_conversation_and_dialect() {
    let mut client = Client::connect(TrapConfig::default()).await;
    tokio::time::advance(Duration::from_millis(40)).await;
    client.deliver(b"From: a\n\r\n\r\nx\r\n.\r\n").await;
    let (seen, evidence) = client.store.all().remove(0);
    assert_eq!(seen.source, "smtp");
    let text = String::from_utf8(evidence.conversation.clone().unwrap()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "conversation 1");
    assert_eq!(lines[1], "0 S 220 mx.atalaya.test ESMTP\\r\\n");
    assert_eq!(lines[2], "40 C EHLO client.example\\r\\n");
    assert_eq!(*lines.last().unwrap(), "40 M 18 bare");
    assert!(!text.contains("From: a"), "messages stand there by their size");
    let dialect = evidence.dialect.unwrap();
    assert_eq!(
        dialect,
        "smtp/1 talks=after lines=crlf hello=EHLO_name order=EHLO,MAIL,RCPT,DATA mail=MAIL_FROM:<@> rcpt=RCPT_TO:<@> text=bare \
         pace=quick refused=- next=- end=-"
    );
    assert_eq!(seen.dialect, Some(atalaya_formats::smtp::Dialect::id(&dialect)));
    let shape = evidence.shape.unwrap();
    assert!(
        shape.starts_with("mail/1 received=0 order=From msgid=- "),
        "{shape}"
    );
    assert!(seen.headers.is_some());
}

#[tokio::test]
async fn a_later_message_has_what_was_said_for_it_and_the_dialect_of_the_first() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.deliver(b"From: a\r\n\r\n.\r\n").await;
    client.ask("RSET", "250").await;
    client.ask("mail from:<e@f.example>", "250").await;
    client.ask("RCPT TO:<g@h.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(b"From: e\r\n\r\n.\r\n").await;
    client.expect("250").await;
    let all = client.store.all();
    assert_eq!(all[0].0.dialect, all[1].0.dialect);
    let later = said(&all[1].1);
    assert!(
        later.starts_with("EHLO client.example") && later.contains("RSET") && later.contains("g@h.example"),
        "{later}"
    );
    assert!(!later.contains("c@d.example"), "{later}");
}

#[tokio::test]
async fn the_observations_of_a_connection_are_numbered() {
    let mut client = Client::connect(TrapConfig {
        record_connections: RecordConnections::All,
        ..TrapConfig::default()
    })
    .await;
    client.deliver(b"From: a\r\n\r\n.\r\n").await;
    client.ask("MAIL FROM:<e@f.example>", "250").await;
    client.ask("RCPT TO:<g@h.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(b"From: e\r\n\r\n.\r\n").await;
    client.expect("250").await;
    let beside = client.beside("192.0.2.11").await;
    let store = quit(client).await;
    let numbers = |store: &Memory| store.all().iter().map(|(seen, _)| seen.nth).collect::<Vec<_>>();
    assert_eq!(numbers(&store), [1, 2, 3]);
    quit(beside).await;
    assert_eq!(numbers(&store), [1, 2, 3, 1], "another connection");
}

#[tokio::test]
async fn a_conversation_without_mail_is_recorded_with_its_end() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO client.example", "250").await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
    let store = quit(client).await;
    let (seen, evidence) = store.all().remove(0);
    assert_eq!(
        (seen.kind, seen.trap, seen.message),
        (Kind::Connection, None, None)
    );
    assert_eq!(seen.envelope.mail_from, "a@b.example");
    assert!(!seen.counts());
    assert_eq!((seen.headers, &evidence.shape), (None, &None));
    assert!(evidence.dialect.unwrap().ends_with(
        " order=EHLO,MAIL,QUIT mail=MAIL_FROM:<@> rcpt=- text=- pace=quick refused=- next=- end=quit"
    ));
    assert!(
        said(&Evidence {
            dialect: None,
            ..evidence_of(&store)
        })
        .ends_with("QUIT\r\n")
    );
}

fn evidence_of(store: &Memory) -> Evidence {
    store.all().remove(0).1
}

#[tokio::test]
async fn what_is_recorded_is_the_operators_choice_and_bounded() {
    let config = |record_connections| TrapConfig {
        record_connections,
        connections_per_address: 2,
        ..TrapConfig::default()
    };
    for (choice, expected) in [
        (RecordConnections::None, [0, 0]),
        (RecordConnections::WithoutMail, [0, 1]),
        (RecordConnections::All, [1, 2]),
    ] {
        let mut client = Client::connect(config(choice)).await;
        client.deliver(b"From: a\r\n\r\n.\r\n").await;
        let next = client.beside("192.0.2.11").await;
        let store = quit(client).await;
        let connections = |store: &Memory| {
            store
                .all()
                .iter()
                .filter(|(seen, _)| seen.kind == Kind::Connection)
                .count()
        };
        assert_eq!(connections(&store), expected[0], "{choice:?}");
        let beside = next.beside("192.0.2.11").await;
        quit(next).await;
        assert_eq!(connections(&store), expected[1], "{choice:?}");
        let other = beside.beside("198.51.100.1").await;
        quit(beside).await;
        assert!(connections(&store) <= 2, "{choice:?}");
        quit(other).await;
        let of_other = usize::from(choice != RecordConnections::None);
        assert_eq!(
            store
                .all()
                .iter()
                .filter(|(seen, _)| seen.address.to_string() == "198.51.100.1")
                .count(),
            of_other
        );
    }
}

#[tokio::test]
async fn who_says_nothing_is_not_recorded() {
    let client = Client::connect(TrapConfig::default()).await;
    let store = client.store.clone();
    let Client { stream, session, .. } = client;
    drop(stream);
    assert_eq!(session.await.unwrap(), "gone");
    assert!(store.all().is_empty());
}

#[tokio::test]
async fn nothing_is_written_down_where_that_is_not_wanted() {
    let config = TrapConfig {
        max_conversation: ByteSize(0),
        ..TrapConfig::default()
    };
    let mut client = Client::connect(config).await;
    client.deliver(b"From: a\r\n\r\n.\r\n").await;
    let (seen, evidence) = client.store.all().remove(0);
    assert_eq!(
        (seen.dialect, evidence.conversation, evidence.dialect),
        (None, None, None)
    );
}

#[tokio::test(start_paused = true)]
async fn a_client_that_drips_is_written_down_byte_by_byte_and_within_the_limit() {
    let mut client = Client::connect(TrapConfig::default()).await;
    for byte in b"EHLO x" {
        client.send(&[*byte]).await;
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    client.send(b"\r\n").await;
    client.expect("250").await;
    for _ in 0..4_000 {
        client.ask("VRFY \0\u{ff}", "252").await;
    }
    let memory = client.shared.memory.left();
    assert!(
        memory < TrapConfig::default().max_memory.bytes(),
        "a long one takes from the budget"
    );
    let shared = Arc::clone(&client.shared);
    let store = quit(client).await;
    let talk = conversation(&evidence_of(&store));
    let times: Vec<u32> = talk.segments().take(8).map(|segment| segment.at).collect();
    assert_eq!(times, [0, 0, 10, 20, 30, 40, 50, 60]);
    assert!(talk.is_cut());
    assert!(evidence_of(&store).conversation.unwrap().len() < 4 * 8 * 1024 + 1024);
    assert_eq!(shared.memory.left(), TrapConfig::default().max_memory.bytes());
}

#[tokio::test]
async fn what_was_said_before_the_banner_stands_before_it() {
    let config = TrapConfig {
        banner_delay: Period::seconds(1),
        ..TrapConfig::default()
    };
    let mut client = Client::begin(config);
    client.send(b"EHLO x\r\n").await;
    client.expect("220").await;
    client.expect("250").await;
    let store = quit(client).await;
    let dialect = evidence_of(&store).dialect.unwrap();
    assert!(dialect.starts_with("smtp/1 talks=early "), "{dialect}");
}
