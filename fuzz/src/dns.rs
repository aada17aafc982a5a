//! Target `dns`: a query, and the answer that it gets.
//!
//! Input: a packet. It is also read as the making of a right query, so that mutations reach behind the question: the first byte
//! chooses the type and the family of the address, and the address follows, in 16 bytes. The byte behind them chooses the zone, the key in
//! the name and the length of a cookie.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use atalaya_formats::dnsbl;
use atalaya_model::{AllowEntry, Class, Listing, Prefix, Rule, Serial, Timestamp};
use atalaya_publish::{Client, Key, KeyFile, KeyTerms, PublishConfig, Set, Transport, Zone, answer};
use domain::base::iana::{Class as DnsClass, Opcode, OptRcode, Rcode, Rtype};
use domain::base::{Message, ParsedRecord, ToName};
use domain::rdata::A;

use crate::text::choice;

/// The zone of the default configuration, in wire form.
const ZONE: &[u8] = b"\x02bl\x07atalaya\x04test\0";

/// The longest answer over UDP without EDNS (RFC 1035 section 2.3.4), and with it as configured by default.
const PLAIN_UDP: usize = 512;
const EDNS_UDP: usize = 1_232;

/// Types worth asking for: A, NS, SOA, TXT, AAAA, OPT, IXFR, AXFR, ANY.
const TYPES: [u8; 9] = [1, 2, 6, 16, 28, 41, 251, 252, 255];

/// The zones that the made queries ask: the combined one, and those below it.
const ZONES: [&str; 8] = ["", "manual", "spam", "bot", "hijacked", "policy", "SPAM", "other"];
/// Lengths of cookies in made queries, right and wrong ones.
const COOKIES: [Option<u8>; 8] = [
    None,
    Some(8),
    Some(24),
    Some(16),
    Some(40),
    Some(7),
    Some(41),
    Some(0),
];
/// From so many letters on a label in front of a zone is a key.
const LEAST_KEY: usize = 16;

/// To whom a zone answers without a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    /// Everybody.
    Open,
    /// Nobody.
    Closed,
}

/// Answers a packet, and the query that can be made of it.
pub fn dns(data: &[u8]) {
    for query in [data.to_vec(), made(data)] {
        for door in [Door::Open, Door::Closed] {
            for transport in [Transport::Udp, Transport::Tcp] {
                ask(&query, door, transport);
            }
        }
    }
}

/// Asks a zone, and looks at its answer.
fn ask(query: &[u8], door: Door, transport: Transport) {
    if let Some(reply) = answer(query, zone(door), client(transport), now()) {
        reply_is_sound(query, &reply, door, transport);
    }
}

/// The one key that is known.
fn key() -> Key {
    Key::from_random([7; 16])
}

/// Who asks.
fn client(transport: Transport) -> Client {
    Client {
        address: [198, 51, 100, 1].into(),
        transport,
    }
}

/// The moment of all questions.
fn now() -> Timestamp {
    Timestamp::from_seconds(1_795_435_200)
}

/// A small zone: a few listings of each kind, one of them over, and an allowed prefix inside a listed one.
fn zone(door: Door) -> &'static Zone {
    static ZONES: [OnceLock<Zone>; 2] = [const { OnceLock::new() }; 2];
    ZONES[door as usize].get_or_init(|| {
        let listed = [
            ("192.0.2.99", Class::Spam, None),
            ("192.0.2.99", Class::Bot, None),
            ("198.51.100.0/24", Class::Policy, None),
            (
                "203.0.113.7",
                Class::Spam,
                Some(now().minus(std::time::Duration::from_secs(1))),
            ),
            ("2001:db8::/64", Class::Spam, None),
            ("2001:db8:f000::/36", Class::Hijacked, None),
        ];
        let listings = listed.map(|(prefix, class, until)| listing(prefix, class, until));
        let allowed = AllowEntry {
            prefix: "198.51.100.128/25".parse().unwrap(),
            reason: "ours".to_owned(),
            since: Timestamp::EPOCH,
            until: None,
            serial: Serial(9),
        };
        let mut config = PublishConfig::default();
        if door == Door::Closed {
            config.clients.clear();
        }
        let zone = Zone::new(&config, "http://127.0.0.1:8080").unwrap();
        zone.load(Set::new(listings, [allowed]), Serial(9));
        let mut keys = KeyFile::default();
        keys.add("mx".parse().unwrap(), &key(), KeyTerms::default())
            .unwrap();
        zone.access().set_keys(&keys);
        zone
    })
}

/// A listing by hand, with a text that nobody should print as it is.
fn listing(prefix: &str, class: Class, until: Option<Timestamp>) -> Listing {
    Listing {
        prefix: prefix.parse().unwrap(),
        class,
        reason: "three mails\r\nto \u{e1}n old trap".to_owned(),
        rule: Rule::new("by-hand", 1),
        since: Timestamp::EPOCH,
        until,
        serial: Serial(9),
    }
}

/// A query made of the input: with EDNS or without, for an address or for the name above it.
fn made(data: &[u8]) -> Vec<u8> {
    let (choices, rest) = choice(data);
    let octet = |at: usize| rest.get(at).copied().unwrap_or_default();
    let address = match choices & 1 {
        0 => IpAddr::from(std::array::from_fn::<_, 4, _>(octet)),
        _ => IpAddr::from(std::array::from_fn::<_, 16, _>(octet)),
    };
    let labels = dnsbl::write(&Prefix::single(address)).unwrap();
    let edns = choices & 2 != 0;
    let above = usize::from(choices >> 6);
    let mut query = vec![choices, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, u8::from(edns)];
    let way = octet(16);
    let key = match way >> 3 & 3 {
        0 => String::new(),
        1 => key().to_string(),
        2 => Key::from_random([8; 16]).to_string(),
        _ => key().to_string()[..20].to_owned(),
    };
    let below = ZONES[usize::from(way & 7)];
    let labels = labels.split('.').skip(above).chain([key.as_str(), below]);
    for label in labels.filter(|label| !label.is_empty()) {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend(ZONE);
    query.extend([0, TYPES[usize::from(choices >> 2) % TYPES.len()], 0, 1]);
    if edns {
        let cookie = COOKIES[usize::from(way >> 5)];
        let options = cookie.map_or(0, |length| length + 4);
        query.extend([0, 0, 41, choices, 0, 0, 0, 0, 0, 0, options]);
        if let Some(length) = cookie {
            query.extend([0, 10, 0, length]);
            query.extend(std::iter::repeat_n(choices, usize::from(length)));
        }
    }
    query
}

/// Every answer can be read, fits, belongs to its query, and lists nothing that is not listed.
fn reply_is_sound(query: &[u8], reply: &[u8], door: Door, transport: Transport) {
    let asked = Message::from_slice(query).unwrap();
    let said = Message::from_slice(reply).unwrap();
    assert!(
        said.header().qr() && !asked.header().qr(),
        "an answer was answered"
    );
    assert_eq!(said.header().id(), asked.header().id());
    assert_eq!(said.header().opcode(), asked.header().opcode());
    let longest = match transport {
        Transport::Udp if asked.header_counts().arcount() == 0 => PLAIN_UDP,
        Transport::Udp => EDNS_UDP,
        Transport::Tcp => usize::from(u16::MAX),
    };
    assert!(reply.len() <= longest, "{} bytes", reply.len());
    for record in said.iter() {
        record.expect("an unreadable record");
    }
    let answers: Vec<_> = said.answer().unwrap().map(Result::unwrap).collect();
    assert!(
        answers.is_empty() || said.header().rcode() == Rcode::NOERROR,
        "records beside an error"
    );
    for record in &answers {
        assert_listed(record, door);
    }
    assert_not_missed(asked, said, door);
}

/// A code stands only at the name of an address that the zone lists with it, and only for whoever may know.
fn assert_listed(record: &ParsedRecord<'_, [u8]>, door: Door) {
    let Ok(Some(code)) = record.to_record::<A>() else {
        return;
    };
    let asked = Asked::read(&record.owner()).expect("a code at a name that is no address");
    assert!(
        asked.is_admitted(door),
        "a code for one who may not ask: {asked:?}"
    );
    let codes = asked.codes();
    let code = code.data().addr();
    assert!(
        codes.contains(&code),
        "{code} for {asked:?}, listed with {codes:?}"
    );
}

/// Whoever asks properly and may ask about a listed address is told, unless the answer says that it was cut.
fn assert_not_missed(asked: &Message<[u8]>, said: &Message<[u8]>, door: Door) {
    let Ok(question) = said.sole_question() else {
        return;
    };
    let Some(name) = Asked::read(question.qname()).filter(|name| name.is_admitted(door)) else {
        return;
    };
    let is_plain = question.qtype() == Rtype::A && question.qclass() == DnsClass::IN;
    let is_query = asked.header().opcode() == Opcode::QUERY;
    assert!(
        !(is_plain && is_query) || said.opt_rcode() != OptRcode::REFUSED,
        "refused: {name:?}"
    );
    let told = said.header_counts().ancount() > 0 || said.header().tc();
    if is_plain && said.opt_rcode() == OptRcode::NOERROR && !told {
        assert!(
            name.codes().is_empty(),
            "{name:?} is listed and was not told: {asked:?}"
        );
    }
}

/// What a name of the zone asks for, read without the code under test.
#[derive(Debug)]
struct Asked {
    sub_zone: Option<String>,
    key: Option<String>,
    address: IpAddr,
}

impl Asked {
    /// Reads a name; none if it is not of an address.
    fn read(name: &impl ToName) -> Option<Self> {
        let labels: Vec<String> = name
            .iter_labels()
            .map(|label| label.to_string().to_ascii_lowercase())
            .collect();
        let mut front = labels.strip_suffix(&["bl", "atalaya", "test", ""].map(str::to_owned))?;
        let mut last = |is_it: &dyn Fn(&String) -> bool| {
            let (last, before) = front.split_last().filter(|(last, _)| is_it(last))?;
            front = before;
            Some(last.clone())
        };
        let sub_zone = last(&|label| ZONES[1..6].contains(&label.as_str()));
        let key = last(&|label| label.len() >= LEAST_KEY);
        let address = address_of(front)?;
        Some(Self {
            sub_zone,
            key,
            address,
        })
    }

    /// Whether whoever asks so is to be answered.
    fn is_admitted(&self, door: Door) -> bool {
        match &self.key {
            Some(key) => *key == self::key().to_string(),
            None => door == Door::Open,
        }
    }

    /// The codes that it is listed with.
    fn codes(&self) -> Vec<Ipv4Addr> {
        let is_in = |class: &Class| {
            self.sub_zone
                .as_deref()
                .is_none_or(|zone| class.sub_zone() == zone)
        };
        let always = Class::Manual.code();
        if self.address == always && !is_in(&Class::Manual) {
            return Class::ALL.into_iter().filter(is_in).map(Class::code).collect();
        }
        let listings = zone(Door::Open).lookup(self.address, now()).listings;
        let classes = listings.iter().map(|listing| listing.class);
        classes.filter(is_in).map(Class::code).collect()
    }
}

/// The address that the labels in front of a zone stand for.
fn address_of(front: &[String]) -> Option<IpAddr> {
    let turned: Vec<&str> = front.iter().rev().map(String::as_str).collect();
    match turned.len() {
        4 => turned.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::from),
        32 => {
            let groups: Vec<String> = turned.chunks(4).map(<[&str]>::concat).collect();
            let address = groups.join(":").parse::<IpAddr>().ok()?;
            Some(address.to_canonical())
        }
        _ => None,
    }
}
