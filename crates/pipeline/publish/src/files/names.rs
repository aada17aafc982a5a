//! The domain names of a dataset: one row of bytes, sorted so that a name stands before all names below it.

use atalaya_formats::rbldnsd::{Key, Reach};

use super::networks::Numbers;
use super::values::{EXCLUDED, Grouping, Number, Together};

/// Names with their numbers.
#[derive(Debug, Default)]
struct Row {
    bytes: Box<[u8]>,
    ends: Box<[u32]>,
    numbers: Option<Numbers>,
}

impl Row {
    fn key(&self, place: usize) -> Option<&[u8]> {
        let end = usize::try_from(*self.ends.get(place)?).ok()?;
        let start = match place.checked_sub(1) {
            Some(before) => usize::try_from(*self.ends.get(before)?).ok()?,
            None => 0,
        };
        self.bytes.get(start..end)
    }

    /// The first place whose name does not stand before this one.
    fn place(&self, key: &[u8]) -> usize {
        let (mut low, mut high) = (0, self.ends.len());
        while low < high {
            let middle = low.saturating_add(high.saturating_sub(low).div_euclid(2));
            if self.key(middle).is_some_and(|own| own < key) {
                low = middle.saturating_add(1);
            } else {
                high = middle;
            }
        }
        low
    }

    fn find(&self, key: &[u8]) -> Option<Number> {
        let place = self.place(key);
        self.key(place).filter(|own| *own == key)?;
        self.numbers.as_ref()?.at(place)
    }

    fn has_below(&self, key: &[u8]) -> bool {
        let from = self.place(key);
        let names = (from..self.ends.len()).map_while(|place| Some((place, self.key(place)?)));
        let mut names = names.take_while(|(_, name)| name.starts_with(key));
        names.any(|(place, _)| {
            let number = self.numbers.as_ref().and_then(|numbers| numbers.at(place));
            number.is_some_and(|number| number != EXCLUDED)
        })
    }

    fn size(&self) -> usize {
        let numbers = self.numbers.as_ref().map_or(0, Numbers::bytes);
        let ends = size_of_val(&*self.ends);
        self.bytes.len().saturating_add(ends).saturating_add(numbers)
    }
}

/// Names that stand for themselves, and names that stand for what is below them.
#[derive(Debug)]
pub(super) struct Names {
    itself: Row,
    below: Row,
}

impl Names {
    /// The number of a name, and how many bytes of its key make the entry that it was found by.
    pub(super) fn find(&self, key: &[u8]) -> Option<(Number, usize)> {
        if let Some(number) = self.itself.find(key) {
            return Some((number, key.len()));
        }
        let mut ends: Vec<usize> = label_ends(key).collect();
        ends.pop();
        ends.into_iter()
            .rev()
            .find_map(|end| Some((self.below.find(key.get(..end)?)?, end)))
    }

    /// Whether something is listed below a name.
    pub(super) fn has_below(&self, key: &[u8]) -> bool {
        self.itself.has_below(key) || self.below.has_below(key)
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        self.itself.size().saturating_add(self.below.size())
    }
}

/// Where the labels of a key end.
pub(super) fn label_ends(key: &[u8]) -> impl Iterator<Item = usize> {
    let mut at = 0_usize;
    std::iter::from_fn(move || {
        let length = usize::from(*key.get(at)?);
        at = at.saturating_add(length).saturating_add(1);
        (at <= key.len()).then_some(at)
    })
}

/// Names of one row as they are read.
#[derive(Debug, Default)]
struct GatheredRow {
    bytes: Vec<u8>,
    entries: Vec<(usize, u8, Number)>,
}

impl GatheredRow {
    fn push(&mut self, key: &Key, number: Number) {
        let key = key.as_bytes();
        if let Ok(length) = u8::try_from(key.len()) {
            self.entries.push((self.bytes.len(), length, number));
            self.bytes.extend_from_slice(key);
        }
    }

    fn finish(mut self, grouping: &mut Grouping) -> Row {
        let bytes = self.bytes;
        let key = |entry: &(usize, u8, Number)| {
            let end = entry.0.saturating_add(usize::from(entry.1));
            bytes.get(entry.0..end).unwrap_or_default()
        };
        self.entries.sort_by(|one, other| key(one).cmp(key(other)));
        let (mut sorted, mut ends, mut numbers) = (Vec::with_capacity(bytes.len()), Vec::new(), Vec::new());
        for group in self.entries.chunk_by(|one, next| key(one) == key(next)) {
            let Some(first) = group.first() else { continue };
            sorted.extend_from_slice(key(first));
            // Four bytes count to 4 GiB of names; what is beyond is not to be found.
            let Ok(end) = u32::try_from(sorted.len()) else {
                break;
            };
            ends.push(end);
            numbers.push(grouping.join(group.iter().map(|(_, _, number)| *number), Together::All));
        }
        Row {
            bytes: sorted.into(),
            ends: ends.into(),
            numbers: Some(Numbers::new(numbers)),
        }
    }
}

/// Names as they are read.
#[derive(Debug, Default)]
pub(super) struct GatheredNames {
    itself: GatheredRow,
    below: GatheredRow,
}

impl GatheredNames {
    /// Takes a name.
    pub(super) fn push(&mut self, key: &Key, reach: Reach, number: Number) {
        if reach != Reach::Below {
            self.itself.push(key, number);
        }
        if reach != Reach::Itself {
            self.below.push(key, number);
        }
    }

    /// Puts them in their places.
    pub(super) fn finish(self, grouping: &mut Grouping) -> Names {
        Names {
            itself: self.itself.finish(grouping),
            below: self.below.finish(grouping),
        }
    }
}
