//! Hostile bytes against the whole of [`answer`]: nothing panics, nothing is longer than allowed, nothing is listed by mistake.

use std::net::IpAddr;

use atalaya_model::{Class, Listing, Rule, Serial, Timestamp};
use domain::base::Message;
use domain::base::iana::{Opcode, Rcode};

use super::*;
use crate::{PublishConfig, Set};

const SEED: u64 = 0x0A7A_1A7A;

fn zone() -> Zone {
    let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap();
    let listings = ["192.0.2.99", "198.51.100.0/24", "2001:db8::/64"].map(|prefix| Listing {
        prefix: prefix.parse().unwrap(),
        class: Class::Spam,
        reason: "3 mails to traps".to_owned(),
        rule: Rule::new("trap-spam", 1),
        since: Timestamp::EPOCH,
        until: None,
        serial: Serial(1),
    });
    drop(zone.load(Set::new(listings, []), Serial(7)));
    zone
}

/// A query as bytes: header, question, and the OPT record if wanted.
fn query(name: &str, rtype: u16, edns: Option<u16>) -> Vec<u8> {
    let mut query = vec![0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns.is_some())];
    for label in name.split('.').filter(|label| !label.is_empty()) {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.push(0);
    query.extend(rtype.to_be_bytes());
    query.extend([0, 1]);
    if let Some(payload) = edns {
        query.extend([0, 0, 41]);
        query.extend(payload.to_be_bytes());
        query.extend([0; 6]);
    }
    query
}

fn ask(zone: &Zone, query: &[u8]) -> Option<Message<Vec<u8>>> {
    let answer = answer(query, zone, Transport::Udp, Timestamp::from_seconds(1000))?;
    assert!(answer.len() <= usize::from(zone.max_udp_answer()));
    Some(Message::from_octets(answer).unwrap())
}

fn rcode(zone: &Zone, query: &[u8]) -> Option<Rcode> {
    Some(ask(zone, query)?.header().rcode())
}

/// The zone still tells what is listed from what is not.
fn assert_right(zone: &Zone) {
    let listed = ask(zone, &query("99.2.0.192.bl.atalaya.test", 1, None)).unwrap();
    assert_eq!(listed.header_counts().ancount(), 1);
    let clean = query("98.2.0.192.bl.atalaya.test", 1, None);
    assert_eq!(rcode(zone, &clean), Some(Rcode::NXDOMAIN));
}

/// A small generator of our own (xorshift), so that the printed seed is all it takes to repeat a run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(sides.max(1)).unwrap()).unwrap()
    }
}

#[test]
fn a_query_cut_at_any_byte_is_an_error_or_nothing() {
    let zone = zone();
    let whole = query("99.2.0.192.bl.atalaya.test", 1, Some(4096));
    for length in 0..whole.len() {
        let cut = whole.get(..length).unwrap();
        let expected = (length >= 12).then_some(Rcode::FORMERR);
        assert_eq!(rcode(&zone, cut), expected, "cut to {length}");
    }
    assert_eq!(rcode(&zone, &whole), Some(Rcode::NOERROR));
    assert_right(&zone);
}

#[test]
fn twenty_thousand_broken_queries_do_no_harm() {
    println!("seed {SEED:#x}");
    let (zone, mut dice) = (zone(), Dice(SEED));
    let nibbles = format!("{}8.b.d.0.1.0.0.2.bl.atalaya.test", "0.".repeat(24));
    let wholes = [
        query("99.2.0.192.bl.atalaya.test", 16, Some(4096)),
        query(&nibbles, 255, Some(512)),
        query("bl.atalaya.test", 2, None),
        query("7.100.51.198.BL.Atalaya.test", 1, None),
    ];
    for round in 0..20_000 {
        let mut broken = wholes[dice.roll(wholes.len())].clone();
        for _change in 0..=dice.roll(6) {
            let place = dice.roll(broken.len());
            match dice.roll(5) {
                0 => broken[place] = u8::try_from(dice.roll(256)).unwrap(),
                1 => broken[place] ^= 1 << dice.roll(8),
                2 => broken.truncate(place.max(1)),
                3 => broken.insert(place, 0xc0),
                _ => broken.extend_from_within(place..),
            }
        }
        for transport in [Transport::Udp, Transport::Tcp] {
            if let Some(reply) = answer(&broken, &zone, transport, Timestamp::EPOCH) {
                assert_eq!(reply.get(..2), broken.get(..2), "id, round {round}");
                assert!(
                    transport == Transport::Tcp || reply.len() <= 1232,
                    "round {round}"
                );
                assert_parses(&reply);
            }
        }
        if round % 100 == 0 {
            assert_right(&zone);
        }
    }
}

/// Every record of an answer can be read, whatever the query was.
fn assert_parses(reply: &[u8]) {
    let message = Message::from_slice(reply).unwrap();
    assert!(message.header().qr());
    for record in message {
        record.unwrap();
    }
}

#[test]
fn pointers_in_the_question_are_refused_and_loops_end() {
    let zone = zone();
    let mut to_itself = query("", 1, None);
    to_itself.splice(12..13, [0xc0, 12]);
    let mut into_the_header = query("", 1, None);
    into_the_header.splice(12..13, [0xc0, 0]);
    let mut behind_a_label = query("", 1, None);
    behind_a_label.splice(12..13, [1, b'2', 0xc0, 12]);
    for query in [to_itself, into_the_header, behind_a_label] {
        assert_eq!(rcode(&zone, &query), Some(Rcode::FORMERR), "{query:?}");
    }
}

#[test]
fn thousands_of_records_with_pointer_chains_are_skipped_not_followed() {
    let zone = zone();
    let mut long = query("99.2.0.192.bl.atalaya.test", 1, None);
    let mut count = 0_u16;
    let mut last = 12_u16;
    while long.len() < 65_000 {
        let here = u16::try_from(long.len()).unwrap();
        long.extend((0xc000 | (last & 0x3fff)).to_be_bytes());
        long.extend([0, 1, 0, 1, 0, 0, 0, 0, 0, 0]);
        last = here;
        count += 1;
    }
    long.splice(10..12, count.to_be_bytes());
    assert_eq!(rcode(&zone, &long), Some(Rcode::NOERROR));
}

#[test]
fn questions_must_be_one() {
    let zone = zone();
    for count in [0_u8, 2, 255] {
        let mut query = query("99.2.0.192.bl.atalaya.test", 1, None);
        query[5] = count;
        query.extend([1, b'x', 0, 0, 1, 0, 1].repeat(300));
        assert_eq!(rcode(&zone, &query), Some(Rcode::FORMERR), "{count} questions");
    }
}

#[test]
fn other_operations_are_not_implemented() {
    let zone = zone();
    for opcode in 1..16_u8 {
        let mut query = query("99.2.0.192.bl.atalaya.test", 1, None);
        query[2] = opcode << 3;
        let reply = ask(&zone, &query).unwrap();
        assert_eq!(reply.header().rcode(), Rcode::NOTIMP);
        assert_eq!(reply.header().opcode(), Opcode::from_int(opcode));
        let header = query.get(..12).unwrap();
        assert_eq!(rcode(&zone, header), Some(Rcode::NOTIMP), "header alone");
    }
}

#[test]
fn an_answer_gets_no_answer() {
    let zone = zone();
    let mut query = query("99.2.0.192.bl.atalaya.test", 1, None);
    query[2] |= 0x80;
    assert!(ask(&zone, &query).is_none());
    assert!(ask(&zone, b"").is_none());
    assert!(ask(&zone, &[0; 11]).is_none());
}

#[test]
fn a_broken_opt_record_is_a_format_error() {
    let zone = zone();
    let name = "99.2.0.192.bl.atalaya.test";
    let mut two = query(name, 1, Some(1232));
    two[11] = 2;
    two.extend([0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0]);
    let mut below_the_root = query(name, 1, Some(1232));
    let place = below_the_root.len() - 11;
    below_the_root.splice(place..=place, [1, b'x', 0]);
    let mut half_an_option = query(name, 1, Some(1232));
    let place = half_an_option.len() - 1;
    half_an_option[place] = 3;
    half_an_option.extend([0, 3, 0]);
    for query in [two, below_the_root, half_an_option] {
        assert_eq!(rcode(&zone, &query), Some(Rcode::FORMERR), "{query:?}");
    }
    assert_right(&zone);
}

#[test]
fn before_the_set_is_loaded_every_question_of_the_zone_fails() {
    let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap();
    assert!(!zone.is_loaded());
    for name in [
        "bl.atalaya.test",
        "2.0.0.127.bl.atalaya.test",
        "foo.bl.atalaya.test",
    ] {
        let reply = ask(&zone, &query(name, 1, None)).unwrap();
        assert_eq!(reply.header().rcode(), Rcode::SERVFAIL, "{name}");
        assert!(!reply.header().aa());
    }
    drop(zone.load(Set::default(), Serial(0)));
    assert!(zone.is_loaded());
    let point = query("2.0.0.127.bl.atalaya.test", 1, None);
    assert_eq!(rcode(&zone, &point), Some(Rcode::NOERROR));
}

#[test]
fn page_and_dns_say_the_same_of_every_address() {
    let zone = zone();
    let now = Timestamp::from_seconds(1000);
    for text in [
        "192.0.2.99",
        "192.0.2.98",
        "198.51.100.255",
        "127.0.0.1",
        "127.0.0.2",
        "127.0.0.11",
        "127.0.0.12",
        "2001:db8::7",
        "2001:db8:0:1::7",
        "::ffff:7f00:2",
        "::ffff:7f00:1",
    ] {
        let address: IpAddr = text.parse().unwrap();
        let name = atalaya_formats::dnsbl::write(&address.into()).unwrap();
        let reply = ask(&zone, &query(&format!("{name}.bl.atalaya.test"), 1, None)).unwrap();
        let is_listed = reply.header_counts().ancount() > 0;
        assert_eq!(zone.lookup(address, now).is_listed(), is_listed, "{text}");
    }
}
