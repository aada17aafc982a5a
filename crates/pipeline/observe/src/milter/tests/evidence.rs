//! What is kept of what it tells.

use std::time::Duration;

use atalaya_formats::milter::{Client, Command};
use atalaya_model::{ByteSize, Handshake, Kind, Timestamp, Trap};

use super::*;

#[tokio::test]
async fn a_message_to_a_trap_is_kept_once_with_its_client_and_envelope() {
    let bench = usual().await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    let recipients = ["a@trap.example", "b@b.example", "c@trap.example"];
    server.envelope("x@y.example", &recipients).await;
    assert_eq!(server.ask(b'T', b"").await, 'c');
    assert_eq!(server.message(b"Buy\r\n").await, "a");
    // Those say nothing against their client: bounces, one to nobody's trap, and one that was given up.
    for (sender, recipient, body) in [
        ("", "a@trap.example", b"1"),
        ("MAILER-DAEMON@y.example", "a@trap.example", b"2"),
        ("x@y.example", "abuse@b.example", b"3"),
    ] {
        server.envelope(sender, &[recipient]).await;
        server.message(body).await;
    }
    server.envelope("x@y.example", &["a@trap.example"]).await;
    server.send(b'A', b"").await;
    assert_eq!(server.message(b"x").await, "a", "no message has begun");
    drop(server);
    let kept = bench.kept_with_messages().await;
    let numbers: Vec<_> = kept.iter().map(|(seen, _)| seen.nth).collect();
    assert_eq!(numbers, [1, 2, 3], "of one connection");
    let [(other, message), bounces @ ..] = kept.as_slice() else {
        panic!("{kept:?}")
    };
    assert_eq!(other.address.to_string(), OTHER);
    assert_eq!(
        (other.sensor, other.source.as_str(), other.kind),
        (Sensor::Milter, "milter", Kind::Spam)
    );
    assert_eq!(
        (other.handshake, other.trap, other.source_port),
        (Handshake::Completed, Some(Trap::Recycled), Some(40_025))
    );
    assert_eq!(
        (other.subject.as_str(), other.envelope.helo.as_str()),
        ("Watches", "pc.example")
    );
    assert_eq!(
        other.envelope.recipients,
        ["a@trap.example", "b@b.example", "c@trap.example"]
    );
    assert_eq!(other.traps, ["a@trap.example", "c@trap.example"]);
    assert!(other.headers.is_some(), "it is whole");
    assert_eq!(
        String::from_utf8_lossy(message),
        "Subject: Watches\r\n\r\nBuy\r\n"
    );
    let kinds: Vec<_> = bounces.iter().map(|(bounce, _)| bounce.kind).collect();
    assert_eq!(kinds, [Kind::Backscatter; 2]);
}

#[tokio::test]
async fn a_trap_is_seen_and_is_one_in_whatever_spelling() {
    let bench = usual().await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    let recipients = ["\"a\"@trap.example", "@relay.example:a@trap.example"];
    server.envelope("x@y.example", &recipients).await;
    assert_eq!(server.message(b"Buy\r\n").await, "a");
    drop(server);
    let [seen] = bench.kept().await.try_into().unwrap();
    assert_eq!((seen.trap, seen.kind), (Some(Trap::Recycled), Kind::Spam));
    assert_eq!(seen.traps, ["a@trap.example"; 2], "the judge counts them once");
}

#[tokio::test]
async fn the_listed_cannot_tell_a_trap_from_others_and_are_seen_there() {
    for advice in ["reject no", "defer later"] {
        let bench = bench_that(advice).await;
        let mut server = bench.server().await;
        server.client(LISTED).await;
        let recipients = [
            "b@b.example",
            "a@trap.example",
            "c@trap.example",
            "abuse@b.example",
        ];
        assert_eq!(server.envelope("x@y.example", &recipients).await, "yyyc");
        assert_eq!(server.ask(b'T', b"").await, 'a', "its message is not wanted");
        assert_eq!(
            server.envelope("postmaster@y.example", &["a@trap.example"]).await,
            "y"
        );
        drop(server);
        let [seen, bounce] = bench.kept().await.try_into().unwrap();
        assert_eq!((seen.sensor, seen.kind), (Sensor::Milter, Kind::UnknownRecipient));
        assert_eq!(
            (seen.address.to_string().as_str(), seen.trap),
            (LISTED, Some(Trap::Recycled))
        );
        assert_eq!(seen.envelope.recipients, ["a@trap.example"]);
        assert_eq!((seen.message, seen.source_port), (None, Some(40_025)));
        assert_eq!(bounce.kind, Kind::Backscatter);
    }
}

#[tokio::test]
async fn a_mail_that_is_tried_again_is_one_observation() {
    let bench = usual().await;
    for (recipient, body) in [
        ("a@trap.example", b"1"),
        ("a@trap.example", b"1"),
        ("a@trap.example", b"2"),
        ("c@pristine.example", b"1"),
    ] {
        let mut server = bench.server().await;
        server.client(OTHER).await;
        server.envelope("x@y.example", &[recipient]).await;
        server.message(body).await;
        server.send(b'K', b"").await;
        server.client(LISTED).await;
        assert_eq!(server.envelope("x@y.example", &[recipient]).await, "y");
    }
    let kept = bench.kept().await;
    let of = |client: &str| {
        kept.iter()
            .filter(|seen| seen.address.to_string() == client)
            .count()
    };
    assert_eq!((of(OTHER), of(LISTED)), (3, 2));
}

#[tokio::test]
async fn a_mail_that_is_tried_again_after_the_hour_is_one_observation_and_takes_no_number() {
    let bench = usual().await;
    // 10:58.
    bench.time.set(Timestamp::from_seconds(1_795_431_480));
    for bodies in [&[b"1"][..], &[b"1", b"2", b"3"], &[b"4"]] {
        let mut server = bench.server().await;
        server.client(OTHER).await;
        for body in bodies {
            server.envelope("x@y.example", &["a@trap.example"]).await;
            server.message(*body).await;
        }
        server.send(b'K', b"").await;
        server.client(LISTED).await;
        assert_eq!(server.envelope("x@y.example", &["a@trap.example"]).await, "y");
        bench.time.advance(Duration::from_secs(300));
    }
    let kept = bench.kept().await;
    let numbers = |client: &str| {
        let of = kept.iter().filter(|seen| seen.address.to_string() == client);
        of.map(|seen| seen.nth).collect::<Vec<_>>()
    };
    assert_eq!(
        (numbers(OTHER), numbers(LISTED)),
        (vec![1, 1, 2, 1], vec![1]),
        "each connection that brought something new has one first"
    );
}

#[tokio::test]
async fn what_is_lost_takes_no_number() {
    let config = MilterConfig {
        queue: 1,
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    let mut session = Session::new(Arc::clone(&bench.milter.shared));
    let client = Client {
        address: OTHER.parse().ok(),
        port: None,
    };
    let mut numbers = Vec::new();
    let mut hear = |session: &mut Session, command| match session.hear(command, &mut Vec::new()) {
        Ok(Heard::Saw(seen)) => numbers.push(seen.observation.nth),
        heard => assert!(matches!(heard, Ok(Heard::Rest)), "{heard:?}"),
    };
    hear(&mut session, Command::Connect(client));
    for (body, lost) in [
        (b"1", Some(1)),
        (b"2", None),
        (b"3", Some(2)),
        (b"3", Some(2)),
        (b"4", None),
    ] {
        hear(&mut session, Command::Mail("x@y.example".to_owned()));
        hear(&mut session, Command::Recipient("a@trap.example".to_owned()));
        hear(&mut session, Command::End(body.to_vec()));
        if let Some(nth) = lost {
            session.lose(nth);
        }
    }
    assert_eq!(numbers, [1, 1, 2, 2, 2]);
}

#[tokio::test]
async fn a_long_message_is_kept_as_far_as_its_limit() {
    let config = MilterConfig {
        max_message_size: ByteSize::kib(256),
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    server.envelope("x@y.example", &["a@trap.example"]).await;
    assert_eq!(server.message(&[b'x'; 1 << 20]).await, "a");
    drop(server);
    let memory = bench.milter.shared.memory.clone();
    let kept = bench.kept().await;
    assert_eq!(memory.left(), 64 << 20, "given back");
    assert_eq!((kept[0].message_size, kept.len()), (256 << 10, 1));
    assert!(
        kept[0].oddities.iter().any(|word| word == "truncated"),
        "{kept:?}"
    );
}

#[tokio::test]
async fn a_stranger_who_calls_himself_by_our_name_is_seen_once() {
    let bench = bench_with(AdviceConfig {
        own_names: vec!["pc.example".to_owned()],
        ..AdviceConfig::default()
    })
    .await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    for _ in 0..2 {
        server.envelope("x@y.example", &["a@b.example"]).await;
        assert_eq!(server.ask(b'T', b"").await, 'a');
    }
    drop(server);
    let [seen] = bench.kept().await.try_into().unwrap();
    assert_eq!(
        (seen.kind, seen.trap, seen.sensor),
        (Kind::Protocol, None, Sensor::Milter)
    );
    assert_eq!(seen.oddities, ["helo-is-our-name"]);
}
