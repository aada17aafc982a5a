#![doc = include_str!("../README.md")]

pub mod advice;
mod behind;
pub mod complaints;
mod config;
pub mod logs;
pub mod milter;
pub mod policy;
pub mod replay;
pub mod reports;
mod trap;

pub use config::{
    FIRST_LISTENER, RecordConnections, TarpitConfig, TrapAddress, TrapConfig, TrapListener, TrapMode,
};
pub use trap::{Hit, Trap, TrapFile, TrapFileError, TrapFollower, TrapTls, TrapTlsError};
