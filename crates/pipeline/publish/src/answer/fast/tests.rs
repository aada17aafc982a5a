//! Beside the ordinary way of answering, which gives the same bytes.

use std::net::{Ipv4Addr, Ipv6Addr};

use atalaya_model::{AllowEntry, Class, Listing, Prefix, Rule};
use proptest::prelude::*;

use super::*;
use crate::answer::{Client, Transport, answer};
use crate::{PublishConfig, Set, Zone};

const CLIENT: Client = Client {
    address: IpAddr::V4(Ipv4Addr::LOCALHOST),
    transport: Transport::Udp,
};

fn listing(prefix: Prefix, class: Class, until: Option<i64>) -> Listing {
    Listing {
        prefix,
        class,
        reason: "a test".to_owned(),
        rule: Rule::new("test", 1),
        since: Timestamp::EPOCH,
        until: until.map(Timestamp::from_seconds),
        serial: Serial(1),
    }
}

/// Addresses that share octets or nibbles now and then.
fn address() -> impl Strategy<Value = IpAddr> {
    prop_oneof![
        6 => (0_u8..3, 0_u8..3, 0_u8..12, any::<u8>()).prop_map(|(a, b, c, d)| IpAddr::from([a * 100, b, c, d % 40])),
        2 => (0_u16..4, 0_u16..40).prop_map(|(a, b)| Ipv6Addr::new(0x2001, 0xdb8, 0, a, 0, 0, 0, b).into()),
        1 => any::<u8>().prop_map(|last| IpAddr::from([127, 0, 0, last % 12])),
        1 => any::<u32>().prop_map(|bits| Ipv4Addr::from_bits(bits).to_ipv6_mapped().into()),
    ]
}

fn prefix() -> impl Strategy<Value = Prefix> {
    (address(), 8_u8..=128).prop_map(|(address, length)| {
        Prefix::new(address, length.min(if address.is_ipv4() { 32 } else { 128 }))
    })
}

fn listings() -> impl Strategy<Value = Vec<Listing>> {
    let prefix = prop_oneof![address().prop_map(Prefix::single), prefix()];
    let listing = (prefix, 0..Class::ALL.len(), prop::option::of(0_i64..20_000))
        .prop_map(|(prefix, class, until)| listing(prefix, Class::ALL[class], until));
    prop::collection::vec(listing, 0..30)
}

/// The labels of an address, or of something that is nearly one.
fn labels() -> impl Strategy<Value = String> {
    let whole = address().prop_map(|address| match address {
        IpAddr::V4(v4) => {
            let [a, b, c, d] = v4.octets();
            format!("{d}.{c}.{b}.{a}.")
        }
        IpAddr::V6(v6) => (0..32)
            .map(|at| format!("{:x}.", (v6.to_bits() >> (4 * at)) & 15))
            .collect(),
    });
    prop_oneof![8 => whole, 1 => "([0-9a-f]{1,3}\\.){0,5}", 1 => "[a-z.0-9]{0,9}"]
}

/// The letters of a label, those in upper case whose bits are set.
fn mixed_case(label: &str, upper: u64) -> Vec<u8> {
    let bits = (0..).map(|at| (upper >> (at % 64)) & 1 == 1);
    let letters = label.bytes().zip(bits);
    letters
        .map(|(letter, is_upper)| {
            if is_upper {
                letter.to_ascii_uppercase()
            } else {
                letter
            }
        })
        .collect()
}

fn query() -> impl Strategy<Value = Vec<u8>> {
    let zone = prop::sample::select(vec![
        "bl.atalaya.test",
        "bl.atalaya.test",
        "spam.bl.atalaya.test",
        "policy.bl.atalaya.test",
        "abcdefghijklmnopqrstuvwxyz.bl.atalaya.test",
        "other.test",
    ]);
    let rtype = prop_oneof![9 => Just(1_u16), 1 => prop::sample::select(vec![2, 6, 16, 28, 255])];
    let flags = prop_oneof![6 => Just([1, 0]), 2 => any::<[u8; 2]>()];
    let edns = prop::option::of((
        any::<u16>(),
        prop_oneof![5 => Just([0; 6]), 1 => any::<[u8; 6]>(), 3 => Just([0, 0, 0x80, 0, 0, 0])],
    ));
    (labels(), zone, rtype, flags, edns, any::<u16>(), any::<u64>()).prop_map(
        |(labels, zone, rtype, flags, edns, id, upper)| {
            let mut query = id.to_be_bytes().to_vec();
            query.extend(flags);
            query.extend([0, 1, 0, 0, 0, 0, 0, u8::from(edns.is_some())]);
            for label in labels
                .split('.')
                .chain(zone.split('.'))
                .filter(|label| !label.is_empty())
            {
                query.push(u8::try_from(label.len()).unwrap());
                query.extend(mixed_case(label, upper));
            }
            query.push(0);
            query.extend(rtype.to_be_bytes());
            query.extend([0, 1]);
            if let Some((payload, rest)) = edns {
                query.extend([0, 0, 41]);
                query.extend(payload.to_be_bytes());
                query.extend(rest);
            }
            query
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]
    #[test]
    fn both_ways_give_the_same_bytes(
        listings in listings(),
        allowed in prop::collection::vec(prefix(), 0..4),
        queries in prop::collection::vec(query(), 60),
        own_server in any::<bool>(),
        now in 0_i64..10_000,
    ) {
        let mut config = PublishConfig::default();
        if own_server {
            config.name_servers = vec!["ns1.bl.atalaya.test 192.0.2.53".parse().unwrap()];
        }
        let zone = Zone::new(&config, "http://127.0.0.1:8080").unwrap();
        let now = Timestamp::from_seconds(now);
        let asked = listings.iter().map(|listing| listing.prefix.network()).filter_map(usual).collect::<Vec<_>>();
        let allowed = allowed.into_iter().map(|prefix| AllowEntry {
            prefix,
            reason: String::new(),
            since: Timestamp::EPOCH,
            until: None,
            serial: Serial(2),
        });
        prop_assert!(zone.version().read(&queries[0]).is_none(), "nothing before it is loaded");
        drop(zone.load(Set::new(listings, allowed), Serial(9 << 30)));
        for query in queries.iter().chain(&asked) {
            let mut fast = Vec::new();
            let usual = short(&zone, query, &mut fast, now);
            if usual.is_some() {
                prop_assert_eq!(Some(fast), answer(query, &zone, CLIENT, now));
            } else {
                prop_assert!(fast.is_empty());
            }
        }
        for query in &asked {
            prop_assert!(short(&zone, query, &mut Vec::new(), now).is_some(), "the usual question is answered here");
        }
    }
}

/// Answers the short way.
fn short(zone: &Zone, query: &[u8], answer: &mut Vec<u8>, now: Timestamp) -> Option<Usual> {
    let version = zone.version();
    let question = version.read(query)?;
    let place = version.place(&question);
    place.fetch();
    version.answer(query, (&question, &place), answer, now)
}

/// The usual question about an address; none where it has none.
fn usual(address: IpAddr) -> Option<Vec<u8>> {
    let IpAddr::V4(v4) = address else { return None };
    let octets = v4.octets();
    if v4.is_loopback() || octets.iter().all(|octet| *octet < 10) {
        return None;
    }
    let mut query = vec![0, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for octet in octets.iter().rev() {
        let label = octet.to_string();
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.bytes());
    }
    query.extend(b"\x02bl\x07atalaya\x04test\0\0\x01\0\x01");
    Some(query)
}

#[test]
fn a_zone_whose_own_names_look_like_addresses_has_no_short_way() {
    let config = |server: &str| PublishConfig {
        name_servers: vec![server.parse().unwrap()],
        ..PublishConfig::default()
    };
    let prepared = |server| {
        let zones = PublishedZones::new(&config(server)).unwrap();
        Prepared::new(zones.combined()).is_some()
    };
    assert!(prepared("ns1.bl.atalaya.test 192.0.2.53"));
    assert!(prepared("bl.atalaya.test 192.0.2.53"));
    assert!(prepared("1.atalaya.test"));
    assert!(!prepared("1.2.3.4.bl.atalaya.test 192.0.2.53"));
    assert!(!prepared("a.bl.atalaya.test 192.0.2.53"));
}
