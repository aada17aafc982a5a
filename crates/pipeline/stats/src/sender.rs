//! Who was seen, as statistics count it: an IPv4 address, or the /64 of an IPv6 address, which one machine has to itself.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One who sent. Ordered as addresses are, IPv4 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// An IPv4 address.
    V4(u32),
    /// The upper half of an IPv6 address.
    V6(u64),
}

impl Sender {
    /// Who has that address.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => Self::V4(v4.to_bits()),
            IpAddr::V6(v6) => Self::V6(u64::try_from(v6.to_bits() >> 64).unwrap_or(0)),
        }
    }

    /// The address; of a /64 its first.
    #[must_use]
    pub fn address(self) -> IpAddr {
        match self {
            Self::V4(bits) => Ipv4Addr::from_bits(bits).into(),
            Self::V6(bits) => Ipv6Addr::from_bits(u128::from(bits) << 64).into(),
        }
    }

    /// The network around it that is ranked: a /24, or a /48.
    #[must_use]
    pub const fn neighbourhood(self) -> Neighbourhood {
        match self {
            Self::V4(bits) => Neighbourhood(Self::V4(bits & 0xffff_ff00)),
            Self::V6(bits) => Neighbourhood(Self::V6(bits & 0xffff_ffff_ffff_0000)),
        }
    }
}

/// An IPv4 /24 or an IPv6 /48.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Neighbourhood(Sender);

impl fmt::Display for Neighbourhood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let length = match self.0 {
            Sender::V4(_) => 24,
            Sender::V6(_) => 48,
        };
        write!(f, "{}/{length}", self.0.address())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_itself_and_ipv6_its_64() {
        let of = |text: &str| Sender::of(text.parse().unwrap());
        assert_eq!(of("192.0.2.7").address().to_string(), "192.0.2.7");
        assert_eq!(of("::ffff:192.0.2.7"), of("192.0.2.7"));
        assert_eq!(of("2001:db8:1:2:3::4").address().to_string(), "2001:db8:1:2::");
        assert_eq!(of("192.0.2.7").neighbourhood().to_string(), "192.0.2.0/24");
        assert_eq!(
            of("2001:db8:1:2::").neighbourhood().to_string(),
            "2001:db8:1::/48"
        );
        assert!(of("255.255.255.255") < of("::2"));
    }
}
