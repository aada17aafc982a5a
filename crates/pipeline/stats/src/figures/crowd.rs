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
        for prefix in prefixes {
            let (first, last) = (Sender::of(prefix.network()), Sender::of(prefix.last()));
            match (first, last) {
                (Sender::V4(first), Sender::V4(last)) => within.v4.extend(self.v4.range(first..=last)),
                (Sender::V6(first), Sender::V6(last)) => {
                    within.v6.extend(
                        self.v6
                            .iter()
                            .skip_while(|bits| *bits < first)
                            .take_while(|bits| *bits <= last),
                    );
                }
                _ => {}
            }
        }
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
