//! One dataset in memory, and what it says about a name.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Bound;

use atalaya_formats::rbldnsd::{Data, Entry, Key, Kind, Part, Sink, Value, Variables};

use super::addresses::{GatheredIp4, GatheredIp6, Ip4, Ip6, each_network, lists};
use super::names::{GatheredNames, Names};
use super::place::Place;
use super::values::{EXCLUDED, Grouping, Together, Values, number_of};

/// A plain record: how long it may be kept, and what it says.
pub(super) type Plain = (u32, Data);

/// The entries of a dataset.
#[derive(Debug)]
enum Body {
    Ip4(Ip4),
    Ip6(Ip6),
    Names(Names),
    Records(BTreeMap<Key, Vec<Plain>>),
    Clients(Ip4, Ip6),
}

/// A dataset.
#[derive(Debug)]
pub(super) struct Dataset {
    body: Body,
    values: Values,
    variables: Variables,
    /// How long its records may be kept.
    pub(super) ttl_seconds: u32,
}

/// What a dataset says about a name.
#[derive(Debug)]
pub(super) enum Said<'a> {
    /// Listed: codes and texts.
    Listed(Vec<(Ipv4Addr, Option<Vec<u8>>)>),
    /// These records.
    Records(&'a [Plain]),
    /// The file excludes it.
    Excluded,
    /// Nothing.
    Nothing,
}

impl Dataset {
    /// A dataset of IPv4 addresses.
    pub(super) const fn of_ip4(ip4: Ip4, values: Values, variables: Variables, ttl_seconds: u32) -> Self {
        Self {
            body: Body::Ip4(ip4),
            values,
            variables,
            ttl_seconds,
        }
    }

    /// The same without what it says about IPv4 addresses up to this one; none if that is all.
    pub(super) fn behind(&self, last: u32) -> Option<Self> {
        let Body::Ip4(ip4) = &self.body else { return None };
        let (values, variables) = (self.values.clone(), self.variables.clone());
        Some(Self::of_ip4(
            ip4.behind(last)?,
            values,
            variables,
            self.ttl_seconds,
        ))
    }

    /// What it says about a name.
    pub(super) fn say(&self, place: &Place<'_>) -> Said<'_> {
        let found = match &self.body {
            Body::Ip4(ip4) => place.ip4_address().and_then(|address| {
                let listed = || Ipv4Addr::from_bits(address).to_string();
                Some((ip4.find(address)?, listed()))
            }),
            Body::Ip6(ip6) => place.ip6_address().and_then(|address| {
                let listed = || Ipv6Addr::from_bits(address).to_string();
                Some((ip6.find(address)?, listed()))
            }),
            Body::Names(names) => names.find(place.key).map(|(number, end)| {
                let listed = place.key.get(..end).unwrap_or_default();
                (number, Place::text(listed))
            }),
            Body::Records(records) => {
                return records
                    .get(place.key)
                    .map_or(Said::Nothing, |records| Said::Records(records));
            }
            Body::Clients(..) => return Said::Nothing,
        };
        match found {
            None => Said::Nothing,
            Some((EXCLUDED, _)) => Said::Excluded,
            Some((number, listed)) => Said::Listed(self.fill(number, &listed)),
        }
    }

    /// Codes and texts of a number.
    fn fill(&self, number: u32, listed: &str) -> Vec<(Ipv4Addr, Option<Vec<u8>>)> {
        let values = self.values.get(number).filter_map(|value| match value {
            Value::Listed(code, text) => Some((*code, self.variables.fill(text.as_deref(), listed))),
            _ => None,
        });
        values.collect()
    }

    /// Whether a name could be listed here, by its form.
    pub(super) fn could_list(&self, place: &Place<'_>) -> bool {
        match &self.body {
            Body::Ip4(_) => place.ip4_address().is_some(),
            Body::Ip6(_) => place.ip6_address().is_some(),
            Body::Names(_) => !place.key.is_empty(),
            Body::Records(_) | Body::Clients(..) => false,
        }
    }

    /// Whether something stands below a name.
    pub(super) fn has_below(&self, place: &Place<'_>) -> bool {
        match &self.body {
            Body::Ip4(ip4) => place
                .ip4
                .is_some_and(|(network, length)| length < 32 && ip4.has_any(network, length)),
            Body::Ip6(ip6) => place
                .ip6
                .is_some_and(|(network, length)| length < 128 && ip6.has_any(network, length)),
            Body::Names(names) => names.has_below(place.key),
            Body::Records(records) => {
                let range = (Bound::Excluded(place.key), Bound::Unbounded);
                let next = records.range::<[u8], _>(range).next();
                next.is_some_and(|(key, _)| key.as_bytes().starts_with(place.key))
            }
            Body::Clients(..) => false,
        }
    }

    /// Which test entry it has, of those of RFC 5782.
    pub(super) const fn tests(&self) -> Tests {
        match &self.body {
            Body::Ip4(_) => Tests::Ip4,
            Body::Ip6(_) => Tests::Ip6,
            Body::Names(_) => Tests::Names,
            Body::Records(_) | Body::Clients(..) => Tests::None,
        }
    }

    /// What a client gets, and the text where everything is listed to it.
    pub(super) fn client(&self, address: IpAddr) -> Option<(&Value, Option<Vec<u8>>)> {
        let Body::Clients(ip4, ip6) = &self.body else {
            return None;
        };
        let address = address.to_canonical();
        let number = match address {
            IpAddr::V4(v4) => ip4.find(v4.to_bits()),
            IpAddr::V6(v6) => ip6.find(v6.to_bits()),
        };
        let value = self.values.get(lists(number)?).next()?;
        let text = match value {
            Value::Listed(_, text) => self.variables.fill(text.as_deref(), &address.to_string()),
            _ => None,
        };
        Some((value, text))
    }

    /// Bytes that it takes.
    pub(super) fn bytes(&self) -> usize {
        let body = match &self.body {
            Body::Ip4(ip4) => ip4.bytes(),
            Body::Ip6(ip6) => ip6.bytes(),
            Body::Names(names) => names.bytes(),
            Body::Clients(ip4, ip6) => ip4.bytes().saturating_add(ip6.bytes()),
            Body::Records(_) => 0,
        };
        body.saturating_add(self.values.bytes())
    }
}

/// The test entries of a dataset (RFC 5782 sections 2.3, 2.4 and 5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tests {
    Ip4,
    Ip6,
    Names,
    None,
}

/// Gathers the entries of the datasets of some files.
#[derive(Debug, Default)]
pub(super) struct Gatherer {
    parts: Vec<Gathering>,
    /// Entries in all.
    pub(super) entries: u64,
}

/// The entries of a dataset as they are read; only the field for its kind is used.
#[derive(Debug)]
struct Gathering {
    kind: Kind,
    ip4: GatheredIp4,
    ip6: GatheredIp6,
    names: GatheredNames,
    records: BTreeMap<Key, Vec<Plain>>,
}

impl Sink for Gatherer {
    fn begin(&mut self, kind: Kind) {
        self.parts.push(Gathering {
            kind,
            ip4: GatheredIp4::default(),
            ip6: GatheredIp6::default(),
            names: GatheredNames::default(),
            records: BTreeMap::new(),
        });
    }

    fn entry(&mut self, entry: Entry<'_>) {
        let Some(part) = self.parts.last_mut() else { return };
        self.entries = self.entries.saturating_add(1);
        match entry {
            Entry::Ip4 { first, last, value } => {
                let (kind, ip4) = (part.kind, &mut part.ip4);
                each_network(kind, first, last, |network, length| {
                    ip4.push(network, length, number_of(value));
                });
            }
            Entry::Ip6 {
                network,
                length,
                value,
            } => part.ip6.push(network, length, number_of(value)),
            Entry::Name { name, reach, value } => part.names.push(name, reach, number_of(value)),
            Entry::Record {
                name,
                ttl_seconds,
                data,
            } => {
                let records = part.records.entry(name.clone()).or_default();
                records.push((ttl_seconds, data.clone()));
            }
        }
    }
}

impl Gatherer {
    /// Puts the entries in their places: a dataset for each part, in its order.
    pub(super) fn finish(self, parts: Vec<Part>) -> Vec<(Vec<Key>, Dataset)> {
        let both = self.parts.into_iter().zip(parts);
        both.map(|(gathering, part)| gathering.finish(part)).collect()
    }
}

impl Gathering {
    fn finish(self, part: Part) -> (Vec<Key>, Dataset) {
        let mut grouping = Grouping::new(part.values);
        let groups = &mut grouping;
        let body = match self.kind {
            Kind::Ip4Set => Body::Ip4(self.ip4.finish(groups, Together::All)),
            Kind::Ip4TSet | Kind::Ip4Trie => Body::Ip4(self.ip4.finish(groups, Together::First)),
            Kind::Ip6TSet | Kind::Ip6Trie => Body::Ip6(self.ip6.finish(groups, Together::First)),
            Kind::Names => Body::Names(self.names.finish(groups)),
            Kind::Acl => Body::Clients(
                self.ip4.finish(groups, Together::First),
                self.ip6.finish(groups, Together::First),
            ),
            Kind::Generic | Kind::Combined => Body::Records(self.records),
        };
        let dataset = Dataset {
            body,
            values: grouping.finish(),
            variables: part.variables,
            ttl_seconds: part.ttl_seconds,
        };
        (part.origins, dataset)
    }
}
