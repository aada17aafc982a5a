#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod answer;
mod apex;
mod config;
mod error;
mod files;
mod follower;
mod meters;
mod server;
mod set;
mod tcp;
mod test_points;
mod udp;
mod zone;

pub use answer::{Client, Transport, answer};
pub use apex::{BadNameServer, NameServer};
pub use config::PublishConfig;
pub use error::PublishError;
pub use files::{BadFile, BadFileZone, FileZone, FileZones};
pub use follower::Follower;
pub use server::{DnsServer, DnsSockets};
pub use set::{Allowed, Held, Set, View};
pub use zone::{Answer, Zone};
