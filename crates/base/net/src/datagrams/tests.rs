//! On loopback, with clients that take answers only from where they asked.

use std::net::UdpSocket;

use nix::sys::socket::SockaddrIn;

use super::*;
use crate::bind_udp;

fn client(address: IpAddr) -> UdpSocket {
    let client = UdpSocket::bind(SocketAddr::new(address, 0)).unwrap();
    client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    client
}

fn bound(address: &str) -> Datagrams {
    bind_udp(SocketAddr::new(address.parse().unwrap(), 0)).unwrap()
}

/// Answers one batch with the questions themselves; tells how many there were.
fn echo(batch: &mut Batch, server: &Datagrams) -> usize {
    batch.receive(server).unwrap();
    let mut count = 0;
    for letter in batch.letters() {
        letter.answer.extend(letter.question);
        count += 1;
    }
    assert_eq!(batch.send(server), 0);
    count
}

/// Asks at `address` of a socket bound to `bound`, with a client on loopback that takes answers from there only.
fn is_answered_from(address: &str, at: &str) {
    let address: IpAddr = address.parse().unwrap();
    let loopback = if address.is_ipv4() {
        IpAddr::from([127, 0, 0, 1])
    } else {
        address
    };
    let server = bound(at);
    let client = client(loopback);
    client
        .connect(SocketAddr::new(address, server.address().port()))
        .unwrap();
    client.send(b"question").unwrap();
    let mut batch = Batch::new(&server);
    assert_eq!(echo(&mut batch, &server), 1);
    let mut buffer = [0; 64];
    let length = client.recv(&mut buffer).unwrap();
    assert_eq!(&buffer[..length], b"question", "{address} at {at}");
}

#[test]
fn an_answer_leaves_from_the_address_that_was_asked() {
    for address in ["127.0.0.1", "127.0.0.2", "127.9.9.9"] {
        is_answered_from(address, "0.0.0.0");
    }
    is_answered_from("127.0.0.2", "127.0.0.2");
}

#[test]
fn over_ipv6_it_does_too() {
    if UdpSocket::bind("[::1]:0").is_err() {
        atalaya_testkit::skip("this machine has no IPv6");
        return;
    }
    is_answered_from("::1", "::");
    is_answered_from("::1", "::1");
}

#[test]
fn a_batch_mixes_clients_and_addresses_and_leaves_out_what_gets_no_answer() {
    let server = bound("0.0.0.0");
    let port = server.address().port();
    let clients: Vec<UdpSocket> = (0..200_u8)
        .map(|at| {
            let client = client([127, 0, 0, 1].into());
            client
                .connect(SocketAddr::from(([127, 0, 1 + at % 3, 1], port)))
                .unwrap();
            client.send(&[at; 9]).unwrap();
            client
        })
        .collect();
    let mut batch = Batch::new(&server);
    let mut count = 0;
    while count < clients.len() {
        batch.receive(&server).unwrap();
        for letter in batch.letters() {
            count += 1;
            let is_left_out = letter.question[0].is_multiple_of(7);
            letter
                .answer
                .extend(letter.question.iter().filter(|_byte| !is_left_out));
        }
        assert_eq!(batch.send(&server), 0);
    }
    for (at, client) in (0_u8..).zip(&clients) {
        let mut buffer = [0; 64];
        client.set_nonblocking(true).unwrap();
        let heard = client.recv(&mut buffer);
        match at % 7 {
            0 => assert!(heard.is_err()),
            _ => assert_eq!((heard.unwrap(), buffer[0]), (9, at)),
        }
    }
}

#[test]
fn an_unreachable_client_costs_only_its_own_answer() {
    let server = bound("127.0.0.1");
    let good = client([127, 0, 0, 1].into());
    for _twice in 0..2 {
        good.send_to(b"question", server.address()).unwrap();
    }
    let mut batch = Batch::new(&server);
    let mut met = 0;
    while met < 2 {
        batch.receive(&server).unwrap();
        met += batch.letters().count();
    }
    for letter in batch.letters() {
        letter.answer.extend(b"answer");
    }
    // Port 0 is nobody's: the kernel refuses it.
    let nobody = SockaddrIn::new(127, 0, 0, 1, 0);
    let whole = batch.met.len() == 2;
    if let AnyExchange::V4(exchange) = &mut batch.exchange {
        exchange.clients[0] = Some(nobody);
    }
    assert_eq!(batch.send(&server), 1);
    let mut buffer = [0; 64];
    if whole {
        assert_eq!(good.recv(&mut buffer).unwrap(), 6);
    }
}

#[test]
fn fragments_are_forbidden_in_both_families() {
    let server = bound("127.0.0.1");
    server.forbid_fragments().unwrap();
    let chosen = rustix::net::sockopt::ip_mtu_discover(&server.socket).unwrap();
    assert_eq!(chosen, Ipv4PathMtuDiscovery::PROBE);
    if UdpSocket::bind("[::1]:0").is_err() {
        atalaya_testkit::skip("this machine has no IPv6");
        return;
    }
    let server = bound("::1");
    server.forbid_fragments().unwrap();
    let chosen = rustix::net::sockopt::ipv6_mtu_discover(&server.socket).unwrap();
    assert_eq!(chosen, Ipv6PathMtuDiscovery::PROBE);
}

#[test]
fn sockets_of_one_port_share_the_clients_and_no_other_process_gets_in() {
    let first = bound("127.0.0.1");
    let second = first.another().unwrap();
    assert_eq!(first.address(), second.address());
    assert!(UdpSocket::bind(first.address()).is_err());
    let clients: Vec<UdpSocket> = (0..64).map(|_| client([127, 0, 0, 1].into())).collect();
    for client in &clients {
        client.send_to(b"question", first.address()).unwrap();
    }
    let counts = [&first, &second].map(|server| {
        let mut batch = Batch::new(server);
        echo(&mut batch, server)
    });
    assert_eq!(counts.iter().sum::<usize>(), clients.len());
    assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
}

#[test]
fn whoever_waits_comes_back_when_it_is_stopped() {
    let server = bound("127.0.0.1");
    let mut batch = Batch::new(&server);
    std::thread::scope(|scope| {
        scope.spawn(|| server.stop());
        batch.receive(&server).unwrap();
    });
    assert!(server.is_stopped());
    assert_eq!(batch.letters().count(), 0);
    batch.receive(&server).unwrap();
    assert_eq!(batch.letters().count(), 0);
}
