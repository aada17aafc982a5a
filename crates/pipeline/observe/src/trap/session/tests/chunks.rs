//! Messages in chunks (RFC 3030).

use super::*;

/// A configuration with the smallest size of messages that is allowed.
fn small() -> TrapConfig {
    TrapConfig {
        max_message_size: atalaya_model::ByteSize::kib(64),
        ..TrapConfig::default()
    }
}

#[tokio::test]
async fn chunks_of_mixed_sizes_make_one_message() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.send(b"BDAT 10\r\nSubject: y").await;
    client.expect("250 2.0.0 10 octets").await;
    client
        .send(b"BDAT 0\r\nBDAT 8\r\n\r\n\r\n.\r\nBDAT 3 LAST\r\n\nQU")
        .await;
    for code in ["250 2.0.0 0 octets", "250 2.0.0 8 octets"] {
        client.expect(code).await;
    }
    // The third chunk took what looks like an end and a command; this completes the line behind it.
    client.send(b"IT\r\n").await;
    client.expect("500").await;
    assert_eq!(client.store.kept().len(), 0);
}

#[tokio::test]
async fn the_last_chunk_ends_the_message() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    let big = vec![b'x'; 40_000];
    client.send(b"BDAT 14\r\nSubject: y\r\n\r\n").await;
    client.expect("250").await;
    client.send(b"BDAT 40000\r\n").await;
    client.send(&big).await;
    client.expect("250 2.0.0 40000 octets").await;
    client.send(b"BDAT 5 LAST\r\n\r\n.\r\nQUIT\r\n").await;
    client.expect("250 2.0.0 Ok: queued").await;
    client.expect("221").await;
    let (seen, message) = client.store.only();
    assert_eq!(message, [&b"Subject: y\r\n\r\n"[..], &big, b"\r\n.\r\n"].concat());
    assert_eq!((seen.subject.as_str(), seen.message_size), ("y", 40_019));
}

#[tokio::test]
async fn an_empty_last_chunk_ends_the_message_too() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.send(b"BDAT 3\r\na\nbBDAT 0 LAST\r\n").await;
    client.expect("250 2.0.0 3 octets").await;
    client.expect("250 2.0.0 Ok").await;
    let (seen, message) = client.store.only();
    assert_eq!(message, b"a\nb");
    assert!(seen.oddities.contains(&"bare-lf".to_owned()));
    // The transaction is over.
    client.send(b"BDAT 1 LAST\r\nx").await;
    client.expect("503").await;
}

#[tokio::test]
async fn chunks_out_of_order_are_thrown_away_whole() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.send(b"BDAT 6\r\nQUIT\r\nNOOP\r\n").await;
    client.expect("503 5.5.1 Send EHLO").await;
    client.expect("250").await;
    client.open_message().await;
    client.send(b"BDAT 2\r\nhiDATA\r\n").await;
    client.expect("250").await;
    client.expect("503").await;
    client.ask("RCPT TO:<e@f.example>", "503").await;
    client.ask("RSET", "250").await;
    client.send(b"BDAT 2 LAST\r\nhi").await;
    client.expect("503 5.5.1 Send MAIL").await;
    assert_eq!(client.store.kept().len(), 0);
}

#[tokio::test]
async fn chunks_beyond_the_size_are_refused_and_thrown_away() {
    let mut client = Client::connect(small()).await;
    client.open_message().await;
    client.send(b"BDAT 60000\r\n").await;
    client.send(&[b'x'; 60_000]).await;
    client.expect("250").await;
    client.send(b"BDAT 60000 LAST\r\n").await;
    client.send(&[b'x'; 60_000]).await;
    client.expect("552 5.3.4").await;
    // RFC 3030 section 2: what follows of the failed message is refused.
    client.send(b"BDAT 2 LAST\r\nhi").await;
    client.expect("503").await;
    assert!(client.deliver(b"x\r\n.\r\n").await.starts_with("250"));
    assert_eq!(client.shared.memory.left(), small().max_memory.bytes());
}

#[tokio::test]
async fn a_reset_among_chunks_lets_their_memory_go() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.send(b"BDAT 40000\r\n").await;
    client.send(&[b'x'; 40_000]).await;
    client.expect("250").await;
    assert!(client.shared.memory.left() < TrapConfig::default().max_memory.bytes());
    client.ask("RSET", "250").await;
    assert_eq!(
        client.shared.memory.left(),
        TrapConfig::default().max_memory.bytes()
    );
}

#[tokio::test(start_paused = true)]
async fn a_message_in_chunks_has_its_end_between_them_too() {
    let config = TrapConfig {
        message_timeout: Period::minutes(2),
        ..TrapConfig::default()
    };
    let mut client = Client::connect(config).await;
    client.open_message().await;
    client.send(b"BDAT 1\r\nx").await;
    client.expect("250").await;
    while client.stream.write_all(b"BDAT 1\r\nx").await.is_ok() {
        client.expect("250").await;
        tokio::time::sleep(Duration::from_secs(50)).await;
    }
    client.expect("421 4.4.2").await;
}

#[tokio::test]
async fn a_chunk_of_unknown_size_ends_the_conversation() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("BDAT many", "421 5.5.4").await;
    assert_eq!(client.end().await, "lost-chunk");
}

#[tokio::test]
async fn a_chunk_of_a_boundless_size_takes_no_memory() {
    let mut client = Client::connect(small()).await;
    client.open_message().await;
    client.send(b"BDAT 18446744073709551615 LAST\r\n").await;
    for _ in 0..200 {
        client.send(&[b'x'; 4096]).await;
    }
    assert!(client.shared.memory.left() >= small().max_memory.bytes() - 128 * 1024);
    client.stops.now.cancel();
    client.expect("421 4.3.2").await;
}
