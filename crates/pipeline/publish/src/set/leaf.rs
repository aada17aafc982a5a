//! The listed addresses of one /16: two octets of each address, and a mark that says what it is listed as.
//!
//! A leaf is one block of bytes that never changes; a change makes a new leaf. The addresses are grouped by their third octet, because
//! what is listed stands in clusters: an address then costs one byte, and its group two.
//!
//! ```text
//! groups - 1 | form | third octet of each group | size - 1 of each group | last octets, group by group | marks
//! ```
//!
//! The marks come in the smallest of three forms: one for all, an index of one byte into the few that there are, or two bytes each.
//! Everything is found by searching short runs of bytes, which the processor does 16 or 32 at a time.

use std::sync::Arc;

use super::mark::MarkNumber;

/// Bytes in front of the groups.
const HEAD: usize = 2;
/// Most addresses of a leaf.
const MOST: usize = 1 << 16;
/// Most marks that one byte can tell apart.
const FEW: usize = 1 << 8;
/// Bytes of the two counters in front of a shared block.
const COUNTERS: usize = 2 * size_of::<usize>();

/// One listed address of a /16 by its last two octets, with its mark.
pub(super) type Entry = (u16, MarkNumber);

/// How the marks are written.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Form {
    /// One mark for all.
    One = 0,
    /// The number of marks less one, the marks, then an index for each address.
    Few = 1,
    /// A mark for each address.
    Each = 2,
}

/// The listed addresses of one /16; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Leaf(Arc<[u8]>);

/// The groups of a leaf, and what stands behind them.
struct Groups<'a> {
    form: u8,
    thirds: &'a [u8],
    sizes: &'a [u8],
    rest: &'a [u8],
}

/// A leaf taken apart.
struct Parts<'a> {
    thirds: &'a [u8],
    sizes: &'a [u8],
    lasts: &'a [u8],
    form: u8,
    marks: &'a [u8],
}

impl Leaf {
    /// Makes a leaf of entries in the order of their addresses, each address once; none of no entries.
    pub(super) fn new(entries: &[Entry]) -> Option<Self> {
        if entries.is_empty() || entries.len() > MOST {
            return None;
        }
        let groups: Vec<&[Entry]> = entries
            .chunk_by(|one, next| third(one.0) == third(next.0))
            .collect();
        let groups_take = groups.len().saturating_mul(2).saturating_add(HEAD);
        let mut bytes = Vec::with_capacity(entries.len().saturating_mul(3).saturating_add(groups_take));
        bytes.push(less_one(groups.len()));
        let form_at = bytes.len();
        bytes.push(0);
        bytes.extend(groups.iter().filter_map(|group| Some(third(group.first()?.0))));
        bytes.extend(groups.iter().map(|group| less_one(group.len())));
        bytes.extend(entries.iter().map(|(address, _)| last(*address)));
        let form = write_marks(&mut bytes, entries);
        if let Some(place) = bytes.get_mut(form_at) {
            *place = form as u8;
        }
        Some(Self(bytes.into()))
    }

    /// The leaf of these bytes; none if they are not those of a leaf.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let leaf = Self(bytes.into());
        let parts = leaf.parts()?;
        let last = parts.lasts.len().checked_sub(1)?;
        // The last of all stands at the end, whatever the form.
        parts.mark(last)?;
        parts.thirds.is_sorted_by(|one, next| one < next).then_some(leaf)
    }

    /// The bytes, as they can be written to a file.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Reads a byte of each line of the cache that most leaves take.
    #[inline]
    pub(super) fn fetch(&self) -> usize {
        const LINE: usize = 64;
        const LINES: usize = 8;
        let lines = self.0.iter().step_by(LINE).take(LINES);
        lines.map(|byte| usize::from(*byte)).sum()
    }

    /// The mark of an address.
    #[inline]
    pub(super) fn get(&self, address: u16) -> Option<MarkNumber> {
        let groups = self.groups()?;
        // What stands in no group is told by the first lines of the leaf.
        let group = memchr::memchr(third(address), groups.thirds)?;
        let (before, from) = groups.sizes.split_at_checked(group)?;
        let start = total(before);
        let parts = groups.parts(start.saturating_add(total(from)))?;
        let size = usize::from(*from.first()?).saturating_add(1);
        let run = parts.lasts.get(start..start.saturating_add(size))?;
        let index = start.saturating_add(memchr::memchr(last(address), run)?);
        parts.mark(index)
    }

    /// Whether an address from `first` to `last` is in.
    pub(super) fn has_between(&self, first: u16, last: u16) -> bool {
        // A leaf is never empty, so that all of it holds something; less of it is looked through.
        (first, last) == (0, u16::MAX)
            || self
                .entries()
                .any(|(address, _)| (first..=last).contains(&address))
    }

    /// The third octets of its addresses.
    pub(super) fn thirds(&self) -> Vec<u8> {
        self.parts().map_or_else(Vec::new, |parts| parts.thirds.to_vec())
    }

    /// The last octets of its addresses with this third octet.
    pub(super) fn lasts(&self, third: u8) -> Vec<u8> {
        let run = self.parts().and_then(|parts| {
            let group = memchr::memchr(third, parts.thirds)?;
            let start = total(parts.sizes.get(..group)?);
            let size = usize::from(*parts.sizes.get(group)?).saturating_add(1);
            parts.lasts.get(start..start.saturating_add(size))
        });
        run.map_or_else(Vec::new, <[u8]>::to_vec)
    }

    /// The number of addresses.
    pub(super) fn len(&self) -> usize {
        self.parts().map_or(0, |parts| parts.lasts.len())
    }

    /// Bytes that it takes, its counters included.
    pub(super) fn bytes(&self) -> usize {
        self.0.len().saturating_add(COUNTERS)
    }

    /// All entries in the order of their addresses.
    pub(super) fn entries(&self) -> impl Iterator<Item = Entry> {
        self.parts().into_iter().flat_map(|parts| {
            let groups = parts.thirds.iter().zip(parts.sizes);
            let thirds = groups
                .flat_map(|(third, size)| std::iter::repeat_n(*third, usize::from(*size).saturating_add(1)));
            thirds
                .zip(parts.lasts)
                .enumerate()
                .filter_map(move |(index, (third, last))| {
                    Some((u16::from_be_bytes([third, *last]), parts.mark(index)?))
                })
        })
    }

    #[inline]
    fn groups(&self) -> Option<Groups<'_>> {
        let (&[groups, form], rest) = self.0.split_first_chunk::<HEAD>()?;
        let groups = usize::from(groups).saturating_add(1);
        let (thirds, rest) = rest.split_at_checked(groups)?;
        let (sizes, rest) = rest.split_at_checked(groups)?;
        Some(Groups {
            form,
            thirds,
            sizes,
            rest,
        })
    }

    fn parts(&self) -> Option<Parts<'_>> {
        let groups = self.groups()?;
        groups.parts(total(groups.sizes))
    }
}

impl<'a> Groups<'a> {
    /// All parts, where the groups hold so many addresses.
    #[inline]
    fn parts(&self, length: usize) -> Option<Parts<'a>> {
        let (lasts, marks) = self.rest.split_at_checked(length)?;
        Some(Parts {
            thirds: self.thirds,
            sizes: self.sizes,
            lasts,
            form: self.form,
            marks,
        })
    }
}

impl Parts<'_> {
    /// The mark of the address at this place.
    #[inline]
    fn mark(&self, index: usize) -> Option<MarkNumber> {
        const FEW_FORM: u8 = Form::Few as u8;
        const ONE_FORM: u8 = Form::One as u8;
        match self.form {
            ONE_FORM => number_at(self.marks, 0),
            FEW_FORM => {
                let (few, rest) = self.marks.split_first()?;
                let indexes = (usize::from(*few).saturating_add(1)).saturating_mul(2);
                let which = rest.get(indexes.saturating_add(index))?;
                number_at(rest, usize::from(*which))
            }
            _ => number_at(self.marks, index),
        }
    }
}

/// Writes the marks in the smallest form.
fn write_marks(bytes: &mut Vec<u8>, entries: &[Entry]) -> Form {
    let known = Known::of(entries);
    // The count, the marks and a byte for each address, against two bytes for each.
    let is_smaller = known.count.saturating_mul(2).saturating_add(1) < entries.len();
    if known.count == 1 {
        bytes.extend(entries.iter().take(1).flat_map(|(_, mark)| mark.to_le_bytes()));
        return Form::One;
    }
    if known.count > FEW || !is_smaller {
        bytes.extend(entries.iter().flat_map(|(_, mark)| mark.to_le_bytes()));
        return Form::Each;
    }
    bytes.push(less_one(known.count));
    bytes.extend(known.marks().flat_map(MarkNumber::to_le_bytes));
    bytes.extend(entries.iter().map(|(_, mark)| known.place(*mark)));
    Form::Few
}

/// Bits of a word of [`Known`].
const WORD: usize = u64::BITS as usize;
/// Words of [`Known`]: a bit for each number.
const WORDS: usize = (1 << MarkNumber::BITS) / WORD;

/// The marks of some entries, each once and in order: a bit for each number, and how many stand before each word. A leaf is made anew for
/// each change, so that sorting its marks would be most of what a change costs.
struct Known {
    words: [u64; WORDS],
    before: [u16; WORDS],
    count: usize,
}

impl Known {
    fn of(entries: &[Entry]) -> Self {
        let mut words = [0_u64; WORDS];
        let (mut first, mut last) = (WORDS, 0);
        for (_, mark) in entries {
            let (at, bit) = place_in_words(*mark);
            if let Some(word) = words.get_mut(at) {
                *word |= bit;
            }
            (first, last) = (first.min(at), last.max(at));
        }
        let mut before = [0; WORDS];
        let mut count = 0_u32;
        // Numbers in use stand close together, so that few of the words are looked at.
        let used = words
            .iter()
            .zip(&mut before)
            .take(last.saturating_add(1))
            .skip(first);
        for (word, before) in used {
            *before = u16::try_from(count).unwrap_or(u16::MAX);
            count = count.saturating_add(word.count_ones());
        }
        Self {
            words,
            before,
            count: count as usize,
        }
    }

    /// All of them.
    fn marks(&self) -> impl Iterator<Item = MarkNumber> {
        let numbers = (0..=MarkNumber::MAX).step_by(WORD);
        let words = self.words.iter().zip(numbers).filter(|(word, _)| **word != 0);
        words.flat_map(|(word, number)| {
            let bits = (0..64).filter(move |bit| word >> bit & 1 == 1);
            bits.map(move |bit| number.saturating_add(bit))
        })
    }

    /// The place of one of them among the first 256.
    fn place(&self, mark: MarkNumber) -> u8 {
        let (at, bit) = place_in_words(mark);
        let before = self.before.get(at).copied().unwrap_or_default();
        let same = self.words.get(at).copied().unwrap_or_default() & bit.wrapping_sub(1);
        let place = u32::from(before).saturating_add(same.count_ones());
        u8::try_from(place).unwrap_or(u8::MAX)
    }
}

/// The word and the bit of a number.
const fn place_in_words(mark: MarkNumber) -> (usize, u64) {
    (mark as usize / WORD, 1 << (mark as usize % WORD))
}

/// The mark number at a place of a run of them.
#[inline]
fn number_at(numbers: &[u8], index: usize) -> Option<MarkNumber> {
    let at = index.saturating_mul(2);
    let bytes = numbers.get(at..at.saturating_add(2))?;
    Some(MarkNumber::from_le_bytes(bytes.try_into().ok()?))
}

/// How many addresses groups of these sizes hold.
#[inline]
fn total(sizes: &[u8]) -> usize {
    let less: u32 = sizes.iter().map(|size| u32::from(*size)).sum();
    (less as usize).saturating_add(sizes.len())
}

/// A count from 1 to 256 in one byte.
fn less_one(count: usize) -> u8 {
    u8::try_from(count.saturating_sub(1)).unwrap_or(u8::MAX)
}

#[inline]
const fn third(address: u16) -> u8 {
    address.to_be_bytes()[0]
}

#[inline]
const fn last(address: u16) -> u8 {
    address.to_be_bytes()[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn leaf(entries: &[Entry]) -> Leaf {
        Leaf::new(entries).unwrap()
    }

    #[test]
    fn no_entries_are_no_leaf() {
        assert_eq!(Leaf::new(&[]), None);
    }

    #[test]
    fn a_full_leaf_holds_every_address() {
        let entries: Vec<Entry> = (0..=u16::MAX).map(|address| (address, address)).collect();
        let leaf = leaf(&entries);
        assert_eq!(leaf.len(), 65_536);
        assert!(
            entries
                .iter()
                .all(|(address, mark)| leaf.get(*address) == Some(*mark))
        );
        assert!(leaf.entries().eq(entries.iter().copied()));
    }

    #[test]
    fn one_mark_for_all_is_written_once() {
        let entries: Vec<Entry> = (0..256).map(|address| (address, 7)).collect();
        assert_eq!(leaf(&entries).0.len(), HEAD + 2 + 256 + 2);
    }

    #[test]
    fn few_marks_cost_a_byte_for_each_address() {
        let entries: Vec<Entry> = (0..256).map(|address| (address, 300 + address % 2)).collect();
        assert_eq!(leaf(&entries).0.len(), HEAD + 2 + 256 + 1 + 2 * 2 + 256);
    }

    #[test]
    fn bytes_that_are_no_leaf_are_refused() {
        let whole = leaf(&[(1, 7), (2, 8), (700, 7), (701, 9)]);
        assert_eq!(Leaf::from_bytes(whole.as_bytes()), Some(whole.clone()));
        for length in 0..whole.as_bytes().len() {
            assert_eq!(
                Leaf::from_bytes(&whole.as_bytes()[..length]),
                None,
                "{length} bytes"
            );
        }
        let mut backwards = whole.as_bytes().to_vec();
        backwards.swap(2, 3);
        assert_eq!(Leaf::from_bytes(&backwards), None);
    }

    proptest! {
        #[test]
        fn a_leaf_holds_what_was_put_in_and_nothing_else(
            entries in prop::collection::btree_map(any::<u16>(), 0_u16..400, 1..600),
            dense in any::<bool>(),
            asked in prop::collection::vec(any::<u16>(), 50),
        ) {
            let entries: BTreeMap<u16, u16> = if dense {
                entries.into_iter().map(|(address, mark)| (address % 700, mark % 3)).collect()
            } else {
                entries
            };
            let list: Vec<Entry> = entries.iter().map(|(address, mark)| (*address, *mark)).collect();
            let leaf = leaf(&list);
            prop_assert!(leaf.entries().eq(list.iter().copied()));
            prop_assert_eq!(leaf.len(), list.len());
            for address in asked.into_iter().chain(entries.keys().copied()) {
                prop_assert_eq!(leaf.get(address), entries.get(&address).copied());
                let until = address.saturating_add(100);
                prop_assert_eq!(leaf.has_between(address, until), entries.range(address..=until).next().is_some());
            }
        }
    }
}
