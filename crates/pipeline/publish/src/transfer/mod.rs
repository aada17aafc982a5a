//! Copies of the zone for ordinary name servers: AXFR (RFC 5936), IXFR (RFC 1995), NOTIFY (RFC 1996) and TSIG (RFC 8945).
//!
//! A query comes in through [`respond`], which knows signatures and transfers and gives everything else to `answer`. What is sent is made
//! while it is sent: `walk` finds the names of a version, or those that differ between two, `records` says what stands at them, `stream`
//! writes messages. So a transfer holds a version of the list, which it shares with all who answer, one message, and the way to one name.
//! `journal` keeps what the last decisions changed; `notify` tells the secondaries.

mod compress;
mod journal;
mod labels;
mod node;
mod notify;
mod peers;
mod records;
mod request;
mod secondaries;
mod signature;
mod stream;
mod walk;

pub(crate) use self::journal::Journal;
pub(crate) use self::notify::{Teller, tell};
pub use self::peers::{BadPeer, NotifyTarget, Secondary, TsigKey};
pub(crate) use self::request::{Copy, Response, respond};
pub(crate) use self::secondaries::Secondaries;

use atalaya_model::{Prefix, Timestamp};

use self::walk::{Version, Walk};
use crate::set::{Classes, Held, View};

/// The names of the listings of these classes that hold at a moment, of the families that fit: for each what stands there, and the prefix that
/// it means. The name of what is no single address is a wildcard.
pub(crate) fn names(
    view: View,
    classes: Classes,
    at: Timestamp,
    fits: impl Fn(&Prefix) -> bool,
) -> impl Iterator<Item = (Prefix, Vec<Held>)> {
    let walk = Walk::whole(Version::new(view, classes).at(at)).within(fits);
    walk.map(|change| (change.node.prefix(), change.after))
}

#[cfg(test)]
mod tests;
