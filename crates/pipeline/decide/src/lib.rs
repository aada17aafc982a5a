#![doc = include_str!("../README.md")]

pub mod by_hand;
mod config;
mod error;
pub mod import;
mod judge;
mod work;

pub use config::{DecideConfig, WeightConfig};
pub use error::DecideError;
pub use judge::{Ruling, Why, judge, lifetime, weigh};
pub use work::Judge;
