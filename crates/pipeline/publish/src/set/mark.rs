//! What an entry is listed as: the classes and their ends, numbered, so that an entry needs two bytes to say it.
//!
//! Millions of entries share a few thousand marks, because an end is kept by the hour: the decision that takes an entry out comes on its
//! second, and the hour only bounds how long a list answers that hears no more decisions. The numbers are given to the marks in
//! use; one that nobody uses any more is given away again. Readers hold a version of the table that fits their version of the entries.

use std::collections::HashMap;
use std::sync::Arc;

use atalaya_model::{Class, Timestamp};

use super::classes::{Classes, Codes};

/// Seconds of the step in which ends are kept.
const HOUR: i64 = 3600;
/// The coarser steps, in hours, for a table that is full: a day, a month of 30 days.
const COARSER: [u32; 2] = [24, 720];
/// Numbers kept back for [`Mark::endless`], one for each set of classes: an entry always finds a mark.
const KEPT_BACK: usize = 1 << CLASSES;
/// Numbers in all.
const NUMBERS: usize = 1 << MarkNumber::BITS;
/// Marks of one chunk of the table, which is copied for each new mark.
const CHUNK: usize = 64;
/// The number of classes.
const CLASSES: usize = Class::ALL.len();

/// The number of a mark in the table.
pub(super) type MarkNumber = u16;

/// When a class ends, by the hour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub(super) struct End(u32);

impl End {
    /// As it stands in a file.
    pub(super) const fn to_bytes(self) -> [u8; 4] {
        self.0.to_le_bytes()
    }

    /// Reads one from a file.
    pub(super) const fn from_bytes(bytes: [u8; 4]) -> Self {
        Self(u32::from_le_bytes(bytes))
    }

    /// Not in this class.
    const ABSENT: Self = Self(0);
    /// In this class without end.
    pub(super) const NEVER: Self = Self(u32::MAX);

    /// Whether it is still to come at the hour that began last; absent it never is.
    #[inline]
    const fn is_after(self, hour: u32) -> bool {
        self.0 > hour
    }

    /// The first full hour that is not before `until`.
    pub(super) fn at(until: Option<Timestamp>) -> Self {
        let Some(until) = until else { return Self::NEVER };
        let hours = until.seconds().saturating_add(HOUR - 1).div_euclid(HOUR);
        Self(u32::try_from(hours.max(1)).unwrap_or(u32::MAX))
    }

    /// The moment; none for no end.
    pub(super) fn until(self) -> Option<Timestamp> {
        (self != Self::NEVER).then(|| Timestamp::from_seconds(i64::from(self.0).saturating_mul(HOUR)))
    }

    /// The same by a coarser step, not earlier.
    fn coarser(self, hours: u32) -> Self {
        match self {
            Self::ABSENT | Self::NEVER => self,
            Self(end) => Self(end.checked_next_multiple_of(hours).unwrap_or(u32::MAX)),
        }
    }
}

/// The classes of an entry, each with its end; and the text of one that was listed by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Mark {
    ends: [End; CLASSES],
    text: Option<(Class, u16)>,
}

impl Mark {
    /// With this class, until then.
    pub(super) fn with(mut self, class: Class, end: End) -> Self {
        self.set(class, end);
        self
    }

    /// Without this class.
    pub(super) fn without(mut self, class: Class) -> Self {
        self.set(class, End::ABSENT);
        self.text = self.text.filter(|(of, _)| *of != class);
        self
    }

    /// With a text for this class; it takes the place of any other.
    pub(super) fn with_text(mut self, class: Class, text: u16) -> Self {
        self.text = Some((class, text));
        self
    }

    /// The text of this class.
    pub(super) fn text_of(&self, class: Class) -> Option<u16> {
        self.text.filter(|(of, _)| *of == class).map(|(_, text)| text)
    }

    /// The number of classes, over or not.
    pub(super) fn len(&self) -> usize {
        self.ends.iter().filter(|end| **end != End::ABSENT).count()
    }

    /// The classes that hold at `now`, each with its end.
    pub(crate) fn classes(self, now: Timestamp) -> impl Iterator<Item = (Class, Option<Timestamp>)> {
        let classes = Class::ALL.into_iter().zip(self.ends);
        let present = classes.filter(|(_, end)| *end != End::ABSENT);
        present
            .map(|(class, end)| (class, end.until()))
            .filter(move |(_, until)| until.is_none_or(|until| now < until))
    }

    /// Adds the classes among these that hold at `now`: the same as [`Mark::classes`], with less to carry.
    #[inline]
    pub(super) fn put_codes(&self, codes: &mut Codes, among: Classes, now: Timestamp) {
        let hour = u32::try_from(now.seconds().div_euclid(HOUR)).unwrap_or_default();
        for (class, end) in Class::ALL.into_iter().zip(self.ends) {
            if end.is_after(hour) && among.contains(class) {
                codes.put(class, end);
            }
        }
    }

    fn set(&mut self, class: Class, end: End) {
        if let Some(place) = self.ends.get_mut(class as usize) {
            *place = end;
        }
    }

    fn coarser(mut self, hours: u32) -> Self {
        self.ends = self.ends.map(|end| end.coarser(hours));
        self
    }

    /// The classes alone.
    fn endless(self) -> Self {
        let endless = |end| {
            if end == End::ABSENT {
                End::ABSENT
            } else {
                End::NEVER
            }
        };
        Self {
            ends: self.ends.map(endless),
            text: None,
        }
    }
}

/// Bytes of a mark in a file: its ends, then the class and the number of its text.
pub(super) const MARK_BYTES: usize = 4 * CLASSES + 3;
/// In a file, the class of the text of a mark that has none.
const NO_TEXT: u8 = u8::MAX;

impl Mark {
    /// As it stands in a file.
    pub(super) fn to_bytes(self) -> [u8; MARK_BYTES] {
        let (class, text) = self
            .text
            .map_or((NO_TEXT, 0), |(class, text)| (class as u8, text));
        let ends = self.ends.iter().flat_map(|end| end.0.to_le_bytes());
        let mut all = ends.chain([class]).chain(text.to_le_bytes());
        std::array::from_fn(|_| all.next().unwrap_or_default())
    }

    /// Reads one from a file.
    pub(super) fn from_bytes(bytes: &[u8; MARK_BYTES]) -> Option<Self> {
        let (ends, text) = bytes.split_at_checked(4 * CLASSES)?;
        let mut ends = ends.as_chunks().0.iter().map(|end| End(u32::from_le_bytes(*end)));
        let &[class, low, high] = text else { return None };
        let text = match class {
            NO_TEXT => None,
            class => Some((
                *Class::ALL.get(usize::from(class))?,
                u16::from_le_bytes([low, high]),
            )),
        };
        Some(Self {
            ends: std::array::from_fn(|_| ends.next().unwrap_or_default()),
            text,
        })
    }
}

/// The marks by their numbers, as readers see them.
#[derive(Debug, Clone, Default)]
pub(super) struct MarkTable {
    chunks: Arc<Vec<Arc<[Mark; CHUNK]>>>,
}

impl MarkTable {
    /// The mark of a number; an empty one for a number that was never given.
    #[inline]
    pub(super) fn get(&self, number: MarkNumber) -> Mark {
        let number = usize::from(number);
        let chunk = self.chunks.get(number / CHUNK);
        chunk
            .and_then(|chunk| chunk.get(number % CHUNK))
            .copied()
            .unwrap_or_default()
    }

    /// The first number that is surely free.
    pub(super) fn numbers(&self) -> usize {
        self.chunks.len().saturating_mul(CHUNK)
    }

    /// Gives a number to a mark.
    pub(super) fn set(&mut self, number: MarkNumber, mark: Mark) {
        let number = usize::from(number);
        let chunks = Arc::make_mut(&mut self.chunks);
        while chunks.len() <= number / CHUNK {
            chunks.push(Arc::new([Mark::default(); CHUNK]));
        }
        if let Some(place) = chunks
            .get_mut(number / CHUNK)
            .and_then(|chunk| Arc::make_mut(chunk).get_mut(number % CHUNK))
        {
            *place = mark;
        }
    }
}

/// The marks with what the writer knows of them: who has which number, and how many entries use it.
#[derive(Debug, Default)]
pub(super) struct Marks {
    table: MarkTable,
    numbers: HashMap<Mark, MarkNumber>,
    uses: Vec<u64>,
    free: Vec<MarkNumber>,
}

impl Marks {
    /// The marks of a file, in the order of their numbers, each with the number of entries that use it; none if there are too many, or
    /// one comes twice.
    pub(super) fn restore(marks: impl IntoIterator<Item = (Mark, u64)>) -> Option<Self> {
        let mut restored = Self::default();
        for (mark, uses) in marks {
            let number = MarkNumber::try_from(restored.uses.len()).ok()?;
            restored.table.set(number, mark);
            restored.uses.push(uses);
            if uses == 0 {
                restored.free.push(number);
            } else if restored.numbers.insert(mark, number).is_some() {
                return None;
            }
        }
        Some(restored)
    }

    /// The table for readers.
    pub(super) fn table(&self) -> &MarkTable {
        &self.table
    }

    /// The number for a mark, counted as used once more. A full table keeps the ends by the day, then by the month, then not at all: the
    /// decision that takes the entry out comes all the same.
    pub(super) fn take(&mut self, mark: Mark) -> MarkNumber {
        let coarser = COARSER.into_iter().map(|hours| mark.coarser(hours));
        let found = std::iter::once(mark)
            .chain(coarser)
            .find_map(|mark| self.try_take(mark, NUMBERS - KEPT_BACK));
        found
            .or_else(|| self.try_take(mark.endless(), NUMBERS))
            .unwrap_or_default()
    }

    /// One entry uses it no more.
    pub(super) fn release(&mut self, number: MarkNumber) {
        let Some(uses) = self.uses.get_mut(usize::from(number)) else {
            return;
        };
        *uses = uses.saturating_sub(1);
        if *uses == 0 && self.numbers.remove(&self.table.get(number)).is_some() {
            self.free.push(number);
        }
    }

    fn try_take(&mut self, mark: Mark, most: usize) -> Option<MarkNumber> {
        let number = match self.numbers.get(&mark) {
            Some(number) => *number,
            None => self.give(mark, most)?,
        };
        let uses = self.uses.get_mut(usize::from(number))?;
        *uses = uses.saturating_add(1);
        Some(number)
    }

    /// Gives a new mark a number; none if so many are in use.
    fn give(&mut self, mark: Mark, most: usize) -> Option<MarkNumber> {
        if self.numbers.len() >= most {
            return None;
        }
        let number = match self.free.pop() {
            Some(number) => number,
            None => {
                let next = MarkNumber::try_from(self.uses.len()).ok()?;
                self.uses.push(0);
                next
            }
        };
        self.table.set(number, mark);
        self.numbers.insert(mark, number);
        Some(number)
    }
}
