#![doc = include_str!("../README.md")]

mod config;
pub mod replay;
pub mod reports;
mod trap;

pub use config::{TrapAddress, TrapConfig};
pub use trap::Trap;
