//! One server at several addresses and over both families, and what it does when a part of it breaks.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking"
)]

mod support;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use atalaya_model::{Class, Clock, Decided, Decision, Rule, Serial, Timestamp, Verdict};
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_stay_right_while_the_zone_changes() {
    let server = start_at(PublishConfig::default(), &["127.0.0.1"]).await;
    let askers: Vec<_> = (0..4).map(|_| tokio::spawn(ask_on(server.address))).collect();
    let mut serial = support::SERIAL;
    while askers.iter().any(|asker| !asker.is_finished()) {
        serial += 1;
        let verdict = match serial % 2 {
            0 => Verdict::List {
                class: Class::Bot,
                until: None,
            },
            _ => Verdict::Withdraw { class: Class::Bot },
        };
        if serial.is_multiple_of(10) {
            let kept = support::listing("192.0.2.99", Class::Spam, None);
            drop(server.zone.load(Set::new([kept], []), Serial(serial)));
        } else {
            server.zone.apply(&[decided(serial, verdict)]).unwrap();
        }
        tokio::task::yield_now().await;
    }
    assert!(serial > support::SERIAL);
    for asker in askers {
        asker.await.unwrap();
    }
}

/// A decision about an address that comes and goes.
fn decided(serial: u64, verdict: Verdict) -> Decided {
    Decided {
        serial: Serial(serial),
        at: Timestamp::EPOCH,
        decision: Decision {
            prefix: "203.0.113.1".parse().unwrap(),
            verdict,
            rule: Rule::new("by-hand", 1),
            score: 0.0,
            reason: "a test".to_owned(),
        },
    }
}

/// Asks many times about what is always listed, what comes and goes, and what never is.
async fn ask_on(address: SocketAddr) {
    for _round in 0..200 {
        let always = ask_at(address, &query(LISTED, Rtype::A)).await;
        assert!(
            always
                .answer
                .iter()
                .any(|record| record.ends_with(" A 127.0.0.3")),
            "{always:?}"
        );
        let sometimes = ask_at(address, &query("1.113.0.203.bl.atalaya.test", Rtype::A)).await;
        match sometimes.rcode().as_str() {
            "NOERROR" => assert_eq!(sometimes.answer, ["1.113.0.203.bl.atalaya.test 300 A 127.0.0.4"]),
            _ => sometimes.assert_negative("NXDOMAIN"),
        }
        let never = ask_at(address, &query("1.114.0.203.bl.atalaya.test", Rtype::A)).await;
        never.assert_negative("NXDOMAIN");
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
