#![doc = include_str!("../README.md")]

mod contact;

pub use contact::{ContactConfig, ContactError, ContactFinder, Found, Step};
