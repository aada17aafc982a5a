#![doc = include_str!("../README.md")]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a property that does not hold is what these functions are there to shout about"
)]

mod bounce;
mod complaint;
mod config;
mod contacts;
mod conversation;
mod dkim;
mod dns;
mod lists;
mod logs;
mod mbox;
mod message;
mod milter;
mod mta_sts;
pub mod mutate;
mod pcap;
mod places;
mod policy;
mod puzzle;
mod rbldnsd;
mod rdap;
mod received;
mod redact;
mod reply;
mod reports;
mod shape;
mod signatures;
mod smtp;
mod spf;
mod statistics;
mod syn;
mod targets;
mod text;
mod ticket;
mod tlog;
mod verp;
mod whois;
mod words;

pub use bounce::bounce;
pub use complaint::complaint;
pub use config::config;
pub use contacts::contacts;
pub use conversation::conversation;
pub use dkim::dkim;
pub use dns::dns;
pub use lists::lists;
pub use logs::logs;
pub use mbox::mbox;
pub use message::message;
pub use milter::milter;
pub use mta_sts::mta_sts;
pub use pcap::pcap;
pub use places::places;
pub use policy::policy;
pub use puzzle::puzzle;
pub use rbldnsd::rbldnsd;
pub use rdap::rdap;
pub use received::received;
pub use redact::redact;
pub use reply::reply;
pub use reports::reports;
pub use shape::shape;
pub use signatures::signatures;
pub use smtp::smtp;
pub use spf::spf;
pub use statistics::statistics;
pub use syn::syn;
pub use targets::{TARGETS, Target};
pub use ticket::ticket;
pub use tlog::tlog;
pub use verp::verp;
pub use whois::whois;
pub use words::words;
