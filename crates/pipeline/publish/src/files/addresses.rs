//! The addresses of a dataset, of either family.

use super::networks::{Bits, Gathered, Networks};
use super::values::{EXCLUDED, Grouping, Number, Together};
use crate::set::singles::Singles;

/// Bits of an IPv4 address.
const IP4_BITS: u8 = 32;
/// Bits of the first half of an IPv6 address, which is all that most networks need.
const HALF_BITS: u8 = 64;
/// Widths into which an `ip4set` cuts its ranges: whole octets.
const STEP: u8 = 8;

/// IPv4 addresses: single ones in the compact set of the list, networks in rows.
#[derive(Debug)]
pub(super) struct Ip4 {
    singles: Singles,
    /// Networks, and the single addresses whose number is too great for the set.
    networks: Networks<u32>,
}

impl Ip4 {
    /// The number of an address.
    pub(super) fn find(&self, address: u32) -> Option<Number> {
        let single = self.singles.get(address).map(Number::from);
        single.or_else(|| self.networks.find(address))
    }

    /// Whether something is listed in this network.
    pub(super) fn has_any(&self, network: u32, length: u8) -> bool {
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
    pub(super) fn push_network(&mut self, first: u32, last: u32, number: Number) {
        let length = u8::try_from((first ^ last).leading_zeros()).unwrap_or(IP4_BITS);
        self.all.push(first, length, number);
    }

    /// Takes a range, cut into networks of whole octets.
    pub(super) fn push_range(&mut self, first: u32, last: u32, number: Number) {
        let mut at = first;
        loop {
            let fits = |length: &u8| at.network(*length) == at && at.last(*length) <= last;
            let length = (1..=IP4_BITS.div_euclid(STEP))
                .map(|octets| octets.saturating_mul(STEP))
                .find(fits)
                .unwrap_or(IP4_BITS);
            self.all.push(at, length, number);
            match at.last(length).checked_add(1) {
                Some(next) if next <= last => at = next,
                _ => return,
            }
        }
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
        Ip4 {
            singles,
            networks: self.all.finish(grouping, together),
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
