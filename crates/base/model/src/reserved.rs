//! Addresses that are never listed because they do not name one machine of the Internet.
//!
//! The ranges are those of the IANA special-purpose address registries (RFC 6890), the multicast blocks, and of IPv6 everything outside
//! `2000::/3`, from which alone addresses are given out (RFC 4291 section 2.4). One kind is left out on purpose: the documentation ranges of
//! RFC 5737 and RFC 3849 can be listed. No mail can come from them, so listing one harms nobody, and manuals, the demo and tests need
//! addresses that belong to nobody. The newer `3fff::/20` is not needed for that, and is reserved.

use std::net::IpAddr;

use crate::Prefix;

/// Each reserved range with its purpose and the document that reserves it.
const RANGES: &[(&str, &str)] = &[
    ("0.0.0.0/8", "this network (RFC 791)"),
    ("10.0.0.0/8", "private use (RFC 1918)"),
    ("100.64.0.0/10", "shared address space of carriers (RFC 6598)"),
    ("127.0.0.0/8", "loopback (RFC 1122)"),
    ("169.254.0.0/16", "link local (RFC 3927)"),
    ("172.16.0.0/12", "private use (RFC 1918)"),
    ("192.0.0.0/24", "protocol assignments (RFC 6890)"),
    ("192.31.196.0/24", "AS112 name servers (RFC 7535)"),
    ("192.52.193.0/24", "multicast tunnels, AMT (RFC 7450)"),
    ("192.88.99.0/24", "6to4 relay anycast, deprecated (RFC 7526)"),
    ("192.168.0.0/16", "private use (RFC 1918)"),
    ("192.175.48.0/24", "AS112 name servers (RFC 7534)"),
    ("198.18.0.0/15", "benchmarking (RFC 2544)"),
    ("224.0.0.0/4", "multicast (RFC 5771)"),
    ("240.0.0.0/4", "reserved (RFC 1112)"),
    ("::/8", "unspecified, loopback and embedded IPv4 (RFC 4291)"),
    ("64:ff9b::/96", "translation of IPv4 (RFC 6052)"),
    ("64:ff9b:1::/48", "local translation of IPv4 (RFC 8215)"),
    ("100::/64", "discard only (RFC 6666)"),
    ("2001::/32", "Teredo (RFC 4380)"),
    ("2001:2::/48", "benchmarking (RFC 5180)"),
    ("2001:10::/28", "ORCHID, deprecated (RFC 4843)"),
    ("2001:20::/28", "ORCHIDv2 (RFC 7343)"),
    ("2001::/23", "protocol assignments (RFC 2928)"),
    ("2002::/16", "6to4 (RFC 3056)"),
    ("2620:4f:8000::/48", "AS112 name servers (RFC 7534)"),
    ("3fff::/20", "documentation (RFC 9637)"),
    ("5f00::/16", "segment routing (RFC 9602)"),
    ("fc00::/7", "unique local (RFC 4193)"),
    ("fe80::/10", "link local (RFC 4291)"),
    ("fec0::/10", "site local, deprecated (RFC 3879)"),
    ("ff00::/8", "multicast (RFC 4291)"),
    // What is left of all that lies outside 2000::/3; the first range that fits names the purpose.
    ("::/3", "not given out (RFC 4291)"),
    ("4000::/2", "not given out (RFC 4291)"),
    ("8000::/1", "not given out (RFC 4291)"),
];

/// Says why `prefix` may not be listed: what the first reserved range that shares an address with it is for.
///
/// A prefix that *contains* a reserved range is refused too: 0.0.0.0/0 would list the loopback addresses.
#[must_use]
pub fn reserved(prefix: &Prefix) -> Option<&'static str> {
    table()
        .iter()
        .find(|(range, _)| range.overlaps(prefix))
        .map(|(_, purpose)| *purpose)
}

/// Every reserved range with what it is for, as a policy has to state them (RFC 6471 section 3.5).
pub fn reserved_ranges() -> impl Iterator<Item = (Prefix, &'static str)> {
    table().iter().copied()
}

/// The ranges parsed once.
fn table() -> &'static [(Prefix, &'static str)] {
    static TABLE: std::sync::OnceLock<Vec<(Prefix, &'static str)>> = std::sync::OnceLock::new();
    TABLE.get_or_init(|| {
        RANGES
            .iter()
            .filter_map(|(range, why)| Some((parse(range)?, *why)))
            .collect()
    })
}

/// Reads a range as it is written in the table. `::/8` must not be taken for a mapped IPv4 range.
fn parse(range: &str) -> Option<Prefix> {
    let (address, length) = range.split_once('/')?;
    Some(Prefix::new(address.parse::<IpAddr>().ok()?, length.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(text: &str) -> Option<&'static str> {
        reserved(&text.parse().unwrap())
    }

    #[test]
    fn every_range_of_the_table_can_be_read() {
        assert_eq!(table().len(), RANGES.len());
        for (range, _) in RANGES {
            assert!(why(range).is_some(), "{range}");
        }
    }

    #[test]
    fn private_and_loopback_addresses_are_reserved() {
        for address in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.31.255.255",
            "::1",
            "fe80::1",
            "fd00::1",
        ] {
            assert!(why(address).is_some(), "{address}");
        }
    }

    #[test]
    fn whatever_lies_outside_2000_3_is_reserved_by_its_own_purpose_first() {
        for (address, purpose) in [
            ("1fff::1", "not given out"),
            ("4000::1", "not given out"),
            ("7fff::1", "not given out"),
            ("8000::1", "not given out"),
            ("fec0::1", "site local"),
            ("fe80::1", "link local"),
            ("2001:1::1", "protocol assignments"),
            ("2001:4:112::1", "protocol assignments"),
            ("2001::1", "Teredo"),
            ("3fff:fff::1", "documentation"),
            ("192.52.193.1", "multicast tunnels"),
            ("192.31.196.1", "AS112"),
        ] {
            let told = why(address).unwrap_or_default();
            assert!(told.starts_with(purpose), "{address}: {told}");
        }
        for address in [
            "2000::1",
            "2001:200::1",
            "2620:4f:8001::1",
            "3fff:1000::1",
            "3ffe::1",
        ] {
            assert_eq!(why(address), None, "{address}");
        }
    }

    #[test]
    fn public_and_documentation_addresses_are_not() {
        for address in [
            "8.8.8.8",
            "192.0.2.1",
            "198.51.100.7",
            "203.0.113.9",
            "2001:db8::1",
            "2a00::1",
            "172.32.0.1",
        ] {
            assert_eq!(why(address), None, "{address}");
        }
    }

    #[test]
    fn a_prefix_around_a_reserved_range_is_reserved() {
        assert!(why("0.0.0.0/0").is_some());
        assert!(why("8.0.0.0/6").is_some(), "8.0.0.0/6 contains 10.0.0.0/8");
        assert!(why("::/0").is_some());
    }
}
