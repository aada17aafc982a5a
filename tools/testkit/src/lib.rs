#![doc = include_str!("../README.md")]

mod clock;
mod data;
pub mod peers;
mod skip;

pub use clock::TestClock;
pub use data::data;
pub use skip::skip;
