//! Prefixes of both families, each with a small value: listed ranges, IPv6 networks, and the allow list.
//!
//! It is asked upwards (what covers this?) for every answer, and downwards (is anything inside?) for the names above addresses. IPv4
//! prefixes stand with the /16 that they lie in, a few to each, and those wider than a /16 in one short list. IPv6 prefixes stand in one
//! order, cut into runs, and only the lengths that are in use are tried. As everywhere in the set, a clone is a version that stays as it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use atalaya_model::Prefix;

use super::tree::Tree;

/// Bits of the octets that lead to a leaf of the tree.
const TREE_BITS: u8 = 16;
/// The length of a single IPv4 address.
const SINGLE: u8 = 32;
/// Entries of a run: what is copied for one change, and half of it after a cut.
const MOST_IN_RUN: usize = 512;
/// Lengths of an IPv6 prefix.
const LENGTHS: usize = 129;

/// An entry: the network, as a number, and the length; the order that keeps together what lies inside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key<N> {
    network: N,
    pub(super) length: u8,
}

/// Entries in the order of their keys, each key once.
pub(super) type Run<N, V> = Arc<[(Key<N>, V)]>;

/// Prefixes with their values.
#[derive(Debug, Clone)]
pub(super) struct Prefixes<V> {
    ipv4: Tree<Run<u32, V>>,
    ipv4_wide: Run<u32, V>,
    ipv6: Arc<Vec<Run<u128, V>>>,
    /// How many IPv6 prefixes have this length.
    ipv6_lengths: Arc<[u32; LENGTHS]>,
    length: usize,
}

impl<V> Default for Prefixes<V> {
    fn default() -> Self {
        Self {
            ipv4: Tree::default(),
            ipv4_wide: Arc::new([]),
            ipv6: Arc::default(),
            ipv6_lengths: Arc::new([0; LENGTHS]),
            length: 0,
        }
    }
}

impl<V: Copy> Prefixes<V> {
    /// The number of prefixes.
    pub(super) fn len(&self) -> usize {
        self.length
    }

    /// The value of exactly this prefix.
    pub(super) fn get(&self, prefix: &Prefix) -> Option<V> {
        match prefix.network() {
            IpAddr::V4(network) => {
                let key = Key {
                    network: network.to_bits(),
                    length: prefix.length(),
                };
                find(self.ipv4_run(key.network, key.length)?, key)
            }
            IpAddr::V6(network) => self.ipv6_get(Key {
                network: network.to_bits(),
                length: prefix.length(),
            }),
        }
    }

    /// This prefix and all that cover it, the longest first.
    pub(super) fn covering(&self, prefix: Prefix) -> impl Iterator<Item = (Prefix, V)> {
        let (ipv4, ipv6) = match prefix.network() {
            IpAddr::V4(network) => {
                let (network, length) = (network.to_bits(), prefix.length());
                let near = (length >= TREE_BITS).then(|| self.ipv4_near(network));
                let covering = self.ipv4_covering(network, length, near.flatten());
                (Some(covering.map(|(key, value)| (key.ipv4(), *value))), None)
            }
            IpAddr::V6(network) => (None, Some(self.ipv6_covering(network.to_bits(), prefix.length()))),
        };
        ipv4.into_iter().flatten().chain(ipv6.into_iter().flatten())
    }

    /// The IPv4 prefixes from /16 on in the /16 of an address.
    #[inline]
    pub(super) fn ipv4_near(&self, address: u32) -> Option<&Run<u32, V>> {
        let [first, second, ..] = address.to_be_bytes();
        self.ipv4.leaf(first, second)
    }

    /// The same as [`Prefixes::covering`] for one IPv4 address, from what is near it.
    #[inline]
    pub(super) fn covering_ipv4<'v>(
        &'v self,
        address: u32,
        near: Option<&'v Run<u32, V>>,
    ) -> impl Iterator<Item = V> {
        let covering = self.ipv4_covering(address, SINGLE, near);
        covering.map(|(_, value)| *value)
    }

    /// Whether a prefix lies inside this one, or is the same.
    pub(super) fn has_inside(&self, prefix: Prefix) -> bool {
        match (prefix.network(), prefix.last()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                let (first, last) = (first.to_bits(), last.to_bits());
                let inside = |entry: &(Key<u32>, V)| {
                    (first..=last).contains(&entry.0.network) && entry.0.length >= prefix.length()
                };
                let mut runs = self.ipv4.between(first, last);
                self.ipv4_wide.iter().any(inside) || runs.any(|(run, ..)| run.iter().any(inside))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                let first = Key {
                    network: first.to_bits(),
                    length: prefix.length(),
                };
                let last = Key {
                    network: last.to_bits(),
                    length: u8::MAX,
                };
                let at = self
                    .ipv6
                    .partition_point(|run| run.last().is_some_and(|entry| entry.0 < first));
                let found = self
                    .ipv6
                    .get(at)
                    .and_then(|run| run.get(run.partition_point(|entry| entry.0 < first)));
                found.is_some_and(|entry| entry.0 <= last)
            }
            _ => false,
        }
    }

    /// The prefixes that lie inside this one, or are the same, in no order that matters.
    pub(super) fn inside(&self, prefix: Prefix) -> Vec<Prefix> {
        let mut inside = self.beginning(prefix.network(), prefix.last());
        inside.retain(|found| prefix.covers(found));
        inside
    }

    /// The prefixes whose first address is one of these, of one family, in no order that matters.
    pub(super) fn beginning(&self, first: IpAddr, last: IpAddr) -> Vec<Prefix> {
        match (first, last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                let (first, last) = (first.to_bits(), last.to_bits());
                let runs = self.ipv4.between(first, last);
                let narrow = runs.flat_map(|(run, ..)| run.iter());
                let all = narrow.chain(self.ipv4_wide.iter()).map(|(key, _)| *key);
                all.filter(|key| (first..=last).contains(&key.network))
                    .map(Key::<u32>::ipv4)
                    .collect()
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => {
                let (first, last) = (first.to_bits(), last.to_bits());
                let ends_before = |run: &Run<u128, V>| run.last().is_some_and(|(key, _)| key.network < first);
                let begins_inside =
                    |run: &&Run<u128, V>| run.first().is_some_and(|(key, _)| key.network <= last);
                let from = self.ipv6.partition_point(ends_before);
                let runs = self.ipv6.iter().skip(from).take_while(begins_inside);
                let all = runs.flat_map(|run| run.iter()).map(|(key, _)| *key);
                all.filter(|key| (first..=last).contains(&key.network))
                    .map(Key::<u128>::ipv6)
                    .collect()
            }
            _ => Vec::new(),
        }
    }

    /// All prefixes in their order: IPv4 before IPv6, by network, and what is wider before what lies inside.
    pub(super) fn entries(&self) -> impl Iterator<Item = (Prefix, V)> {
        let narrow = self.ipv4.leaves().flat_map(|(_, run)| run.iter());
        let ipv4 = merged(narrow, self.ipv4_wide.iter(), |entry| entry.0);
        let ipv6 = self.ipv6.iter().flat_map(|run| run.iter());
        ipv4.map(|(key, value)| (key.ipv4(), *value))
            .chain(ipv6.map(|(key, value)| (key.ipv6(), *value)))
    }

    /// Gives a prefix this value; none takes it out. Gives the value that it had.
    pub(super) fn set(&mut self, prefix: &Prefix, value: Option<V>) -> Option<V> {
        let length = prefix.length();
        let old = match prefix.network() {
            IpAddr::V4(network) => self.set_ipv4(
                Key {
                    network: network.to_bits(),
                    length,
                },
                value,
            ),
            IpAddr::V6(network) => self.set_ipv6(
                Key {
                    network: network.to_bits(),
                    length,
                },
                value,
            ),
        };
        self.length = self
            .length
            .saturating_add(usize::from(value.is_some()))
            .saturating_sub(usize::from(old.is_some()));
        old
    }

    /// The run in which IPv4 prefixes of this length stand.
    fn ipv4_run(&self, network: u32, length: u8) -> Option<&Run<u32, V>> {
        if length < TREE_BITS {
            return Some(&self.ipv4_wide);
        }
        self.ipv4_near(network)
    }

    #[inline]
    fn ipv4_covering<'v>(
        &'v self,
        network: u32,
        length: u8,
        near: Option<&'v Run<u32, V>>,
    ) -> impl Iterator<Item = &'v (Key<u32>, V)> {
        // What covers one address stands from the widest to the narrowest in the order of the keys.
        let covers = move |entry: &&(Key<u32>, V)| {
            entry.0.length <= length
                && (entry.0.network ^ network).leading_zeros() >= u32::from(entry.0.length)
        };
        let near = near.into_iter().flat_map(|run| run.iter().rev());
        near.chain(self.ipv4_wide.iter().rev()).filter(covers)
    }

    fn ipv6_covering(&self, network: u128, length: u8) -> impl Iterator<Item = (Prefix, V)> {
        let lengths = (0..=length).rev().filter(|length| {
            self.ipv6_lengths
                .get(usize::from(*length))
                .is_some_and(|count| *count > 0)
        });
        lengths.filter_map(move |length| {
            let mask = u128::MAX
                .checked_shl(u32::from(128_u8.saturating_sub(length)))
                .unwrap_or(0);
            let key = Key {
                network: network & mask,
                length,
            };
            Some((key.ipv6(), self.ipv6_get(key)?))
        })
    }

    fn ipv6_get(&self, key: Key<u128>) -> Option<V> {
        let at = self
            .ipv6
            .partition_point(|run| run.last().is_some_and(|entry| entry.0 < key));
        find(self.ipv6.get(at)?, key)
    }

    fn set_ipv4(&mut self, key: Key<u32>, value: Option<V>) -> Option<V> {
        if key.length < TREE_BITS {
            let (run, old) = with(&self.ipv4_wide, key, value);
            self.ipv4_wide = run.into();
            return old;
        }
        let [first, second, ..] = key.network.to_be_bytes();
        let mut old = None;
        self.ipv4.change([first, second], |run| {
            let (run, before) = with(run.map_or(&[], |run| run), key, value);
            old = before;
            (!run.is_empty()).then(|| run.into())
        });
        old
    }

    fn set_ipv6(&mut self, key: Key<u128>, value: Option<V>) -> Option<V> {
        let runs = Arc::make_mut(&mut self.ipv6);
        let at = runs
            .partition_point(|run| run.last().is_some_and(|entry| entry.0 < key))
            .min(runs.len().saturating_sub(1));
        let (run, old) = with(runs.get(at).map_or(&[], |run| run), key, value);
        let halves = if run.len() > MOST_IN_RUN {
            run.len().div_ceil(2)
        } else {
            run.len().max(1)
        };
        let new = run.chunks(halves).map(Arc::from);
        runs.splice(at..at.saturating_add(1).min(runs.len()), new);
        let lengths = Arc::make_mut(&mut self.ipv6_lengths);
        if let Some(count) = lengths.get_mut(usize::from(key.length)) {
            *count = count
                .saturating_add(u32::from(value.is_some()))
                .saturating_sub(u32::from(old.is_some()));
        }
        old
    }
}

impl<V: Copy> FromIterator<(Prefix, V)> for Prefixes<V> {
    /// Puts many in at once; of one that comes twice the last counts.
    fn from_iter<I: IntoIterator<Item = (Prefix, V)>>(entries: I) -> Self {
        let (mut ipv4, mut ipv6) = (Vec::new(), Vec::new());
        for (prefix, value) in entries {
            let length = prefix.length();
            match prefix.network() {
                IpAddr::V4(network) => ipv4.push((
                    Key {
                        network: network.to_bits(),
                        length,
                    },
                    value,
                )),
                IpAddr::V6(network) => ipv6.push((
                    Key {
                        network: network.to_bits(),
                        length,
                    },
                    value,
                )),
            }
        }
        let (ipv4, ipv6) = (sorted(ipv4), sorted(ipv6));
        let length = ipv4.len().saturating_add(ipv6.len());
        let (wide, narrow): (Vec<_>, Vec<_>) = ipv4.into_iter().partition(|(key, _)| key.length < TREE_BITS);
        let mut tree = Tree::default();
        for run in narrow.chunk_by(|one, next| one.0.network >> TREE_BITS == next.0.network >> TREE_BITS) {
            let Some([first, second, ..]) = run.first().map(|(key, _)| key.network.to_be_bytes()) else {
                continue;
            };
            tree.change([first, second], |_| Some(run.into()));
        }
        let mut lengths = [0_u32; LENGTHS];
        for (key, _) in &ipv6 {
            if let Some(count) = lengths.get_mut(usize::from(key.length)) {
                *count = count.saturating_add(1);
            }
        }
        Self {
            ipv4: tree,
            ipv4_wide: wide.into(),
            ipv6: Arc::new(ipv6.chunks(MOST_IN_RUN.div_ceil(2)).map(Arc::from).collect()),
            ipv6_lengths: Arc::new(lengths),
            length,
        }
    }
}

/// Entries in the order of their keys; of several with one key the last.
fn sorted<N: Ord + Copy, V>(mut entries: Vec<(Key<N>, V)>) -> Vec<(Key<N>, V)> {
    entries.reverse();
    entries.sort_by_key(|(key, _)| *key);
    entries.dedup_by_key(|(key, _)| *key);
    entries
}

impl Key<u32> {
    fn ipv4(self) -> Prefix {
        Prefix::new(Ipv4Addr::from_bits(self.network).into(), self.length)
    }
}

impl Key<u128> {
    fn ipv6(self) -> Prefix {
        Prefix::new(Ipv6Addr::from_bits(self.network).into(), self.length)
    }
}

/// Two orders as one; `key` says what they are ordered by.
pub(super) fn merged<T, K: Ord>(
    one: impl Iterator<Item = T>,
    other: impl Iterator<Item = T>,
    key: impl Fn(&T) -> K,
) -> impl Iterator<Item = T> {
    let (mut one, mut other) = (one.peekable(), other.peekable());
    std::iter::from_fn(move || match (one.peek(), other.peek()) {
        (Some(first), Some(second)) if key(second) < key(first) => other.next(),
        (Some(_), _) => one.next(),
        (None, _) => other.next(),
    })
}

/// The value of a key in a run.
fn find<N: Ord + Copy, V: Copy>(run: &[(Key<N>, V)], key: Key<N>) -> Option<V> {
    let at = run.binary_search_by(|entry| entry.0.cmp(&key)).ok()?;
    run.get(at).map(|(_, value)| *value)
}

/// A run after one change, and the value that the key had.
fn with<N: Ord + Copy, V: Copy>(
    run: &[(Key<N>, V)],
    key: Key<N>,
    value: Option<V>,
) -> (Vec<(Key<N>, V)>, Option<V>) {
    let mut run = run.to_vec();
    let old = match (run.binary_search_by(|entry| entry.0.cmp(&key)), value) {
        (Ok(at), Some(value)) => run
            .get_mut(at)
            .map(|entry| std::mem::replace(&mut entry.1, value)),
        (Ok(at), None) => Some(run.remove(at).1),
        (Err(at), Some(value)) => {
            run.insert(at, (key, value));
            None
        }
        (Err(_), None) => None,
    };
    (run, old)
}

#[cfg(test)]
mod tests {
    //! Against an ordinary map.

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn prefixes() -> impl Strategy<Value = Prefix> {
        let ipv4 = (
            prop_oneof![0_u32..4, Just(0xc000_0200), any::<u32>()],
            0_u32..600,
            0_u8..=32,
        )
            .prop_map(|(high, low, length)| {
                Prefix::new(
                    Ipv4Addr::from_bits(high.wrapping_add(low << 8 | low)).into(),
                    length,
                )
            });
        let ipv6 =
            (0_u128..4, 0_u128..4, prop_oneof![Just(64_u8), 0_u8..=128]).prop_map(|(high, low, length)| {
                Prefix::new(
                    Ipv6Addr::from_bits((0x2001 + high) << 112 | low << 64 | low).into(),
                    length,
                )
            });
        prop_oneof![ipv4, ipv6]
    }

    proptest! {
        #[test]
        fn they_agree_with_an_ordinary_map(
            steps in prop::collection::vec((prefixes(), prop::option::weighted(0.7, 0_u16..9)), 1..200),
            asked in prop::collection::vec(prefixes(), 1..40),
        ) {
            let (mut set, mut map) = (Prefixes::default(), BTreeMap::new());
            for (prefix, value) in &steps {
                let old = match value {
                    Some(value) => map.insert(*prefix, *value),
                    None => map.remove(prefix),
                };
                prop_assert_eq!(set.set(prefix, *value), old);
            }
            prop_assert_eq!(set.len(), map.len());
            let by_one: Vec<_> = set.entries().collect();
            let at_once: Prefixes<u16> = by_one.iter().rev().copied().collect();
            prop_assert!(at_once.entries().eq(by_one.iter().copied()));
            prop_assert_eq!(by_one.into_iter().collect::<BTreeMap<_, _>>(), map.clone());
            prop_assert_eq!(at_once.ipv6_lengths, set.ipv6_lengths.clone());
            prop_assert_eq!(at_once.length, set.length);
            prop_assert!(set.entries().eq(map.iter().map(|(prefix, value)| (*prefix, *value))));
            for asked in asked.iter().chain(steps.iter().map(|(prefix, _)| prefix)) {
                let mut covering: Vec<_> = map.iter().filter(|(prefix, _)| prefix.covers(asked)).map(|(prefix, value)| (*prefix, *value)).collect();
                covering.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.length()));
                prop_assert_eq!(set.covering(*asked).collect::<Vec<_>>(), covering);
                prop_assert_eq!(set.get(asked), map.get(asked).copied());
                prop_assert_eq!(set.has_inside(*asked), map.keys().any(|prefix| asked.covers(prefix)));
                let mut inside = set.inside(*asked);
                inside.sort_unstable();
                prop_assert!(inside.iter().eq(map.keys().filter(|prefix| asked.covers(prefix))));
            }
        }
    }

    #[test]
    fn a_long_order_is_cut_into_runs_and_shrinks_again() {
        let at = |number: u128| Prefix::new(Ipv6Addr::from_bits(0x2001 << 112 | number << 64).into(), 64);
        let mut set = Prefixes::default();
        for number in 0..5_000_u128 {
            set.set(&at(number * 7919 % 5_000), Some(1));
        }
        assert_eq!(set.len(), 5_000);
        assert!(set.ipv6.iter().all(|run| run.len() <= MOST_IN_RUN));
        assert!((0..5_000).all(|number| set.get(&at(number)) == Some(1)));
        let version = set.clone();
        for number in 0..5_000 {
            assert_eq!(set.set(&at(number), None), Some(1));
        }
        assert_eq!((set.len(), set.ipv6.len(), version.len()), (0, 0, 5_000));
    }
}
