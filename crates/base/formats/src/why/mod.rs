//! Why this program listed or withdrew something: the sentence that is kept with a decision, from what happened to text and back.
//!
//! In: what happened. Out: the English sentence, which is kept for good and which the public log's seal covers; and of a kept sentence
//! again what happened, so that a page or a mail says it in the language of its reader ([`Why::spanish`]). A text that is not exactly
//! one of these sentences is read as none: an operator's words are his own, and nothing is guessed or lost.

mod english;
mod read;
mod spanish;

use std::fmt;

pub use self::english::english_kind;
pub use self::spanish::spanish_kind;
use atalaya_model::{Kind, Prefix, Rule, Sensor, Timestamp};

/// Why something was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// Spam came to traps, and nothing else was seen.
    Trapped {
        /// Messages.
        messages: u64,
        /// The day of the last one.
        last: Timestamp,
    },
    /// Something was seen, or reported.
    Seen {
        /// How often.
        times: u64,
        /// What.
        kinds: Vec<Kind>,
        /// The day of the last time.
        last: Timestamp,
    },
    /// So many addresses of the network are listed.
    ManyListed(u64),
    /// The listing reached its end.
    Ended,
    /// The network has another holder.
    NewHolder,
    /// Removal was asked for on the page.
    Removed,
    /// A reporter took back what he said.
    ReportsTakenBack,
    /// An operator took back what a rule listed.
    RulePurged(String),
    /// An operator took back what a kind of sensor saw.
    SensorPurged(Sensor),
    /// An operator took observations back.
    Purged,
    /// A range is protected.
    Protected(Prefix, Protector),
    /// The same of an address that was not listed for it, as a simulation tells.
    Stopped(Protector),
    /// A prefix was put on the allow list.
    Allowed(Prefix),
    /// The list that it came from names it no more.
    OffItsList,
}

/// What protects a range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Protector {
    /// The configuration names it.
    Configured,
    /// A protected domain sends or takes mail there.
    Domain(String),
}

impl Why {
    /// Reads a kept sentence; none where it is not exactly one of ours.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        read::read(text)
    }

    /// Reads the reason of a decision by `rule`. What an operator typed is nobody's sentence, even where it reads like one.
    #[must_use]
    pub fn of(rule: &Rule, reason: &str) -> Option<Self> {
        (rule.name() != Rule::BY_HAND)
            .then(|| Self::read(reason))
            .flatten()
    }

    /// The sentence in Spanish. What is kept is the English one, which `Display` writes.
    #[must_use]
    pub fn spanish(&self) -> String {
        spanish::sentence(self)
    }
}

/// The sentence about a protected range, of which it is kept in words why it is protected: [`Protector`] writes them.
#[must_use]
pub fn protected(range: &Prefix, why: &str) -> String {
    format!("{range}{}{why}.", english::PROTECTED)
}

/// Whether reasons of a rule are what an operator typed, in a language that nobody told us.
#[must_use]
pub fn is_typed(rule: &Rule) -> bool {
    let name = rule.name();
    name == Rule::BY_HAND
        || name == Rule::IMPORT
        || name
            .strip_prefix(Rule::IMPORT)
            .is_some_and(|rest| rest.starts_with('-'))
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        english::write(self, f)
    }
}

impl fmt::Display for Protector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configured => f.write_str(english::CONFIGURED),
            Self::Domain(domain) => write!(f, "{domain}{}", english::OF_DOMAIN),
        }
    }
}

#[cfg(test)]
mod tests;
