//! The zone files of rbldnsd: lists of addresses, networks and names, each with a code and a text, in plain lines.
//!
//! In go the lines of a dataset, which may be spread over several files and packed with gzip; out come its entries, one call of a
//! [`Sink`] each, and at the end what the specials (`$SOA`, `$TTL`, ...) said. A wrong line is left out, counted, and the first ones are kept
//! with their number and the reason; only a file that cannot be read to its end is an error. Nothing here opens a file, reads a clock
//! or decides what answers. [`Writer`] makes such files.

mod generic;
mod ip4;
mod ip6;
mod lines;
mod names;
mod reader;
mod special;
mod time;
mod value;
mod write;
mod wrong;

#[cfg(test)]
mod tests;

use std::net::{Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

pub use self::names::{Key, MOST_NAME_BYTES};
pub use self::reader::{Parsed, Part, Reader};
pub use self::special::{NameServers, Soa};
pub use self::time::seconds as read_seconds;
pub use self::value::{Value, Variables};
pub use self::write::{Header, Writer};
pub use self::wrong::{Reason, Wrong, WrongLine};

/// The kinds of datasets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// IPv4 addresses, networks and ranges; the narrowest of the widths /32, /24, /16 and /8 answers, with all its entries.
    Ip4Set,
    /// Single IPv4 addresses that share one value.
    Ip4TSet,
    /// IPv4 networks; the longest one answers.
    Ip4Trie,
    /// IPv6 networks of 64 bits that share one value, and single addresses that are excluded.
    Ip6TSet,
    /// IPv6 networks; the longest one answers.
    Ip6Trie,
    /// Domain names, with or without what is below them.
    Names,
    /// Plain records.
    Generic,
    /// Several datasets in one file, each for some sub-zones.
    Combined,
    /// What becomes of the queries of a client.
    Acl,
}

/// The kinds by the names that rbldnsd gives them.
const KINDS: [(&str, Kind); 9] = [
    ("ip4set", Kind::Ip4Set),
    ("ip4tset", Kind::Ip4TSet),
    ("ip4trie", Kind::Ip4Trie),
    ("ip6tset", Kind::Ip6TSet),
    ("ip6trie", Kind::Ip6Trie),
    ("dnset", Kind::Names),
    ("generic", Kind::Generic),
    ("combined", Kind::Combined),
    ("acl", Kind::Acl),
];

impl Kind {
    /// The name that rbldnsd gives it.
    #[must_use]
    pub fn name(self) -> &'static str {
        KINDS
            .iter()
            .find(|(_, kind)| *kind == self)
            .map_or("", |(name, _)| name)
    }
}

/// The text names no kind of dataset.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no type of dataset: use ip4set, ip4tset, ip4trie, ip6tset, ip6trie, dnset, generic, combined or acl"
)]
pub struct BadKind(String);

impl FromStr for Kind {
    type Err = BadKind;

    fn from_str(text: &str) -> Result<Self, BadKind> {
        KINDS
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, kind)| *kind)
            .ok_or_else(|| BadKind(text.to_owned()))
    }
}

/// How files are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The time to live where a file says none, in seconds.
    pub ttl_seconds: u32,
    /// The least and the most that a file may say, in seconds.
    pub ttl_limits: (u32, u32),
    /// What becomes of `10.1.2.3/24`.
    pub host_bits: HostBits,
    /// What becomes of a line that lists every address.
    pub everything: Everything,
    /// The most bytes of a dataset, unpacked.
    pub most_bytes: u64,
}

/// What becomes of a network with bits behind its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostBits {
    /// The line is wrong: it may be a slip.
    Refused,
    /// They are cleared.
    Cleared,
}

/// What becomes of a line that lists every address there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Everything {
    /// The line is wrong: such a line has ended more than one list, and the mail of all who used it.
    Refused,
    /// It is meant.
    Listed,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            ttl_seconds: 35 * 60,
            ttl_limits: (0, u32::MAX),
            host_bits: HostBits::Refused,
            everything: Everything::Refused,
            most_bytes: 16 << 30,
        }
    }
}

/// The place of a value in [`Part::values`].
pub type ValueNumber = u32;

/// One entry of a dataset. Without a value it is an exclusion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry<'a> {
    /// IPv4 addresses, from the first to the last.
    Ip4 {
        /// The first.
        first: u32,
        /// The last.
        last: u32,
        /// Its value.
        value: Option<ValueNumber>,
    },
    /// An IPv6 network.
    Ip6 {
        /// Its first address.
        network: u128,
        /// Its length in bits.
        length: u8,
        /// Its value.
        value: Option<ValueNumber>,
    },
    /// A domain name.
    Name {
        /// The name.
        name: &'a Key,
        /// Whether it stands for itself, for what is below, or for both.
        reach: Reach,
        /// Its value.
        value: Option<ValueNumber>,
    },
    /// A record.
    Record {
        /// Its name.
        name: &'a Key,
        /// Its time to live.
        ttl_seconds: u32,
        /// What it says.
        data: &'a Data,
    },
}

/// Whether a line lists what it names, or takes it out of what is listed around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    Listed,
    Excluded,
}

/// What a name of a dataset stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The name itself: `example.com`.
    Itself,
    /// All names below: `*.example.com`.
    Below,
    /// Both: `.example.com`.
    Both,
}

/// What a plain record says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// An IPv4 address.
    A(Ipv4Addr),
    /// An IPv6 address.
    Aaaa(Ipv6Addr),
    /// A text of at most 255 bytes.
    Txt(Vec<u8>),
    /// A mail server and its preference.
    Mx(u16, Key),
}

/// Takes the entries of a dataset.
pub trait Sink {
    /// A dataset begins; the entries that follow are its own. A dataset that is not combined begins once.
    fn begin(&mut self, kind: Kind);
    /// An entry of the dataset that began last.
    fn entry(&mut self, entry: Entry<'_>);
}
