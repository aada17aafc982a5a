#![doc = include_str!("../README.md")]

mod assess;
mod config;
mod error;
mod removal;

pub use assess::{Prospect, assess, covering_prefixes, wait_after};
pub use config::DelistConfig;
pub use error::DelistError;
pub use removal::{Client, Outcome, RULE, Removed, removal, removals};
