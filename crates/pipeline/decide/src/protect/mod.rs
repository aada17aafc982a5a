//! What the rules never list: protected ranges, each with why.
//!
//! In: ranges of the configuration, files of ranges, and what DNS says that large domains send and take mail from. Out: [`Protected`], which is
//! asked before each publication and, when it grows, acts backwards ([`Protection`]). It binds the rules only: who lists by
//! hand knows what he does, and has the allow list for the opposite.

mod config;
mod domains;
mod files;
mod work;

use std::collections::BTreeMap;

use atalaya_model::Prefix;

pub use config::ProtectConfig;
pub use files::BadRanges;
pub use work::{ProtectError, Protection};

/// Protected ranges, each with why.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Protected {
    ranges: BTreeMap<Prefix, String>,
}

impl Protected {
    /// Adds a range. Of two reasons for the same one, the first stays.
    pub fn add(&mut self, range: Prefix, why: &str) {
        self.ranges.entry(range).or_insert_with(|| why.to_owned());
    }

    /// The range that covers all of `prefix`, and why it is protected.
    #[must_use]
    pub fn covering(&self, prefix: Prefix) -> Option<(Prefix, &str)> {
        if self.ranges.is_empty() {
            return None;
        }
        prefix
            .with_parents()
            .find_map(|around| self.ranges.get(&around).map(|why| (around, why.as_str())))
    }

    /// A range that shares an address with `prefix`, and why it is protected.
    #[must_use]
    pub fn touching(&self, prefix: Prefix) -> Option<(Prefix, &str)> {
        // What lies inside sorts right behind the prefix itself, because prefixes never overlap halfway.
        let inside = self.ranges.range(prefix..).next();
        let inside = inside.filter(|(range, _)| prefix.covers(range));
        inside
            .map(|(range, why)| (*range, why.as_str()))
            .or_else(|| self.covering(prefix))
    }

    /// All ranges.
    pub fn iter(&self) -> impl Iterator<Item = (Prefix, &str)> {
        self.ranges.iter().map(|(range, why)| (*range, why.as_str()))
    }

    /// How many ranges.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ranges.len()
    }

    /// Whether nothing is protected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    fn protected(ranges: &[Prefix]) -> Protected {
        let mut all = Protected::default();
        ranges.iter().for_each(|range| all.add(*range, "large"));
        all
    }

    #[test]
    fn a_range_covers_what_lies_in_it_and_touches_what_holds_it() {
        let all = protected(&[prefix("192.0.2.64/26"), prefix("2001:db8:1::/48")]);
        assert_eq!(
            all.covering(prefix("192.0.2.65")),
            Some((prefix("192.0.2.64/26"), "large"))
        );
        assert_eq!(all.covering(prefix("192.0.2.1")), None);
        assert_eq!(all.covering(prefix("192.0.2.0/24")), None);
        assert!(all.touching(prefix("192.0.2.0/24")).is_some());
        assert!(all.touching(prefix("192.0.2.65")).is_some());
        assert!(all.touching(prefix("192.0.2.0/27")).is_none());
        assert!(all.covering(prefix("2001:db8:1:7::/64")).is_some());
        assert!(all.touching(prefix("2001:db8:2::/48")).is_none());
    }

    fn any_prefix() -> impl Strategy<Value = Prefix> {
        (any::<u16>(), 14_u8..=32).prop_map(|(low, length)| {
            Prefix::new(
                std::net::Ipv4Addr::from(0xc000_0000 | u32::from(low)).into(),
                length,
            )
        })
    }

    proptest! {
        #[test]
        fn touching_and_covering_agree_with_a_plain_search(
            ranges in proptest::collection::vec(any_prefix(), 0..12),
            asked in any_prefix(),
        ) {
            let all = protected(&ranges);
            prop_assert_eq!(all.covering(asked).is_some(), ranges.iter().any(|range| range.covers(&asked)));
            prop_assert_eq!(all.touching(asked).is_some(), ranges.iter().any(|range| range.overlaps(&asked)));
        }
    }
}
