#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod address_range;
pub mod arf;
pub mod bounce;
pub mod capture;
pub mod complaint;
pub mod contacts;
pub mod conversation;
pub mod csv;
pub mod dkim;
pub mod dnsbl;
mod folded;
mod habit;
mod holding;
mod letter;
pub mod lists;
mod mailbox;
pub mod mbox;
pub mod message;
pub mod milter;
pub mod mta_log;
pub mod mta_sts;
mod parts;
pub mod places;
pub mod policy;
pub mod puzzle;
pub mod rbldnsd;
pub mod rdap;
pub mod received;
pub mod redact;
pub mod reply;
pub mod reports;
pub mod rpsl;
pub mod signatures;
pub mod smtp;
pub mod spf;
pub mod syn;
mod ticket;
pub mod verp;
pub mod view;
pub mod whois;
pub mod xarf;

pub use address_range::AddressRange;
pub use holding::Holding;
pub use mailbox::{Basis, Mailbox};
pub use ticket::{TICKET_SECRET, Ticket, TicketError};
