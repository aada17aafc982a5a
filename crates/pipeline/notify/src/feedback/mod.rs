//! Our own feedback loop: whoever enrolled is told of every message that came to us from his addresses, as large mailbox providers do it (RFC 6449).
//!
//! In: observations, in their order, and enrolments. Out: an event for each observation and enrolment (by address at once, by domain when its signature
//! is verified), told in the ways that the enroller
//! chose: ARF by mail, X-ARF by a webhook, a summary of each day, and a feed that he pulls. Each of them is told at least once, under an
//! identifier that stays the same.
//!
//! An event is a message that somebody proved to have sent ([`is_told`]); what could be spoofed, and what only others say, is not told. What is shown
//! is the network's view of `formats::view`, with pseudonyms that are this enroller's own.

mod asking;
mod config;
mod deliver;
mod enrol;
mod event;
mod follow;
mod index;
mod invitation;
mod keep;
mod letter;
mod loops;
mod names;
mod networks;
mod own_page;
mod proofs;
mod pull;
mod room;
mod signed;
mod steps;
mod summary;
mod webhook;

#[cfg(test)]
mod tests;

use atalaya_model::{Handshake, Observation};

pub use asking::Unfit;
pub use config::{Enrolling, FeedbackConfig};
pub use enrol::{FeedbackError, NewEnrolment, Secrets};
pub use follow::FeedbackFollower;
pub use loops::Feedback;
pub use names::RecordNames;
pub use networks::Networks;
pub use own_page::{Holder, OwnPage, Record, ShutPage};
pub use proofs::Provers;
pub use pull::{MOST_PULLED, PullError};
pub use signed::SignedFollower;
pub use steps::{Need, Stepped};
pub use summary::Colour;

/// The reader of the observations that makes events, as the store knows it.
const READER: &str = atalaya_store::FEEDBACK;

/// Whether those who enrolled are told of an observation: whoever sent the message held the address, and the message is there to be shown.
pub(crate) fn is_told(seen: &Observation) -> bool {
    seen.counts() && seen.handshake == Handshake::Completed && seen.message.is_some()
}
