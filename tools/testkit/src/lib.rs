#![doc = include_str!("../README.md")]

pub mod bots;
mod clock;
pub mod contacts;
mod data;
mod on_both;
pub mod peers;
mod postfix;
mod postgres;
mod routes;
mod skip;
mod small_disk;

pub use clock::TestClock;
pub use data::data;
pub use postfix::Postfix;
pub use postgres::{Postgres, postgres, until_somebody_waits};
pub use routes::{Route, routes};
pub use skip::skip;
pub use small_disk::SmallDisk;

/// A program in Python that reads a notice, and fails where it is not as it should be. Needs `jsonschema`.
pub const NOTICE_READER: &str = include_str!("notice_reader.py");
