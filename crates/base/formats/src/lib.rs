#![doc = include_str!("../README.md")]
#![warn(clippy::indexing_slicing, clippy::arithmetic_side_effects)]

pub mod arf;
mod address_range;
pub mod dnsbl;
mod mailbox;
pub mod mbox;
pub mod message;
pub mod rdap;
pub mod received;
pub mod redact;
pub mod smtp;
pub mod xarf;
pub mod whois;

pub use address_range::AddressRange;
pub use mailbox::{Basis, Mailbox};
