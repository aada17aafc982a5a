//! What a mail server is answered.

use atalaya_formats::milter::{actions, steps};

use super::*;

#[tokio::test]
async fn only_what_is_needed_is_agreed_on() {
    let bench = usual().await;
    let taken = bench.connect().offer(OFFER).await;
    let wanted = steps::NO_UNKNOWN
        | steps::NO_ANSWER_TO_HELO
        | steps::NO_ANSWER_TO_HEADER
        | steps::NO_ANSWER_TO_HEADER_END
        | steps::SKIP
        | steps::LEADING_SPACE;
    let numbers = [6, actions::ADD_HEADERS | actions::NAME_MACROS, wanted];
    assert!(
        taken.starts_with(&numbers.map(u32::to_be_bytes).concat()),
        "{taken:?}"
    );
    assert!(
        taken.ends_with(b"\0\0\0\x02{auth_authen} {auth_type}\0"),
        "{taken:?}"
    );
    let taken = bench.connect().offer([2, 0xf, 0x7f]).await;
    assert_eq!(taken, [2, actions::ADD_HEADERS, 0].map(u32::to_be_bytes).concat());
}

#[tokio::test]
async fn the_listed_are_refused_at_the_recipient_and_others_are_let_through_before_their_message_is_sent() {
    let bench = usual().await;
    let mut server = bench.server().await;
    assert_eq!(server.client(LISTED).await, 'c');
    assert_eq!(server.envelope("x@y.example", &[]).await, "");
    server.send(b'R', b"<a@b.example>\0").await;
    let (letter, text) = server.answer().await;
    assert_eq!(letter, 'y');
    assert_eq!(
        text,
        b"554 5.7.1 192.0.2.3 is listed as spam; see https://list.example/ip/192.0.2.3\0"
    );
    assert_eq!(server.ask(b'R', b"<Postmaster@b.example>\0").await, 'c');
    assert_eq!(server.ask(b'T', b"").await, 'a');
    server.send(b'K', b"").await;
    assert_eq!(server.client(OTHER).await, 'c');
    for _ in 0..50 {
        assert_eq!(
            server
                .envelope("x@y.example", &["a@b.example", "c@b.example"])
                .await,
            "cc"
        );
        assert_eq!(server.ask(b'T', b"").await, 'a');
    }
    server.send(b'Q', b"").await;
    server.end().await.unwrap();
    assert_eq!(bench.kept().await, []);
}

#[tokio::test]
async fn the_known_are_never_looked_at() {
    let own = bench_with(AdviceConfig {
        own_networks: vec!["192.0.2.0/24".parse().unwrap()],
        ..AdviceConfig::default()
    })
    .await;
    assert_eq!(own.server().await.client(LISTED).await, 'a');
    let bench = usual().await;
    let mut server = bench.server().await;
    for address in ["127.0.0.1", "::1", "10.1.2.3", "IPv6:fe80::1", "unknown"] {
        assert_eq!(server.client(address).await, 'a', "{address}");
        assert_eq!(server.ask(b'M', b"<x@y.example>\0").await, 'a');
    }
    assert_eq!(server.client(LISTED).await, 'c');
    server
        .send(b'D', b"M{auth_type}\0PLAIN\0{auth_authen}\0me\0")
        .await;
    for _ in 0..2 {
        assert_eq!(server.ask(b'M', b"<me@b.example>\0").await, 'a');
        assert_eq!(server.ask(b'R', b"<a@trap.example>\0").await, 'a');
        server.send(b'A', b"").await;
    }
    server.send(b'K', b"").await;
    assert_eq!(server.client(LISTED).await, 'c');
    assert_eq!(
        server.envelope("x@y.example", &["a@b.example"]).await,
        "y",
        "another client"
    );
    drop(server);
    assert_eq!(bench.kept().await, []);
}

#[tokio::test]
async fn mail_is_marked_at_its_end_and_deferred_at_its_recipients() {
    let bench = bench_that("mark X-List: {class}").await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    for _ in 0..2 {
        assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
        assert_eq!(server.ask(b'T', b"").await, 'c');
        assert_eq!(server.ask(b'B', b"long").await, 's', "nobody wants the body");
        server.send(b'E', b"").await;
        assert_eq!(server.answer().await, ('i', b"\0\0\0\0X-List\0 spam\0".to_vec()));
        assert_eq!(server.answer().await.0, 'a');
    }
    let bench = bench_that("defer later").await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    server.envelope("x@y.example", &[]).await;
    server.send(b'R', b"<a@b.example>\0").await;
    assert_eq!(server.answer().await, ('y', b"451 4.7.1 later\0".to_vec()));
    let bench = bench_that("pass").await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    server.envelope("x@y.example", &["a@b.example"]).await;
    assert_eq!(server.ask(b'T', b"").await, 'a');
}

#[tokio::test]
async fn a_server_that_lets_us_add_nothing_gets_its_mail_unmarked() {
    let bench = bench_that("mark X-List: {class}").await;
    let mut server = bench.connect();
    server.offer([6, 0, steps::NO_ANSWER_TO_HEADER]).await;
    assert_eq!(server.client(LISTED).await, 'c');
    assert_eq!(server.answer().await.0, 'c', "HELO is answered here");
    assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
    server.send(b'L', b"Subject\0x\0").await;
    assert_eq!(server.ask(b'N', b"").await, 'c');
    assert_eq!(server.ask(b'B', b"x").await, 'c');
    assert_eq!(server.ask(b'E', b"").await, 'a');
}

#[tokio::test]
async fn an_old_server_is_answered_at_every_step() {
    let bench = usual().await;
    let mut server = bench.connect();
    server.offer([2, 0xf, 0x7f]).await;
    assert_eq!(server.client(OTHER).await, 'c');
    assert_eq!(server.answer().await.0, 'c');
    assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
    assert_eq!(
        server.ask(b'L', b"Subject\0x\0").await,
        'a',
        "nothing more is wanted"
    );
    assert_eq!(server.envelope("x@y.example", &["a@trap.example"]).await, "c");
    for (letter, data) in [(b'L', b"Subject\0x\0".as_slice()), (b'N', b""), (b'B', b"y\r\n")] {
        assert_eq!(server.ask(letter, data).await, 'c');
    }
    assert_eq!(server.ask(b'E', b"").await, 'a');
    drop(server);
    let kept = bench.kept().await;
    assert_eq!(
        (kept.len(), kept[0].message_size),
        (1, "Subject: x\r\n\r\ny\r\n".len() as u64)
    );
}

#[tokio::test]
async fn nothing_is_made_up_while_no_list_is_loaded() {
    let bench = bench(MilterConfig::default(), adviser_without_list()).await;
    let mut server = bench.server().await;
    server.client(LISTED).await;
    assert_eq!(server.envelope("x@y.example", &["a@b.example"]).await, "c");
    assert_eq!(server.ask(b'T', b"").await, 'a');
}
