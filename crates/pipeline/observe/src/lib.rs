#![doc = include_str!("../README.md")]

mod config;
mod trap;

pub use config::{TrapAddress, TrapConfig};
pub use trap::Trap;
