//! The names of a DNS blocklist: the labels in front of the zone name, read as addresses and prefixes, and written again
//! (RFC 5782 sections 2.1 and 2.4).
//!
//! In goes what stands before the zone name: `99.2.0.192` for 192.0.2.99, 32 nibbles for an IPv6 address. A name with fewer labels
//! stands above those of whole addresses and means the prefix that they share. Labels that are no part of an address (`foo`, `01`,
//! `256`) mean nothing. This module knows nothing of zones, messages or listings.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;

/// Bits that one label of an IPv4 name stands for.
const OCTET_BITS: u8 = 8;
/// Bits that one label of an IPv6 name stands for.
const NIBBLE_BITS: u8 = 4;
/// The first of the addresses that carry an IPv4 address, `::ffff:0:0`.
const MAPPED: u128 = 0xffff_0000_0000;
/// Labels of the longest name that means anything: a whole IPv6 address.
pub const MOST_LABELS: usize = 32;

/// What labels mean. Short names of digits mean two things at once.
///
/// `1.0.0.2` is 2.0.0.1 and also the name above all of `2001::/16`, so that whoever answers must look at both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Meaning {
    /// Read as decimal octets: an IPv4 address, or a prefix of 8, 16 or 24 bits.
    pub octets: Option<Prefix>,
    /// Read as hexadecimal nibbles: an IPv6 address or a prefix of a multiple of 4 bits. Names under `::ffff:0:0/96` mean the IPv4
    /// prefix that they carry, as everywhere in [`Prefix`].
    pub nibbles: Option<Prefix>,
}

impl Meaning {
    /// The address that the whole name stands for, if it is not just a part.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.prefixes()
            .find(Prefix::is_single)
            .map(|prefix| prefix.network())
    }

    /// Everything that the name stands above or for; nothing if it is no part of an address.
    ///
    /// IPv4 addresses can be asked for in nibbles too, below `::ffff:0:0/96`, so that the names above it stand above all of them.
    pub fn prefixes(&self) -> impl Iterator<Item = Prefix> + use<> {
        let carried = self.nibbles.filter(holds_mapped).map(|_above| every_ipv4());
        self.octets.into_iter().chain(self.nibbles).chain(carried)
    }
}

/// Reads the labels in front of the zone name, in the order in which they stand in the name.
#[must_use]
pub fn read<'label>(labels: impl IntoIterator<Item = &'label [u8]>) -> Meaning {
    // One label more than can mean anything is enough to see that there are too many.
    let labels: Vec<&[u8]> = labels.into_iter().take(MOST_LABELS.saturating_add(1)).collect();
    Meaning {
        octets: read_octets(&labels),
        nibbles: read_nibbles(&labels),
    }
}

/// Writes the labels that stand for a prefix, without the zone name.
///
/// Nothing where labels cannot say it: a length that is no whole number of labels, or no bits at all.
#[must_use]
pub fn write(prefix: &Prefix) -> Option<String> {
    let step = if prefix.is_ipv4() { OCTET_BITS } else { NIBBLE_BITS };
    if prefix.length() == 0 || !prefix.length().is_multiple_of(step) {
        return None;
    }
    let count = usize::from(prefix.length().div_euclid(step));
    let mut labels: Vec<String> = match prefix.network() {
        IpAddr::V4(v4) => v4.octets().iter().map(ToString::to_string).collect(),
        IpAddr::V6(v6) => v6
            .octets()
            .iter()
            .flat_map(|octet| [octet >> NIBBLE_BITS, octet & 0x0f])
            .map(|nibble| format!("{nibble:x}"))
            .collect(),
    };
    labels.truncate(count);
    labels.reverse();
    Some(labels.join("."))
}

/// The name in the reverse tree under which the names of a prefix stand (RFC 1035 section 3.5, RFC 3596 section 2.5), without the last dot.
///
/// Nothing where no name can say it, as with [`write()`].
#[must_use]
pub fn reverse_zone(prefix: &Prefix) -> Option<String> {
    let tree = if prefix.is_ipv4() {
        "in-addr.arpa"
    } else {
        "ip6.arpa"
    };
    Some(format!("{}.{tree}", write(prefix)?))
}

/// Whether an IPv6 prefix is wide enough to hold all the addresses that carry an IPv4 address.
fn holds_mapped(prefix: &Prefix) -> bool {
    let first = Ipv6Addr::from_bits(MAPPED);
    prefix.network() <= IpAddr::V6(first) && IpAddr::V6(first) <= prefix.last()
}

/// The prefix of all IPv4 addresses.
fn every_ipv4() -> Prefix {
    Prefix::new(Ipv4Addr::UNSPECIFIED.into(), 0)
}

/// One to four decimal octets, the last first.
fn read_octets(labels: &[&[u8]]) -> Option<Prefix> {
    let mut octets = [0; 4];
    let length = fill(&mut octets, labels, read_octet, OCTET_BITS)?;
    Some(Prefix::new(Ipv4Addr::from(octets).into(), length))
}

/// One to 32 hexadecimal nibbles, the last first.
fn read_nibbles(labels: &[&[u8]]) -> Option<Prefix> {
    let mut nibbles = [0; MOST_LABELS];
    let length = fill(&mut nibbles, labels, read_nibble, NIBBLE_BITS)?;
    let bits = nibbles
        .iter()
        .fold(0_u128, |bits, nibble| (bits << NIBBLE_BITS) | u128::from(*nibble));
    Some(Prefix::new(Ipv6Addr::from_bits(bits).into(), length))
}

/// Fills the leading places with the parts, which come the last first, and tells how many bits that makes.
fn fill(places: &mut [u8], labels: &[&[u8]], part: fn(&[u8]) -> Option<u8>, step: u8) -> Option<u8> {
    if labels.is_empty() || labels.len() > places.len() {
        return None;
    }
    for (place, label) in places.iter_mut().zip(labels.iter().rev()) {
        *place = part(label)?;
    }
    u8::try_from(labels.len()).ok()?.checked_mul(step)
}

/// `0` to `255` without leading zeros: `01` is another name than `1`, and only one of them may be listed.
fn read_octet(label: &[u8]) -> Option<u8> {
    match label {
        [b'0', _, ..] => None,
        [b'0'..=b'9', ..] if label.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(label).ok()?.parse().ok()
        }
        _ => None,
    }
}

/// One hexadecimal digit, in either case (names are compared without case, RFC 4343).
fn read_nibble(label: &[u8]) -> Option<u8> {
    let [digit] = label else { return None };
    let value = char::from(*digit).to_digit(16)?;
    u8::try_from(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn meaning(name: &str) -> Meaning {
        read(name.split('.').map(str::as_bytes))
    }

    fn prefix(text: &str) -> Prefix {
        text.parse().unwrap()
    }

    #[test]
    fn four_octets_are_an_ipv4_address() {
        let meaning = meaning("99.2.0.192");
        assert_eq!(meaning.address(), Some("192.0.2.99".parse().unwrap()));
        assert_eq!(meaning.nibbles, None);
    }

    #[test]
    fn thirty_two_nibbles_in_any_case_are_an_ipv6_address() {
        let name = "B.A.9.8.7.6.5.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2";
        assert_eq!(
            meaning(name).address(),
            Some("2001:db8::567:89ab".parse().unwrap())
        );
    }

    #[test]
    fn a_mapped_address_in_nibbles_is_the_ipv4_address_it_carries() {
        let name = "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";
        assert_eq!(meaning(name).address(), Some("127.0.0.2".parse().unwrap()));
        let above = meaning("0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0");
        assert_eq!(above.nibbles, Some(prefix("127.0.0.0/16")));
        assert_eq!(above.address(), None);
    }

    #[test]
    fn part_of_a_name_is_the_prefix_above() {
        assert_eq!(meaning("2.0.192").octets, Some(prefix("192.0.2.0/24")));
        assert_eq!(meaning("192").octets, Some(prefix("192.0.0.0/8")));
        assert_eq!(meaning("8.b.d.0.1.0.0.2").nibbles, Some(prefix("2001:db8::/32")));
        assert_eq!(meaning("2.0.192").address(), None);
    }

    #[test]
    fn names_above_the_mapped_addresses_stand_above_all_of_ipv4() {
        let every = prefix("0.0.0.0/0");
        for name in ["0", "0.0", "f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"] {
            assert!(meaning(name).prefixes().any(|prefix| prefix == every), "{name}");
        }
        for name in [
            "1",
            "2.0.0.127",
            "e.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0",
            "127",
        ] {
            assert!(!meaning(name).prefixes().any(|prefix| prefix == every), "{name}");
        }
    }

    #[test]
    fn digits_mean_octets_and_nibbles_at_once() {
        let meaning = meaning("1.0.0.2");
        assert_eq!(meaning.address(), Some("2.0.0.1".parse().unwrap()));
        assert_eq!(meaning.nibbles, Some(prefix("2001::/16")));
    }

    #[test]
    fn labels_that_are_no_part_of_an_address_mean_nothing() {
        let long = ["0"; 33].join(".");
        for name in [
            "foo",
            "",
            "01.2.0.192",
            "00.0.0.127",
            "256.2.0.192",
            "-1.0.0.127",
            "+1.0.0.127",
            "1.2.3.4.99",
            "99.2.foo.192",
            "*.2.0.192",
            "g.0.0.2",
            "0x1.0.0.127",
            "1..0.127",
            &long,
        ] {
            assert_eq!(meaning(name), Meaning::default(), "{name:?}");
        }
        assert_eq!(read([]), Meaning::default());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(bits: u128, v4: bool, labels in 1_u8..=32) {
            let address = if v4 { IpAddr::from(Ipv4Addr::from_bits((bits >> 96) as u32)) } else { Ipv6Addr::from_bits(bits).into() };
            let length = if v4 { labels.min(4) * OCTET_BITS } else { labels * NIBBLE_BITS };
            let prefix = Prefix::new(address, length);
            let name = write(&prefix).unwrap();
            prop_assert!(meaning(&name).prefixes().any(|read| read == prefix), "{} {}", prefix, name);
            prop_assert_eq!(meaning(&name.to_uppercase()), meaning(&name));
        }

        #[test]
        fn lengths_between_labels_are_not_written(bits: u32, length in 0_u8..=32) {
            let prefix = Prefix::new(Ipv4Addr::from_bits(bits).into(), length);
            prop_assert_eq!(write(&prefix).is_some(), length > 0 && length % 8 == 0);
        }

        #[test]
        fn any_labels_are_read_without_harm(labels in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..64), 0..40)) {
            let meaning = read(labels.iter().map(Vec::as_slice));
            prop_assert!(meaning.octets.is_none() || labels.len() <= 4);
        }
    }
}
