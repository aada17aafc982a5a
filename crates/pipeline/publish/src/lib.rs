#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), warn(clippy::indexing_slicing, clippy::arithmetic_side_effects))]

mod access;
mod answer;
mod apex;
mod config;
mod contacts;
mod error;
mod export;
mod files;
mod follower;
mod loading;
mod log;
mod meters;
mod publication;
mod published;
mod rate;
mod server;
mod service;
mod set;
pub mod snapshot;
mod sockets;
mod sync;
mod tally;
mod tcp;
mod test_points;
mod transfer;
mod udp;
mod zone;

pub use access::{Access, KeptKey, Key, KeyFile, KeyFileError, KeyFollower, KeyName, KeyTerms, KeyUse};
pub use answer::{Client, Transport, answer};
pub use apex::{BadNameServer, NameServer};
pub use config::PublishConfig;
pub use contacts::{ContactFollower, ContactZone};
pub use error::PublishError;
pub use export::{BadFamily, Export, Family, Filter, Format, UnknownFormat};
pub use files::{BadFile, BadFileZone, FileZone, FileZones};
pub use follower::{Follower, load_list};
pub use loading::Loading;
pub use log::{
    AuditError, Audited, HEAD_IN_BACKUP, LogError, LogKeeper, LogSettings, PublicLog, audit, check_proof,
};
pub use meters::{TopEntry, TopReport};
pub use server::DnsServer;
pub use set::{Allowed, Held, Set, View};
pub use sockets::DnsSockets;
pub use transfer::{BadPeer, NotifyTarget, Secondary, TsigKey};
pub use zone::{Answer, Zone};
