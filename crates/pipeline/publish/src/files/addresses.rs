//! The addresses of a dataset, of either family.

use std::ops::RangeInclusive;
use std::sync::Arc;

use atalaya_formats::rbldnsd::Kind;

use super::networks::{Bits, Gathered, Networks};
use super::values::{EXCLUDED, Grouping, Number, Together};
use crate::set::singles::Singles;

/// Bits of an IPv4 address.
pub(super) const IP4_BITS: u8 = 32;
/// Bits of the first half of an IPv6 address, which is all that most networks need.
const HALF_BITS: u8 = 64;
/// Widths into which an `ip4set` cuts its ranges: whole octets.
const STEP: u8 = 8;

/// IPv4 addresses: single ones in the compact set of the list, networks in rows.
#[derive(Debug)]
pub(super) struct Ip4 {
    /// The addresses that it knows anything about: all, or some while another dataset takes its place.
    range: RangeInclusive<u32>,
    singles: Singles,
    /// Networks, and the single addresses whose number is too great for the set.
    networks: Arc<Networks<u32>>,
}

impl Ip4 {
    /// Addresses of which only those up to `last` are in.
    pub(super) const fn up_to(last: u32, singles: Singles, networks: Arc<Networks<u32>>) -> Self {
        Self {
            range: 0..=last,
            singles,
            networks,
        }
    }

    /// The same without what it knows about addresses up to `last`, which end a network of the first octet.
    pub(super) fn behind(&self, last: u32) -> Option<Self> {
        let first = last.checked_add(1).filter(|first| first <= self.range.end())?;
        let [octet, ..] = first.to_be_bytes();
        let mut singles = self.singles.clone();
        singles.forget_before(octet);
        Some(Self {
            range: first..=*self.range.end(),
            singles,
            networks: Arc::clone(&self.networks),
        })
    }

    /// The number of an address.
    pub(super) fn find(&self, address: u32) -> Option<Number> {
        if !self.range.contains(&address) {
            return None;
        }
        let single = self.singles.get(address).map(Number::from);
        single.or_else(|| self.networks.find(address))
    }

    /// Whether something is listed in this network.
    pub(super) fn has_any(&self, network: u32, length: u8) -> bool {
        if network > *self.range.end() || network.last(length) < *self.range.start() {
            return false;
        }
        self.singles.has_between(network, network.last(length)) || self.networks.has_any(network, length)
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.singles.bytes().saturating_add(self.networks.bytes())
    }
}

/// IPv6 networks: up to 64 bits, and longer ones.
#[derive(Debug)]
pub(super) struct Ip6 {
    short: Networks<u64>,
    long: Networks<u128>,
}

impl Ip6 {
    /// The number of an address.
    pub(super) fn find(&self, address: u128) -> Option<Number> {
        self.long.find(address).or_else(|| self.short.find(half(address)))
    }

    /// Whether something is listed in this network.
    pub(super) fn has_any(&self, network: u128, length: u8) -> bool {
        // Each bit of the second half lies in the same network of the first.
        self.long.has_any(network, length) || self.short.has_any(half(network), length.min(HALF_BITS))
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.short.bytes().saturating_add(self.long.bytes())
    }
}

/// IPv4 addresses as they are read.
#[derive(Debug, Default)]
pub(super) struct GatheredIp4 {
    all: Gathered<u32>,
}

impl GatheredIp4 {
    /// Takes a network.
    pub(super) fn push(&mut self, network: u32, length: u8, number: Number) {
        self.all.push(network, length, number);
    }

    /// Puts them in their places.
    pub(super) fn finish(mut self, grouping: &mut Grouping, together: Together) -> Ip4 {
        let entries = self.all.take_row(IP4_BITS);
        let mut singles = Singles::default();
        let mut beyond = Vec::new();
        singles.change(&entries, |_none, group| {
            let number = grouping.join(group.iter().map(|(_, number)| *number), together);
            let mark = u16::try_from(number).ok();
            if mark.is_none() {
                beyond.extend(group.first().map(|(address, _)| (*address, number)));
            }
            mark
        });
        drop(entries);
        for (address, number) in beyond {
            self.all.push(address, IP4_BITS, number);
        }
        Ip4::up_to(u32::MAX, singles, Arc::new(self.all.finish(grouping, together)))
    }
}

/// The networks that an entry of a dataset stands for, each with its length.
pub(super) fn each_network(kind: Kind, first: u32, last: u32, mut take: impl FnMut(u32, u8)) {
    if kind != Kind::Ip4Set {
        let length = u8::try_from((first ^ last).leading_zeros()).unwrap_or(IP4_BITS);
        return take(first, length);
    }
    // A range, cut into networks of whole octets.
    let mut at = first;
    loop {
        let fits = |length: &u8| at.network(*length) == at && at.last(*length) <= last;
        let length = (1..=IP4_BITS.div_euclid(STEP))
            .map(|octets| octets.saturating_mul(STEP))
            .find(fits)
            .unwrap_or(IP4_BITS);
        take(at, length);
        match at.last(length).checked_add(1) {
            Some(next) if next <= last => at = next,
            _ => return,
        }
    }
}

/// IPv6 networks as they are read.
#[derive(Debug, Default)]
pub(super) struct GatheredIp6 {
    short: Gathered<u64>,
    long: Gathered<u128>,
}

impl GatheredIp6 {
    /// Takes a network.
    pub(super) fn push(&mut self, network: u128, length: u8, number: Number) {
        if length <= HALF_BITS {
            self.short.push(half(network), length, number);
        } else {
            self.long.push(network, length, number);
        }
    }

    /// Puts them in their places.
    pub(super) fn finish(self, grouping: &mut Grouping, together: Together) -> Ip6 {
        Ip6 {
            short: self.short.finish(grouping, together),
            long: self.long.finish(grouping, together),
        }
    }
}

/// The first half of an address.
fn half(address: u128) -> u64 {
    u64::try_from(address >> HALF_BITS).unwrap_or_default()
}

/// Whether a number lists anything.
pub(super) fn lists(number: Option<Number>) -> Option<Number> {
    number.filter(|number| *number != EXCLUDED)
}
