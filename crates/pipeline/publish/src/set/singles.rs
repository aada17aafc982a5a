//! Single IPv4 addresses, each with a mark.

use super::leaf::{Entry, Leaf};
use super::mark::MarkNumber;
use super::tree::{Tree, low};

/// Addresses with their marks. A clone is a version that stays as it is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Singles {
    tree: Tree<Leaf>,
}

impl Singles {
    /// The mark of an address.
    #[inline]
    pub(crate) fn get(&self, address: u32) -> Option<MarkNumber> {
        self.leaf(address)?.get(low(address))
    }

    /// The leaf in which an address stands if it is in.
    #[inline]
    pub(super) fn leaf(&self, address: u32) -> Option<&Leaf> {
        let [first, second, ..] = address.to_be_bytes();
        self.tree.leaf(first, second)
    }

    /// All leaves in the order of their addresses, each with the two octets that lead to it.
    pub(super) fn leaves(&self) -> impl Iterator<Item = ([u8; 2], &Leaf)> {
        self.tree.leaves()
    }

    /// The addresses behind these octets, in their order.
    pub(super) fn entries_of(&self, [first, second]: [u8; 2]) -> impl Iterator<Item = u32> {
        let entries = self.tree.leaf(first, second).into_iter().flat_map(Leaf::entries);
        entries.map(move |(low, _)| {
            let [third, last] = low.to_be_bytes();
            u32::from_be_bytes([first, second, third, last])
        })
    }

    /// Puts a whole leaf in its place.
    pub(super) fn put(&mut self, octets: [u8; 2], leaf: Leaf) {
        self.tree.change(octets, |_| Some(leaf));
    }

    /// Takes out all addresses whose first octet is less than this one.
    pub(crate) fn forget_before(&mut self, first: u8) {
        self.tree.forget_before(first);
    }

    /// Whether an address from `first` to `last` is in.
    pub(crate) fn has_between(&self, first: u32, last: u32) -> bool {
        self.tree
            .between(first, last)
            .any(|(leaf, first, last)| leaf.has_between(first, last))
    }

    /// The octets that follow on the `length` bits of `network` in addresses that are in; `length` is 0, 8, 16 or 24.
    pub(super) fn octets_below(&self, network: u32, length: u8) -> Vec<u8> {
        let [first, second, third, _] = network.to_be_bytes();
        match length {
            0 => self.tree.branches(),
            8 => self.tree.leaves_below(first),
            16 => self.tree.leaf(first, second).map_or_else(Vec::new, Leaf::thirds),
            24 => self
                .tree
                .leaf(first, second)
                .map_or_else(Vec::new, |leaf| leaf.lasts(third)),
            _ => Vec::new(),
        }
    }

    /// The number of addresses.
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.entries().count()
    }

    /// All addresses in their order, with their marks.
    pub(super) fn entries(&self) -> impl Iterator<Item = (u32, MarkNumber)> {
        self.tree.leaves().flat_map(|([first, second], leaf)| {
            leaf.entries().map(move |(low, mark)| {
                let [third, last] = low.to_be_bytes();
                (u32::from_be_bytes([first, second, third, last]), mark)
            })
        })
    }

    /// Bytes that all of it takes, what is shared with other versions included.
    pub(crate) fn bytes(&self) -> usize {
        let leaves: usize = self.tree.leaves().map(|(_, leaf)| leaf.bytes()).sum();
        self.tree.bytes().saturating_add(leaves)
    }

    /// Makes changes, which stand in the order of their addresses. What becomes of an address is for `fold` to say, from the mark that it
    /// has and all changes of it: its new mark, or none to take it out.
    pub(crate) fn change<C>(
        &mut self,
        changes: &[(u32, C)],
        mut fold: impl FnMut(Option<MarkNumber>, &[(u32, C)]) -> Option<MarkNumber>,
    ) {
        for changes in changes.chunk_by(|one, next| one.0 >> 16 == next.0 >> 16) {
            let Some([first, second, ..]) = changes.first().map(|(address, _)| address.to_be_bytes()) else {
                continue;
            };
            self.tree.change([first, second], |leaf| {
                Leaf::new(&merge(leaf, changes, &mut fold))
            });
        }
    }
}

/// The entries of a leaf after the changes, in their order.
fn merge<C>(
    leaf: Option<&Leaf>,
    changes: &[(u32, C)],
    fold: &mut impl FnMut(Option<MarkNumber>, &[(u32, C)]) -> Option<MarkNumber>,
) -> Vec<Entry> {
    let mut old = leaf.into_iter().flat_map(Leaf::entries).peekable();
    let mut merged = Vec::with_capacity(leaf.map_or(0, Leaf::len).saturating_add(changes.len()));
    for changes in changes.chunk_by(|one, next| one.0 == next.0) {
        let Some([.., third, last]) = changes.first().map(|(address, _)| address.to_be_bytes()) else {
            continue;
        };
        let low = u16::from_be_bytes([third, last]);
        while let Some(entry) = old.next_if(|entry| entry.0 < low) {
            merged.push(entry);
        }
        let known = old.next_if(|entry| entry.0 == low).map(|(_, mark)| mark);
        merged.extend(fold(known, changes).map(|mark| (low, mark)));
    }
    merged.extend(old);
    merged
}

#[cfg(test)]
mod tests {
    //! Against an ordinary map.

    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    /// Addresses that share octets now and then.
    fn addresses() -> impl Strategy<Value = u32> {
        prop_oneof![
            (0_u8..3, 0_u8..3, 0_u8..5, 0_u8..9).prop_map(|(a, b, c, d)| u32::from_be_bytes([a, b, c, d])),
            any::<u32>(),
        ]
    }

    /// Gives each address its new mark.
    fn put(singles: &mut Singles, changes: &[(u32, Option<MarkNumber>)]) {
        singles.change(changes, |_, changes| changes.last().and_then(|(_, mark)| *mark));
    }

    fn changes() -> impl Strategy<Value = BTreeMap<u32, Option<MarkNumber>>> {
        prop::collection::btree_map(addresses(), prop::option::weighted(0.6, 0_u16..300), 0..80)
    }

    proptest! {
        // Each case asks some thousand times.
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn they_agree_with_an_ordinary_map_and_versions_stay_as_they_were(
            steps in prop::collection::vec(changes(), 1..12),
        ) {
            let (mut singles, mut map) = (Singles::default(), BTreeMap::new());
            let mut versions = vec![(singles.clone(), map.clone())];
            for step in steps {
                let list: Vec<(u32, Option<MarkNumber>)> = step.into_iter().collect();
                put(&mut singles, &list);
                for (address, mark) in &list {
                    match mark {
                        Some(mark) => drop(map.insert(*address, *mark)),
                        None => drop(map.remove(address)),
                    }
                }
                versions.push((singles.clone(), map.clone()));
            }
            for (singles, map) in versions {
                prop_assert_eq!(singles.len(), map.len());
                prop_assert!(singles.entries().eq(map.iter().map(|(address, mark)| (*address, *mark))));
                for address in map.keys() {
                    prop_assert_eq!(singles.get(*address), map.get(address).copied());
                    prop_assert_eq!(singles.get(address ^ 1), map.get(&(address ^ 1)).copied());
                    for bits in [4, 9, 16, 21, 24, 30] {
                        let (first, last) = (address.wrapping_add(1) & (u32::MAX << bits), address | !(u32::MAX << bits));
                        prop_assert_eq!(singles.has_between(first, last), first <= last && map.range(first..=last).next().is_some());
                    }
                }
                prop_assert_eq!(singles.has_between(0, u32::MAX), !map.is_empty());
                for address in map.keys().take(9) {
                    for length in [0_u8, 8, 16, 24] {
                        let rest = u32::MAX.checked_shr(length.into()).unwrap_or(0);
                        let inside = map.range(address & !rest..=address | rest);
                        let mut below: Vec<u8> = inside.map(|(address, _)| address.to_be_bytes()[usize::from(length / 8)]).collect();
                        below.dedup();
                        prop_assert_eq!(singles.octets_below(*address, length), below);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_emptied_takes_nothing() {
        let empty = Singles::default().bytes();
        let mut singles = Singles::default();
        put(
            &mut singles,
            &[(1, Some(1)), (1 << 16, Some(1)), (1 << 24, Some(2))],
        );
        assert!(singles.bytes() > empty);
        put(
            &mut singles,
            &[(1, None), (2, None), (1 << 16, None), (1 << 24, None)],
        );
        assert_eq!((singles.len(), singles.bytes()), (0, empty));
    }
}
