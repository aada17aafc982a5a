//! The derived state of the list: what is in a zone now, and what is never to be.

use serde::{Deserialize, Serialize};

use crate::{Class, Prefix, Rule, Serial, Timestamp};

/// A prefix present in a class until a date. One prefix can stand in several classes, once in each.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listing {
    /// The prefix.
    pub prefix: Prefix,
    /// The class.
    pub class: Class,
    /// Why, in one sentence that the listed party may read.
    pub reason: String,
    /// The rule that listed it.
    pub rule: Rule,
    /// When it was listed.
    pub since: Timestamp,
    /// When it ends; none for a listing without end (by hand only).
    pub until: Option<Timestamp>,
    /// The decision that made or last changed it.
    pub serial: Serial,
}

impl Listing {
    /// Whether the end has passed.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// A prefix in which nothing is ever listed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AllowEntry {
    /// The prefix.
    pub prefix: Prefix,
    /// Why, for the operator.
    pub reason: String,
    /// When it was allowed.
    pub since: Timestamp,
    /// When it ends; none for no end.
    pub until: Option<Timestamp>,
    /// The decision that made it.
    pub serial: Serial,
}

impl AllowEntry {
    /// Whether the end has passed.
    #[must_use]
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}
