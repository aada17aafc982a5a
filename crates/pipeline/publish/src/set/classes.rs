//! Several classes at once.

use std::fmt;

use atalaya_model::{Class, Timestamp};

use super::mark::End;

/// Some of the classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Classes(u8);

/// The classes of an address, and when the first of its listings ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Codes {
    classes: Classes,
    first_end: End,
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            classes: Classes::default(),
            first_end: End::NEVER,
        }
    }
}

impl Classes {
    /// Every class.
    pub(crate) const ALL: Self = Self(u8::MAX);

    /// Whether there are none.
    pub(crate) const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// These and those.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a class is one of them.
    #[inline]
    pub(crate) const fn contains(self, class: Class) -> bool {
        self.0 & bit(class) != 0
    }

    /// They, in the order of their codes.
    pub(crate) fn iter(self) -> impl Iterator<Item = Class> {
        Class::ALL.into_iter().filter(move |class| self.contains(*class))
    }

    /// Adds one.
    #[inline]
    const fn put(&mut self, class: Class) {
        self.0 |= bit(class);
    }
}

/// `spam, bot`.
impl fmt::Display for Classes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, class) in self.iter().enumerate() {
            let before = if number == 0 { "" } else { ", " };
            write!(f, "{before}{class}")?;
        }
        Ok(())
    }
}

impl FromIterator<Class> for Classes {
    fn from_iter<I: IntoIterator<Item = Class>>(classes: I) -> Self {
        classes.into_iter().fold(Self::default(), |mut all, class| {
            all.put(class);
            all
        })
    }
}

impl Codes {
    /// Whether there are none.
    pub(crate) const fn is_empty(self) -> bool {
        self.classes.is_empty()
    }

    /// How many there are.
    pub(crate) fn count(self) -> u8 {
        u8::try_from(self.classes.0.count_ones()).unwrap_or(u8::MAX)
    }

    /// When the first of the listings ends; none if none does.
    pub(crate) fn first_end(self) -> Option<Timestamp> {
        self.first_end.until()
    }

    /// The classes in the order of their codes.
    pub(crate) fn iter(self) -> impl Iterator<Item = Class> {
        self.classes.iter()
    }

    /// Adds a listing.
    #[inline]
    pub(super) fn put(&mut self, class: Class, end: End) {
        self.classes.put(class);
        self.first_end = self.first_end.min(end);
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
        let mut codes = Codes::default();
        assert!(codes.is_empty());
        for class in [Class::Policy, Class::Manual, Class::Policy] {
            codes.put(class, End::NEVER);
        }
        assert!(codes.iter().eq([Class::Manual, Class::Policy]));
        assert_eq!((codes.count(), codes.first_end()), (2, None));
        assert!(Classes::ALL.iter().eq(Class::ALL));
        let [bot, spam] = [Class::Bot, Class::Spam].map(|class| Classes::from_iter([class]));
        assert!(bot.iter().eq([Class::Bot]));
        assert_eq!(bot.with(spam).to_string(), "spam, bot");
    }

    #[test]
    fn the_first_end_counts() {
        let mut codes = Codes::default();
        let [nine, seven, eight] = [9, 7, 8].map(|hours| Timestamp::from_seconds(hours * 3600));
        for until in [None, Some(nine), Some(seven), Some(eight)] {
            codes.put(Class::Spam, End::at(until));
        }
        assert_eq!(codes.first_end(), Some(seven));
    }
}
