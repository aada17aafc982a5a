#![doc = include_str!("../README.md")]

mod again;
mod allowed;
pub mod by_hand;
mod config;
mod error;
mod escalate;
mod holder;
pub mod import;
mod judge;
pub mod learn;
pub mod protect;
pub mod purge;
pub mod rules;
pub mod simulate;
mod withdraw;
mod work;

pub use config::DecideConfig;
pub use error::DecideError;
pub use escalate::{KeptOff, escalate, network_of};
pub use judge::{Ruling, Why, judge, lifetime, rule_on, score, weigh};
pub use protect::{ProtectConfig, Protected, Protection};
pub use rules::{Rules, RulesError, RulesInForce};
pub use withdraw::is_ruled;
pub use work::{Judge, READER};
