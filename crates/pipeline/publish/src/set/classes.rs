//! Several classes at once, with the first end among them.

use atalaya_model::{Class, Timestamp};

/// The classes of an address, and when the first of its listings ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Classes {
    bits: u8,
    first_end: Option<Timestamp>,
}

impl Classes {
    /// Whether there are none.
    pub(crate) const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// How many there are.
    pub(crate) fn count(self) -> u8 {
        u8::try_from(self.bits.count_ones()).unwrap_or(u8::MAX)
    }

    /// When the first of the listings ends; none if none does.
    pub(crate) const fn first_end(self) -> Option<Timestamp> {
        self.first_end
    }

    /// The classes in the order of their codes.
    pub(crate) fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL
            .into_iter()
            .filter(move |class| self.bits & bit(*class) != 0)
    }

    /// Adds a listing.
    pub(super) fn put(&mut self, class: Class, until: Option<Timestamp>) {
        self.bits |= bit(class);
        self.first_end = match (self.first_end, until) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

const fn bit(class: Class) -> u8 {
    1 << class as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_come_once_in_the_order_of_their_codes() {
        assert!(Class::ALL.is_sorted_by_key(|class| class.code()));
        let mut classes = Classes::default();
        assert!(classes.is_empty());
        for class in [Class::Policy, Class::Manual, Class::Policy] {
            classes.put(class, None);
        }
        assert!(classes.iter().eq([Class::Manual, Class::Policy]));
        assert_eq!((classes.count(), classes.first_end()), (2, None));
    }

    #[test]
    fn the_first_end_counts() {
        let mut classes = Classes::default();
        for end in [None, Some(9), Some(7), Some(8)] {
            classes.put(Class::Spam, end.map(Timestamp::from_seconds));
        }
        assert_eq!(classes.first_end(), Some(Timestamp::from_seconds(7)));
    }
}
