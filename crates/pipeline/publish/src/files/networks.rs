//! Networks with their numbers, in sorted rows: one row for each length that is in use.
//!
//! A dataset of a file never changes; a changed file makes a new one. So no tree is needed: a network costs its own bytes and four for its
//! number, or none where all of its length have the same.

use std::collections::BTreeMap;

use super::values::{EXCLUDED, Grouping, Number, Together};

/// An address as a number.
pub(super) trait Bits: Copy + Ord {
    /// The network of this length around it.
    fn network(self, length: u8) -> Self;
    /// The last address of the network of this length.
    fn last(self, length: u8) -> Self;
}

macro_rules! bits {
    ($($type:ty),+) => { $(
        impl Bits for $type {
            fn network(self, length: u8) -> Self {
                self & !Self::MAX.checked_shr(u32::from(length)).unwrap_or_default()
            }

            fn last(self, length: u8) -> Self {
                self | Self::MAX.checked_shr(u32::from(length)).unwrap_or_default()
            }
        }
    )+ };
}

bits!(u32, u64, u128);

/// The numbers of a row.
#[derive(Debug)]
pub(super) enum Numbers {
    /// All have the same.
    One(Number),
    /// One each.
    Each(Box<[Number]>),
}

impl Numbers {
    /// Keeps them in the smaller form.
    pub(super) fn new(numbers: Vec<Number>) -> Self {
        match numbers.first() {
            Some(first) if numbers.iter().all(|number| number == first) => Self::One(*first),
            _ => Self::Each(numbers.into()),
        }
    }

    /// The number at a place.
    pub(super) fn at(&self, place: usize) -> Option<Number> {
        match self {
            Self::One(number) => Some(*number),
            Self::Each(numbers) => numbers.get(place).copied(),
        }
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::One(_) => 0,
            Self::Each(numbers) => size_of_val(&**numbers),
        }
    }
}

/// The networks of one length.
#[derive(Debug)]
struct Row<N> {
    length: u8,
    networks: Box<[N]>,
    numbers: Numbers,
}

/// Networks of any length.
#[derive(Debug)]
pub(super) struct Networks<N> {
    /// The longest first.
    rows: Vec<Row<N>>,
}

impl<N: Bits> Networks<N> {
    /// The number of the longest network around an address.
    pub(super) fn find(&self, address: N) -> Option<Number> {
        self.find_around(address, u8::MAX)
    }

    /// The number of the longest network of at most `length` bits around an address.
    fn find_around(&self, address: N, length: u8) -> Option<Number> {
        self.rows
            .iter()
            .filter(|row| row.length <= length)
            .find_map(|row| {
                let place = row.networks.binary_search(&address.network(row.length)).ok()?;
                row.numbers.at(place)
            })
    }

    /// Whether something is listed in this network: all of it, or a part.
    pub(super) fn has_any(&self, network: N, length: u8) -> bool {
        let is_covered = self
            .find_around(network, length)
            .is_some_and(|number| number != EXCLUDED);
        is_covered
            || self
                .rows
                .iter()
                .any(|row| row.length > length && row.has_inside(network, length))
    }

    /// Bytes that they take.
    pub(super) fn bytes(&self) -> usize {
        let rows = self.rows.iter();
        rows.map(|row| size_of_val(&*row.networks).saturating_add(row.numbers.bytes()))
            .fold(0, usize::saturating_add)
    }
}

impl<N: Bits> Row<N> {
    fn has_inside(&self, network: N, length: u8) -> bool {
        let last = network.last(length);
        let start = self.networks.partition_point(|one| *one < network);
        let inside = self.networks.iter().enumerate().skip(start);
        inside
            .take_while(|(_, one)| **one <= last)
            .any(|(place, _)| self.numbers.at(place).is_some_and(|number| number != EXCLUDED))
    }
}

/// Networks as they are read.
#[derive(Debug)]
pub(super) struct Gathered<N> {
    rows: BTreeMap<u8, Vec<(N, Number)>>,
}

impl<N> Default for Gathered<N> {
    fn default() -> Self {
        Self {
            rows: BTreeMap::new(),
        }
    }
}

impl<N: Bits> Gathered<N> {
    /// Takes one more.
    pub(super) fn push(&mut self, network: N, length: u8, number: Number) {
        self.rows.entry(length).or_default().push((network, number));
    }

    /// All of one length, in their order; none are left.
    pub(super) fn take_row(&mut self, length: u8) -> Vec<(N, Number)> {
        let mut row = self.rows.remove(&length).unwrap_or_default();
        // Files mostly have their order already. The sort is stable: which of two came first may count.
        row.sort_by_key(|(network, _)| *network);
        row
    }

    /// Puts them into rows, each network once.
    pub(super) fn finish(mut self, grouping: &mut Grouping, together: Together) -> Networks<N> {
        let lengths: Vec<u8> = self.rows.keys().rev().copied().collect();
        let rows = lengths.into_iter().map(|length| {
            let entries = self.take_row(length);
            let groups = entries.chunk_by(|one, next| one.0 == next.0);
            let (networks, numbers): (Vec<N>, Vec<Number>) = groups
                .filter_map(|group| {
                    let numbers = group.iter().map(|(_, number)| *number);
                    Some((group.first()?.0, grouping.join(numbers, together)))
                })
                .unzip();
            Row {
                length,
                networks: networks.into(),
                numbers: Numbers::new(numbers),
            }
        });
        Networks { rows: rows.collect() }
    }
}
