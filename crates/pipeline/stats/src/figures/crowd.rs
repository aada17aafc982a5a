//! A set of senders, exact however large: Roaring bitmaps (Lemire et al., "Roaring Bitmaps: Implementation of an Optimized Software Library",
//! 2018), one of IPv4 addresses and one of IPv6 /64. Sets of several days or machines make one by union.

use std::collections::BTreeMap;

use atalaya_model::Prefix;
use roaring::{RoaringBitmap, RoaringTreemap};

use crate::sender::{Neighbourhood, Sender};

/// A set of senders.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Crowd {
    v4: RoaringBitmap,
    v6: RoaringTreemap,
}

impl Crowd {
    /// Adds a sender.
    pub(crate) fn insert(&mut self, sender: Sender) {
        match sender {
            Sender::V4(bits) => self.v4.insert(bits),
            Sender::V6(bits) => self.v6.insert(bits),
        };
    }

    /// Adds all of another.
    pub(crate) fn add(&mut self, other: &Self) {
        self.v4 |= &other.v4;
        self.v6 |= &other.v6;
    }

    /// How many there are.
    pub(crate) fn len(&self) -> u64 {
        self.v4.len().saturating_add(self.v6.len())
    }

    /// How many are in both.
    pub(crate) fn common(&self, other: &Self) -> u64 {
        let v6 = (&self.v6 & &other.v6).len();
        self.v4.intersection_len(&other.v4).saturating_add(v6)
    }

    /// Each of them, in order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Sender> {
        let v6 = self.v6.iter().map(Sender::V6);
        self.v4.iter().map(Sender::V4).chain(v6)
    }

    /// Those of them that lie in one of these prefixes.
    pub(crate) fn within(&self, prefixes: &[Prefix]) -> Self {
        let mut within = Self::default();
        let mut wide: Vec<(u64, u64)> = Vec::new();
        for prefix in prefixes {
            match (Sender::of(prefix.network()), Sender::of(prefix.last())) {
                (Sender::V4(first), Sender::V4(last)) => within.v4.extend(self.v4.range(first..=last)),
                (Sender::V6(first), Sender::V6(last)) => wide.push((first, last)),
                _ => {}
            }
        }
        wide.sort_unstable();
        // Up to where any of the ranges so far reaches.
        let mut reached = 0;
        for range in &mut wide {
            reached = reached.max(range.1);
            range.1 = reached;
        }
        let is_in = |bits: &u64| {
            let begun = wide.partition_point(|(first, _)| first <= bits);
            begun
                .checked_sub(1)
                .and_then(|place| wide.get(place))
                .is_some_and(|(_, last)| bits <= last)
        };
        within.v6.extend(self.v6.iter().filter(is_in));
        within
    }

    /// How many there are in each neighbourhood.
    pub(crate) fn by_neighbourhood(&self) -> BTreeMap<Neighbourhood, u64> {
        let mut counts = BTreeMap::new();
        for sender in self.iter() {
            let count: &mut u64 = counts.entry(sender.neighbourhood()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

impl FromIterator<Sender> for Crowd {
    fn from_iter<I: IntoIterator<Item = Sender>>(senders: I) -> Self {
        let mut crowd = Self::default();
        senders.into_iter().for_each(|sender| crowd.insert(sender));
        crowd
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn who_is_within_is_found(
            senders in proptest::collection::vec(prop_oneof![(0..2_000_u32).prop_map(Sender::V4), (0..2_000_u64).prop_map(|low| Sender::V6(low << 8))], 0..60),
            prefixes in proptest::collection::vec((0..2_000_u64, 16..=32_u8, any::<bool>()), 0..12),
        ) {
            let prefixes: Vec<Prefix> = prefixes
                .into_iter()
                .map(|(low, length, is_v4)| {
                    let sender = if is_v4 { Sender::V4(u32::try_from(low).unwrap()) } else { Sender::V6(low << 8) };
                    Prefix::new(sender.address(), if is_v4 { length } else { length + 32 })
                })
                .collect();
            let crowd: Crowd = senders.iter().copied().collect();
            let within: Vec<Sender> = crowd.within(&prefixes).iter().collect();
            let is_in = |sender: &Sender| prefixes.iter().any(|prefix| prefix.contains(sender.address()));
            let expected: Vec<Sender> = crowd.iter().filter(is_in).collect();
            prop_assert_eq!(within, expected);
        }
    }
}
