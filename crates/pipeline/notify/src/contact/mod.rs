//! Whom to tell about an address: the cascade that finds the abuse contact of its network.
//!
//! In: an address. Out: [`Found`], the contact if there is one, and every step that was taken to find it. The sources stand in `sources`, in
//! their order; the first that is sure ends the search, and what is not sure counts only where nobody knows better. An answer carries its
//! source, its date, how sure it is, and the network around the address that it speaks for; it is kept for that and no wider.
//!
//! Registries' own mailboxes and persons named for other purposes are never an answer: a notice to somebody who cannot act is spam.

mod answer;
mod budget;
mod bulk;
mod choose;
mod confidence;
mod config;
mod domain;
mod error;
mod finder;
mod gathered;
mod number;
mod plan;
mod sources;
mod stamp;
mod step;
mod wanted;
mod worker;

pub(crate) use confidence::SURE;
pub use config::ContactConfig;
pub use domain::{DomainContacts, Registrar};
pub use error::ContactError;
pub use finder::{ContactFinder, Explanation, Found};
pub use plan::{Plan, Queries, network_of};
pub use sources::BY_HAND;
pub use step::Step;
pub use wanted::WantedContacts;
pub use worker::ContactWorker;

#[cfg(test)]
mod tests;
