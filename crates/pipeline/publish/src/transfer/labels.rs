//! A set of labels below one name: octets, or nibbles.

use super::node::Family;

/// Labels of one word.
const WORD: u8 = 128;

/// Some of the labels below a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Labels([u128; 2]);

impl Labels {
    /// None of them.
    pub(super) const NONE: Self = Self([0; 2]);

    /// All octets or all nibbles.
    pub(super) const fn all(family: Family) -> Self {
        match family {
            Family::Ipv4 => Self([u128::MAX; 2]),
            Family::Ipv6 => Self([0xffff, 0]),
        }
    }

    /// Adds those from `first` to `last`.
    pub(super) fn add(&mut self, first: u8, last: u8) {
        for label in first..=last {
            if let Some(word) = self.0.get_mut(usize::from(label / WORD)) {
                *word |= bit(label);
            }
        }
    }

    /// Whether a label is among them.
    pub(super) fn has(self, label: u8) -> bool {
        let word = self.0.get(usize::from(label / WORD));
        word.is_some_and(|word| word & bit(label) != 0)
    }

    /// Those of both.
    pub(super) fn union(self, other: Self) -> Self {
        let ([low, high], [other_low, other_high]) = (self.0, other.0);
        Self([low | other_low, high | other_high])
    }

    /// In their order.
    pub(super) fn iter(self) -> impl DoubleEndedIterator<Item = u8> {
        // Most names have nothing below them.
        let [low, high] = self.0;
        let taken = [(low, 0..=WORD - 1), (high, WORD..=u8::MAX)];
        let taken = taken.into_iter().filter(|(word, _)| *word != 0);
        taken
            .flat_map(|(_, labels)| labels)
            .filter(move |label| self.has(*label))
    }
}

fn bit(label: u8) -> u128 {
    1_u128.wrapping_shl(u32::from(label % WORD))
}
