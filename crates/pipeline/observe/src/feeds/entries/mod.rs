//! The entries of a feed in memory: sorted, so that an address is found in a few steps and two fetches are compared in one pass.
//!
//! An IPv4 address takes 8 bytes, a network or an IPv6 /64 takes 28. Beside each stands a [`Mark`]: what it did, and when the list named it last. An
//! entry that the list names now, without a time of its own, has no moment in its mark: it was named when the list was fetched last, so
//! that a fetch that finds nothing new writes no entry. One that left keeps the moment, and counts until that is too long ago.

mod file;
mod mark;

use std::cmp::Ordering;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use atalaya_model::{Kind, Prefix, Timestamp};

pub(super) use mark::Mark;

/// Most entries of one feed: some more than all addresses that large lists name today together.
pub(super) const MOST_ENTRIES: usize = 5_000_000;
/// Most entries that are kept: those of the list, and those that left it and still count.
pub(super) const MOST_KEPT: usize = 2 * MOST_ENTRIES;
/// Bits of an IPv6 address that one entry names at most, as one listing does.
const IPV6_UNIT: u8 = 64;

/// The entries of a feed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Entries {
    singles: Vec<(u32, Mark)>,
    ranges: Vec<(Prefix, Mark)>,
}

/// What changed between two fetches.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Changes {
    /// Entries that were not there before.
    pub(super) new: u64,
    /// Entries that are no more.
    pub(super) gone: u64,
}

/// The moments by which entries count.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moments {
    /// Now.
    pub(super) now: Timestamp,
    /// When the list was fetched last.
    pub(super) fetched_at: Timestamp,
    /// How long an entry counts after the list named it last.
    pub(super) expires: Duration,
}

impl Moments {
    /// Whether an entry counts.
    fn holds(&self, mark: Mark) -> bool {
        // No list knows of what comes after it.
        let named_at = mark
            .named_at()
            .map_or(self.fetched_at, |at| at.min(self.fetched_at));
        self.now.since(named_at) <= self.expires
    }
}

impl Entries {
    /// Adds an entry; [`Entries::sort`] must follow.
    pub(super) fn push(&mut self, prefix: Prefix, mark: Mark) {
        match (prefix.network(), prefix.is_single()) {
            (IpAddr::V4(address), true) => self.singles.push((address.to_bits(), mark)),
            (IpAddr::V4(_), false) => self.ranges.push((prefix, mark)),
            (address @ IpAddr::V6(_), _) => {
                let prefix = Prefix::new(address, prefix.length().min(IPV6_UNIT));
                self.ranges.push((prefix, mark));
            }
        }
    }

    /// Puts all in order. Of an entry that is there twice, the one counts that was named last.
    pub(super) fn sort(&mut self) {
        sort(&mut self.singles);
        sort(&mut self.ranges);
    }

    /// How many.
    pub(super) fn len(&self) -> usize {
        self.singles.len().saturating_add(self.ranges.len())
    }

    /// How many IPv4 addresses they cover; what lies in another entry is counted twice.
    pub(super) fn addresses(&self) -> u64 {
        let ranges = self.ranges.iter().filter(|(range, _)| range.is_ipv4());
        let sizes = ranges.map(|(range, _)| 1_u64 << 32_u8.saturating_sub(range.length()));
        sizes.fold(self.singles.len() as u64, u64::saturating_add)
    }

    /// How many IPv6 /64 they cover; what lies in another entry is counted twice.
    pub(super) fn networks(&self) -> u64 {
        let ranges = self.ranges.iter().filter(|(range, _)| !range.is_ipv4());
        let sizes = ranges.map(|(range, _)| {
            let bits = IPV6_UNIT.saturating_sub(range.length());
            1_u64.checked_shl(u32::from(bits)).unwrap_or(u64::MAX)
        });
        sizes.fold(0, u64::saturating_add)
    }

    /// The entry that is wider than a length of its family, if there is one.
    pub(super) fn wider_than(&self, ipv4: u8, ipv6: u8) -> Option<Prefix> {
        let widest = |range: &Prefix| if range.is_ipv4() { ipv4 } else { ipv6 };
        let mut ranges = self.ranges.iter().map(|(range, _)| *range);
        ranges.find(|range| range.length() < widest(range))
    }

    /// What the list says of an address.
    pub(super) fn find(&self, address: IpAddr, moments: Moments) -> Option<Kind> {
        let unit = Prefix::unit(address);
        let single = match unit.network() {
            IpAddr::V4(address) => get(&self.singles, &address.to_bits()),
            IpAddr::V6(_) => None,
        };
        let ranges = || {
            let around = unit.with_parents().filter(|_| !self.ranges.is_empty());
            around.filter_map(|range| get(&self.ranges, &range))
        };
        let mut marks = single.into_iter().chain(ranges());
        marks.find(|mark| moments.holds(*mark)).map(Mark::kind)
    }

    /// How many entries share an address with a range, and the first of them.
    pub(super) fn overlapping(&self, range: Prefix) -> (usize, Option<Prefix>) {
        let singles = match (range.network(), range.last()) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                let start = self.singles.partition_point(|(at, _)| *at < first.to_bits());
                let end = self.singles.partition_point(|(at, _)| *at <= last.to_bits());
                self.singles.get(start..end).unwrap_or_default()
            }
            _ => &[],
        };
        let start = self.ranges.partition_point(|(at, _)| *at < range);
        let behind = self.ranges.get(start..).unwrap_or_default();
        let inside = behind.iter().map(|(at, _)| *at);
        let mut inside = inside.take_while(|at| range.covers(at)).peekable();
        let around = range.with_parents().skip(1);
        let mut around = around.filter(|at| get(&self.ranges, at).is_some()).peekable();
        let single = singles
            .first()
            .map(|(at, _)| Prefix::from(Ipv4Addr::from_bits(*at)));
        let first = around.peek().or_else(|| inside.peek()).copied().or(single);
        let ranges = around.count().saturating_add(inside.count());
        (singles.len().saturating_add(ranges), first)
    }

    /// These, and of those of the fetch before what left and still counts.
    pub(super) fn after(self, before: &Self, moments: Moments) -> (Self, Changes) {
        let mut changes = Changes::default();
        let mut merged = Self {
            singles: merge(&before.singles, &self.singles, moments, &mut changes),
            ranges: merge(&before.ranges, &self.ranges, moments, &mut changes),
        };
        merged.bound(MOST_KEPT);
        (merged, changes)
    }

    /// Forgets so many of those that left that at most `most` stay: first those that were named last the longest time ago.
    fn bound(&mut self, most: usize) {
        let singles = self.singles.iter().map(|(_, mark)| *mark);
        let marks = singles.chain(self.ranges.iter().map(|(_, mark)| *mark));
        let excess = self.len().saturating_sub(most);
        if excess == 0 {
            return;
        }
        let mut left: Vec<_> = marks.filter(|mark| mark.has_left()).map(Mark::named_at).collect();
        left.sort_unstable();
        let Some(last) = left.get(excess.min(left.len()).saturating_sub(1)).copied() else {
            return;
        };
        let older = left.partition_point(|at| *at < last);
        let mut of_that_hour = excess.saturating_sub(older);
        let mut stays = |mark: Mark| match mark.named_at().cmp(&last) {
            _ if !mark.has_left() => true,
            Ordering::Less => false,
            Ordering::Greater => true,
            Ordering::Equal => {
                let stays = of_that_hour == 0;
                of_that_hour = of_that_hour.saturating_sub(1);
                stays
            }
        };
        self.singles.retain(|(_, mark)| stays(*mark));
        self.ranges.retain(|(_, mark)| stays(*mark));
        self.singles.shrink_to_fit();
        self.ranges.shrink_to_fit();
    }
}

/// The mark of a key.
fn get<K: Ord>(sorted: &[(K, Mark)], key: &K) -> Option<Mark> {
    let at = sorted.binary_search_by(|(at, _)| at.cmp(key)).ok()?;
    sorted.get(at).map(|(_, mark)| *mark)
}

/// Sorts by key; of two with the same key, the one stays that was named last.
fn sort<K: Ord + Copy>(entries: &mut Vec<(K, Mark)>) {
    entries.sort_unstable_by(|one, other| one.0.cmp(&other.0).then(other.1.cmp_moment(&one.1)));
    entries.dedup_by_key(|(key, _)| *key);
    entries.shrink_to_fit();
}

/// What the list names now, and of what it named before what has left and still counts.
fn merge<K: Ord + Copy>(
    before: &[(K, Mark)],
    now: &[(K, Mark)],
    moments: Moments,
    changes: &mut Changes,
) -> Vec<(K, Mark)> {
    let mut merged = Vec::with_capacity(now.len());
    let (mut before, mut now) = (before.iter().peekable(), now.iter().peekable());
    loop {
        let order = match (before.peek(), now.peek()) {
            (None, None) => return merged,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some((old, _)), Some((new, _))) => old.cmp(new),
        };
        let old = if order == Ordering::Greater {
            None
        } else {
            before.next()
        };
        let new = if order == Ordering::Less { None } else { now.next() };
        match (old, new) {
            (Some((key, mark)), None) => {
                if !mark.has_left() {
                    changes.gone = changes.gone.saturating_add(1);
                }
                let left = mark.leave(moments.fetched_at);
                if moments.holds(left) {
                    merged.push((*key, left));
                }
            }
            (old, Some(entry)) => {
                if old.is_none_or(|(_, mark)| mark.has_left()) {
                    changes.new = changes.new.saturating_add(1);
                }
                merged.push(*entry);
            }
            (None, None) => {}
        }
    }
}

#[cfg(test)]
mod tests;
