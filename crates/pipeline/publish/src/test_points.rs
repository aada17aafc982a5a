//! The test entries that every DNS blocklist has (RFC 5782 section 5).
//!
//! Whoever uses the list checks with them that it answers, and that it does not answer "listed" to everything. They are there
//! whatever the set holds and whatever is allowed: each code of a zone can be tried at the address that is the same as the code, and
//! 127.0.0.1 is never listed. A zone without a class of that code lists 127.0.0.2 with the codes that it has. In nibbles,
//! `::ffff:7f00:2` and `::ffff:7f00:1` are the same addresses.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_model::Prefix;

use crate::set::{Classes, Held};

/// Why a test entry is listed, for whoever reads it.
const REASON: &str = "test entry, always listed (RFC 5782 section 5)";
/// The address that every list must list.
const ALWAYS: Ipv4Addr = Ipv4Addr::new(127, 0, 0, 2);

/// What the test entries say about an address.
#[derive(Debug)]
pub(crate) enum TestPoint {
    /// It is a test entry.
    Listed(Vec<Held>),
    /// It must not be listed.
    Never,
    /// Nothing: the set decides.
    None,
}

/// Looks an address up among the test entries of a zone with these classes.
pub(crate) fn test_point(address: IpAddr, classes: Classes) -> TestPoint {
    // Nearly every address: no code lies elsewhere.
    let IpAddr::V4(address) = address else {
        return TestPoint::None;
    };
    if !address.is_loopback() {
        return TestPoint::None;
    }
    if address == Ipv4Addr::LOCALHOST {
        return TestPoint::Never;
    }
    let held = |class| Held {
        prefix: IpAddr::V4(address).into(),
        class,
        until: None,
        text: Some(REASON.into()),
    };
    let own = classes.iter().find(|class| class.code() == address);
    match own {
        Some(class) => TestPoint::Listed(vec![held(class)]),
        None if address == ALWAYS => TestPoint::Listed(classes.iter().map(held).collect()),
        None => TestPoint::None,
    }
}

/// Whether a prefix holds a test entry of a zone with these classes.
pub(crate) fn has_test_point(prefix: &Prefix, classes: Classes) -> bool {
    let codes = classes.iter().map(atalaya_model::Class::code);
    codes.chain([ALWAYS]).any(|code| prefix.contains(code.into()))
}

/// The addresses that a test entry of a zone with these classes speaks of: those that are listed, and the one that never is.
pub(crate) fn special_addresses(classes: Classes) -> impl Iterator<Item = Prefix> {
    let listed = classes.iter().map(atalaya_model::Class::code);
    listed.chain([ALWAYS, Ipv4Addr::LOCALHOST]).map(Prefix::from)
}
