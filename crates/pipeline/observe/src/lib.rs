#![doc = include_str!("../README.md")]

pub mod advice;
mod again;
mod behind;
pub mod complaints;
mod config;
pub mod feeds;
pub mod logs;
pub mod milter;
mod others;
pub mod policy;
pub mod replay;
pub mod reports;
mod trap;
pub mod upstream;
mod wire;
mod word;

/// What sensors note of an observation by a word of their own, beside what `atalaya_formats` reads in conversation and message.
pub const NOTED: [&str; 7] = [
    atalaya_formats::message::FORWARDED,
    milter::TRUNCATED,
    policy::OWN_NAME,
    reports::CUT,
    complaints::UNKNOWN_REPORTER,
    complaints::DERIVED,
    complaints::REDACTED,
];

pub use config::{
    FIRST_LISTENER, RecordConnections, TarpitConfig, TrapAddress, TrapConfig, TrapListener, TrapMode,
};
pub use others::{Others, OthersHouse};
pub use trap::{
    Ear, Hearing, Hit, Taken, Trap, TrapFile, TrapFileError, TrapFollower, TrapTls, TrapTlsError, Unheard,
};
pub use word::{HalfLives, Words};
