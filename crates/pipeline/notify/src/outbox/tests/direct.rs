//! Straight to the servers of recipients: found in a scripted resolver, reached on addresses of loopback.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use atalaya_formats::mta_sts::Policy;
use domain::base::iana::{Class, Rcode};
use domain::base::{Message, MessageBuilder, Name, Rtype, ToName};
use domain::rdata::{A, AllRecordData, Mx};
use tokio::net::UdpSocket;

use super::many::{Habit, Seen, empty, server_at};
use super::*;
use crate::outbox::Delivery;
use crate::outbox::direct::Direct;

/// What the resolver knows: name, type, and for MX a preference.
const RECORDS: &[(&str, Rtype, u16, &str)] = &[
    ("two.example", Rtype::MX, 20, "second.two.example"),
    ("two.example", Rtype::MX, 10, "first.two.example"),
    ("first.two.example", Rtype::A, 0, "127.0.0.2"),
    ("second.two.example", Rtype::A, 0, "127.0.0.1"),
    ("implicit.example", Rtype::A, 0, "127.0.0.1"),
    ("hangs1.example", Rtype::A, 0, "127.0.0.3"),
    ("hangs2.example", Rtype::A, 0, "127.0.0.3"),
    ("hangs3.example", Rtype::A, 0, "127.0.0.3"),
    ("null.example", Rtype::MX, 0, "."),
    ("inside.example", Rtype::A, 0, "127.1.0.1"),
];

fn answer(asked: &[u8]) -> Vec<u8> {
    let asked = Message::from_octets(asked).unwrap();
    let question = asked.first_question().unwrap();
    let owner: Name<Vec<u8>> = question.qname().to_name();
    let (name, wanted) = (owner.to_string(), question.qtype());
    let mut builder = MessageBuilder::new_vec()
        .start_answer(&asked, Rcode::NOERROR)
        .unwrap();
    let records = RECORDS
        .iter()
        .filter(|(of, rtype, ..)| *of == name && *rtype == wanted);
    for (_name, rtype, preference, text) in records {
        let data: AllRecordData<Vec<u8>, Name<Vec<u8>>> = match *rtype {
            Rtype::A => A::new(text.parse().unwrap()).into(),
            _ => Mx::new(*preference, Name::vec_from_str(text).unwrap()).into(),
        };
        builder.push((owner.clone(), Class::IN, 60_u32, data)).unwrap();
    }
    builder.finish()
}

async fn resolver() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    tokio::spawn(async move {
        let mut asked = [0; 512];
        while let Ok((size, from)) = socket.recv_from(&mut asked).await {
            socket.send_to(&answer(&asked[..size]), from).await.unwrap();
        }
    });
    address
}

async fn direct_config(port: u16) -> NoticeConfig {
    NoticeConfig {
        delivery: Some(Delivery::Direct),
        resolvers: vec![resolver().await],
        direct_port: port,
        direct_inside: vec!["127.0.0.0/24".parse().unwrap()],
        timeout: Period::seconds(30),
        ..config(None)
    }
}

/// A house with a mail to each of these domains.
async fn house(domains: &[&str]) -> House {
    let house = empty().await;
    let mut transaction = house.store.begin().await.unwrap();
    for domain in domains {
        let mail = NewMail {
            id: Uuid::new_v4(),
            sender: "abuse@list.example".to_owned(),
            recipient: format!("abuse@{domain}").parse().unwrap(),
            message: MESSAGE.to_vec(),
        };
        transaction.add_mail(&mail).await.unwrap();
    }
    transaction.commit().await.unwrap();
    house
}

/// What became of the mail to a domain: its state, and the reason.
async fn fate(house: &House, domain: &str) -> (String, String) {
    let mails = house.store.mails(None, None, 99).await.unwrap();
    let mail = mails
        .into_iter()
        .find(|mail| mail.recipient.domain() == domain)
        .unwrap();
    (mail.state, mail.last_error.unwrap_or_default())
}

fn connections(seen: &Seen) -> u32 {
    seen.connections.load(Ordering::SeqCst)
}

#[tokio::test]
async fn mail_goes_to_the_best_server_that_can_be_reached() {
    let (address, second) = server_at("127.0.0.1:0", Habit::Plain).await;
    let house = house(&["two.example", "implicit.example"]).await;
    let sender = house.sender_as(direct_config(address.port()).await);
    while sender.send_next().await.unwrap() {}
    assert_eq!(
        second.counts(),
        [1, 1],
        "where the best is away, the next; without MX, the name itself"
    );
    let best = format!("127.0.0.2:{}", address.port());
    let (_address, first) = server_at(&best, Habit::Plain).await;
    let house = self::house(&["two.example"]).await;
    let sender = house.sender_as(direct_config(address.port()).await);
    assert!(sender.send_next().await.unwrap());
    assert_eq!((first.counts(), connections(&second)), (vec![1], 2));
}

#[tokio::test]
async fn what_takes_no_mail_is_given_up_and_not_written_to_again() {
    let domains = ["null.example", "nothing.example"];
    let house = house(&domains).await;
    let sender = house.sender_as(direct_config(25).await);
    while sender.send_next().await.unwrap() {}
    for (domain, status) in domains.iter().zip(["5.1.10", "5.1.2"]) {
        let (state, why) = fate(&house, domain).await;
        assert!(
            state == "failed" && why.contains(status),
            "{domain}: {state} {why}"
        );
    }
    assert_eq!(house.store.suppressed("", 9).await.unwrap().len(), 2);
}

#[tokio::test]
async fn strangers_lead_to_no_server_inside_our_own_network() {
    let (address, inside) = server_at("127.1.0.1:0", Habit::Plain).await;
    let house = house(&["inside.example"]).await;
    let sender = house.sender_as(direct_config(address.port()).await);
    assert!(sender.send_next().await.unwrap());
    let (state, why) = fate(&house, "inside.example").await;
    assert!(state == "waiting" && why.contains("no server"), "{state} {why}");
    assert_eq!(connections(&inside), 0);
}

#[tokio::test]
async fn a_domain_that_enforces_tls_gets_no_mail_without() {
    let (address, server) = server_at("127.0.0.1:0", Habit::Plain).await;
    let house = house(&["implicit.example"]).await;
    let mail = house.store.take_mail(Duration::ZERO).await.unwrap().unwrap();
    let policy = |servers: &str| {
        let text = format!("version: STSv1\nmode: enforce\nmx: {servers}\nmax_age: 86400\n");
        Policy::parse(text.as_bytes()).unwrap()
    };
    let direct = Direct::new(&direct_config(address.port()).await, &house.time.clock()).unwrap();
    for (servers, told, reached) in [
        ("other.example", "MTA-STS", 0),
        ("implicit.example", "STARTTLS", 1),
    ] {
        let id = servers.replace('.', "");
        direct
            .policies()
            .keep("implicit.example", id, policy(servers), house.time.now());
        let handed = direct.hand_over(&parcel(&mail), "implicit.example").await;
        let Err(Refusal::ForNow(why)) = handed.outcome else {
            panic!("{:?}", handed.outcome)
        };
        assert!(why.contains(told), "{why}");
        assert_eq!(connections(&server), reached);
    }
    // When the policy is over, and no record announces another one, mail goes as before.
    house.time.advance(Duration::from_secs(86_400));
    let handed = direct.hand_over(&parcel(&mail), "implicit.example").await;
    assert_eq!(handed.outcome, Ok(()));
    assert_eq!(server.counts(), [1]);
}

#[tokio::test]
async fn what_is_more_than_the_pace_waits_without_a_try() {
    let (address, server) = server_at("127.0.0.1:0", Habit::Plain).await;
    let house = house(&["implicit.example"; 15]).await;
    let config = NoticeConfig {
        mails_per_minute: 30,
        ..direct_config(address.port()).await
    };
    let sender = house.sender_as(config);
    while sender.send_next().await.unwrap() {}
    // Every two seconds one, and ten seconds ahead.
    assert_eq!(server.counts(), [6]);
    let waiting = house.store.mails(Some("waiting"), None, 99).await.unwrap();
    assert!(waiting.len() == 9 && waiting.iter().all(|mail| mail.attempts == 0));
    for _ in 0..5 {
        house.time.advance(Duration::from_secs(5));
        while sender.send_next().await.unwrap() {}
    }
    assert_eq!(server.counts(), [15]);
    assert!(connections(&server) < 8, "connections are kept");
}

#[tokio::test]
async fn what_a_server_of_strangers_has_against_us_is_for_good() {
    let (address, _server) = server_at("127.0.0.1:0", Habit::RelaysForOthers).await;
    let house = house(&["implicit.example"]).await;
    let sender = house.sender_as(direct_config(address.port()).await);
    assert!(sender.send_next().await.unwrap());
    let (state, why) = fate(&house, "implicit.example").await;
    assert!(state == "failed" && why.contains("5.7.1"), "{state} {why}");
    assert!(house.store.suppressed("", 9).await.unwrap().is_empty());
}

#[tokio::test]
async fn domains_that_hang_do_not_stop_the_others() {
    let (address, server) = server_at("127.0.0.1:0", Habit::Plain).await;
    // It is connected with, and says nothing.
    let hangs = TcpListener::bind(("127.0.0.3", address.port())).await.unwrap();
    let hanging = ["hangs1.example", "hangs2.example", "hangs3.example"];
    let house = house(&hanging.repeat(8)).await;
    let config = NoticeConfig {
        connections: 4,
        timeout: Period::minutes(10),
        ..direct_config(address.port()).await
    };
    let running = tokio::spawn(house.sender_as(config).run(CancellationToken::new()));
    let is_busy = async {
        let mut open = Vec::new();
        for _domain in hanging {
            open.push(hangs.accept().await.unwrap());
        }
        open
    };
    let _open = tokio::time::timeout(MAX_WAIT, is_busy).await.unwrap();
    let mut transaction = house.store.begin().await.unwrap();
    let mail = NewMail {
        id: Uuid::new_v4(),
        sender: "abuse@list.example".to_owned(),
        recipient: "abuse@implicit.example".parse().unwrap(),
        message: MESSAGE.to_vec(),
    };
    transaction.add_mail(&mail).await.unwrap();
    transaction.commit().await.unwrap();
    let is_there = async {
        while server.counts().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(MAX_WAIT, is_there).await.unwrap();
    running.abort();
}
