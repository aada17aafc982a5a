#![doc = include_str!("../README.md")]

pub mod complaints;
mod config;
pub mod replay;
mod trap;

pub use config::{TrapAddress, TrapConfig};
pub use trap::Trap;
