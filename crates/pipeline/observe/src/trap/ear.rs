//! Answers to mail of our own that come to the trap: whoever hears them takes them, and they are no spam.
//!
//! What an answer means is not known here. The trap hands the mail over, says 250 when it is durable, and observes nothing of whoever brought
//! answers about mail of our own and nothing else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;

/// Hears answers.
pub trait Ear: fmt::Debug + Send + Sync + 'static {
    /// Whether a mail to all these recipients is an answer.
    fn takes(&self, recipients: &[String]) -> bool;

    /// Hears a mail that came to a recipient. It is durable then.
    fn hear<'a>(&'a self, mail: Vec<u8>, recipient: &'a str) -> Hearing<'a>;
}

/// What [`Ear::hear`] promises.
pub type Hearing<'a> = Pin<Box<dyn Future<Output = Result<Taken, Unheard>> + Send + 'a>>;

/// An answer that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The name under which it is durable.
    pub name: String,
    /// Whether it is about mail that we sent. Anybody can write to the address.
    pub is_about_ours: bool,
}

/// Why an answer was not heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheard {
    /// Space is missing.
    Full,
    /// It cannot be kept now.
    Trouble,
    /// Enough of its kind came today.
    Enough,
    /// It is longer than is taken.
    TooLong,
}

impl Unheard {
    /// The word for the metrics.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Full => "store-full",
            Self::Trouble => "store-trouble",
            Self::Enough => "enough-answers",
            Self::TooLong => "too-big",
        }
    }
}
