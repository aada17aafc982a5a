//! Ranges that do not overlap, in order, for finding the one that an address is in.
//!
//! ```text
//! claims (any order, overlapping) ── sweep ──► starts  [0, 16777216, 16777472, ...]   one key a range
//!                                              values  [-, AU,       CN,       ...]   `default` where nothing is known
//!                                              buckets [0, 0, ... 2, ...]             where the starts of each 16 bits begin
//! ```
//!
//! A lookup goes to its bucket and halves what is there. IPv4 addresses are their 32 bits, IPv6 addresses their first 64: nobody is
//! given less than that.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Buckets of an index.
const BUCKETS: usize = 1 << 16;
/// The first address of `2000::/3`, from which alone IPv6 addresses are given out (RFC 4291 section 2.4).
const UNICAST: u64 = 0x2000 << 48;
/// The bits behind the three that these addresses share and the 16 of their bucket.
const BEHIND_BUCKET: u32 = 64 - 3 - 16;

/// An address as it is looked up.
pub(crate) trait Key: Copy + Ord {
    /// The first of all.
    const FIRST: Self;

    /// The one after it.
    fn next(self) -> Option<Self>;

    /// The one before it.
    fn previous(self) -> Option<Self>;

    /// How far it is from another that is not larger.
    fn distance(self, from: Self) -> u64;

    /// Its bucket; that of a larger one is no smaller.
    fn bucket(self) -> usize;
}

impl Key for u32 {
    const FIRST: Self = 0;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn distance(self, from: Self) -> u64 {
        self.saturating_sub(from).into()
    }

    fn bucket(self) -> usize {
        (self >> 16) as usize
    }
}

impl Key for u64 {
    const FIRST: Self = 0;

    fn next(self) -> Option<Self> {
        self.checked_add(1)
    }

    fn previous(self) -> Option<Self> {
        self.checked_sub(1)
    }

    fn distance(self, from: Self) -> u64 {
        self.saturating_sub(from)
    }

    fn bucket(self) -> usize {
        let bucket = self.saturating_sub(UNICAST) >> BEHIND_BUCKET;
        usize::try_from(bucket)
            .unwrap_or(usize::MAX)
            .min(BUCKETS.saturating_sub(1))
    }
}

/// What says more where two claims overlap: lower layers are heard first, and the narrower claim of a layer before the wider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Layer {
    /// What no file can claim: addresses that are nobody's.
    Reserved,
    /// What files say.
    Files,
    /// What the program brings with it.
    BuiltIn,
}

/// What is said of a range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Claim<K, V> {
    pub(crate) first: K,
    pub(crate) last: K,
    pub(crate) layer: Layer,
    pub(crate) value: V,
}

/// The ranges. An empty one knows nothing.
#[derive(Debug, Clone)]
pub(crate) struct Ranges<K, V> {
    starts: Box<[K]>,
    values: Box<[V]>,
    /// How many starts lie in lower buckets, by bucket; one more at the end.
    buckets: Box<[u32]>,
}

impl<K, V> Default for Ranges<K, V> {
    fn default() -> Self {
        Self {
            starts: Box::default(),
            values: Box::default(),
            buckets: Box::default(),
        }
    }
}

impl<K: Key, V: Copy + Default + PartialEq> Ranges<K, V> {
    /// Makes ranges of claims. Of claims alike in layer and width, the first is heard.
    pub(crate) fn of_claims(mut claims: Vec<Claim<K, V>>) -> Self {
        // Stable: what was read first stays first.
        claims.sort_by_key(|claim| claim.first);
        let mut runs = Runs::default();
        let mut waiting = claims.iter().enumerate().peekable();
        let mut open: BinaryHeap<Reverse<Open<K>>> = BinaryHeap::new();
        let mut here = K::FIRST;
        loop {
            while open.peek().is_some_and(|Reverse(top)| top.last < here) {
                open.pop();
            }
            while let Some((at, claim)) = waiting.next_if(|(_, claim)| claim.first <= here) {
                open.push(Reverse(Open::of(claim, at)));
            }
            let heard = open.peek().map(|Reverse(top)| top);
            let value = heard.and_then(|top| claims.get(top.at)).map(|claim| claim.value);
            runs.push(here, value.unwrap_or_default());
            let after = heard.and_then(|top| top.last.next());
            let begun = waiting.peek().map(|(_, claim)| claim.first);
            here = match (after, begun) {
                (Some(after), Some(begun)) => after.min(begun),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => break,
            };
        }
        runs.finish()
    }

    /// What is known of an address.
    pub(crate) fn get(&self, key: K) -> V {
        let bucket = key.bucket();
        let bound = |at: usize| self.buckets.get(at).copied().unwrap_or_default() as usize;
        let (from, to) = (bound(bucket), bound(bucket.saturating_add(1)));
        let inside = self.starts.get(from..to).unwrap_or_default();
        let begun = inside.partition_point(|start| *start <= key);
        let at = from.saturating_add(begun).checked_sub(1);
        at.and_then(|at| self.values.get(at)).copied().unwrap_or_default()
    }

    /// The first key from `from` on of which something wanted is known.
    pub(crate) fn next(&self, from: K, is_wanted: impl Fn(V) -> bool) -> Option<K> {
        if is_wanted(self.get(from)) {
            return Some(from);
        }
        let behind = self.starts.partition_point(|start| *start <= from);
        let starts = self.starts.get(behind..)?.iter();
        let mut ranges = starts.zip(self.values.get(behind..)?);
        ranges
            .find(|(_, value)| is_wanted(**value))
            .map(|(start, _)| *start)
    }

    /// Each range by its start, in order, with what is known of it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (K, V)> {
        self.starts.iter().copied().zip(self.values.iter().copied())
    }

    /// How many ranges there are.
    pub(crate) fn len(&self) -> usize {
        self.starts.len()
    }

    /// Bytes in memory.
    pub(crate) fn bytes(&self) -> usize {
        let all = [
            size_of_val(&*self.starts),
            size_of_val(&*self.values),
            size_of_val(&*self.buckets),
        ];
        all.into_iter().fold(0, usize::saturating_add)
    }
}

/// A claim that holds at the place that the sweep is at: what says most is the least.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Open<K> {
    layer: Layer,
    width: u64,
    /// Its place among the claims.
    at: usize,
    last: K,
}

impl<K: Key> Open<K> {
    fn of<V>(claim: &Claim<K, V>, at: usize) -> Self {
        Self {
            layer: claim.layer,
            width: claim.last.distance(claim.first),
            at,
            last: claim.last,
        }
    }
}

/// Ranges as they are made, from the first address on.
#[derive(Debug)]
pub(crate) struct Runs<K, V> {
    starts: Vec<K>,
    values: Vec<V>,
}

impl<K, V> Default for Runs<K, V> {
    fn default() -> Self {
        Self {
            starts: Vec::new(),
            values: Vec::new(),
        }
    }
}

impl<K: Key, V: Copy + Default + PartialEq> Runs<K, V> {
    /// Begins a range behind the last one; nothing where it says the same.
    pub(crate) fn push(&mut self, start: K, value: V) {
        if self.values.last() == Some(&value) {
            return;
        }
        self.starts.push(start);
        self.values.push(value);
    }

    /// Makes the index.
    pub(crate) fn finish(self) -> Ranges<K, V> {
        let mut buckets = vec![0_u32; BUCKETS.saturating_add(1)];
        for start in &self.starts {
            if let Some(count) = buckets.get_mut(start.bucket().saturating_add(1)) {
                *count = count.saturating_add(1);
            }
        }
        let mut below = 0_u32;
        for count in &mut buckets {
            below = below.saturating_add(*count);
            *count = below;
        }
        Ranges {
            starts: self.starts.into(),
            values: self.values.into(),
            buckets: buckets.into(),
        }
    }
}

#[cfg(test)]
mod tests;
