//! A copy of the zone answers as we do, and stays so through differences: against a small model of how a name server looks names up.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use atalaya_model::{Class, Decided, Decision, Prefix, Rule, Serial, Timestamp, Verdict};
use domain::base::iana::{Rcode, Rtype};
use domain::base::{Message, MessageBuilder};
use domain::rdata::AllRecordData;
use domain::tsig::{Algorithm, ClientTransaction, Key};
use proptest::prelude::*;

use super::records::{OwnRecord, Part, Records};
use super::signature::time48;
use super::walk::{Version, Walk};
use super::{Response, respond};
use crate::answer::{Client, Request, Transport, answer};
use crate::set::{Classes, Set};
use crate::zone::{Difference, Zone};
use crate::{PublishConfig, TsigKey, test_points};

/// The records of a copy, each as its text.
type Copied = BTreeSet<(String, String)>;

fn zone() -> Arc<Zone> {
    let config = PublishConfig {
        transfer_to: vec!["127.0.0.0/8".parse().unwrap()],
        name_servers: vec!["ns1.bl.atalaya.test 192.0.2.53 2001:db8::53".parse().unwrap()],
        ..PublishConfig::default()
    };
    let zone = Arc::new(Zone::new(&config, "http://list.test").unwrap());
    drop(zone.load(Set::default(), Serial(0)));
    zone
}

fn decided(serial: u64, prefix: Prefix, verdict: Verdict) -> Decided {
    Decided {
        serial: Serial(serial),
        at: Timestamp::EPOCH,
        decision: Decision {
            prefix,
            verdict,
            rule: Rule::new("by-hand", 1),
            score: 0.0,
            reason: format!("reason {}", serial % 3),
        },
    }
}

fn text(record: &OwnRecord) -> (String, String) {
    let owner = record.owner().to_string().to_lowercase();
    (owner, format!("{} {}", record.rtype(), record.data()))
}

/// The whole combined zone, without the SOA record at its end.
fn whole(zone: &Arc<Zone>) -> Copied {
    whole_of(zone, 0)
}

/// The whole of one of the zones.
fn whole_of(zone: &Arc<Zone>, number: usize) -> Copied {
    let (view, serial) = zone.whole().unwrap();
    let walk = Walk::whole(Version::new(view, classes(zone, number)));
    let parts = [Part::Soa(serial), Part::Apex, Part::Added(walk)];
    let records: Vec<_> = Records::new(Arc::clone(zone), number, parts)
        .map(|record| text(&record))
        .collect();
    let set: Copied = records.iter().cloned().collect();
    assert_eq!(set.len(), records.len(), "a record was sent twice");
    set
}

/// The classes of one of the zones.
fn classes(zone: &Zone, number: usize) -> Classes {
    zone.published().get(number).unwrap().classes
}

/// What a secondary of one of the zones makes of the difference since `known`.
fn renewed(zone: &Arc<Zone>, number: usize, known: Serial, mut copy: Copied) -> Copied {
    let Difference {
        before,
        after,
        touched,
        serial,
    } = zone.difference(known).unwrap();
    let [before, after] = [before, after].map(|view| Version::new(view, classes(zone, number)));
    let walk = || Walk::difference(before.clone(), after.clone(), touched.clone());
    let records =
        |parts: [Part; 2]| Records::new(Arc::clone(zone), number, parts).map(|record| text(&record));
    for record in records([Part::Soa(known), Part::Removed(walk())]) {
        assert!(copy.remove(&record), "{record:?} goes and was not there");
    }
    for record in records([Part::Soa(serial), Part::Added(walk())]) {
        assert!(copy.insert(record.clone()), "{record:?} comes and was there");
    }
    copy
}

/// What a name server says of a name (RFC 1034 section 4.3.2 with RFC 4592).
#[derive(Debug, PartialEq)]
enum Said {
    Records(Vec<String>),
    NoData,
    NoName,
}

/// A zone as a name server holds it: records by name, and every name above one.
struct Model(BTreeMap<String, Vec<String>>);

impl Model {
    fn new(copy: &Copied) -> Self {
        let mut names = BTreeMap::<String, Vec<String>>::new();
        for (owner, record) in copy {
            let mut above = owner.as_str();
            while let Some((_, rest)) = above.split_once('.') {
                names.entry(rest.to_owned()).or_default();
                above = rest;
            }
            names.entry(owner.clone()).or_default().push(record.clone());
        }
        Self(names)
    }

    fn ask(&self, name: &str, rtype: &str) -> Said {
        if let Some(records) = self.0.get(name) {
            return Self::of_type(records, rtype);
        }
        let mut encloser = name;
        while let Some((_, above)) = encloser.split_once('.') {
            encloser = above;
            if self.0.contains_key(encloser) {
                let wildcard = self.0.get(&format!("*.{encloser}"));
                return wildcard.map_or(Said::NoName, |records| Self::of_type(records, rtype));
            }
        }
        Said::NoName
    }

    fn of_type(records: &[String], rtype: &str) -> Said {
        let wanted = |record: &&String| record.split(' ').next() == Some(rtype);
        let mut found: Vec<String> = records
            .iter()
            .filter(wanted)
            .map(|record| plain(record))
            .collect();
        found.sort();
        if found.is_empty() {
            Said::NoData
        } else {
            Said::Records(found)
        }
    }
}

/// A record without the page that its text leads to: a wildcard has one for all of its addresses.
fn plain(record: &str) -> String {
    record.split("; http").next().unwrap_or_default().to_owned()
}

/// What our own server says.
fn ours(zone: &Zone, name: &str, rtype: Rtype) -> Said {
    let mut query = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.') {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.push(0);
    query.extend(rtype.to_int().to_be_bytes());
    query.extend([0, 1]);
    let client = Client {
        address: Ipv4Addr::LOCALHOST.into(),
        transport: Transport::Tcp,
    };
    let reply = Message::from_octets(answer(&query, zone, client, Timestamp::EPOCH).unwrap()).unwrap();
    if reply.header().rcode() == Rcode::NXDOMAIN {
        return Said::NoName;
    }
    let records = reply.answer().unwrap().limit_to::<AllRecordData<_, _>>();
    let mut found: Vec<String> = records
        .map(|record| record.unwrap())
        .map(|record| plain(&format!("{} {}", record.rtype(), record.data())))
        .collect();
    found.sort();
    if found.is_empty() {
        Said::NoData
    } else {
        Said::Records(found)
    }
}

/// An address as it is asked for in a zone, and the names above it.
fn names(address: IpAddr, zone: &str) -> Vec<String> {
    let labels = atalaya_formats::dnsbl::write(&Prefix::single(address)).unwrap();
    let labels: Vec<&str> = labels.split('.').collect();
    let above = (0..labels.len()).map(|cut| labels.get(cut..).unwrap().join("."));
    above.map(|name| format!("{name}.{zone}")).collect()
}

/// The copy says of an address and of the names above it what we say.
fn assert_same(zone: &Zone, number: usize, model: &Model, address: IpAddr) {
    // What is allowed, or of another class, makes us say too often that something is below.
    let says_too_often = number > 0 || zone.size().1 > 0;
    let of = zone.published().get(number).unwrap().apex.zone.to_string();
    for (cut, name) in names(address, &of).into_iter().enumerate() {
        let said = [ours(zone, &name, Rtype::A), ours(zone, &name, Rtype::TXT)];
        let copied = [model.ask(&name, "A"), model.ask(&name, "TXT")];
        match (&said, cut) {
            ([Said::NoData, _], _) if says_too_often => {
                assert!(cut > 0 || !matches!(copied[0], Said::Records(_)));
            }
            (_, 0) => assert_eq!(said, copied, "{name}"),
            // A wildcard answers for the names above addresses too: there is something, in both.
            ([Said::NoData, _], _) => assert_ne!(copied[0], Said::NoName, "{name}"),
            ([Said::NoName, _], _) => assert_eq!(copied[0], Said::NoName, "{name}"),
            ([Said::Records(_), _], _) => assert_eq!(said, copied, "{name}"),
        }
    }
}

/// Prefixes that lie in and beside each other, of both families, also where their names meet.
fn prefixes() -> impl Strategy<Value = Prefix> {
    let octet = prop_oneof![4 => 0_u8..3, 1 => Just(255_u8), 1 => any::<u8>()];
    let first = prop_oneof![Just(192_u8), Just(2_u8)];
    let ipv4 = (
        first,
        octet.clone(),
        octet.clone(),
        octet,
        prop_oneof![
            6 => Just(32_u8), 2 => Just(24_u8), 1 => Just(16_u8), 2 => 17_u8..32, 1 => 12_u8..=32
        ],
    )
        // A wide range there takes tens of thousands of names, and each case walks over all of them many times.
        .prop_map(|(a, b, c, d, length)| (a, b, c, d, if a == 2 { length.max(23) } else { length }))
        .prop_map(|(a, b, c, d, length)| Prefix::new(Ipv4Addr::new(a, b, c, d).into(), length));
    let ipv6 = (
        0_u128..3,
        0_u128..3,
        prop_oneof![3 => Just(64_u8), 1 => Just(128_u8), 2 => 16_u8..=128],
    )
        .prop_map(|(high, low, length)| {
            Prefix::new(
                Ipv6Addr::from_bits(0x2001 << 112 | high << 64 | low).into(),
                length,
            )
        });
    prop_oneof![3 => ipv4, 1 => ipv6]
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    let class = prop_oneof![Just(Class::Spam), Just(Class::Bot)];
    let until = prop_oneof![Just(None), Just(Some(Timestamp::from_seconds(1_800_000_000)))];
    prop_oneof![
        5 => (class.clone(), until.clone()).prop_map(|(class, until)| Verdict::List { class, until }),
        1 => (class.clone(), until.clone()).prop_map(|(class, until)| Verdict::Extend { class, until }),
        2 => class.prop_map(|class| Verdict::Withdraw { class }),
        1 => until.prop_map(|until| Verdict::Allow { until }),
        1 => Just(Verdict::Disallow),
    ]
}

/// Addresses in, at the edges of and beside what was decided about.
fn nearby(decisions: &[Decided]) -> Vec<IpAddr> {
    let edges = decisions.iter().flat_map(|decided| {
        let prefix = decided.decision.prefix;
        [prefix.network(), prefix.last()]
    });
    let around = edges.flat_map(|edge| match edge {
        IpAddr::V4(v4) => [-1_i32, 0, 1]
            .map(|step| IpAddr::from(Ipv4Addr::from_bits(v4.to_bits().wrapping_add_signed(step))))
            .to_vec(),
        IpAddr::V6(v6) => [-1_i128, 0, 1]
            .map(|step| IpAddr::from(Ipv6Addr::from_bits(v6.to_bits().wrapping_add_signed(step))))
            .to_vec(),
    });
    let mut addresses: Vec<IpAddr> = around.collect();
    addresses.extend(test_points::special_addresses(Classes::ALL).map(|special| special.network()));
    addresses.extend(
        ["127.0.0.5", "10.2.0.192", "2a00::1", "200a::1", "192.0.2.200"]
            .map(|text| -> IpAddr { text.parse().unwrap() }),
    );
    addresses.sort_unstable();
    addresses.dedup();
    addresses.retain(|address| *address == address.to_canonical());
    addresses
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn a_copy_answers_as_we_do_and_differences_keep_it_so(
        steps in prop::collection::vec((prefixes(), verdicts()), 1..14),
        batch in 1_usize..5,
        number in prop::sample::select(vec![0_usize, 0, 2]),
    ) {
        let zone = zone();
        let decisions: Vec<Decided> = steps.iter().zip(1_u64..).map(|((prefix, verdict), serial)| decided(serial, *prefix, *verdict)).collect();
        let mut copies = vec![(zone.serial(), whole_of(&zone, number))];
        for batch in decisions.chunks(batch) {
            zone.apply(batch).unwrap();
            copies.push((zone.serial(), whole_of(&zone, number)));
        }
        let now = whole_of(&zone, number);
        for (serial, copy) in copies {
            prop_assert_eq!(renewed(&zone, number, serial, copy), now.clone());
        }
        let model = Model::new(&now);
        for address in nearby(&decisions) {
            assert_same(&zone, number, &model, address);
        }
    }
}

fn listed(prefixes: &[&str], allowed: &[&str]) -> Arc<Zone> {
    let zone = zone();
    let list = Verdict::List {
        class: Class::Spam,
        until: None,
    };
    let list = prefixes.iter().map(|prefix| (prefix, list));
    let allow = allowed
        .iter()
        .map(|prefix| (prefix, Verdict::Allow { until: None }));
    let decisions: Vec<Decided> = list
        .chain(allow)
        .zip(1..)
        .map(|((prefix, verdict), serial)| decided(serial, prefix.parse().unwrap(), verdict))
        .collect();
    zone.apply(&decisions).unwrap();
    zone
}

/// The names with codes, without the test entries.
fn owners(zone: &Arc<Zone>) -> Vec<String> {
    let records = whole(zone)
        .into_iter()
        .filter(|(owner, record)| record.starts_with("A 127.") && !owner.contains("0.0.127"));
    records
        .map(|(owner, _)| owner.trim_end_matches(".bl.atalaya.test").to_owned())
        .collect()
}

#[test]
fn a_name_below_a_wildcard_needs_wildcards_on_its_way() {
    assert_eq!(owners(&listed(&["192.0.0.0/16"], &[])), ["*.0.192"]);
    assert_eq!(
        owners(&listed(&["192.0.0.0/16", "192.0.2.9"], &[])),
        ["*.0.192", "*.2.0.192", "9.2.0.192"]
    );
    assert_eq!(owners(&listed(&["192.0.16.0/20"], &[])).len(), 16);
    assert_eq!(owners(&listed(&["192.0.2.128/25"], &[])).len(), 128);
    assert_eq!(owners(&listed(&["2001:db8::/64"], &[])).len(), 1);
}

#[test]
fn an_allowed_address_costs_the_names_of_its_level() {
    assert_eq!(owners(&listed(&["192.0.2.0/24"], &["192.0.2.9"])).len(), 255);
    assert_eq!(owners(&listed(&["192.0.0.0/16"], &["192.0.2.9"])).len(), 256);
    assert_eq!(owners(&listed(&["192.0.0.0/16"], &["192.0.2.0/24"])).len(), 255);
    assert_eq!(owners(&listed(&["192.0.0.0/16"], &["192.0.0.0/8"])).len(), 0);
    assert_eq!(
        owners(&listed(&["2001:db8::/64"], &["2001:db8::1"])).len(),
        15 + 15
    );
}

#[test]
fn names_that_could_be_of_either_family_stand_for_themselves() {
    assert_eq!(owners(&listed(&["2.0.0.0/24"], &[])).len(), 256);
    assert_eq!(owners(&listed(&["2.0.0.0/16"], &[])).len(), 246 + 10 * 256);
    assert_eq!(owners(&listed(&["2000::/12"], &[])).len(), 16);
}

#[test]
fn the_journal_holds_so_many_decisions_and_none_of_before_the_list_was_replaced() {
    let config = PublishConfig {
        transfer_to: vec!["127.0.0.1".parse().unwrap()],
        transfer_journal: 3,
        ..PublishConfig::default()
    };
    let zone = Zone::new(&config, "http://list.test").unwrap();
    drop(zone.load(Set::default(), Serial(10)));
    let list = Verdict::List {
        class: Class::Spam,
        until: None,
    };
    for serial in 11..=15 {
        zone.apply(&[decided(serial, "192.0.2.9".parse().unwrap(), list)])
            .unwrap();
    }
    let knows = |serial| zone.difference(Serial(serial)).is_some();
    assert_eq!([11, 12, 15, 16].map(knows), [false, true, true, false]);
    drop(zone.load(Set::default(), Serial(16)));
    assert_eq!(
        [15, 16].map(|serial| zone.difference(Serial(serial)).is_some()),
        [false, true]
    );
}

#[test]
fn where_nobody_may_copy_nothing_is_kept() {
    let zone = Zone::new(&PublishConfig::default(), "http://list.test").unwrap();
    drop(zone.load(Set::default(), Serial(0)));
    let allow = decided(1, "192.0.2.9".parse().unwrap(), Verdict::Disallow);
    zone.apply(&[allow]).unwrap();
    assert!(zone.difference(Serial(0)).is_none());
}

/// The secret of the only key.
const SECRET: &[u8] = b"a secret of twenty-four!";

/// A query for the zone or for its SOA record, signed well.
fn signed(rtype: Rtype, now: Timestamp) -> Vec<u8> {
    let key = Key::new(Algorithm::Sha256, SECRET, "k1".parse().unwrap(), None, None).unwrap();
    let name: domain::base::Name<Vec<u8>> = "bl.atalaya.test".parse().unwrap();
    let mut question = MessageBuilder::new_vec().question();
    question
        .push((name, rtype, domain::base::iana::Class::IN))
        .unwrap();
    let mut message = question.additional();
    ClientTransaction::request(Arc::new(key), &mut message, time48(now)).unwrap();
    message.finish()
}

proptest! {
    #[test]
    fn a_signed_query_with_a_changed_byte_gets_no_copy_and_harms_nobody(
        is_axfr in any::<bool>(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), 1_u8..), 0..4),
        length in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        tail in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let now = Timestamp::from_seconds(1_795_435_200);
        let config = PublishConfig {
            transfer_to: vec!["k1".parse().unwrap()],
            tsig_keys: vec![TsigKey {
                name: "k1".to_owned(),
                algorithm: "hmac-sha256".to_owned(),
                secret: atalaya_model::Secret::new(data_encoding::BASE64.encode(SECRET)),
            }],
            ..PublishConfig::default()
        };
        let zone = Arc::new(Zone::new(&config, "http://list.test").unwrap());
        drop(zone.load(Set::default(), Serial(1)));
        let good = signed(if is_axfr { Rtype::AXFR } else { Rtype::SOA }, now);
        let mut query = good.clone();
        for (at, by) in changes {
            *at.get_mut(&mut query) ^= by;
        }
        if let Some(length) = length {
            query.truncate(length.index(query.len()));
            query.extend(tail);
        }
        for transport in [Transport::Udp, Transport::Tcp] {
            let client = Client { address: Ipv4Addr::LOCALHOST.into(), transport };
            let request = Request::read(&query);
            let response = request.map_or(Response::Message(None), |request| respond(&query, &request, &zone, client, now));
            match response {
                // The id, the letters of names in either case, and class and TTL of the signature are not part of what is signed.
                Response::Copy(copy) => {
                    prop_assert!(is_axfr && transport == Transport::Tcp);
                    let signature = memchr::memmem::find(&good, &[0, 250, 0, 255, 0, 0, 0, 0]).unwrap();
                    let free = |at: usize| at < 2 || (signature + 2..signature + 8).contains(&at);
                    prop_assert_eq!(query.len(), good.len());
                    let differs = |at: &usize| !query[*at].eq_ignore_ascii_case(&good[*at]);
                    prop_assert!((0..good.len()).filter(differs).all(free));
                    prop_assert!(copy.prepare().unwrap().next_message(now).is_some());
                }
                Response::Message(Some(answered)) => {
                    let answer = Message::from_octets(answered.bytes).unwrap();
                    prop_assert_eq!(answer.header().id().to_be_bytes(), [query[0], query[1]]);
                    prop_assert!(answer.header().qr());
                    prop_assert!(answer.iter().all(|record| record.is_ok()));
                }
                Response::Message(None) => prop_assert!(query.len() < 12 || query[2] & 0x80 != 0),
            }
        }
    }
}
