//! Ranges of addresses as registries write them, and the prefix of a range that holds one address.
//!
//! Registries write addresses in more ways than RFC 5952 knows: with leading zeros that mean decimal (`074.125.000.000`, ARIN), with a
//! prefix length that means nothing (`62.239.237.0/32` as the start of a /24, RIPE), with missing octets (`200.57.128/19`, LACNIC).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;

/// The addresses from one to another, both included, of one family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AddressRange {
    first: IpAddr,
    last: IpAddr,
}

impl AddressRange {
    /// Makes a range; none if the ends are of different families or in the wrong order.
    #[must_use]
    pub fn new(first: IpAddr, last: IpAddr) -> Option<Self> {
        let (first, last) = (first.to_canonical(), last.to_canonical());
        (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self { first, last })
    }

    /// Reads `A - B`, `A/LENGTH` or `A`, in any of the forms that registries use. What follows the range is ignored.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        if let Some((first, rest)) = text.split_once('-') {
            let last = rest.trim_start().split([' ', '(', ',']).next()?;
            return Self::new(read_address(first)?, read_address(last)?);
        }
        let text = text.trim().split([' ', ',']).next()?;
        match text.split_once('/') {
            Some((address, length)) => {
                let (address, length) = (read_short_address(address)?, length.trim().parse::<u8>().ok()?);
                let longest = if address.is_ipv4() { 32 } else { 128 };
                (length <= longest).then(|| Self::from(Prefix::new(address, length)))
            }
            None => {
                let address = read_address(text)?;
                Self::new(address, address)
            }
        }
    }

    /// The first address.
    #[must_use]
    pub const fn first(&self) -> IpAddr {
        self.first
    }

    /// The last address.
    #[must_use]
    pub const fn last(&self) -> IpAddr {
        self.last
    }

    /// Whether `address` lies inside.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && self.first <= address && address <= self.last
    }

    /// The largest prefix around `address` that lies wholly inside; none if `address` does not.
    #[must_use]
    pub fn prefix_around(&self, address: IpAddr) -> Option<Prefix> {
        Prefix::single(address)
            .with_parents()
            .take_while(|prefix| self.contains(prefix.network()) && self.contains(prefix.last()))
            .last()
    }

    /// The fewest prefixes that it is made of, in their order.
    pub fn prefixes(self) -> impl Iterator<Item = Prefix> {
        let mut rest = Some(self);
        std::iter::from_fn(move || {
            let range = rest?;
            let parents = Prefix::single(range.first).with_parents();
            let prefix = parents
                .take_while(|prefix| prefix.network() == range.first && prefix.last() <= range.last)
                .last()?;
            rest = after(prefix.last())
                .filter(|first| *first <= range.last)
                .and_then(|first| Self::new(first, range.last));
            Some(prefix)
        })
    }

    /// How many addresses lie between the ends: for telling the more specific of two ranges.
    #[must_use]
    pub fn width(&self) -> u128 {
        match (self.first, self.last) {
            (IpAddr::V4(first), IpAddr::V4(last)) => {
                u128::from(last.to_bits().saturating_sub(first.to_bits()))
            }
            (IpAddr::V6(first), IpAddr::V6(last)) => last.to_bits().saturating_sub(first.to_bits()),
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => u128::MAX,
        }
    }
}

impl From<Prefix> for AddressRange {
    fn from(prefix: Prefix) -> Self {
        Self {
            first: prefix.network(),
            last: prefix.last(),
        }
    }
}

/// The whole as people read it: `192.0.2.0 - 192.0.2.255`.
impl std::fmt::Display for AddressRange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} - {}", self.first, self.last)
    }
}

/// The address after this one.
fn after(address: IpAddr) -> Option<IpAddr> {
    match address {
        IpAddr::V4(address) => Some(Ipv4Addr::from_bits(address.to_bits().checked_add(1)?).into()),
        IpAddr::V6(address) => Some(Ipv6Addr::from_bits(address.to_bits().checked_add(1)?).into()),
    }
}

/// Reads an address, whole but perhaps with leading zeros or a prefix length behind it.
pub(crate) fn read_address(text: &str) -> Option<IpAddr> {
    let text = text.split('/').next()?.trim();
    let whole = text.contains(':') || text.split('.').count() == 4;
    whole.then(|| read_short_address(text)).flatten()
}

/// Reads an address whose last octets may be missing; these are zero.
fn read_short_address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    if text.contains(':') {
        return text.parse().ok().map(|address: IpAddr| address.to_canonical());
    }
    let mut octets = [0_u8; 4];
    let mut places = octets.iter_mut();
    for part in text.split('.') {
        let digits = (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
        *places.next()? = digits.then(|| part.parse().ok()).flatten()?;
    }
    Some(Ipv4Addr::from(octets).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn around(range: &str, address: &str) -> Option<String> {
        let range = AddressRange::read(range).unwrap();
        range
            .prefix_around(address.parse().unwrap())
            .map(|prefix| prefix.to_string())
    }

    #[test]
    fn ranges_are_read_in_every_form_that_registries_use() {
        for (text, meant) in [
            ("62.239.237.0 - 62.239.237.255", "62.239.237.0 - 62.239.237.255"),
            ("074.125.000.000-074.125.255.255", "74.125.0.0 - 74.125.255.255"),
            (
                "210.107.0.0 - 210.107.127.255 (/17)",
                "210.107.0.0 - 210.107.127.255",
            ),
            ("200.57.128/19", "200.57.128.0 - 200.57.159.255"),
            ("192.0.2.0/24, 198.51.100.0/24", "192.0.2.0 - 192.0.2.255"),
            ("192.0.2.1", "192.0.2.1 - 192.0.2.1"),
            (
                "2001:db8::/32",
                "2001:db8:: - 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
            ),
        ] {
            assert_eq!(AddressRange::read(text).unwrap().to_string(), meant, "{text}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused() {
        for text in [
            "",
            "-",
            "a - b",
            "192.0.2.9 - 192.0.2.1",
            "192.0.2.0 - 2001:db8::1",
            "192.0.2",
            "1.2.3.4.5",
            "192.0.2.0/33",
            "256.1.1.1",
            "1.2.3.1000",
            "+1.2.3.4",
        ] {
            assert_eq!(AddressRange::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_prefix_is_the_largest_one_inside_the_range() {
        assert_eq!(
            around("74.125.0.0 - 74.125.255.255", "74.125.225.229").as_deref(),
            Some("74.125.0.0/16")
        );
        assert_eq!(
            around("196.11.239.0 - 196.11.246.255", "196.11.240.215").as_deref(),
            Some("196.11.240.0/22")
        );
        assert_eq!(
            around("196.11.239.0 - 196.11.246.255", "196.11.239.7").as_deref(),
            Some("196.11.239.0/24")
        );
        assert_eq!(
            around("0.0.0.0 - 255.255.255.255", "192.0.2.1").as_deref(),
            Some("0.0.0.0/0")
        );
        assert_eq!(around("192.0.2.0 - 192.0.2.255", "198.51.100.1"), None);
        assert_eq!(around("192.0.2.0 - 192.0.2.255", "2001:db8::1"), None);
    }
}
