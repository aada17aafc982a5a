//! Where in DNS a scope is proven: the names of the records, and the addresses that are asked for theirs.

use std::net::IpAddr;

use atalaya_formats::dnsbl;
use atalaya_model::Prefix;

/// The label under which the record of a zone stands.
const LABEL: &str = "_atalaya-feedback";
/// Most addresses that are proven by their names: all of them have to bear it.
const MOST_NAMED: usize = 32;

/// Where records have to stand: under the first name, or under each of the others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RecordNames {
    /// In the zone of or around the prefix, or under the domain.
    pub around: Option<String>,
    /// In each of the zones inside.
    pub each: Vec<String>,
}

impl RecordNames {
    /// That of a domain.
    pub(super) fn of_domain(domain: &str) -> Self {
        Self {
            around: Some(format!("{LABEL}.{domain}")),
            each: Vec::new(),
        }
    }

    /// Those of a prefix.
    ///
    /// Zones are cut at octets (IPv4) and at nibbles (IPv6). Below an IPv4 /24 the record stands at the name of each address itself, which follows
    /// to wherever the zone has delegated it (RFC 2317).
    pub(super) fn of(prefix: &Prefix) -> Self {
        let (step, deepest) = if prefix.is_ipv4() { (8, 24) } else { (4, 128) };
        let length = prefix.length();
        let above = (length - length % step).min(deepest);
        let owner = |zone: Prefix| Some(format!("{LABEL}.{}", dnsbl::reverse_zone(&zone)?));
        let around = owner(Prefix::new(prefix.network(), above));
        let each = if length > deepest {
            let names = inside(prefix, 32);
            names.filter_map(|name| dnsbl::reverse_zone(&name)).collect()
        } else if length > above {
            inside(prefix, above + step).filter_map(owner).collect()
        } else {
            Vec::new()
        };
        Self { around, each }
    }
}

/// The prefixes of a length inside of a prefix.
fn inside(prefix: &Prefix, length: u8) -> impl Iterator<Item = Prefix> + use<> {
    let end = *prefix;
    let next = move |piece: &Prefix| after(piece).filter(|next| end.contains(*next));
    let piece = move |address: IpAddr| Prefix::new(address, length);
    std::iter::successors(Some(piece(prefix.network())), move |one| next(one).map(piece))
}

/// The address after the last of a prefix.
pub(super) fn after(prefix: &Prefix) -> Option<IpAddr> {
    match prefix.last() {
        IpAddr::V4(last) => last.to_bits().checked_add(1).map(|next| IpAddr::V4(next.into())),
        IpAddr::V6(last) => last.to_bits().checked_add(1).map(|next| IpAddr::V6(next.into())),
    }
}

/// Whether every address of a prefix can be asked for its name.
pub(super) fn is_few(prefix: &Prefix) -> bool {
    addresses(prefix).take(MOST_NAMED + 1).count() <= MOST_NAMED
}

/// Every address of a prefix.
pub(super) fn addresses(prefix: &Prefix) -> impl Iterator<Item = IpAddr> + use<> {
    inside(prefix, if prefix.is_ipv4() { 32 } else { 128 }).map(|one| one.network())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(prefix: &str) -> (String, Vec<String>) {
        let names = RecordNames::of(&prefix.parse().unwrap());
        (names.around.unwrap(), names.each)
    }

    #[test]
    fn a_prefix_at_a_cut_has_one_record() {
        for (prefix, zone) in [
            ("192.0.2.0/24", "2.0.192.in-addr.arpa"),
            ("198.51.0.0/16", "51.198.in-addr.arpa"),
            ("12.0.0.0/8", "12.in-addr.arpa"),
            ("2001:db8::/32", "8.b.d.0.1.0.0.2.ip6.arpa"),
        ] {
            let owner = format!("_atalaya-feedback.{zone}");
            assert_eq!(names(prefix), (owner, Vec::new()), "{prefix}");
        }
    }

    #[test]
    fn between_two_cuts_the_zone_around_or_all_inside_are_asked() {
        let (around, each) = names("198.51.100.0/23");
        assert_eq!(around, "_atalaya-feedback.51.198.in-addr.arpa");
        assert_eq!(
            each,
            [
                "_atalaya-feedback.100.51.198.in-addr.arpa",
                "_atalaya-feedback.101.51.198.in-addr.arpa"
            ]
        );
        let (around, each) = names("2001:db8::/30");
        assert_eq!(around, "_atalaya-feedback.b.d.0.1.0.0.2.ip6.arpa");
        assert_eq!(each.len(), 4);
        for (widest, many) in [("10.0.0.0/9", 128), ("10.0.0.0/17", 128), ("2000::/19", 2)] {
            assert_eq!(names(widest).1.len(), many, "{widest}");
        }
    }

    #[test]
    fn below_24_bits_each_address_has_the_record_or_the_zone_around() {
        let (around, each) = names("192.0.2.4/31");
        assert_eq!(around, "_atalaya-feedback.2.0.192.in-addr.arpa");
        assert_eq!(each, ["4.2.0.192.in-addr.arpa", "5.2.0.192.in-addr.arpa"]);
        assert_eq!(names("192.0.2.128/25").1.len(), 128);
        assert_eq!(names("255.255.255.255").1, ["255.255.255.255.in-addr.arpa"]);
    }

    #[test]
    fn names_prove_no_more_addresses_than_can_be_asked() {
        for (prefix, fits) in [
            ("192.0.2.0/27", true),
            ("192.0.2.0/26", false),
            ("2001:db8::/123", true),
            ("2001:db8::/64", false),
            ("12.0.0.0/8", false),
        ] {
            assert_eq!(is_few(&prefix.parse().unwrap()), fits, "{prefix}");
        }
    }
}
