//! Seeded lists and questions: clustered as real botnets are, the same for every server.

use std::collections::{BTreeSet, HashSet};
use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::Path;

use anyhow::Context;

use crate::random::Dice;

/// /16 networks in which addresses stand; a list of five million fills most of them.
const NETWORKS: u32 = 56_000;
/// Of so many /24 networks one is a crowd.
const CROWDED: u64 = 20;
/// Addresses of a crowd, at least, and how many more at most.
const CROWD: (u64, u64) = (30, 60);
/// IPv4 ranges beside the addresses, /24 to /20.
const RANGES: u32 = 20_000;
/// IPv6 /64 networks beside the addresses.
const IPV6: u32 = 100_000;

/// What is listed.
#[derive(Debug)]
pub(super) struct List {
    /// Single addresses, in their order.
    pub(super) singles: Vec<u32>,
    /// IPv4 ranges: first address and length.
    pub(super) ranges: Vec<(u32, u8)>,
    /// IPv6 /64 networks, by their upper half.
    pub(super) ipv6: Vec<u64>,
}

impl List {
    /// A list of so many single addresses, with ranges and IPv6 networks beside them.
    pub(super) fn make(singles: usize, seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let networks: Vec<u32> = (0..NETWORKS).map(|_| network(&mut dice)).collect();
        let mut found = Vec::with_capacity(singles.saturating_add(100));
        while found.len() < singles {
            while found.len() < singles {
                cluster(&networks, &mut dice, &mut found);
            }
            found.sort_unstable();
            found.dedup();
        }
        found.truncate(singles);
        let ranges: BTreeSet<(u32, u8)> = (0..RANGES)
            .map(|_| {
                let length = 24 - dice.small(5);
                let network = network(&mut dice) << 16 | dice.small(1 << 16);
                (
                    network & (u32::MAX << (32 - length)),
                    u8::try_from(length).unwrap_or(24),
                )
            })
            .collect();
        let ipv6: BTreeSet<u64> = (0..IPV6).map(|_| 0x2001 << 48 | dice.below(1 << 44)).collect();
        Self {
            singles: found,
            ranges: ranges.into_iter().collect(),
            ipv6: ipv6.into_iter().collect(),
        }
    }

    /// The union of public lists in the test data: an address a line, packed with zstd.
    ///
    /// # Errors
    /// The file cannot be read.
    pub(super) fn real(file: &Path) -> anyhow::Result<Self> {
        let file = std::fs::File::open(file)?;
        let mut singles = Vec::new();
        for line in BufReader::new(zstd::Decoder::new(file)?).lines() {
            let address: Ipv4Addr = line?.parse().context("no address in the list")?;
            singles.push(address.to_bits());
        }
        singles.sort_unstable();
        Ok(Self {
            singles,
            ranges: Vec::new(),
            ipv6: Vec::new(),
        })
    }

    /// The number of entries.
    pub(super) fn entries(&self) -> usize {
        self.singles.len() + self.ranges.len() + self.ipv6.len()
    }

    /// Different names in front of the zone, of which so many in a hundred are listed and one in a hundred is IPv6.
    pub(super) fn names(&self, count: usize, listed_percent: u64, seed: u64) -> Vec<String> {
        let mut dice = Dice::new(seed);
        let mut known = HashSet::with_capacity(count);
        let mut names = Vec::with_capacity(count);
        while names.len() < count {
            let wanted = if dice.below(100) < listed_percent {
                Wanted::Listed
            } else {
                Wanted::Unlisted
            };
            let address = if dice.below(100) == 0 && !self.ipv6.is_empty() {
                IpAddr::V6(self.ipv6(&mut dice, wanted))
            } else {
                IpAddr::V4(self.ipv4(&mut dice, wanted))
            };
            if known.insert(address) {
                names.push(labels(address));
            }
        }
        names
    }

    /// A listed address, or one that is not and stands in the same /16: what is asked for is seldom far away.
    fn ipv4(&self, dice: &mut Dice, wanted: Wanted) -> Ipv4Addr {
        let listed = pick(&self.singles, dice);
        if wanted == Wanted::Listed {
            return Ipv4Addr::from_bits(listed);
        }
        loop {
            let near = listed & 0xffff_0000 | dice.small(1 << 16);
            if self.singles.binary_search(&near).is_err() {
                return Ipv4Addr::from_bits(near);
            }
        }
    }

    /// An address of a listed /64, or of one far from all of them.
    fn ipv6(&self, dice: &mut Dice, wanted: Wanted) -> Ipv6Addr {
        let listed = pick(&self.ipv6, dice);
        let network = match wanted {
            Wanted::Listed => listed,
            Wanted::Unlisted => listed ^ 1 << 63,
        };
        Ipv6Addr::from_bits(u128::from(network) << 64 | u128::from(dice.below(1 << 40)))
    }
}

/// What a question is to meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// A listing.
    Listed,
    /// None.
    Unlisted,
}

/// One of these; there is at least one.
fn pick<T: Copy + Default>(from: &[T], dice: &mut Dice) -> T {
    let at = usize::try_from(dice.below(from.len() as u64)).unwrap_or_default();
    from.get(at).copied().unwrap_or_default()
}

/// The first two octets of somebody's network: no reserved ones.
fn network(dice: &mut Dice) -> u32 {
    loop {
        let network = dice.small(1 << 16);
        if !matches!(network >> 8, 0 | 10 | 127 | 224..) {
            return network;
        }
    }
}

/// Adds some addresses of one /24: one or two, or a crowd.
fn cluster(networks: &[u32], dice: &mut Dice, found: &mut Vec<u32>) {
    let at = dice.small(NETWORKS) as usize;
    let network = networks.get(at).copied().unwrap_or(1) << 16 | dice.small(256) << 8;
    let count = if dice.below(CROWDED) == 0 {
        CROWD.0 + dice.below(CROWD.1)
    } else {
        1 + dice.below(2)
    };
    found.extend((0..count).map(|_| network | dice.small(256)));
}

/// The name of an address in front of the zone.
pub(super) fn labels(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => octets(address.to_bits()),
        IpAddr::V6(address) => nibbles(address),
    }
}

/// The labels of an IPv4 address.
pub(super) fn octets(address: u32) -> String {
    let [first, second, third, last] = address.to_be_bytes();
    format!("{last}.{third}.{second}.{first}")
}

/// The labels of an IPv6 address.
pub(super) fn nibbles(address: Ipv6Addr) -> String {
    let labels: Vec<String> = (0..32)
        .map(|at| format!("{:x}", address.to_bits() >> (4 * at) & 15))
        .collect();
    labels.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_list() {
        let (one, same, other) = (
            List::make(10_000, 1),
            List::make(10_000, 1),
            List::make(10_000, 2),
        );
        assert_eq!(one.singles, same.singles);
        assert_ne!(one.singles, other.singles);
        assert_eq!(one.singles.len(), 10_000);
        assert!(one.singles.is_sorted());
    }

    #[test]
    fn names_differ_and_are_listed_as_often_as_asked() {
        let list = List::make(10_000, 1);
        for (percent, expected) in [(0, 0..=0), (50, 450..=550), (100, 1000..=1000)] {
            let names = list.names(1000, percent, 1);
            assert_eq!(names.iter().collect::<HashSet<_>>().len(), 1000);
            let known: HashSet<String> = list.singles.iter().map(|single| octets(*single)).collect();
            let is_listed = |name: &&String| known.contains(*name) || name.ends_with(".1.0.0.2");
            let listed = names.iter().filter(is_listed).count();
            assert!(expected.contains(&listed), "{percent} %: {listed}");
        }
    }
}
