#![doc = include_str!("../README.md")]

pub mod complaints;
mod config;
pub mod feeds;
mod others;
pub mod replay;
pub mod reports;
mod trap;
pub mod upstream;
mod word;

pub use config::{
    FIRST_LISTENER, RecordConnections, TarpitConfig, TrapAddress, TrapConfig, TrapListener, TrapMode,
};
pub use others::{Others, OthersHouse};
pub use trap::{Trap, TrapFile, TrapFileError, TrapFollower, TrapTls, TrapTlsError};
pub use word::{HalfLives, Words};
