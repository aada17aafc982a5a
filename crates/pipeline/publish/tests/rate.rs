//! The rate limit over UDP, and several threads at one port, through real sockets.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::UdpSocket;
use std::time::Duration;

use atalaya_publish::PublishConfig;
use domain::base::Rtype;
use support::{LIMIT, Reply, ask_tcp, query, start};

const LISTED: &str = "99.2.0.192.bl.atalaya.test";

/// Sends questions at once from one socket, and takes the answers until all are there or one fails to come.
fn flood(server: std::net::SocketAddr, count: usize, rtype: Rtype) -> Vec<Reply> {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.connect(server).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    for _ in 0..count {
        socket.send(&query(LISTED, rtype)).unwrap();
    }
    let mut buffer = [0; 2048];
    std::iter::from_fn(|| {
        let length = socket.recv(&mut buffer).ok()?;
        Some(Reply::read(buffer[..length].to_vec()))
    })
    .take(count)
    .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_its_rate_a_network_gets_little_and_tcp_goes_on() {
    for rtype in [Rtype::A, Rtype::TXT] {
        let server = start(PublishConfig {
            rate_limit: 4,
            rate_limit_slip: 2,
            rate_limit_exempt: Vec::new(),
            udp_threads: Some(1),
            ..PublishConfig::default()
        })
        .await;
        // The clock of the test stands still: no bucket fills again.
        let address = server.address;
        let replies = tokio::task::spawn_blocking(move || flood(address, 100, rtype))
            .await
            .unwrap();
        let (cut, whole): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.message.header().tc());
        assert_eq!((whole.len(), cut.len()), (4, 48));
        assert!(whole.iter().all(|reply| !reply.answer.is_empty()));
        assert!(cut.iter().all(|reply| reply.answer.is_empty()));
        let by_tcp = ask_tcp(&server, &query(LISTED, rtype)).await;
        assert!(!by_tcp.answer.is_empty());
        server.time.advance(Duration::from_secs(1));
        let later = tokio::task::spawn_blocking(move || flood(address, 4, rtype))
            .await
            .unwrap();
        assert!(later.iter().all(|reply| !reply.message.header().tc()));
        assert_eq!(later.len(), 4);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_threads_answer_at_one_port_and_all_of_them_end() {
    let server = start(PublishConfig {
        udp_threads: Some(4),
        ..PublishConfig::default()
    })
    .await;
    let address = server.address;
    let clients = (0..40).map(|_| tokio::task::spawn_blocking(move || flood(address, 20, Rtype::A).len()));
    for client in clients {
        assert_eq!(client.await.unwrap(), 20);
    }
    server.stop.cancel();
    tokio::time::timeout(LIMIT, server.task).await.unwrap().unwrap();
    // The port is free again.
    UdpSocket::bind(address).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_threads_end_too_when_the_server_is_dropped() {
    let server = start(PublishConfig::default()).await;
    let address = server.address;
    let replies = tokio::task::spawn_blocking(move || flood(address, 1, Rtype::A)).await;
    assert_eq!(replies.unwrap().len(), 1);
    server.task.abort();
    let free = async {
        while UdpSocket::bind(address).is_err() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(LIMIT, free).await.unwrap();
}
