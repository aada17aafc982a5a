//! Servers that say nonsense, too much or nothing, and the listeners.

use std::time::Duration;

use atalaya_formats::milter::MAX_PACKET;
use atalaya_net::{bind_tcp, bind_unix};
use tokio::net::{TcpSocket, UnixStream};
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn what_is_out_of_order_is_answered_and_belongs_to_no_message() {
    let bench = usual().await;
    let mut server = bench.connect();
    for letter in *b"BEMRTLNUB" {
        assert_eq!(
            server.ask(letter, b"x\0").await == 'c',
            letter == b'U',
            "{letter}"
        );
    }
    server.offer(OFFER).await;
    server.client(OTHER).await;
    server.envelope("x@y.example", &["a@trap.example"]).await;
    assert_eq!(server.ask(b'B', b"one\r\n").await, 'c', "a body without a header");
    assert_eq!(server.message(b"two\r\n").await, "a");
    drop(server);
    let [(_, message)] = bench.kept_with_messages().await.try_into().unwrap();
    assert_eq!(message, b"\r\none\r\ntwo\r\n");
}

#[tokio::test]
async fn garbage_and_what_is_too_large_end_the_connection() {
    let bench = usual().await;
    let large = u32::try_from(MAX_PACKET + 1).unwrap().to_be_bytes();
    let attribute = packet(b'H', &[b'x'; 1 << 20]);
    let old = packet(b'O', &[1_u32, 0, 0].map(u32::to_be_bytes).concat());
    for bytes in [
        b"GET / HTTP/1.1\r\n\r\n".as_slice(),
        &[0xff; 16],
        &[0; 8],
        &large,
        &attribute[..1_000],
        &packet(b'x', b""),
        &old,
    ] {
        let mut server = bench.connect();
        server.stream.write_all(bytes).await.unwrap();
        let ended = server.ended.await.unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::InvalidData, "{bytes:?}");
    }
}

#[tokio::test]
async fn who_stalls_in_a_packet_between_two_or_at_an_answer_is_left() {
    let bench = usual().await;
    bench.store.close().await;
    tokio::time::pause();
    let flood = packet(b'U', b"").repeat(1_000);
    for (bytes, room) in [(b"\0\0\0\x05H".as_slice(), 64), (b"", 64), (&flood, 8)] {
        let (mut near, far) = tokio::io::duplex(room);
        let bytes = bytes.to_vec();
        let writing = tokio::spawn(async move {
            drop(near.write_all(&bytes).await);
            near
        });
        let ended = timeout(Duration::from_hours(3), bench.milter.converse(far))
            .await
            .unwrap();
        assert_eq!(ended.unwrap_err().kind(), io::ErrorKind::TimedOut);
        drop(writing.await);
    }
}

#[tokio::test]
async fn a_queue_that_is_full_and_a_store_that_is_gone_change_no_answer() {
    let config = MilterConfig {
        queue: 1,
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    bench.store.close().await;
    let mut server = bench.server().await;
    server.client(OTHER).await;
    for _ in 0..50 {
        server.envelope("x@y.example", &["a@trap.example"]).await;
        assert_eq!(server.message(b"x").await, "a");
    }
    drop(server);
    let memory = bench.milter.shared.memory.clone();
    drop(bench.milter);
    bench.keeping.await.unwrap();
    assert_eq!(memory.left(), 64 << 20, "given back");
}

#[tokio::test]
async fn a_port_answers_its_clients_as_long_as_there_is_a_place() {
    let config = MilterConfig {
        clients: vec!["127.0.0.1".parse().unwrap()],
        max_connections: 1,
        ..MilterConfig::default()
    };
    let bench = bench(config, adviser(AdviceConfig::default())).await;
    let stop = CancellationToken::new();
    let listener = bind_tcp(([127, 0, 0, 1], 0).into()).unwrap();
    let port = listener.local_addr().unwrap();
    let serving = tokio::spawn(Arc::clone(&bench.milter).serve(listener, stop.clone()));
    let mut client = TcpStream::connect(port).await.unwrap();
    client.write_all(&packet(b'U', b"")).await.unwrap();
    assert_eq!(client.read_u32().await.unwrap(), 1);
    let other = TcpSocket::new_v4().unwrap();
    other.bind(([127, 0, 0, 2], 0).into()).unwrap();
    let stranger = other.connect(port).await.unwrap();
    let crowded = TcpStream::connect(port).await.unwrap();
    for mut closed in [stranger, crowded] {
        assert_eq!(closed.read_to_end(&mut Vec::new()).await.unwrap(), 0, "closed");
    }
    let is_told = &bench.milter.is_told;
    assert!(is_told.load(Ordering::Relaxed), "who may not ask is told");
    stop.cancel();
    serving.await.unwrap();
    assert_eq!(
        client.read_to_end(&mut Vec::new()).await.unwrap(),
        1,
        "the letter, and the end"
    );
}

#[tokio::test]
async fn a_connection_that_was_reset_keeps_its_address() {
    let listener = bind_tcp(([127, 0, 0, 1], 0).into()).unwrap();
    let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
    client.set_zero_linger().unwrap();
    drop(client);
    let (stream, peer) = listener.accept().await.unwrap();
    assert!(
        stream.peer_addr().is_err(),
        "the kernel does not know it any more"
    );
    assert_eq!(tcp_peer(&stream, peer), IpAddr::from([127, 0, 0, 1]));
}

#[tokio::test]
async fn a_unix_socket_answers() {
    let bench = usual().await;
    let stop = CancellationToken::new();
    let path = bench.folder.path().join("milter");
    let listener = bind_unix(&path, 0o666).unwrap();
    let serving = tokio::spawn(Arc::clone(&bench.milter).serve_socket(listener, stop.clone()));
    let mut client = UnixStream::connect(&path).await.unwrap();
    client.write_all(&packet(b'U', b"")).await.unwrap();
    assert_eq!(client.read_u32().await.unwrap(), 1);
    stop.cancel();
    serving.await.unwrap();
}
