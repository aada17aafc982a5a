#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a property that does not hold is what these functions are there to shout about"
)]

mod complaint;
mod config;
mod contacts;
mod conversation;
mod dns;
mod lists;
mod logs;
mod mbox;
mod message;
mod milter;
pub mod mutate;
mod pcap;
mod places;
mod policy;
mod rbldnsd;
mod rdap;
mod received;
mod redact;
mod reports;
mod shape;
mod signatures;
mod smtp;
mod spf;
mod statistics;
mod syn;
mod text;
mod whois;
mod words;

pub use complaint::complaint;
pub use config::config;
pub use contacts::contacts;
pub use conversation::conversation;
pub use dns::dns;
pub use lists::lists;
pub use logs::logs;
pub use mbox::mbox;
pub use message::message;
pub use milter::milter;
pub use pcap::pcap;
pub use places::places;
pub use policy::policy;
pub use rbldnsd::rbldnsd;
pub use rdap::rdap;
pub use received::received;
pub use redact::redact;
pub use reports::reports;
pub use shape::shape;
pub use signatures::signatures;
pub use smtp::smtp;
pub use spf::spf;
pub use statistics::statistics;
pub use syn::syn;
pub use whois::whois;
pub use words::words;

/// A target: takes any bytes, and panics where a property does not hold.
pub type Target = fn(&[u8]);

/// Every target by its name, which is also that of its seeds and of its entry point.
pub const TARGETS: &[(&str, Target)] = &[
    ("complaint", complaint),
    ("config", config),
    ("contacts", contacts),
    ("conversation", conversation),
    ("dns", dns),
    ("lists", lists),
    ("logs", logs),
    ("mbox", mbox),
    ("message", message),
    ("milter", milter),
    ("pcap", pcap),
    ("places", places),
    ("policy", policy),
    ("rbldnsd", rbldnsd),
    ("rdap", rdap),
    ("received", received),
    ("redact", redact),
    ("reports", reports),
    ("shape", shape),
    ("signatures", signatures),
    ("smtp", smtp),
    ("syn", syn),
    ("spf", spf),
    ("statistics", statistics),
    ("whois", whois),
    ("words", words),
];
