//! A network prefix: the unit that is listed, allowed and notified about.
//!
//! A single IPv4 address is a /32. For IPv6 the unit of a listing is the /64, because one subscriber owns all of it. Addresses of the
//! form `::ffff:192.0.2.1` are the IPv4 address that they carry.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// Bits of an IPv6 address that one listing covers by default.
const IPV6_UNIT: u8 = 64;
/// The widest prefixes that anybody holds, or answers for.
pub(crate) const WIDEST_V4: u8 = 8;
pub(crate) const WIDEST_V6: u8 = 19;

/// A network prefix without host bits: `192.0.2.1`, `192.0.2.0/24`, `2001:db8::/64`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(IpNet);

impl Prefix {
    /// Makes the prefix of `length` bits around `address`; longer lengths than the family has mean the whole address.
    #[must_use]
    pub fn new(address: IpAddr, length: u8) -> Self {
        let (address, length) = match (address, address.to_canonical()) {
            (IpAddr::V6(_), IpAddr::V4(v4)) => (IpAddr::V4(v4), length.saturating_sub(96)),
            _ => (address, length),
        };
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let net = IpNet::new(address, length.min(longest)).unwrap_or_else(|_too_long| IpNet::from(address));
        Self(net.trunc())
    }

    /// The prefix that holds just `address`.
    #[must_use]
    pub fn single(address: IpAddr) -> Self {
        Self(IpNet::from(address.to_canonical()))
    }

    /// The unit in which `address` is listed: itself for IPv4, its /64 for IPv6.
    #[must_use]
    pub fn unit(address: IpAddr) -> Self {
        match address.to_canonical() {
            v4 @ IpAddr::V4(_) => Self::single(v4),
            v6 @ IpAddr::V6(_) => Self::new(v6, IPV6_UNIT),
        }
    }

    /// Whether this is a unit: what an address is listed as.
    #[must_use]
    pub fn is_unit(&self) -> bool {
        Self::unit(self.network()) == *self
    }

    /// Whether it is wider than what anybody holds.
    pub(crate) fn is_too_wide(&self) -> bool {
        self.length() < if self.is_ipv4() { WIDEST_V4 } else { WIDEST_V6 }
    }

    /// The first address.
    #[must_use]
    pub fn network(&self) -> IpAddr {
        self.0.network()
    }

    /// The last address.
    #[must_use]
    pub fn last(&self) -> IpAddr {
        self.0.broadcast()
    }

    /// The number of leading bits that are fixed.
    #[must_use]
    pub fn length(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Whether this is an IPv4 prefix.
    #[must_use]
    pub fn is_ipv4(&self) -> bool {
        self.network().is_ipv4()
    }

    /// Whether this holds one address only.
    #[must_use]
    pub fn is_single(&self) -> bool {
        self.length() == self.0.max_prefix_len()
    }

    /// Whether `address` lies inside.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        self.0.contains(&address.to_canonical())
    }

    /// Whether `other` lies wholly inside, or is the same.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Whether the two share an address.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.covers(other) || other.covers(self)
    }

    /// This prefix and every one that covers it, the longest first: where a longest-match question looks.
    pub fn with_parents(self) -> impl Iterator<Item = Self> {
        (0..=self.length())
            .rev()
            .map(move |length| Self::new(self.network(), length))
    }
}

/// A single address without its length, everything else in CIDR notation.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_single() {
            self.network().fmt(f)
        } else {
            f.pad(&self.0.to_string())
        }
    }
}

/// The text is no address and no prefix.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadPrefix {
    /// Neither an address nor `ADDRESS/LENGTH`.
    #[error("`{0}` is not an address or prefix: write 192.0.2.1, 192.0.2.0/24 or 2001:db8::/64")]
    Malformed(String),
    /// Bits are set behind the prefix length, so that it is unclear what was meant.
    #[error("`{given}` has bits set behind the prefix length: did you mean {meant}?")]
    HostBits {
        /// The text as given.
        given: String,
        /// The prefix with those bits cleared.
        meant: Prefix,
    },
}

impl FromStr for Prefix {
    type Err = BadPrefix;

    fn from_str(text: &str) -> Result<Self, BadPrefix> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::single(address));
        }
        let net: IpNet = text
            .parse()
            .map_err(|_bad| BadPrefix::Malformed(text.to_owned()))?;
        let meant = Self::new(net.addr(), net.prefix_len());
        if net.trunc() == net {
            Ok(meant)
        } else {
            Err(BadPrefix::HostBits {
                given: text.to_owned(),
                meant,
            })
        }
    }
}

impl From<IpAddr> for Prefix {
    fn from(address: IpAddr) -> Self {
        Self::single(address)
    }
}

impl From<Ipv4Addr> for Prefix {
    fn from(address: Ipv4Addr) -> Self {
        Self::single(address.into())
    }
}

impl From<Ipv6Addr> for Prefix {
    fn from(address: Ipv6Addr) -> Self {
        Self::single(address.into())
    }
}

crate::as_text!(Prefix);

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn single_addresses_are_written_without_a_length() {
        assert_eq!(prefix("192.0.2.1").to_string(), "192.0.2.1");
        assert_eq!(prefix("192.0.2.1/32").to_string(), "192.0.2.1");
        assert_eq!(prefix("192.0.2.0/24").to_string(), "192.0.2.0/24");
        assert_eq!(prefix("2001:DB8::1").to_string(), "2001:db8::1");
    }

    #[test]
    fn an_ipv6_address_is_listed_as_its_64() {
        let unit = Prefix::unit("2001:db8::1:2:3:4".parse().unwrap());
        assert_eq!(unit.to_string(), "2001:db8::/64");
        assert!(unit.contains("2001:db8::ffff".parse().unwrap()));
        assert!(unit.is_unit() && prefix("192.0.2.1").is_unit());
        assert!(!prefix("2001:db8::1").is_unit() && !prefix("192.0.2.0/24").is_unit());
    }

    #[test]
    fn a_mapped_address_is_the_ipv4_address_it_carries() {
        assert_eq!(prefix("::ffff:192.0.2.1"), prefix("192.0.2.1"));
        assert_eq!(prefix("::ffff:192.0.2.0/120"), prefix("192.0.2.0/24"));
        assert!(prefix("192.0.2.0/24").contains("::ffff:192.0.2.9".parse().unwrap()));
    }

    #[test]
    fn host_bits_are_refused_with_what_was_meant() {
        let error = "192.0.2.1/24".parse::<Prefix>().unwrap_err();
        assert!(error.to_string().ends_with("did you mean 192.0.2.0/24?"));
        assert!("192.0.2".parse::<Prefix>().is_err());
        assert!("192.0.2.0/33".parse::<Prefix>().is_err());
    }

    #[test]
    fn parents_go_from_the_longest_to_the_shortest() {
        let parents: Vec<_> = prefix("192.0.2.0/24").with_parents().collect();
        assert_eq!(parents.len(), 25);
        assert_eq!(parents.first(), Some(&prefix("192.0.2.0/24")));
        assert_eq!(parents.last(), Some(&prefix("0.0.0.0/0")));
    }
}
