//! The test entries that every DNS blocklist has (RFC 5782 section 5).
//!
//! Whoever uses the list checks with them that it answers, and that it does not answer "listed" to everything. They are there
//! whatever the set holds and whatever is allowed: each code of ours can be tried at the address that is the same as the code, and
//! 127.0.0.1 is never listed. In nibbles, `::ffff:7f00:2` and `::ffff:7f00:1` are the same addresses.

use std::net::{IpAddr, Ipv4Addr};

use atalaya_model::{Class, Prefix};

use crate::set::Held;

/// Why a test entry is listed, for whoever reads it.
const REASON: &str = "test entry, always listed (RFC 5782 section 5)";

/// What the test entries say about an address.
#[derive(Debug)]
pub(crate) enum TestPoint {
    /// It is a test entry.
    Listed(Held),
    /// It must not be listed.
    Never,
    /// Nothing: the set decides.
    None,
}

/// Looks an address up among the test entries.
pub(crate) fn test_point(address: IpAddr) -> TestPoint {
    if address == Ipv4Addr::LOCALHOST {
        return TestPoint::Never;
    }
    Class::ALL
        .into_iter()
        .find(|class| address == class.code())
        .map_or(TestPoint::None, |class| TestPoint::Listed(held(class)))
}

/// Whether a prefix holds a test entry.
pub(crate) fn has_test_point(prefix: &Prefix) -> bool {
    Class::ALL
        .into_iter()
        .any(|class| prefix.contains(class.code().into()))
}

/// The addresses that a test entry speaks of: those that are listed, and the one that never is.
pub(crate) fn special_addresses() -> impl Iterator<Item = Prefix> {
    let listed = Class::ALL.into_iter().map(Class::code);
    listed.chain([Ipv4Addr::LOCALHOST]).map(Prefix::from)
}

/// The test entry of a class.
fn held(class: Class) -> Held {
    Held {
        prefix: class.code().into(),
        class,
        until: None,
        text: Some(REASON.into()),
    }
}
