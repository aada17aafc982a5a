//! A whole list in the place of another one, piece by piece, so that both never stand in memory together.
//!
//! The new list comes in the order of its addresses. What has come is put in place a piece at a time: inside the range that the piece
//! spans, what the new list does not name goes, and what it names comes, in one version. So in the middle of it the addresses before some
//! point answer by the new list and those behind it by the old one. Three rules keep that free of answers that neither list gives:
//!
//! - an old prefix that reaches beyond its piece stays to the end, so that no address inside is let go before its own piece has come;
//! - what either list allows is silent until the end, so that nothing shows for a moment that an allow entry hid or will hide;
//! - what comes out of its order is entered all the same.
//!
//! An address that both lists name and neither allows is listed all the time; one that neither names never is. Only the classes that cover
//! an address may be those of both lists together for a while.
//!
//! A new list that ends in the middle leaves the set as it is then: another replacement, from the beginning, makes it whole.

use std::collections::{BTreeSet, HashSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;

use atalaya_model::{AllowEntry, Prefix};

use super::mark::End;
use super::{Change, Held, Set, single};

/// Listings put in place together: each piece makes anew the branches that it touches, and what is waiting takes memory.
const PIECE: usize = 1 << 14;
/// The first IPv4 address in the order of all addresses, where IPv4 stands in its mapped form.
const FIRST_IPV4: u128 = Ipv4Addr::UNSPECIFIED.to_ipv6_mapped().to_bits();
/// The last one.
const LAST_IPV4: u128 = Ipv4Addr::BROADCAST.to_ipv6_mapped().to_bits();

/// A list on its way into a set.
#[derive(Debug, Default)]
pub(crate) struct Replacement {
    /// What has come since the last piece, in the order of the networks.
    waiting: Vec<(Prefix, Change)>,
    /// The last place among them.
    last: Option<u128>,
    /// Everything before this place is as the new list has it; none when all of it is.
    from: Option<u128>,
    /// The allow list of the new one.
    allowed: HashSet<Prefix>,
    /// Prefixes of the old list that go at the end.
    last_to_go: BTreeSet<Prefix>,
    /// Listings of a piece.
    piece: usize,
}

impl Replacement {
    /// Begins with nothing in place.
    pub(crate) fn new() -> Self {
        Self::in_pieces(PIECE)
    }

    fn in_pieces(piece: usize) -> Self {
        Self {
            from: Some(0),
            piece,
            ..Self::default()
        }
    }

    /// Takes an entry of the new allow list, which comes before the listings.
    pub(crate) fn allow(&mut self, set: &mut Set, entry: &AllowEntry) {
        self.allowed.insert(entry.prefix);
        let end = End::at(entry.until);
        set.view.allowed.set(&entry.prefix, Some(end));
    }

    /// Takes the next listing.
    pub(crate) fn list(&mut self, set: &mut Set, listing: &Held) {
        let text = listing.text.as_deref().and_then(|text| set.number_of(text));
        let change = Change::List(listing.class, End::at(listing.until), text);
        let prefix = listing.prefix;
        let place = place(prefix.network());
        if self.from.is_none_or(|from| place < from) {
            let clear = self.last_to_go.remove(&prefix).then_some(Change::Clear);
            set.change_entry(&prefix, clear.into_iter().chain([change]));
            return;
        }
        // Whatever begins at one address comes in one piece.
        if self.waiting.len() >= self.piece
            && let Some(last) = self.last.filter(|last| *last < place)
        {
            self.put(set, last);
        }
        self.last = self.last.max(Some(place));
        self.waiting.push((prefix, change));
    }

    /// Ends it: the set holds what the new list holds and nothing else.
    pub(crate) fn finish(mut self, set: &mut Set) {
        self.put(set, u128::MAX);
        for prefix in &self.last_to_go {
            set.change_prefix(prefix, [Change::Clear]);
        }
        let allowed: Vec<Prefix> = set.view.allowed.entries().map(|(prefix, _)| prefix).collect();
        for prefix in allowed.iter().filter(|prefix| !self.allowed.contains(prefix)) {
            set.view.allowed.set(prefix, None);
        }
    }

    /// Puts what is waiting in the place of everything that begins up to `last`.
    fn put(&mut self, set: &mut Set, last: u128) {
        let Some(from) = self.from else { return };
        self.from = last.checked_add(1);
        let mut waiting = std::mem::take(&mut self.waiting);
        // Changes of one prefix keep their order.
        waiting.sort_by_key(|(prefix, _)| (place(prefix.network()), *prefix));
        self.put_prefixes(set, &(from..=last), &waiting);
        if from <= LAST_IPV4 && last >= FIRST_IPV4 {
            let ipv4 = address4(from)..=address4(last);
            let singles = waiting
                .iter()
                .filter_map(|(prefix, change)| Some((single(prefix)?, *change)));
            put_singles(set, &ipv4, &singles.collect::<Vec<_>>());
        }
        waiting.clear();
        self.waiting = waiting;
    }

    fn put_prefixes(&mut self, set: &mut Set, range: &RangeInclusive<u128>, new: &[(Prefix, Change)]) {
        let (first, last) = (*range.start(), *range.end());
        let mut old = set.view.listed.beginning(
            Ipv6Addr::from_bits(first).into(),
            Ipv6Addr::from_bits(last).into(),
        );
        if first <= LAST_IPV4 && last >= FIRST_IPV4 {
            let [first, last] = [first, last].map(|at| Ipv4Addr::from_bits(address4(at)).into());
            old.extend(set.view.listed.beginning(first, last));
        }
        let new = new.chunk_by(|one, next| one.0 == next.0);
        let new = new.filter_map(|changes| Some((changes.first()?.0, changes)));
        let new: Vec<_> = new.filter(|(prefix, _)| single(prefix).is_none()).collect();
        let named: HashSet<Prefix> = new.iter().map(|(prefix, _)| *prefix).collect();
        for (prefix, changes) in new {
            let changes = changes.iter().map(|(_, change)| *change);
            set.change_prefix(&prefix, std::iter::once(Change::Clear).chain(changes));
        }
        for prefix in old.into_iter().filter(|prefix| !named.contains(prefix)) {
            if place(prefix.last()) <= last {
                set.change_prefix(&prefix, [Change::Clear]);
            } else {
                self.last_to_go.insert(prefix);
            }
        }
    }
}

impl Set {
    /// Changes an entry, whatever it is.
    fn change_entry(&mut self, prefix: &Prefix, changes: impl IntoIterator<Item = Change>) {
        match single(prefix) {
            Some(address) => {
                let changes = changes.into_iter().map(|change| (address, change));
                self.change_singles(&mut changes.collect());
            }
            None => self.change_prefix(prefix, changes),
        }
    }
}

/// Puts single addresses in the place of those in a range, leaf by leaf: of what goes, no more than a leaf is looked at together.
fn put_singles(set: &mut Set, range: &RangeInclusive<u32>, new: &[(u32, Change)]) {
    let mut new = new;
    let mut changes = Vec::new();
    for high in range.start() >> 16..=range.end() >> 16 {
        let octets = [high >> 8, high].map(|octet| octet.to_le_bytes()[0]);
        let old = set.view.singles.entries_of(octets);
        let old = old.filter(|address| range.contains(address));
        changes.extend(old.map(|address| (address, Change::Clear)));
        let (here, behind) = new.split_at(new.partition_point(|(address, _)| address >> 16 <= high));
        changes.extend_from_slice(here);
        new = behind;
        if !changes.is_empty() {
            set.change_singles(&mut changes);
        }
    }
}

/// The place of an address in the order of all.
fn place(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

/// The IPv4 address at a place, or the nearest.
fn address4(place: u128) -> u32 {
    let above = place.saturating_sub(FIRST_IPV4);
    u32::try_from(above).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
