//! What a name in a zone made of files gets: the records of every dataset that matches it, or nothing.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use atalaya_formats::rbldnsd::{Data, Key, Value};
use atalaya_model::Timestamp;

use super::dataset::{Dataset, Said, Tests};
use super::place::Place;
use super::served::{Served, ServedZone};

/// Codes and texts of one answer; what datasets say beyond is left out, so that the answer fits into a message.
const MOST_LISTED: usize = 200;
/// The code of a test entry.
const TEST_CODE: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);
/// The text of a test entry that no file says.
const TEST_TEXT: &[u8] = b"test entry, always listed (RFC 5782 section 5)";
/// The key of the name that is listed in every list of names (RFC 5782 section 5).
const TEST_NAME: &[u8] = b"\x04test";
/// How long a test entry may be kept, in seconds.
const TEST_TTL: u32 = 2100;

/// What a question gets.
pub(crate) enum Outcome<'a> {
    /// No zone of ours.
    NotOurs,
    /// No answer at all.
    Silence,
    /// The client is refused.
    Refused,
    /// The data is not there, or must not be used any more.
    Failed,
    /// A name of this zone.
    Found(Found<'a>),
}

/// What stands at a name.
pub(crate) struct Found<'a> {
    /// The zone.
    pub(crate) zone: &'a ServedZone,
    /// Whether the name is that of the zone.
    pub(crate) is_apex: bool,
    /// Whether the name exists.
    pub(crate) exists: bool,
    /// Codes, each once, with their time to live.
    pub(crate) codes: Vec<(u32, Ipv4Addr)>,
    /// Texts, each once.
    pub(crate) texts: Vec<(u32, Vec<u8>)>,
    /// Plain records.
    pub(crate) records: Vec<(u32, Data)>,
}

/// Says what a name gets.
pub(crate) fn say<'a>(served: &'a Served, name: &Key, client: IpAddr, now: Timestamp) -> Outcome<'a> {
    let Some((zone, end)) = served.zone_of(name) else {
        return Outcome::NotOurs;
    };
    let own = Pass::of(served.acl.as_ref(), client);
    let pass = own.first_of(Pass::of(zone.acl.as_ref(), client));
    match pass {
        Pass::Ignore => return Outcome::Silence,
        Pass::Refuse => return Outcome::Refused,
        Pass::Free | Pass::Empty | Pass::Listed(..) => {}
    }
    if !zone.is_whole || zone.expires.is_some_and(|expires| expires <= now) {
        return Outcome::Failed;
    }
    let key = name.as_bytes().get(end..).unwrap_or_default();
    let mut found = Found {
        zone,
        is_apex: key.is_empty(),
        // A zone, its sub-zones and what leads to them exist.
        exists: key.is_empty() || zone.has_node_at_or_below(key),
        codes: Vec::new(),
        texts: Vec::new(),
        records: Vec::new(),
    };
    if let Some((datasets, origin)) = zone.node(key) {
        found.ask(
            datasets,
            &Place::new(key.get(origin..).unwrap_or_default()),
            &pass,
        );
    }
    Outcome::Found(found)
}

/// What an access list gives to a client, in the order in which one of two counts.
enum Pass {
    Ignore,
    Refuse,
    Empty,
    Listed(u32, Ipv4Addr, Option<Vec<u8>>),
    Free,
}

impl Pass {
    fn of(acl: Option<&Arc<Dataset>>, client: IpAddr) -> Self {
        let Some((acl, (value, text))) = acl.and_then(|acl| Some((acl, acl.client(client)?))) else {
            return Self::Free;
        };
        match value {
            Value::Ignore => Self::Ignore,
            Value::Refuse => Self::Refuse,
            Value::Empty => Self::Empty,
            Value::Pass => Self::Free,
            Value::Listed(code, _) => Self::Listed(acl.ttl_seconds, *code, text),
        }
    }

    const fn rank(&self) -> u8 {
        match self {
            Self::Ignore => 0,
            Self::Refuse => 1,
            Self::Empty => 2,
            Self::Listed(..) => 3,
            Self::Free => 4,
        }
    }

    /// The stricter one; of two of the same, this one.
    fn first_of(self, other: Self) -> Self {
        if other.rank() < self.rank() { other } else { self }
    }
}

impl Found<'_> {
    /// Asks all datasets that answer here.
    fn ask(&mut self, datasets: &[Arc<Dataset>], place: &Place<'_>, pass: &Pass) {
        let mut is_excluded = false;
        for dataset in datasets {
            match (pass, dataset.say(place)) {
                (_, Said::Records(records)) => {
                    self.exists = true;
                    self.records.extend_from_slice(records);
                }
                (Pass::Listed(ttl, code, text), _) if dataset.could_list(place) => {
                    self.list(*ttl, *code, text.clone());
                }
                (Pass::Free, Said::Listed(listed)) => listed
                    .into_iter()
                    .for_each(|(code, text)| self.list(dataset.ttl_seconds, code, text)),
                (_, Said::Excluded) => is_excluded = true,
                _ => {}
            }
            self.exists |= matches!(pass, Pass::Free | Pass::Listed(..)) && dataset.has_below(place);
        }
        if matches!(pass, Pass::Free) && self.codes.is_empty() && !is_excluded {
            self.test(datasets, place);
        }
    }

    /// Adds what an entry says.
    fn list(&mut self, ttl: u32, code: Ipv4Addr, text: Option<Vec<u8>>) {
        self.exists = true;
        if !self.codes.iter().any(|(_, known)| *known == code) && self.codes.len() < MOST_LISTED {
            self.codes.push((ttl, code));
        }
        let is_known = |text: &Vec<u8>| self.texts.iter().any(|(_, known)| known == text);
        if let Some(text) = text.filter(|text| !is_known(text))
            && self.texts.len() < MOST_LISTED
        {
            self.texts.push((ttl, text));
        }
    }

    /// The test entries of RFC 5782 sections 2.3, 2.4 and 5, and the names above them, where no file says anything about them.
    fn test(&mut self, datasets: &[Arc<Dataset>], place: &Place<'_>) {
        let code = u128::from(TEST_CODE.to_bits());
        let mapped = code | 0xffff_0000_0000;
        let is_above = |bits: u128, width: u8, network: u128, length: u8| {
            let behind = u32::from(width.saturating_sub(length));
            (bits ^ network).checked_shr(behind).unwrap_or_default() == 0
        };
        for dataset in datasets {
            let (is_test, leads_to_it) = match (dataset.tests(), place.ip4, place.ip6) {
                (Tests::Ip4, Some((network, length)), _) => {
                    (length == 32, is_above(code, 32, u128::from(network), length))
                }
                (Tests::Ip6, _, Some((network, length))) => {
                    (length == 128, is_above(mapped, 128, network, length))
                }
                (Tests::Names, ..) => (place.key == TEST_NAME, place.key == TEST_NAME),
                _ => (false, false),
            };
            if is_test && leads_to_it {
                self.list(
                    TEST_TTL.min(dataset.ttl_seconds),
                    TEST_CODE,
                    Some(TEST_TEXT.to_vec()),
                );
            }
            self.exists |= leads_to_it;
        }
    }
}
