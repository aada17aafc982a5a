//! Who sees what.

mod public;
mod views;
