//! One server at several addresses and over both families, and what it does when a part of it breaks.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use atalaya_model::{Clock, Serial};
use atalaya_publish::{DnsServer, DnsSockets, PublishConfig, Set, Zone};
use domain::base::Rtype;
use support::{LIMIT, ask_at, ask_tcp_at, has_ipv6, query, start_at};
use tokio::net::UdpSocket;
use tokio_util::sync::CancellationToken;

const LISTED: &str = "99.2.0.192.bl.atalaya.test";

#[tokio::test]
async fn one_server_answers_over_ipv4_and_ipv6() {
    if !has_ipv6() {
        return;
    }
    let server = start_at(PublishConfig::default(), &["127.0.0.1", "::1", "127.0.0.2"]).await;
    let addresses: Vec<SocketAddr> = [&[server.address], &server.others[..]].concat();
    for address in addresses {
        for name in [LISTED, &support::nibbles("2001:db8::1")] {
            let query = query(name, Rtype::A);
            let udp = ask_at(address, &query).await;
            let tcp = ask_tcp_at(address, &query).await;
            assert!(!udp.answer.is_empty(), "{address} {name}");
            assert_eq!(udp.message.as_slice(), tcp.message.as_slice(), "{address} {name}");
        }
    }
}

#[tokio::test]
async fn a_server_on_every_address_answers_from_the_one_that_was_asked() {
    let server = start_at(PublishConfig::default(), &["0.0.0.0"]).await;
    for ip in ["127.0.0.1", "127.0.0.2", "127.8.8.8"] {
        let address = SocketAddr::new(ip.parse().unwrap(), server.address.port());
        let query = query(LISTED, Rtype::A);
        assert_eq!(ask_at(address, &query).await.answer.len(), 3, "{ip}");
        assert_eq!(ask_tcp_at(address, &query).await.answer.len(), 3, "{ip}");
    }
}

#[tokio::test]
async fn a_server_on_every_ipv6_address_answers_beside_one_on_every_ipv4_address() {
    if !has_ipv6() {
        return;
    }
    let server = start_at(PublishConfig::default(), &["::", "0.0.0.0"]).await;
    for (ip, port) in [
        ("::1", server.address.port()),
        ("127.0.0.2", server.others[0].port()),
    ] {
        let address = SocketAddr::new(ip.parse().unwrap(), port);
        let query = query(LISTED, Rtype::A);
        assert_eq!(ask_at(address, &query).await.answer.len(), 3, "{ip}");
        assert_eq!(ask_tcp_at(address, &query).await.answer.len(), 3, "{ip}");
    }
}

#[tokio::test]
async fn a_task_that_breaks_ends_the_whole_server() {
    let config = PublishConfig::default();
    let zone = Arc::new(Zone::new(&config, "http://127.0.0.1:8080").unwrap());
    drop(zone.load(Set::default(), Serial(1)));
    let broken = Clock::new(|| panic!("a bug that nobody knows"));
    let loopback = SocketAddr::new(IpAddr::from([127, 0, 0, 1]), 0);
    let sockets = [
        DnsSockets::bind(loopback).unwrap(),
        DnsSockets::bind(loopback).unwrap(),
    ];
    let address = sockets[0].address();
    let stop = CancellationToken::new();
    let server = DnsServer::new(&config, zone, broken);
    let task = tokio::spawn(server.serve(sockets.into(), stop.clone()));
    let client = UdpSocket::bind(loopback).await.unwrap();
    client.send_to(&query(LISTED, Rtype::A), address).await.unwrap();
    tokio::time::timeout(LIMIT, task)
        .await
        .expect("the server ends")
        .unwrap();
    assert!(!stop.is_cancelled(), "what else runs is not ours to end");
}
