//! What lies inside a prefix, as a range of the addresses by which rows sort.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use atalaya_model::Prefix;

use crate::sql::Value;

/// The first and the last key: all zeros and all ones.
const ALL: (IpAddr, IpAddr) = (
    IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    IpAddr::V6(Ipv6Addr::from_bits(u128::MAX)),
);

/// An address as rows sort by it: IPv4 inside of IPv6, in its mapped form.
pub(crate) const fn mapped(address: IpAddr) -> Ipv6Addr {
    match address {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    }
}

/// The first and the last address of a prefix, or of all.
pub(crate) fn ends(prefix: Option<&Prefix>) -> (IpAddr, IpAddr) {
    prefix.map_or(ALL, |prefix| (prefix.network(), prefix.last()))
}

/// The condition, behind others, that leaves IPv4 out of an IPv6 prefix, and its values: IPv4 sorts inside the short ones, but does not belong to them.
pub(crate) fn without_ipv4(prefix: Option<&Prefix>, values: &mut Vec<Value>) -> String {
    if prefix.is_none_or(Prefix::is_ipv4) {
        return String::new();
    }
    let ipv4 = [Ipv4Addr::UNSPECIFIED, Ipv4Addr::BROADCAST];
    values.extend(ipv4.map(|end| Value::from(IpAddr::V4(end))));
    let last = values.len();
    format!(" AND (first_address < ${} OR first_address > ${last})", last - 1)
}
