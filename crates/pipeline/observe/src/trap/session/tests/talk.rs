//! Ordinary conversations, and the mistakes of ordinary clients.

use atalaya_model::{Handshake, Kind, Trap};

use super::*;

const TEXT: &[u8] = b"From: a@b.example\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\nSubject: =?utf-8?q?H=C3=A9?=\r\n\r\n..x\r\n.\r\n";

#[tokio::test]
async fn a_message_is_kept_with_how_it_came() {
    let mut client = Client::connect(TrapConfig::default()).await;
    let reply = client.deliver(TEXT).await;
    let (seen, message) = client.store.only();
    assert_eq!(
        reply,
        format!("250 2.0.0 Ok: queued as {}\r\n", seen.id.0.simple())
    );
    assert!(message.ends_with(b"\r\n\r\n.x\r\n"), "the stuffed dot is out");
    assert_eq!(seen.message_size, message.len() as u64);
    assert_eq!(seen.subject, "Hé");
    assert_eq!((seen.kind, seen.trap), (Kind::Spam, Some(Trap::Pristine)));
    assert_eq!(
        (seen.handshake, seen.source_port),
        (Handshake::Completed, Some(4711))
    );
    assert_eq!(seen.address.to_string(), "192.0.2.11");
    assert_eq!(seen.envelope.helo, "client.example");
    assert_eq!(seen.envelope.mail_from, "a@b.example");
    assert_eq!(seen.envelope.recipients, ["c@d.example"]);
    assert_eq!(seen.oddities, Vec::<String>::new());
    client.ask("QUIT", "221 2.0.0 mx.atalaya.test").await;
    assert_eq!(client.end().await, "quit");
}

#[tokio::test]
async fn what_is_offered_is_what_is_done() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.send(b"EHLO x\r\n").await;
    let offer = client.reply().await;
    for keyword in [
        "250-PIPELINING",
        "250-SIZE 26214400",
        "250-8BITMIME",
        "250-SMTPUTF8",
        "250-ENHANCEDSTATUSCODES",
        "250-CHUNKING",
    ] {
        assert!(offer.lines().any(|line| line == keyword), "{keyword}");
    }
    for keyword in ["STARTTLS", "AUTH"] {
        assert!(!offer.contains(keyword));
        client.ask(keyword, "502 5.5.1").await;
    }
    client.ask("HELO x", "250 mx.atalaya.test").await;
    client.ask("VRFY root", "252").await;
    client.ask("EXPN staff", "502").await;
    client.ask("HELP", "214").await;
    client.ask("NOOP", "250").await;
}

#[tokio::test]
async fn wrong_order_is_refused_and_the_conversation_goes_on() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("MAIL FROM:<a@b.example>", "503 5.5.1").await;
    client.ask("DATA", "503 5.5.1").await;
    client.ask("EHLO x", "250").await;
    client.ask("RCPT TO:<a@b.example>", "503 5.5.1").await;
    client.ask("FOO", "500 5.5.2").await;
    client.ask("MAIL FROM:", "501 5.1.7").await;
    assert!(client.deliver(TEXT).await.starts_with("250"));
    assert_eq!(
        words(&client.store),
        ["unknown-command", "bad-syntax", "wrong-order"]
    );
}

#[tokio::test]
async fn a_whole_conversation_in_one_piece_is_answered_in_order() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    let one = b"MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nRCPT TO:<e@f.example>\r\nDATA\r\n";
    client.send(one).await;
    for code in ["250 2.1.0", "250 2.1.5", "250 2.1.5", "354"] {
        client.expect(code).await;
    }
    client
        .send(b"Subject: 1\r\n\r\n.\r\nMAIL FROM:<g@h.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n")
        .await;
    for code in ["250 2.0.0 Ok", "250 2.1.0", "250 2.1.5", "354"] {
        client.expect(code).await;
    }
    client.send(b"Subject: 2\r\n\r\n.\r\nQUIT\r\n").await;
    client.expect("250 2.0.0 Ok").await;
    client.expect("221").await;
    let kept = client.store.kept();
    assert_eq!(kept.len(), 2);
    assert_eq!(kept[0].0.envelope.recipients, ["c@d.example", "e@f.example"]);
    assert_eq!(kept[1].0.envelope.mail_from, "g@h.example");
    assert_eq!(kept[1].0.envelope.recipients, ["c@d.example"]);
    assert!(!kept[1].0.oddities.contains(&"pipelined-early".to_owned()));
}

#[tokio::test]
async fn a_client_that_waits_for_nothing_is_taken_and_noted() {
    let mut client = Client::connect(TrapConfig::default()).await;
    let all = b"HELO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\nFrom: a\r\n\r\nx\r\n.\r\nQUIT\r\n";
    client.send(all).await;
    for code in ["250", "250", "250", "354", "250", "221"] {
        client.expect(code).await;
    }
    let words = words(&client.store);
    assert!(words.contains(&"pipelined-early".to_owned()) && words.contains(&"early-data".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn who_speaks_before_the_banner_is_noted() {
    let config = TrapConfig {
        banner_delay: Period::seconds(2),
        ..TrapConfig::default()
    };
    let mut client = Client::begin(config);
    client.send(b"EHLO x\r\n").await;
    client.expect("220").await;
    client.expect("250").await;
    assert!(client.deliver(TEXT).await.starts_with("250"));
    assert_eq!(words(&client.store), ["early-talker"]);
}

#[tokio::test]
async fn sloppy_commands_are_taken_and_noted() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.send(b"helo x\n").await;
    client.expect("250").await;
    client.ask("Mail From: a@b.example", "250").await;
    client.ask("rcpt to: <c@d.example", "250").await;
    client.ask("DATA", "354").await;
    client.send(TEXT).await;
    client.expect("250").await;
    assert_eq!(
        words(&client.store),
        ["odd-spacing", "no-brackets", "unclosed", "bare-lf"]
    );
}

#[tokio::test]
async fn a_null_sender_and_a_report_are_backscatter() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    client.ask("MAIL FROM:<>", "250").await;
    client.ask("RCPT TO:<c@d.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(TEXT).await;
    client.expect("250").await;
    let report = b"Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n.\r\n";
    assert!(client.deliver(report).await.starts_with("250"));
    let kinds: Vec<_> = client.store.kept().iter().map(|(seen, _)| seen.kind).collect();
    assert_eq!(kinds, [Kind::Backscatter, Kind::Backscatter]);
}

#[tokio::test]
async fn a_reset_forgets_the_envelope_and_nothing_else() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("RSET", "250").await;
    client.ask("DATA", "503").await;
    client.ask("MAIL FROM:<z@b.example>", "250").await;
    client.ask("DATA", "503 5.5.1 Send RCPT first").await;
    client.ask("RCPT TO:<y@d.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(TEXT).await;
    client.expect("250").await;
    let envelope = client.store.only().0.envelope;
    assert_eq!(
        (envelope.mail_from.as_str(), envelope.recipients.len()),
        ("z@b.example", 1)
    );
}

#[tokio::test]
async fn addresses_beyond_ascii_are_taken() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    client
        .ask(
            "MAIL FROM:<señor@b.example> SMTPUTF8 BODY=8BITMIME SIZE=100",
            "250",
        )
        .await;
    client.ask("RCPT TO:<día@d.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(TEXT).await;
    client.expect("250").await;
    let seen = client.store.only().0;
    assert_eq!(seen.envelope.mail_from, "señor@b.example");
    assert_eq!(seen.envelope.recipients, ["día@d.example"]);
    assert!(!seen.oddities.contains(&"unannounced-utf8".to_owned()));
}

#[tokio::test]
async fn addresses_beyond_ascii_that_were_not_announced_are_noted() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    client.ask("MAIL FROM:<a@b.example>", "250").await;
    client.ask("RCPT TO:<día@d.example>", "250").await;
    client.ask("DATA", "354").await;
    client.send(TEXT).await;
    client.expect("250").await;
    assert!(words(&client.store).contains(&"unannounced-utf8".to_owned()));
}

#[tokio::test]
async fn bytes_beyond_ascii_come_through_as_they_are() {
    let text: Vec<u8> = [
        &b"Subject: 8\r\n\r\n"[..],
        &(128..=255).collect::<Vec<u8>>(),
        b"\r\n",
    ]
    .concat();
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    for chunked in [false, true] {
        client.ask("MAIL FROM:<a@b.example> BODY=8BITMIME", "250").await;
        client.ask("RCPT TO:<c@d.example>", "250").await;
        if chunked {
            client
                .send(format!("BDAT {} LAST\r\n", text.len()).as_bytes())
                .await;
            client.send(&text).await;
        } else {
            client.ask("DATA", "354").await;
            client.send(&text).await;
            client.send(b".\r\n").await;
        }
        client.expect("250 2.0.0 Ok").await;
    }
    for (seen, message) in client.store.kept() {
        assert_eq!(message, text);
        assert!(!seen.oddities.contains(&"unknown-parameter".to_owned()));
    }
    assert_eq!(client.store.kept().len(), 2);
}

#[tokio::test]
async fn mail_to_addresses_that_every_domain_has_is_a_role() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    for recipient in ["postmaster", "Abuse@d.example"] {
        client.ask("MAIL FROM:<a@b.example>", "250").await;
        client.ask(&format!("RCPT TO:<{recipient}>"), "250").await;
        client.ask("DATA", "354").await;
        client.send(TEXT).await;
        client.expect("250").await;
    }
    let kept = client.store.kept();
    assert!(kept.len() == 2 && kept.iter().all(|(seen, _)| seen.trap == Some(Trap::Role)));
}

#[tokio::test]
async fn only_two_brackets_are_the_null_sender() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    for path in ["<<>>", "<", "<@a:>", "< >"] {
        client.ask(&format!("MAIL FROM:{path}"), "501 5.1.7").await;
    }
    client.ask("MAIL FROM:<> SIZE=1", "250").await;
}

#[tokio::test]
async fn who_leaves_in_the_middle_leaves_nothing() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    client.send(b"half a mess").await;
    let (store, shared) = (client.store.clone(), Arc::clone(&client.shared));
    let Client { stream, session, .. } = client;
    drop(stream);
    assert_eq!(timeout(LIMIT, session).await.unwrap().unwrap(), "gone");
    assert_eq!(store.kept().len(), 0);
    assert_eq!(shared.memory.left(), TrapConfig::default().max_memory.bytes());
}
