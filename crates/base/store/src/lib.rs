#![doc = include_str!("../README.md")]

mod allow_cache;
mod config;
mod contacts;
mod decisions;
mod error;
mod jobs;
mod list;
mod listings;
mod migrate;
mod notices;
mod observations;
mod outbox;
mod removals;
mod retention;
mod schema;
mod secrets;
mod sql;
mod store;
mod subscription;
mod tallies;
mod transaction;
mod writer;

pub use config::StoreUrl;
pub use error::StoreError;
pub use jobs::Job;
pub use list::{ListLine, Piece};
pub use notices::Notice;
pub use observations::{MOST_COUNTED, Seen};
pub use outbox::{NewMail, OutgoingMail};
pub use removals::{Asker, Removal};
pub use store::Store;
pub use subscription::{Subscription, Topic};
pub use tallies::Tally;
pub use transaction::Transaction;
pub use writer::{Evidence, EvidenceKind, MAX_MESSAGE, Recorded};
