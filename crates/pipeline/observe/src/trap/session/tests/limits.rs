//! What a client may cost: time, memory, commands; and a store that cannot keep.

use atalaya_model::ByteSize;

use super::*;

fn tight() -> TrapConfig {
    TrapConfig {
        max_message_size: ByteSize::kib(64),
        max_memory: ByteSize::kib(128),
        ..TrapConfig::default()
    }
}

#[tokio::test]
async fn a_line_of_10_mb_is_thrown_away_as_it_comes() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    for _ in 0..2_560 {
        client.send(&[b'A'; 4096]).await;
    }
    client.send(b"\r\n").await;
    client.expect("500 5.5.2 Line too long").await;
    // What is kept is the beginning of what was said, and no more.
    let config = TrapConfig::default();
    let most = config.max_memory.bytes() - config.max_conversation.bytes();
    assert!(client.shared.memory.left() > most);
    assert!(client.deliver(b"From: a\r\n\r\n.\r\n").await.starts_with("250"));
    assert!(words(&client.store).contains(&"long-line".to_owned()));
}

#[tokio::test]
async fn a_line_of_10_mb_in_a_message_is_text() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    for _ in 0..2_560 {
        client.send(&[b'A'; 4096]).await;
    }
    client.send(b"\r\n.\r\n").await;
    client.expect("250").await;
    assert_eq!(client.store.only().1.len(), 2_560 * 4096 + 2);
}

#[tokio::test]
async fn a_message_beyond_the_size_is_refused_at_its_end() {
    let mut client = Client::connect(tight()).await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    for _ in 0..100 {
        client.send(&[b'A'; 1024]).await;
    }
    client.send(b"\r\n.\r\n").await;
    client.expect("552 5.3.4").await;
    client
        .ask("MAIL FROM:<a@b.example> SIZE=65537", "552 5.3.4")
        .await;
    assert!(client.deliver(b"x\r\n.\r\n").await.starts_with("250"));
    assert_eq!(client.shared.memory.left(), 128 * 1024);
}

#[tokio::test]
async fn without_memory_a_message_is_refused_for_now() {
    let mut client = Client::connect(tight()).await;
    let mut others =
        ["192.0.2.98", "192.0.2.99"].map(|other| client.shared.memory.share(other.parse().unwrap()));
    assert!(others[0].take(64 * 1024) && others[1].take(63 * 1024));
    assert!(client.deliver(b"x\r\n.\r\n").await.starts_with("452 4.3.1"));
    drop(others);
    assert!(client.deliver(b"x\r\n.\r\n").await.starts_with("250"));
}

#[tokio::test]
async fn one_address_cannot_take_the_memory_of_all() {
    let config = TrapConfig {
        max_memory: ByteSize::kib(1024),
        ..tight()
    };
    let first = Client::connect(config).await;
    let mut others = Vec::new();
    for _ in 0..20 {
        let mut greedy = first.beside("192.0.2.11").await;
        greedy.open_message().await;
        greedy.ask("DATA", "354").await;
        for _ in 0..15 {
            greedy.send(&[b'x'; 4096]).await;
        }
        others.push(greedy);
    }
    // The last of them has read everything once it answers.
    let last = others.last_mut().unwrap();
    last.send(b"\r\n.\r\n").await;
    last.expect("452 4.3.1").await;
    assert!(
        first.shared.memory.left() >= 768 * 1024,
        "a quarter is all that it gets"
    );
    let mut another = first.beside("192.0.2.12").await;
    assert!(another.deliver(b"x\r\n.\r\n").await.starts_with("250"));
}

#[tokio::test]
async fn what_is_thrown_away_takes_no_memory() {
    let mut client = Client::connect(tight()).await;
    client.send(b"BDAT 40000\r\n").await;
    client.send(&[b'x'; 39_999]).await;
    while client.shared.memory.left() != tight().max_memory.bytes() {
        tokio::task::yield_now().await;
    }
    client.send(b"x").await;
    client.expect("503").await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    for _ in 0..100 {
        client.send(&[b'x'; 4096]).await;
    }
    while client.shared.memory.left() != tight().max_memory.bytes() {
        tokio::task::yield_now().await;
    }
    client.send(b"\r\n.\r\n").await;
    client.expect("552").await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_keep_is_answered_for_and_the_client_goes_on() {
    let mut client = Client::connect(TrapConfig::default()).await;
    for (mood, code) in [
        (Mood::Full, "452 4.3.1"),
        (Mood::Busy, "451 4.3.0"),
        (Mood::Stuck, "451 4.3.0"),
        (Mood::Keep, "250"),
    ] {
        client.store.set(mood);
        let reply = client.deliver(b"From: a\r\n\r\n.\r\n").await;
        assert!(reply.starts_with(code), "{mood:?}: {reply}");
    }
    assert_eq!(client.store.kept().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn who_says_nothing_is_let_go() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.ask("EHLO x", "250").await;
    client.expect("421 4.4.2").await;
    assert_eq!(client.end().await, "slow");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_drips_is_let_go() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    // One byte a minute is never silent for long, and still comes to its end.
    let mut sent = 0;
    while client.stream.write_all(b"x").await.is_ok() {
        sent += 1;
        assert!(sent < 100, "the message must not go on for ever");
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    client.expect("421 4.4.2").await;
    assert_eq!(client.store.kept().len(), 0);
}

/// Lets a session hear this, and then line feeds or other bytes without a pause, while the clock goes on; the word for its end.
async fn flood(config: TrapConfig, begin: &'static [u8], endless: u8) -> &'static str {
    let shared = Arc::new(Shared::new(
        config,
        Memory::default(),
        TestClock::default().clock(),
        None,
    ));
    let stops = Stops {
        soon: CancellationToken::new(),
        now: CancellationToken::new(),
    };
    let peer = Peer {
        address: "192.0.2.11".parse().unwrap(),
        port: 4711,
        fingerprint: None,
    };
    let door = door(&shared);
    let words = begin.chain(tokio::io::repeat(endless));
    let stream = tokio::io::join(words, tokio::io::sink());
    let session = Box::new(Session::new(shared, stream, peer, door, stops));
    let session = tokio::spawn(session.run());
    for _ in 0..100 {
        if session.is_finished() {
            return session.await.unwrap();
        }
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    session.abort();
    panic!("it goes on for ever")
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_pause_has_its_end() {
    let begin = b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n";
    let config = TrapConfig {
        message_timeout: Period::seconds(5),
        ..tight()
    };
    assert_eq!(flood(config, begin, b'x').await, "slow");
}

#[tokio::test(start_paused = true)]
async fn commands_without_a_pause_have_their_end() {
    let config = TrapConfig {
        max_commands: u64::MAX,
        max_errors: u64::MAX,
        session_timeout: Period::seconds(5),
        ..TrapConfig::default()
    };
    assert_eq!(flood(config, b"EHLO x\r\n", b'\n').await, "session-timeout");
}

#[tokio::test(start_paused = true)]
async fn a_command_that_drips_is_let_go() {
    let mut client = Client::connect(TrapConfig::default()).await;
    let mut sent = 0;
    while client.stream.write_all(b"x").await.is_ok() {
        sent += 1;
        assert!(sent < 10, "five minutes are enough for a command");
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    client.expect("421 4.4.2").await;
    assert_eq!(client.end().await, "slow");
}

#[tokio::test(start_paused = true)]
async fn where_it_is_crowded_the_silent_are_let_go_sooner() {
    let config = TrapConfig {
        max_connections: 2,
        ..TrapConfig::default()
    };
    let client = Client::connect(config).await;
    let passes =
        ["192.0.2.1", "192.0.2.2"].map(|from| client.shared.gate.enter(from.parse().unwrap()).unwrap());
    let mut late = client.beside("192.0.2.3").await;
    let before = Instant::now();
    late.expect("421 4.4.2").await;
    assert_eq!(
        Instant::now() - before,
        Duration::from_secs(60),
        "of the paused clock"
    );
    drop(passes);
}

#[tokio::test(start_paused = true)]
async fn a_connection_has_its_end() {
    let mut client = Client::connect(TrapConfig::default()).await;
    // Never silent for long, and still it comes to its end.
    while client.stream.write_all(b"NOOP\r\n").await.is_ok() {
        client.expect("250").await;
        tokio::time::sleep(Duration::from_secs(200)).await;
    }
    client
        .expect("421 4.4.2 mx.atalaya.test Connection open too long")
        .await;
    assert_eq!(client.end().await, "session-timeout");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_listen_is_let_go() {
    let client = Client::connect(TrapConfig::default()).await;
    let Client {
        mut stream, session, ..
    } = client;
    // Thousands of questions, no answer read: the trap must stop to read, then give up, in bounded memory.
    let talk = tokio::spawn(async move {
        while stream.write_all(b"HELP\r\n").await.is_ok() {}
        stream
    });
    assert_eq!(timeout(LIMIT, session).await.unwrap().unwrap(), "gone");
    talk.await.unwrap();
}

#[tokio::test]
async fn too_many_errors_and_commands_end_it() {
    let mut client = Client::connect(TrapConfig::default()).await;
    for _ in 1..20 {
        client.ask("GET / HTTP/1.1", "500").await;
    }
    client.ask("GET / HTTP/1.1", "421 4.7.0").await;
    assert_eq!(client.end().await, "max-errors");

    let config = TrapConfig {
        max_commands: 2,
        ..TrapConfig::default()
    };
    let mut client = Client::connect(config).await;
    client.ask("NOOP", "250").await;
    client.ask("NOOP", "250").await;
    client.ask("NOOP", "421 4.7.0").await;
}

#[tokio::test]
async fn more_recipients_than_allowed_are_refused_and_the_rest_is_taken() {
    let config = TrapConfig {
        max_recipients: 2,
        ..TrapConfig::default()
    };
    let mut client = Client::connect(config).await;
    client.open_message().await;
    client.ask("RCPT TO:<e@f.example>", "250").await;
    client.ask("RCPT TO:<g@h.example>", "452 4.5.3").await;
    client.ask("DATA", "354").await;
    client.send(b"x\r\n.\r\n").await;
    client.expect("250").await;
    assert_eq!(
        client.store.only().0.envelope.recipients,
        ["c@d.example", "e@f.example"]
    );
}

#[tokio::test]
async fn after_so_many_messages_the_client_has_to_connect_again() {
    let config = TrapConfig {
        max_messages: 2,
        ..TrapConfig::default()
    };
    let mut client = Client::connect(config).await;
    client.store.set(Mood::Busy);
    assert!(client.deliver(b"x\r\n.\r\n").await.starts_with("451"));
    client.store.set(Mood::Keep);
    for _ in 0..2 {
        assert!(client.deliver(b"x\r\n.\r\n").await.starts_with("250"));
    }
    client.ask("MAIL FROM:<a@b.example>", "421 4.7.0").await;
    assert_eq!(client.store.kept().len(), 2);
    assert_eq!(client.end().await, "max-messages");
}

#[tokio::test]
async fn when_the_program_ends_nobody_waits_for_the_banner() {
    let config = TrapConfig {
        banner_delay: Period::hours(1),
        ..TrapConfig::default()
    };
    let mut client = Client::begin(config);
    client.stops.soon.cancel();
    client.expect("421 4.3.2").await;
    assert_eq!(client.end().await, "shutdown");
}

#[tokio::test]
async fn when_the_program_ends_the_idle_are_told_at_once() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.stops.soon.cancel();
    client.expect("421 4.3.2 mx.atalaya.test").await;
    assert_eq!(client.end().await, "shutdown");
}

#[tokio::test]
async fn when_the_program_ends_a_message_on_its_way_is_taken() {
    let mut client = Client::connect(TrapConfig::default()).await;
    client.open_message().await;
    client.ask("DATA", "354").await;
    client.stops.soon.cancel();
    client.send(b"From: a\r\n\r\nx\r\n").await;
    tokio::task::yield_now().await;
    client.send(b".\r\n").await;
    client.expect("250").await;
    client.expect("421 4.3.2").await;
    assert_eq!(client.store.kept().len(), 1);
}
