//! A name above addresses as a place in the tree of names: so many labels, and the prefix that they share.
//!
//! IPv4 names are made of octets and IPv6 names of nibbles, and both stand below the same zone. So a name of digits is a node of both
//! trees: `1.0.0.2` is 2.0.0.1 and also stands above all of `2001::/16`.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;
use domain::base::name::{NameBuilder, PushError};

use crate::apex::OwnName;

/// Bits of all that a node can stand for; the bits of an IPv4 node are the first of them.
const BITS: u32 = u128::BITS;
/// How far the bits of an IPv4 address stand to the left.
const IPV4_SHIFT: u32 = BITS - u32::BITS;
/// The addresses that carry an IPv4 address, `::ffff:0:0/96`. Nobody asks for them: they are names of IPv4 addresses by another way.
const MAPPED: Node = Node {
    bits: 0xffff_0000_0000,
    length: 96,
    family: Family::Ipv6,
};
/// The first octet or nibble that is no digit of both trees.
const FIRST_CLEAR_LABEL: u8 = 10;
/// From this many bits on, the names below an IPv6 node have more labels than an IPv4 address.
const IPV6_CLEAR_LENGTH: u8 = 16;

/// Octets or nibbles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Decimal octets.
    Ipv4,
    /// Hexadecimal nibbles.
    Ipv6,
}

/// A name above or of an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Node {
    bits: u128,
    length: u8,
    family: Family,
}

impl Family {
    /// Bits of a label.
    pub(super) const fn step(self) -> u8 {
        match self {
            Self::Ipv4 => 8,
            Self::Ipv6 => 4,
        }
    }

    /// Bits of an address.
    const fn longest(self) -> u8 {
        match self {
            Self::Ipv4 => 32,
            Self::Ipv6 => 128,
        }
    }
}

impl Node {
    /// The zone itself.
    pub(super) const fn root(family: Family) -> Self {
        Self {
            bits: 0,
            length: 0,
            family,
        }
    }

    /// The node one label further down.
    pub(super) fn child(self, label: u8) -> Self {
        let length = self.length.saturating_add(self.family.step());
        let shift = BITS.saturating_sub(length.into());
        Self {
            bits: self.bits | u128::from(label).wrapping_shl(shift),
            length,
            family: self.family,
        }
    }

    /// Octets or nibbles.
    pub(super) const fn family(self) -> Family {
        self.family
    }

    /// The prefix that the name means.
    pub(super) fn prefix(self) -> Prefix {
        Prefix::new(self.address(), self.length)
    }

    /// The first address below.
    pub(super) fn address(self) -> IpAddr {
        match self.family {
            Family::Ipv4 => Ipv4Addr::from_bits(self.ipv4_bits()).into(),
            Family::Ipv6 => Ipv6Addr::from_bits(self.bits).into(),
        }
    }

    /// The bits as those of an IPv4 address, and how many of them count.
    pub(super) fn ipv4(self) -> Option<(u32, u8)> {
        (self.family == Family::Ipv4).then(|| (self.ipv4_bits(), self.length))
    }

    fn ipv4_bits(self) -> u32 {
        u32::try_from(self.bits >> IPV4_SHIFT).unwrap_or_default()
    }

    /// Whether this is the name of a whole address.
    pub(super) const fn is_whole(self) -> bool {
        self.length == self.family.longest()
    }

    /// Whether this is the name of IPv4 addresses by another way.
    pub(super) fn is_mapped(self) -> bool {
        self.family == Family::Ipv6 && self.length >= MAPPED.length && MAPPED.holds(self)
    }

    /// The label below which the names of IPv4 addresses by another way stand.
    pub(super) fn label_to_mapped(self) -> Option<u8> {
        let is_above = self.family == Family::Ipv6 && self.length < MAPPED.length && self.holds(MAPPED);
        is_above.then(|| MAPPED.label_at(self.length))
    }

    /// Whether a wildcard may stand below this name.
    ///
    /// A wildcard takes in every name below it that does not exist. Below IPv4 names of digits alone these would be names of IPv6 addresses,
    /// and below the shortest IPv6 names those of IPv4 addresses.
    pub(super) fn may_have_wildcard(self) -> bool {
        match self.family {
            Family::Ipv4 => self.labels().any(|label| label >= FIRST_CLEAR_LABEL),
            Family::Ipv6 => self.length >= IPV6_CLEAR_LENGTH,
        }
    }

    /// The labels one level below in which a prefix that lies inside stands, the first and the last.
    pub(super) fn labels_of(self, inside: &Prefix) -> Option<(u8, u8)> {
        let ends = [inside.network(), inside.last()].map(|end| match (end, self.family) {
            (IpAddr::V4(end), Family::Ipv4) => Some(u128::from(end.to_bits()) << IPV4_SHIFT),
            (IpAddr::V6(end), Family::Ipv6) => Some(end.to_bits()),
            _ => None,
        });
        let [first, last] = ends.map(|bits| Some(Self { bits: bits?, ..self }.label_at(self.length)));
        Some((first?, last?))
    }

    /// Where the records of a node stand in a zone: at the name of a whole address, at the wildcard below any other.
    pub(super) fn owner(self, zone: &OwnName) -> Result<OwnName, PushError> {
        let mut builder = NameBuilder::new_vec();
        if !self.is_whole() {
            builder.append_label(b"*")?;
        }
        for label in self.labels().rev() {
            match self.family {
                Family::Ipv4 => builder.append_label(label.to_string().as_bytes())?,
                Family::Ipv6 => builder.append_label(format!("{label:x}").as_bytes())?,
            }
        }
        builder
            .append_origin(zone)
            .map_err(|_too_long| PushError::LongName)
    }

    /// The labels, the one next to the zone first.
    fn labels(self) -> impl DoubleEndedIterator<Item = u8> {
        let count = self.length.checked_div(self.family.step()).unwrap_or_default();
        (0..count).map(move |index| self.label_at(index.saturating_mul(self.family.step())))
    }

    /// The label that begins at this bit.
    fn label_at(self, bit: u8) -> u8 {
        let step = self.family.step();
        let shift = BITS.saturating_sub(bit.saturating_add(step).into());
        let mask = u128::from(u8::MAX).wrapping_shr(8_u32.saturating_sub(step.into()));
        u8::try_from(self.bits.wrapping_shr(shift) & mask).unwrap_or_default()
    }

    /// Whether another node is this one or stands below.
    fn holds(self, other: Self) -> bool {
        let rest = u128::MAX.checked_shr(self.length.into()).unwrap_or_default();
        other.length >= self.length && other.bits | rest == self.bits | rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(node: Node) -> String {
        node.owner(&"bl.test".parse().unwrap()).unwrap().to_string()
    }

    fn node(family: Family, labels: &[u8]) -> Node {
        labels
            .iter()
            .fold(Node::root(family), |node, label| node.child(*label))
    }

    #[test]
    fn nodes_have_the_owners_and_prefixes_of_their_labels() {
        let ipv4 = node(Family::Ipv4, &[192, 0, 2]);
        assert_eq!(ipv4.prefix().to_string(), "192.0.2.0/24");
        assert_eq!(owner(ipv4), "*.2.0.192.bl.test");
        assert_eq!(owner(ipv4.child(9)), "9.2.0.192.bl.test");
        assert!(ipv4.child(9).is_whole() && !ipv4.is_whole());
        let ipv6 = node(Family::Ipv6, &[2, 0, 0, 1, 0, 13, 11, 8]);
        assert_eq!(ipv6.prefix().to_string(), "2001:db8::/32");
        assert_eq!(owner(ipv6), "*.8.b.d.0.1.0.0.2.bl.test");
    }

    #[test]
    fn a_range_stands_in_the_labels_that_it_fills() {
        let ipv4 = node(Family::Ipv4, &[192, 0]);
        assert_eq!(ipv4.labels_of(&"192.0.16.0/20".parse().unwrap()), Some((16, 31)));
        assert_eq!(ipv4.labels_of(&"192.0.2.9".parse().unwrap()), Some((2, 2)));
        let ipv6 = node(Family::Ipv6, &[2, 0, 0, 1, 0, 13, 11, 8]);
        assert_eq!(
            ipv6.labels_of(&"2001:db8:8000::/33".parse().unwrap()),
            Some((8, 15))
        );
    }

    #[test]
    fn no_wildcard_takes_in_names_of_the_other_family() {
        assert!(!node(Family::Ipv4, &[2, 0]).may_have_wildcard());
        assert!(node(Family::Ipv4, &[2, 10]).may_have_wildcard());
        assert!(!node(Family::Ipv6, &[2, 0, 0]).may_have_wildcard());
        assert!(node(Family::Ipv6, &[2, 0, 0, 1]).may_have_wildcard());
    }

    #[test]
    fn names_of_carried_addresses_are_known() {
        let mut above = Node::root(Family::Ipv6);
        while let Some(label) = above.label_to_mapped() {
            assert!(!above.is_mapped());
            above = above.child(label);
        }
        assert_eq!(above, MAPPED);
        assert!(above.is_mapped() && above.child(3).is_mapped());
        assert!(!node(Family::Ipv6, &[2, 0, 0, 1]).is_mapped());
    }
}
