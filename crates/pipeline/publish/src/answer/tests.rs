//! Queries that are broken in one way each, and what they get. Bytes without plan are the business of the fuzz target `dns`.

use std::net::Ipv4Addr;

use atalaya_model::{Class, Listing, Rule, Serial, Timestamp};
use domain::base::Message;
use domain::base::iana::{Opcode, OptRcode, Rcode};

use super::*;
use crate::{PublishConfig, Set};

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

/// Who asks.
const CLIENT: Client = Client {
    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    transport: Transport::Udp,
};

fn ask(zone: &Zone, query: &[u8]) -> Option<Message<Vec<u8>>> {
    let answer = answer(query, zone, CLIENT, Timestamp::from_seconds(1000))?;
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
fn another_version_of_edns_is_told_so_whatever_its_data_is() {
    let zone = zone();
    let mut odd = query("99.2.0.192.bl.atalaya.test", 1, Some(1232));
    let opt = odd.len() - 11;
    odd[opt + 6] = 1;
    odd[opt + 10] = 3;
    odd.extend([0, 3, 0]);
    let answered = answer_counted(&odd, &zone, CLIENT, Timestamp::EPOCH).unwrap();
    assert_eq!(answered.rcode, OptRcode::BADVERS);
    let message = Message::from_octets(answered.bytes).unwrap();
    assert_eq!(message.opt_rcode(), OptRcode::BADVERS);
    assert_eq!(message.opt().unwrap().version(), 0);
}

#[test]
fn what_does_not_exist_fits_without_edns_in_the_longest_zone() {
    let long = format!("{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(25));
    let config = PublishConfig {
        zone: long.clone(),
        name_servers: vec![format!("{}.{long} 192.0.2.53", "n".repeat(60)).parse().unwrap()],
        ..PublishConfig::default()
    };
    config.check().unwrap();
    let zone = Zone::new(&config, "http://127.0.0.1:8080").unwrap();
    drop(zone.load(Set::default(), Serial(7)));
    for name in [
        format!("{}{long}", "1.".repeat(32)),
        format!("{}{long}", "1.".repeat(4)),
    ] {
        let reply = ask(&zone, &query(&name, 1, None)).unwrap();
        assert_eq!(reply.header().rcode(), Rcode::NXDOMAIN);
        assert!(!reply.header().tc());
        assert_eq!(reply.header_counts().nscount(), 1);
        assert!(reply.as_slice().len() <= 512);
        for record in reply.authority().unwrap() {
            assert_eq!(record.unwrap().owner().to_string(), long);
        }
    }
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
