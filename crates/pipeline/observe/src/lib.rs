#![doc = include_str!("../README.md")]

mod config;
pub mod replay;
mod trap;

pub use config::{TrapAddress, TrapConfig};
pub use trap::Trap;
