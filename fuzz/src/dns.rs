//! Target `dns`: a query, and the answer that it gets.
//!
//! Input: a packet. It is also read as the making of a right query, so that mutations reach behind the question: the first byte
//! chooses the type and the family of the address, and the address follows.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::OnceLock;

use atalaya_formats::dnsbl;
use atalaya_model::{AllowEntry, Class, Listing, Prefix, Rule, Serial, Timestamp};
use atalaya_publish::{Client, PublishConfig, Set, Transport, Zone, answer};
use domain::base::iana::{OptRcode, Rcode, Rtype};
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

/// Answers a packet, and the query that can be made of it.
pub fn dns(data: &[u8]) {
    for query in [data.to_vec(), made(data)] {
        for transport in [Transport::Udp, Transport::Tcp] {
            if let Some(reply) = answer(&query, zone(), client(transport), now()) {
                reply_is_sound(&query, &reply, transport);
            }
        }
    }
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
fn zone() -> &'static Zone {
    static ZONE: OnceLock<Zone> = OnceLock::new();
    ZONE.get_or_init(|| {
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
        let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080").unwrap();
        zone.load(Set::new(listings, [allowed]), Serial(9));
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
    for label in labels.split('.').skip(above) {
        query.push(u8::try_from(label.len()).unwrap());
        query.extend(label.as_bytes());
    }
    query.extend(ZONE);
    query.extend([0, TYPES[usize::from(choices >> 2) % TYPES.len()], 0, 1]);
    if edns {
        query.extend([0, 0, 41, choices, 0, 0, 0, 0, 0, 0, 0]);
    }
    query
}

/// Every answer can be read, fits, belongs to its query, and lists nothing that is not listed.
fn reply_is_sound(query: &[u8], reply: &[u8], transport: Transport) {
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
    answers.iter().for_each(assert_listed);
    assert_not_missed(asked, said);
}

/// A code stands only at the name of an address that the zone lists with it.
fn assert_listed(record: &ParsedRecord<'_, [u8]>) {
    let Ok(Some(code)) = record.to_record::<A>() else {
        return;
    };
    let address = address_of(&record.owner()).expect("a code at a name that is no address");
    let listings = zone().lookup(address, now()).listings;
    let codes: Vec<_> = listings.iter().map(|listing| listing.class.code()).collect();
    assert!(
        codes.contains(&code.data().addr()),
        "{} for {address}, listed with {codes:?}",
        code.data().addr()
    );
}

/// Whoever asks properly about a listed address is told, unless the answer says that it was cut.
fn assert_not_missed(asked: &Message<[u8]>, said: &Message<[u8]>) {
    let Ok(question) = said.sole_question() else {
        return;
    };
    let told = said.header_counts().ancount() > 0 || said.header().tc();
    let proper = said.opt_rcode() == OptRcode::NOERROR && question.qtype() == Rtype::A;
    if let Some(address) = address_of(question.qname()).filter(|_| proper && !told) {
        let listings = zone().lookup(address, now()).listings;
        assert!(
            listings.is_empty(),
            "{address} is listed and was not told: {asked:?}"
        );
    }
}

/// The address that a name of the zone stands for, read without the code under test.
fn address_of(name: &impl ToName) -> Option<IpAddr> {
    let labels: Vec<String> = name
        .iter_labels()
        .map(|label| label.to_string().to_ascii_lowercase())
        .collect();
    let front = labels.strip_suffix(&["bl", "atalaya", "test", ""].map(str::to_owned))?;
    let turned: Vec<&str> = front.iter().rev().map(String::as_str).collect();
    match turned.len() {
        4 => turned.join(".").parse::<Ipv4Addr>().ok().map(IpAddr::from),
        32 => {
            let groups: Vec<String> = turned.chunks(4).map(<[&str]>::concat).collect();
            groups.join(":").parse::<IpAddr>().ok()
        }
        _ => None,
    }
}
