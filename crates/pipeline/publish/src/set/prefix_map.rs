//! A map keyed by prefix that can be asked upwards (what covers this?) and downwards (what lies inside?).
//!
//! The keys stand in the order of their first address, so that everything inside a prefix is one contiguous run. Upwards, only the
//! lengths that are in use are tried, the longest first: a list of single addresses and some /24 costs two lookups, not 33.

use std::collections::BTreeMap;
use std::net::IpAddr;

use atalaya_model::Prefix;

/// First address and length: the order that keeps what lies inside together.
type Key = (IpAddr, u8);

/// A map keyed by prefix.
#[derive(Debug)]
pub(super) struct PrefixMap<T> {
    entries: BTreeMap<Key, T>,
    /// How many keys have this length, for IPv4 and for IPv6; never zero.
    ipv4_lengths: BTreeMap<u8, usize>,
    ipv6_lengths: BTreeMap<u8, usize>,
}

impl<T> Default for PrefixMap<T> {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            ipv4_lengths: BTreeMap::new(),
            ipv6_lengths: BTreeMap::new(),
        }
    }
}

impl<T> PrefixMap<T> {
    /// The number of prefixes.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The entry of exactly this prefix, made empty if there is none.
    pub(super) fn entry(&mut self, prefix: &Prefix) -> &mut T
    where
        T: Default,
    {
        if !self.entries.contains_key(&key(prefix)) {
            self.insert(prefix, T::default());
        }
        self.entries.entry(key(prefix)).or_default()
    }

    /// Puts an entry in, in the place of the one that was there.
    pub(super) fn insert(&mut self, prefix: &Prefix, entry: T) {
        if self.entries.insert(key(prefix), entry).is_none() {
            let count = self.lengths_mut(prefix).entry(prefix.length()).or_default();
            *count = count.saturating_add(1);
        }
    }

    /// The entry of exactly this prefix.
    pub(super) fn get_mut(&mut self, prefix: &Prefix) -> Option<&mut T> {
        self.entries.get_mut(&key(prefix))
    }

    /// Takes the entry of exactly this prefix out.
    pub(super) fn remove(&mut self, prefix: &Prefix) -> Option<T> {
        let entry = self.entries.remove(&key(prefix))?;
        let lengths = self.lengths_mut(prefix);
        if let Some(count) = lengths.get_mut(&prefix.length()) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                lengths.remove(&prefix.length());
            }
        }
        Some(entry)
    }

    /// The entries of this prefix and of all that cover it, the longest first.
    pub(super) fn covering(&self, prefix: Prefix) -> impl Iterator<Item = &T> {
        let lengths = if prefix.is_ipv4() {
            &self.ipv4_lengths
        } else {
            &self.ipv6_lengths
        };
        lengths
            .range(..=prefix.length())
            .rev()
            .filter_map(move |(length, _count)| {
                self.entries.get(&key(&Prefix::new(prefix.network(), *length)))
            })
    }

    /// The entries of this prefix and of all inside it, in the order of their first address.
    pub(super) fn inside(&self, prefix: &Prefix) -> impl Iterator<Item = &T> {
        self.entries
            .range(key(prefix)..=(prefix.last(), u8::MAX))
            .map(|(_key, entry)| entry)
    }

    fn lengths_mut(&mut self, prefix: &Prefix) -> &mut BTreeMap<u8, usize> {
        if prefix.is_ipv4() {
            &mut self.ipv4_lengths
        } else {
            &mut self.ipv6_lengths
        }
    }
}

/// The place of a prefix in the order.
fn key(prefix: &Prefix) -> Key {
    (prefix.network(), prefix.length())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    fn map(prefixes: &[&str]) -> PrefixMap<String> {
        let mut map = PrefixMap::default();
        for text in prefixes {
            map.insert(&prefix(text), (*text).to_owned());
        }
        map
    }

    #[test]
    fn upwards_the_longest_comes_first() {
        let map = map(&[
            "0.0.0.0/0",
            "192.0.2.0/24",
            "192.0.2.9",
            "192.0.2.8/31",
            "192.0.3.0/24",
            "::/0",
        ]);
        let found: Vec<_> = map.covering(prefix("192.0.2.9")).collect();
        assert_eq!(found, ["192.0.2.9", "192.0.2.8/31", "192.0.2.0/24", "0.0.0.0/0"]);
        let found: Vec<_> = map.covering(prefix("192.0.2.0/25")).collect();
        assert_eq!(found, ["192.0.2.0/24", "0.0.0.0/0"]);
    }

    #[test]
    fn downwards_the_run_ends_at_the_last_address() {
        let map = map(&[
            "192.0.0.0/16",
            "192.0.2.0/24",
            "192.0.2.0",
            "192.0.2.255",
            "192.0.3.0",
            "2001:db8::/64",
        ]);
        let found: Vec<_> = map.inside(&prefix("192.0.2.0/24")).collect();
        assert_eq!(found, ["192.0.2.0/24", "192.0.2.0", "192.0.2.255"]);
        assert_eq!(map.inside(&prefix("0.0.0.0/0")).count(), 5);
        assert_eq!(map.inside(&prefix("::/0")).count(), 1);
    }

    #[test]
    fn a_length_out_of_use_is_forgotten() {
        let mut map = map(&["192.0.2.0/24", "198.51.100.0/24"]);
        assert!(map.remove(&prefix("192.0.2.0/24")).is_some());
        assert!(map.remove(&prefix("192.0.2.0/24")).is_none());
        assert_eq!(map.ipv4_lengths.len(), 1);
        assert!(map.remove(&prefix("198.51.100.0/24")).is_some());
        assert!(map.ipv4_lengths.is_empty());
        assert_eq!(map.len(), 0);
    }
}
