//! Whom to tell about an address: the cascade that finds the abuse contact of its network.
//!
//! In: an address. Out: [`Found`], the contact if there is one, and every step that was taken to find it. The steps, each tried only if
//! the one before gave nothing: what the store still holds fresh; RDAP at the registry that the IANA bootstrap names (RFC 9224); WHOIS
//! from the IANA server down its referrals (RFC 3912). An answer is kept for the network around the address that it speaks for, and no wider.
//!
//! Only mailboxes that the registry names for abuse are taken. Registries' own mailboxes and persons named for other purposes never
//! are: a notice to somebody who cannot act is spam.

mod answer;
mod bootstrap;
mod budget;
mod choose;
mod config;
mod error;
mod finder;
mod rdap;
mod step;
mod whois;

pub use config::ContactConfig;
pub use error::ContactError;
pub use finder::{ContactFinder, Explanation, Found};
pub use step::Step;

#[cfg(test)]
mod tests;
