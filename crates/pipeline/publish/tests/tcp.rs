//! Clients over TCP that are many, slow, silent, greedy or broken (RFC 7766).

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use atalaya_model::Period;
use atalaya_publish::PublishConfig;
use domain::base::Rtype;
use support::{LIMIT, Reply, ask, ask_tcp, query, receive_tcp, send_tcp, start, start_at};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const LISTED: &str = "99.2.0.192.bl.atalaya.test";

fn with_id(name: &str, rtype: Rtype, id: u16) -> Vec<u8> {
    let mut query = query(name, rtype);
    query[..2].copy_from_slice(&id.to_be_bytes());
    query
}

#[tokio::test]
async fn queries_that_come_together_are_all_answered_in_order() {
    let server = start(PublishConfig::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let mut bytes = Vec::new();
    for id in 0..1000 {
        let query = with_id(LISTED, Rtype::TXT, id);
        bytes.extend(u16::try_from(query.len()).unwrap().to_be_bytes());
        bytes.extend(query);
    }
    let (mut reader, mut writer) = stream.split();
    let write = async { writer.write_all(&bytes).await.unwrap() };
    let read = async {
        for id in 0..1000 {
            let length = reader.read_u16().await.unwrap();
            let mut message = vec![0; length.into()];
            reader.read_exact(&mut message).await.unwrap();
            let reply = Reply::read(message);
            assert_eq!((reply.message.header().id(), reply.answer.len()), (id, 3));
        }
    };
    tokio::time::timeout(LIMIT, async { tokio::join!(write, read) })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_query_in_single_bytes_is_a_query() {
    let server = start(PublishConfig::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    stream.set_nodelay(true).unwrap();
    let query = query(LISTED, Rtype::A);
    for byte in [&u16::try_from(query.len()).unwrap().to_be_bytes()[..], &query].concat() {
        stream.write_all(&[byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    let reply = Reply::read(receive_tcp(&mut stream).await.unwrap());
    assert_eq!(reply.answer.len(), 3);
}

#[tokio::test]
async fn a_broken_query_is_answered_and_the_next_one_too() {
    let server = start(PublishConfig::default()).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    send_tcp(&mut stream, &[0; 4096]).await;
    let reply = receive_tcp(&mut stream).await.unwrap();
    assert_eq!(reply.get(3).map(|flags| flags & 0x0f), Some(1), "FORMERR");
    send_tcp(&mut stream, &query(LISTED, Rtype::A)).await;
    assert_eq!(
        Reply::read(receive_tcp(&mut stream).await.unwrap()).answer.len(),
        3
    );
}

#[tokio::test]
async fn what_is_no_query_ends_the_connection_after_the_answers_before_it() {
    let server = start(PublishConfig::default()).await;
    let mut answer = query(LISTED, Rtype::A);
    answer[2] |= 0x80;
    for scrap in [&answer[..], b"", b"\0", &[0xff; 11], &[0; 4097], &[0; 65_535]] {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let good = query(LISTED, Rtype::A);
        let framed = [&good[..], scrap].map(|message| {
            let length = u16::try_from(message.len()).unwrap();
            [&length.to_be_bytes(), message].concat()
        });
        // The server may hang up before it has taken all of it.
        drop(stream.write_all(&framed.concat()).await);
        let reply = Reply::read(receive_tcp(&mut stream).await.unwrap());
        assert_eq!(reply.answer.len(), 3);
        assert_eq!(receive_tcp(&mut stream).await, None, "{} bytes", scrap.len());
    }
}

#[tokio::test]
async fn a_silent_connection_and_a_trickling_one_are_closed() {
    let config = PublishConfig {
        idle_timeout: Period::millis(200),
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    let mut half = TcpStream::connect(server.address).await.unwrap();
    half.write_all(&[0, 40, 1, 2, 3]).await.unwrap();
    for stream in [&mut silent, &mut half] {
        assert_eq!(receive_tcp(stream).await, None);
    }
    // Each byte comes in time, the query as a whole does not.
    let mut trickling = TcpStream::connect(server.address).await.unwrap();
    let mut byte = [0];
    let trickle = async {
        let mut is_open = trickling.write_all(&[0xff, 0xff]).await.is_ok();
        while is_open {
            let pause = Duration::from_millis(20);
            is_open = match tokio::time::timeout(pause, trickling.read(&mut byte)).await {
                Ok(read) => matches!(read, Ok(1..)),
                Err(_elapsed) => trickling.write_all(&[0]).await.is_ok(),
            };
        }
    };
    tokio::time::timeout(LIMIT, trickle)
        .await
        .expect("the server closes");
}

#[tokio::test]
async fn one_client_cannot_take_all_connections() {
    let config = PublishConfig {
        max_connections_per_client: 2,
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let mut first = TcpStream::connect(server.address).await.unwrap();
    let mut second = TcpStream::connect(server.address).await.unwrap();
    for stream in [&mut first, &mut second] {
        send_tcp(stream, &query(LISTED, Rtype::A)).await;
        assert!(receive_tcp(stream).await.is_some());
    }
    let mut third = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(receive_tcp(&mut third).await, None);
    drop(first);
    // The place is free once the server has seen the end.
    let answered = async { while !is_answered(server.address, "127.0.0.1").await {} };
    tokio::time::timeout(LIMIT, answered).await.unwrap();
}

#[tokio::test]
async fn all_clients_at_all_addresses_together_have_so_many_connections() {
    let config = PublishConfig {
        max_connections: 2,
        ..PublishConfig::default()
    };
    let server = start_at(config, &["127.0.0.1", "127.0.0.1"]).await;
    let mut open = Vec::new();
    for (client, address) in [("127.0.0.2", server.address), ("127.0.0.3", server.others[0])] {
        let mut stream = connect_from(client, address).await;
        send_tcp(&mut stream, &query(LISTED, Rtype::A)).await;
        assert!(receive_tcp(&mut stream).await.is_some());
        open.push(stream);
    }
    for address in [server.address, server.others[0]] {
        assert!(!is_answered(address, "127.0.0.4").await);
    }
    assert_eq!(
        ask(&server, LISTED, Rtype::A).await.answer.len(),
        3,
        "UDP goes on"
    );
    open.clear();
    let answered = async { while !is_answered(server.others[0], "127.0.0.4").await {} };
    tokio::time::timeout(LIMIT, answered).await.unwrap();
}

/// A connection from an address of loopback.
async fn connect_from(client: &str, address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(SocketAddr::new(client.parse().unwrap(), 0)).unwrap();
    socket.connect(address).await.unwrap()
}

/// Whether a new connection gets an answer, and is not turned away.
async fn is_answered(address: SocketAddr, client: &str) -> bool {
    let mut stream = connect_from(client, address).await;
    let query = query(LISTED, Rtype::A);
    let framed = [&u16::try_from(query.len()).unwrap().to_be_bytes()[..], &query].concat();
    stream.write_all(&framed).await.is_ok() && receive_tcp(&mut stream).await.is_some()
}

#[tokio::test]
async fn a_client_that_does_not_read_is_cut_off_and_hurts_nobody() {
    let config = PublishConfig {
        write_timeout: Period::millis(300),
        ..PublishConfig::default()
    };
    let server = start(config).await;
    let mut greedy = TcpStream::connect(server.address).await.unwrap();
    let long = query("9.9.70.100.bl.atalaya.test", Rtype::TXT);
    let framed = [&u16::try_from(long.len()).unwrap().to_be_bytes()[..], &long]
        .concat()
        .repeat(100);
    let flood = async { while greedy.write_all(&framed).await.is_ok() {} };
    let others = async {
        for _round in 0..20 {
            assert_eq!(ask(&server, LISTED, Rtype::A).await.answer.len(), 3);
            assert_eq!(ask_tcp(&server, &query(LISTED, Rtype::A)).await.answer.len(), 3);
        }
    };
    tokio::time::timeout(LIMIT, async { tokio::join!(flood, others) })
        .await
        .expect("the server cuts it off");
}

#[tokio::test]
async fn the_server_ends_when_it_is_told_to() {
    let server = start(PublishConfig::default()).await;
    let mut open = TcpStream::connect(server.address).await.unwrap();
    send_tcp(&mut open, &query(LISTED, Rtype::A)).await;
    assert!(receive_tcp(&mut open).await.is_some());
    server.stop.cancel();
    tokio::time::timeout(LIMIT, server.task).await.unwrap().unwrap();
    assert_eq!(receive_tcp(&mut open).await, None);
    assert!(TcpStream::connect(server.address).await.is_err());
}
