//! One message that tries to look like two: it stays one.

use super::*;

/// What a smuggler hides behind a false end.
const SECOND: &str =
    "MAIL FROM:<evil@b.example>\r\nRCPT TO:<victim@d.example>\r\nDATA\r\nSubject: second\r\n\r\n";

#[tokio::test]
async fn no_false_end_ends_a_message() {
    let ends = [
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\r\n.\r",
        "\n.\r",
        "\r.\n",
        "\r\n.\r\r\n",
        "\r\n\0.\r\n",
        "\r\n.\0\r\n",
    ];
    for end in ends {
        let mut client = Client::connect(TrapConfig::default()).await;
        let message = format!("Subject: first\r\n\r\nx{end}{SECOND}");
        let reply = client.deliver(format!("{message}.\r\n").as_bytes()).await;
        assert!(reply.starts_with("250"), "{end:?}: {reply}");
        let (seen, kept) = client.store.only();
        // A dot before more text on a true line is stuffing and goes; everything else stays as it came.
        let expected = if end == "\r\n.\0\r\n" {
            message.replace(".\0", "\0")
        } else {
            message
        };
        assert_eq!(String::from_utf8(kept).unwrap(), expected, "{end:?}");
        let oddity = if end.contains('\0') { "nul" } else { "false-end" };
        assert!(
            seen.oddities.contains(&oddity.to_owned()),
            "{end:?}: {:?}",
            seen.oddities
        );
        client.ask("NOOP", "250").await;
    }
}

#[tokio::test]
async fn zero_bytes_are_kept_in_messages_and_refused_in_addresses() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    client.ask("MAIL FROM:<a\0b@b.example>", "501 5.1.7").await;
    client.ask("\0", "500").await;
    assert!(
        client
            .deliver(b"From: a\r\n\r\n\0\0\r\n.\r\n")
            .await
            .starts_with("250")
    );
    let (seen, kept) = client.store.only();
    assert_eq!(kept, b"From: a\r\n\r\n\0\0\r\n");
    assert!(seen.oddities.contains(&"nul".to_owned()));
    assert!(!seen.envelope.mail_from.contains('\0'));
}

#[tokio::test]
async fn commands_inside_a_message_are_text() {
    let mut client = Client::connect(TrapConfig::default()).await;
    let text = b"Subject: x\r\n\r\nQUIT\r\nRSET\nDATA\rQUIT\r\n.\r\n";
    assert!(client.deliver(text).await.starts_with("250"));
    assert_eq!(client.store.only().1, &text[..text.len() - 3]);
    client.ask("QUIT", "221").await;
}

#[tokio::test]
async fn the_end_is_found_however_the_bytes_arrive() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    for byte in b"a\r\n..b\r\n.\r\n" {
        client.send(&[*byte]).await;
        tokio::task::yield_now().await;
    }
    client.expect("250").await;
    assert_eq!(client.store.only().1, b"a\r\n.b\r\n");
}
