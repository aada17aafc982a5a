//! A zone with a few listings behind a real server on loopback, and a small client.

#![allow(
    dead_code,
    clippy::allow_attributes,
    reason = "each test file is a program of its own and uses a part of this"
)]

pub(crate) mod peers;
pub(crate) mod transfers;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{AllowEntry, Class, Listing, Prefix, Rule, Serial, Timestamp};
use atalaya_publish::{ContactZone, DnsServer, DnsSockets, PublishConfig, Set, Zone};
use atalaya_testkit::TestClock;
use domain::base::iana::Class as DnsClass;
use domain::base::name::FlattenInto;
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::AllRecordData;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio_util::sync::{CancellationToken, DropGuard};

/// How long to wait for what must come.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
/// The serial of the zone at the start.
pub(crate) const SERIAL: u64 = (1 << 32) + 7;

/// A server that runs until this is dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) others: Vec<SocketAddr>,
    pub(crate) zone: Arc<Zone>,
    pub(crate) time: TestClock,
    pub(crate) stop: CancellationToken,
    pub(crate) task: tokio::task::JoinHandle<()>,
    _guard: DropGuard,
}

/// Starts a server with the listings of [`listings`] on IPv4.
pub(crate) async fn start(config: PublishConfig) -> Running {
    start_at(config, &["127.0.0.1"]).await
}

/// Starts one that answers for a zone of contacts too.
pub(crate) async fn start_with_contacts(config: PublishConfig, contacts: Arc<ContactZone>) -> Running {
    launch(config, &["127.0.0.1"], Some(contacts)).await
}

/// Starts a server on free ports of several addresses.
pub(crate) async fn start_at(config: PublishConfig, at: &[&str]) -> Running {
    launch(config, at, None).await
}

async fn launch(config: PublishConfig, at: &[&str], contacts: Option<Arc<ContactZone>>) -> Running {
    config.check().unwrap();
    let time = TestClock::default();
    let zone = Arc::new(Zone::new(&config, "http://127.0.0.1:8080").unwrap());
    drop(zone.load(Set::new(listings(), allowed()), Serial(SERIAL)));
    let bind = |ip: &&str| DnsSockets::bind(SocketAddr::new(ip.parse().unwrap(), 0)).unwrap();
    let sockets: Vec<DnsSockets> = at.iter().map(bind).collect();
    let mut others: Vec<SocketAddr> = sockets.iter().map(DnsSockets::address).collect();
    let address = others.remove(0);
    let stop = CancellationToken::new();
    let mut server = DnsServer::new(&config, Arc::clone(&zone), time.clock());
    if let Some(contacts) = contacts {
        server = server.with_contacts(contacts);
    }
    let task = tokio::spawn(server.serve(sockets, stop.clone()));
    let guard = stop.clone().drop_guard();
    Running {
        address,
        others,
        zone,
        time,
        stop,
        task,
        _guard: guard,
    }
}

/// A server as it is configured by default.
pub(crate) async fn server() -> Running {
    start(PublishConfig::default()).await
}

/// Whether this machine speaks IPv6; reports a skip where it does not.
pub(crate) fn has_ipv6() -> bool {
    let has = std::net::UdpSocket::bind("[::1]:0").is_ok();
    if !has {
        atalaya_testkit::skip("this machine has no IPv6");
    }
    has
}

pub(crate) fn listing(prefix: &str, class: Class, until: Option<&str>) -> Listing {
    Listing {
        prefix: prefix.parse().unwrap(),
        class,
        reason: format!("{class} seen in a test"),
        rule: Rule::new("test", 1),
        since: "2026-11-20".parse().unwrap(),
        until: until.map(|until| until.parse().unwrap()),
        serial: Serial(1),
    }
}

/// What is listed: single addresses, ranges, several classes, one that ends, and one name with far too much to say.
fn listings() -> Vec<Listing> {
    let mut listings = vec![
        listing("192.0.2.99", Class::Spam, None),
        listing("192.0.2.99", Class::Bot, None),
        listing("192.0.2.0/24", Class::Policy, None),
        listing("198.51.100.7", Class::Spam, Some("2026-11-23T12:01:00Z")),
        listing("2001:db8::/64", Class::Spam, None),
    ];
    for length in 16..=32 {
        for class in Class::ALL {
            let prefix = Prefix::new("100.70.9.9".parse().unwrap(), length).to_string();
            listings.push(listing(&prefix, class, None));
        }
    }
    listings
}

/// One allowed address inside a listed range.
pub(crate) fn allowed() -> Vec<AllowEntry> {
    vec![AllowEntry {
        prefix: "192.0.2.25".parse().unwrap(),
        reason: "our own relay".to_owned(),
        since: Timestamp::EPOCH,
        until: None,
        serial: Serial(2),
    }]
}

/// A query without EDNS.
pub(crate) fn query(name: &str, rtype: Rtype) -> Vec<u8> {
    build(name, rtype, DnsClass::IN, None)
}

/// What an OPT record of a query says.
#[derive(Clone, Copy)]
pub(crate) struct Edns {
    pub(crate) payload: u16,
    pub(crate) version: u8,
    pub(crate) dnssec_ok: bool,
}

pub(crate) fn build(name: &str, rtype: Rtype, class: DnsClass, edns: Option<Edns>) -> Vec<u8> {
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(0x1234);
    builder.header_mut().set_rd(true);
    let mut question = builder.question();
    let name = Name::vec_from_str(name).unwrap();
    question.push((name, rtype, class)).unwrap();
    let mut additional = question.additional();
    if let Some(edns) = edns {
        additional
            .opt(|opt| {
                opt.set_udp_payload_size(edns.payload);
                opt.set_version(edns.version);
                opt.set_dnssec_ok(edns.dnssec_ok);
                Ok(())
            })
            .unwrap();
    }
    additional.finish()
}

/// An answer, taken apart.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) message: Message<Vec<u8>>,
    pub(crate) answer: Vec<String>,
    pub(crate) authority: Vec<String>,
    pub(crate) additional: Vec<String>,
}

impl Reply {
    pub(crate) fn read(bytes: Vec<u8>) -> Self {
        let message = Message::from_octets(bytes).unwrap();
        let (_, answer, authority, additional) = message.sections().unwrap();
        let sections = [answer, authority, additional].map(|section| {
            section
                .map(|record| record.unwrap())
                .filter(|record| record.rtype() != Rtype::OPT)
                .map(|record| {
                    let (ttl, rtype) = (record.ttl().as_secs(), record.rtype());
                    let owner = record.owner().to_string();
                    let record = record.to_any_record::<AllRecordData<_, _>>().unwrap();
                    let data: AllRecordData<Vec<u8>, Name<Vec<u8>>> = record.into_data().flatten_into();
                    format!("{owner} {ttl} {rtype} {data}")
                })
                .collect::<Vec<_>>()
        });
        let [answer, authority, additional] = sections;
        Self {
            message,
            answer,
            authority,
            additional,
        }
    }

    pub(crate) fn rcode(&self) -> String {
        self.message.header().rcode().to_string()
    }

    /// No records of this name and type, and the SOA record says for how long to believe it.
    pub(crate) fn assert_negative(&self, rcode: &str) {
        assert_eq!(self.rcode(), rcode, "{self:?}");
        assert_eq!(self.answer, Vec::<String>::new());
        assert_eq!(self.authority.len(), 1, "{self:?}");
        assert!(
            self.authority[0]
                .to_lowercase()
                .starts_with("bl.atalaya.test 120 soa"),
            "{self:?}"
        );
        assert!(self.message.header().aa());
    }
}

/// Sends bytes in one datagram; nothing if no answer comes before that of a second, right query.
pub(crate) async fn exchange(server: &Running, bytes: &[u8]) -> Option<Vec<u8>> {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    socket.connect(server.address).await.unwrap();
    socket.send(bytes).await.unwrap();
    let mut control = query("bl.atalaya.test", Rtype::SOA);
    control[..2].copy_from_slice(&[0xff, 0xfe]);
    socket.send(&control).await.unwrap();
    let (mut found, mut buffer) = (None, vec![0; 65_535]);
    loop {
        let received = tokio::time::timeout(LIMIT, socket.recv(&mut buffer)).await;
        let length = received.expect("the server answers").unwrap();
        if buffer[..2] == [0xff, 0xfe] {
            return found;
        }
        found = Some(buffer[..length].to_vec());
    }
}

/// Asks over UDP.
pub(crate) async fn ask_with(server: &Running, query: &[u8]) -> Reply {
    ask_at(server.address, query).await
}

/// Asks over UDP at an address, and takes an answer from there only.
pub(crate) async fn ask_at(address: SocketAddr, query: &[u8]) -> Reply {
    let any = if address.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).await.unwrap();
    socket.connect(address).await.unwrap();
    socket.send(query).await.unwrap();
    let mut buffer = vec![0; 65_535];
    let received = tokio::time::timeout(LIMIT, socket.recv(&mut buffer)).await;
    let length = received.expect("the server answers").unwrap();
    Reply::read(buffer[..length].to_vec())
}

/// Asks over UDP without EDNS.
pub(crate) async fn ask(server: &Running, name: &str, rtype: Rtype) -> Reply {
    ask_with(server, &query(name, rtype)).await
}

/// Asks over TCP on a connection of its own.
pub(crate) async fn ask_tcp(server: &Running, query: &[u8]) -> Reply {
    ask_tcp_at(server.address, query).await
}

/// Asks over TCP at an address.
pub(crate) async fn ask_tcp_at(address: SocketAddr, query: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    send_tcp(&mut stream, query).await;
    Reply::read(receive_tcp(&mut stream).await.expect("the server answers"))
}

pub(crate) async fn send_tcp(stream: &mut TcpStream, query: &[u8]) {
    let length = u16::try_from(query.len()).unwrap();
    let framed = [&length.to_be_bytes(), query].concat();
    stream.write_all(&framed).await.unwrap();
}

/// The next message; nothing if the server has ended the connection.
pub(crate) async fn receive_tcp(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let receive = async {
        let length = stream.read_u16().await.ok()?;
        let mut message = vec![0; length.into()];
        stream.read_exact(&mut message).await.ok()?;
        Some(message)
    };
    tokio::time::timeout(LIMIT, receive)
        .await
        .expect("the server answers or closes")
}

/// The name of an address in nibbles.
pub(crate) fn nibbles(address: &str) -> String {
    let address: std::net::Ipv6Addr = address.parse().unwrap();
    let digits = format!("{:032x}", address.to_bits());
    let labels: Vec<_> = digits.chars().rev().map(String::from).collect();
    format!("{}.bl.atalaya.test", labels.join("."))
}
