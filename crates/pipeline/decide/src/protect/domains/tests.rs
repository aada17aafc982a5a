//! The walk through the records of a domain, and the client of resolvers, against a scripted resolver on loopback.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use atalaya_model::Prefix;
use atalaya_net::{DnsError, Resolver};
use atalaya_store::{Store, StoreUrl};
use atalaya_testkit::TestClock;
use domain::base::iana::{Class, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype, ToName};
use domain::rdata::{A, Aaaa, AllRecordData, Mx, Txt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, UdpSocket};

use crate::protect::{ProtectConfig, Protection, domains};

/// What the resolver says: records by name and type, as text.
type Script = HashMap<(&'static str, Rtype), Vec<String>>;

/// How a question came.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Udp,
    Tcp,
}

/// Answers about names from a script; those that begin with `big` only over TCP.
fn answer(script: &Script, asked: &[u8], way: Way) -> Vec<u8> {
    let asked = Message::from_octets(asked).unwrap();
    let question = asked.first_question().unwrap();
    let name = question.qname().to_string();
    let mut builder = MessageBuilder::new_vec()
        .start_answer(&asked, Rcode::NOERROR)
        .unwrap();
    if name.starts_with("fail") {
        builder.header_mut().set_rcode(Rcode::SERVFAIL);
        return builder.finish();
    }
    if name.starts_with("big") && way == Way::Udp {
        builder.header_mut().set_tc(true);
        return builder.finish();
    }
    let owner: Name<Vec<u8>> = question.qname().to_name();
    let texts = script
        .iter()
        .find(|((of, rtype), _)| *of == name && *rtype == question.qtype());
    for text in texts.into_iter().flat_map(|(_, texts)| texts) {
        let record = |data: AllRecordData<Vec<u8>, Name<Vec<u8>>>| (owner.clone(), Class::IN, 60_u32, data);
        let data: AllRecordData<Vec<u8>, Name<Vec<u8>>> = match question.qtype() {
            Rtype::A => A::new(text.parse::<Ipv4Addr>().unwrap()).into(),
            Rtype::AAAA => Aaaa::new(text.parse().unwrap()).into(),
            Rtype::MX => Mx::new(10, Name::vec_from_str(text).unwrap()).into(),
            _ => Txt::build_from_slice(text.as_bytes()).unwrap().into(),
        };
        builder.push(record(data)).unwrap();
    }
    builder.finish()
}

/// Starts the resolver; it ends with the test's runtime.
async fn resolver(script: Script) -> SocketAddr {
    let tcp = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = tcp.local_addr().unwrap();
    let udp = UdpSocket::bind(address).await.unwrap();
    let script = Arc::new(script);
    let answers = Arc::clone(&script);
    tokio::spawn(async move {
        let mut asked = [0; 512];
        while let Ok((size, from)) = udp.recv_from(&mut asked).await {
            // Somebody who guesses answers first, with another number.
            let mut forged = answer(&answers, &asked[..size], Way::Udp);
            forged[0] ^= 0xff;
            udp.send_to(&forged, from).await.unwrap();
            udp.send_to(&answer(&answers, &asked[..size], Way::Udp), from)
                .await
                .unwrap();
        }
    });
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = tcp.accept().await {
            let mut asked = vec![0; usize::from(stream.read_u16().await.unwrap())];
            stream.read_exact(&mut asked).await.unwrap();
            let said = answer(&script, &asked, Way::Tcp);
            stream
                .write_u16(u16::try_from(said.len()).unwrap())
                .await
                .unwrap();
            stream.write_all(&said).await.unwrap();
        }
    });
    address
}

fn script(records: &[(&'static str, Rtype, &str)]) -> Script {
    let mut script = Script::new();
    for (name, rtype, text) in records {
        script.entry((name, *rtype)).or_default().push((*text).to_owned());
    }
    script
}

fn large() -> Script {
    script(&[
        ("large.example", Rtype::TXT, "an unrelated text"),
        (
            "large.example",
            Rtype::TXT,
            "v=spf1 include:_spf.large.example a:out.large.example/28 ?ip4:203.0.113.9 +all",
        ),
        (
            "_spf.large.example",
            Rtype::TXT,
            "v=spf1 ip4:192.0.2.0/25 ip4:0.0.0.0/0 ip6:2001:db8::/40 include:_spf.large.example redirect=big.large.example",
        ),
        ("big.large.example", Rtype::TXT, "v=spf1 ip4:203.0.113.64/26 -all"),
        ("out.large.example", Rtype::A, "198.51.100.17"),
        ("large.example", Rtype::MX, "mx.large.example"),
        ("mx.large.example", Rtype::A, "198.51.100.200"),
        ("mx.large.example", Rtype::AAAA, "2001:db8:ff::25"),
    ])
}

#[tokio::test]
async fn the_ranges_of_a_domain_are_whom_it_lets_send_and_its_mail_servers() {
    let resolver = Resolver::new(vec![resolver(large()).await]);
    let ranges = domains::ranges(&resolver, "large.example").await.unwrap();
    let ranges: Vec<String> = ranges.iter().map(Prefix::to_string).collect();
    assert_eq!(
        ranges,
        [
            "192.0.2.0/25",
            "198.51.100.16/28",
            "198.51.100.200",
            "203.0.113.64/26",
            "2001:db8::/40",
            "2001:db8:ff::25",
        ]
    );
}

#[tokio::test]
async fn records_that_lead_on_without_end_are_followed_ten_times() {
    let mut records = script(&[]);
    for number in 0..30_u8 {
        let name: &'static str = Box::leak(format!("n{number}.example").into_boxed_str());
        let text = format!("v=spf1 ip4:192.0.2.{number} include:n{}.example", number + 1);
        records.insert((name, Rtype::TXT), vec![text]);
    }
    let resolver = Resolver::new(vec![resolver(records).await]);
    let ranges = domains::ranges(&resolver, "n0.example").await.unwrap();
    assert_eq!(ranges.len(), 11, "the record itself, and ten that it leads to");
}

#[tokio::test]
async fn a_resolver_that_fails_is_no_answer_and_the_next_one_is_asked() {
    let good = resolver(large()).await;
    let alone = Resolver::new(vec![good]);
    assert!(matches!(
        alone.texts("fail.example").await,
        Err(DnsError::Unanswered(_))
    ));
    assert!(alone.texts("nothing.example").await.unwrap().is_empty());
    assert!(matches!(alone.texts("no..name").await, Err(DnsError::BadName(_))));
    let closed = UdpSocket::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let both = Resolver::new(vec![closed, good]);
    assert_eq!(
        both.mail_servers("large.example").await.unwrap(),
        ["mx.large.example"]
    );
}

#[tokio::test]
async fn the_last_good_answer_holds_while_dns_fails() {
    let folder = tempfile::tempdir().unwrap();
    let url = StoreUrl::Sqlite(folder.path().join("atalaya.db"));
    let clock = TestClock::default();
    let store = Store::open(&url, clock.clock()).await.unwrap();
    let config = |resolver| ProtectConfig {
        domains: vec!["large.example".to_owned()],
        resolvers: vec![resolver],
        ..ProtectConfig::default()
    };
    let good = resolver(large()).await;
    let protection = Protection::open(config(good), store.clone(), clock.clock())
        .await
        .unwrap();
    assert!(protection.current().is_empty());
    protection.refresh().await.unwrap();
    let known = protection.current();
    assert_eq!(known.len(), 6);
    let closed = UdpSocket::bind("127.0.0.1:0")
        .await
        .unwrap()
        .local_addr()
        .unwrap();
    let protection = Protection::open(config(closed), store.clone(), clock.clock())
        .await
        .unwrap();
    assert_eq!(protection.current(), known);
    protection.refresh().await.unwrap();
    assert_eq!(protection.current(), known);
    let unit = "198.51.100.20".parse().unwrap();
    let (range, why) = known.covering(unit).unwrap();
    assert_eq!(
        (range.to_string().as_str(), why),
        ("198.51.100.16/28", "large.example sends or takes mail there")
    );
}
