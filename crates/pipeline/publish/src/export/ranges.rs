//! Ranges of addresses as numbers: cutting, joining, and the prefixes that they are made of.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;

/// The addresses from one to another, both included, of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    is_ipv6: bool,
    first: u128,
    last: u128,
}

impl Range {
    /// The first address.
    pub(super) fn first(&self) -> IpAddr {
        self.address(self.first)
    }

    /// The last address.
    pub(super) fn last(&self) -> IpAddr {
        self.address(self.last)
    }

    /// Whether it is of IPv4.
    pub(super) fn is_ipv4(&self) -> bool {
        !self.is_ipv6
    }

    /// Whether it ends before another begins.
    pub(super) fn is_before(&self, other: &Self) -> bool {
        (self.is_ipv6, self.last) < (other.is_ipv6, other.first)
    }

    /// Whether another one begins where it ends.
    pub(super) fn is_next_to(&self, next: &Self) -> bool {
        self.is_ipv6 == next.is_ipv6 && self.last.checked_add(1) == Some(next.first)
    }

    /// From its beginning to the end of another one.
    pub(super) fn up_to(self, other: &Self) -> Self {
        let last = other.last;
        Self { last, ..self }
    }

    /// What of it lies before another one, and what behind it, if anything does; the two share an address.
    pub(super) fn around(self, hole: &Self) -> (Option<Self>, Option<Self>) {
        let last = hole.first.checked_sub(1).filter(|last| self.first <= *last);
        let first = hole.last.checked_add(1).filter(|first| *first <= self.last);
        (
            last.map(|last| Self { last, ..self }),
            first.map(|first| Self { first, ..self }),
        )
    }

    /// The fewest prefixes that it is made of, in their order.
    pub(super) fn prefixes(self) -> impl Iterator<Item = Prefix> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let range = rest?;
            let bits = range.first_bits();
            let size_less_one = !u128::MAX.checked_shl(bits).unwrap_or(0);
            let last = range.first | size_less_one;
            let first = last.checked_add(1).filter(|first| *first <= range.last);
            rest = first.map(|first| Self { first, ..range });
            let length = u8::try_from(range.width().saturating_sub(bits)).unwrap_or_default();
            Some(Prefix::new(range.first(), length))
        })
    }

    /// The bits that the largest prefix at its beginning leaves free.
    fn first_bits(&self) -> u32 {
        let aligned = self.first.trailing_zeros().min(self.width());
        let between = self.last.saturating_sub(self.first);
        let fitting = match between.checked_add(1) {
            Some(size) => size.ilog2(),
            None => u128::BITS,
        };
        aligned.min(fitting)
    }

    const fn width(&self) -> u32 {
        if self.is_ipv6 { 128 } else { 32 }
    }

    fn address(&self, number: u128) -> IpAddr {
        if self.is_ipv6 {
            return Ipv6Addr::from_bits(number).into();
        }
        Ipv4Addr::from_bits(u32::try_from(number).unwrap_or(u32::MAX)).into()
    }
}

impl From<Prefix> for Range {
    fn from(prefix: Prefix) -> Self {
        let number = |address| match address {
            IpAddr::V4(address) => u128::from(address.to_bits()),
            IpAddr::V6(address) => address.to_bits(),
        };
        Self {
            is_ipv6: !prefix.is_ipv4(),
            first: number(prefix.network()),
            last: number(prefix.last()),
        }
    }
}

/// As a prefix where it is one, otherwise `FIRST-LAST`.
impl fmt::Display for Range {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut prefixes = self.prefixes();
        match (prefixes.next(), prefixes.next()) {
            (Some(prefix), None) => prefix.fmt(f),
            _ => write!(f, "{}-{}", self.first(), self.last()),
        }
    }
}

/// Joins neighbours; the ranges come in their order and share no address.
pub(super) fn joined(ranges: impl Iterator<Item = Range>) -> impl Iterator<Item = Range> {
    let mut ranges = ranges.peekable();
    std::iter::from_fn(move || {
        let mut range = ranges.next()?;
        while let Some(next) = ranges.next_if(|next| range.is_next_to(next)) {
            range = range.up_to(&next);
        }
        Some(range)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(first: &str, last: &str) -> Range {
        let [first, last] = [first, last].map(|text| Range::from(text.parse::<Prefix>().unwrap()));
        Range {
            last: last.last,
            ..first
        }
    }

    fn prefixes(range: Range) -> Vec<String> {
        range.prefixes().map(|prefix| prefix.to_string()).collect()
    }

    #[test]
    fn a_range_is_made_of_the_fewest_prefixes() {
        assert_eq!(
            prefixes(range("192.0.2.1", "192.0.2.8")),
            ["192.0.2.1", "192.0.2.2/31", "192.0.2.4/30", "192.0.2.8"]
        );
        assert_eq!(prefixes(range("0.0.0.0", "255.255.255.255")), ["0.0.0.0/0"]);
        assert_eq!(
            prefixes(range("::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
            ["::/0"]
        );
        assert_eq!(
            prefixes(range("255.255.255.254", "255.255.255.255")),
            ["255.255.255.254/31"]
        );
    }

    #[test]
    fn neighbours_are_joined_and_families_are_not() {
        let all = [
            range("192.0.2.0", "192.0.2.3"),
            range("192.0.2.4", "192.0.2.7"),
            range("192.0.2.9", "192.0.2.9"),
            range("::", "::1"),
        ];
        let joined: Vec<String> = joined(all.into_iter()).map(|range| range.to_string()).collect();
        assert_eq!(joined, ["192.0.2.0/29", "192.0.2.9", "::/127"]);
        assert_eq!(range("192.0.2.1", "192.0.2.2").to_string(), "192.0.2.1-192.0.2.2");
    }
}
