#![doc = include_str!("../README.md")]

mod clock;
mod data;
mod skip;

pub use clock::TestClock;
pub use data::data;
pub use skip::skip;
