//! A notice to look at before anybody gets one: for the operator who edits a template and wants to see what comes of it.
//!
//! In: the configuration, and what to show. Out: the mail as it would leave, with its subject and text. Nothing is sent, kept or asked.

mod listed;
mod made_up;

pub use made_up::{Preview, preview};

/// A notice that nobody gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Previewed {
    /// Its subject.
    pub subject: String,
    /// Its text, in lines that end in CRLF.
    pub text: String,
    /// The whole mail.
    pub mail: Vec<u8>,
}
