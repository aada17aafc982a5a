//! A decision: what is to happen to the list, and why. All decisions stand in one gap-free sequence.
//!
//! That sequence is the history of the zone. DNS serials, "since when" on the page and every copy of the list come from it, so that
//! they cannot disagree. Changes of the allow list are decisions too, because they change what the zone answers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Class, Prefix, Timestamp, UnknownClass};

/// The place of a decision in the sequence, from 1 without gaps; 0 before the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Serial(pub u64);

impl Serial {
    /// The serial number of the zone in its SOA record: the sequence modulo 2^32 (RFC 1982).
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "RFC 1982 serial numbers wrap around"
    )]
    pub const fn soa(self) -> u32 {
        self.0 as u32
    }
}

impl fmt::Display for Serial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What is to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// Enter the prefix into a class until a date.
    List {
        /// The class.
        class: Class,
        /// The end; none for a listing without end (by hand only).
        until: Option<Timestamp>,
    },
    /// Move the end of a listing.
    Extend {
        /// The class.
        class: Class,
        /// The new end.
        until: Option<Timestamp>,
    },
    /// Take the prefix out of a class.
    Withdraw {
        /// The class.
        class: Class,
    },
    /// Put the prefix on the allow list: nothing in it is listed, whatever was or will be decided.
    Allow {
        /// The end; none for an entry without end.
        until: Option<Timestamp>,
    },
    /// Take the prefix off the allow list.
    Disallow,
}

impl Verdict {
    /// The word in the store and in JSON.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::List { .. } => "list",
            Self::Extend { .. } => "extend",
            Self::Withdraw { .. } => "withdraw",
            Self::Allow { .. } => "allow",
            Self::Disallow => "disallow",
        }
    }

    /// The class it speaks of; none for the allow list.
    #[must_use]
    pub const fn class(&self) -> Option<Class> {
        match self {
            Self::List { class, .. } | Self::Extend { class, .. } | Self::Withdraw { class } => Some(*class),
            Self::Allow { .. } | Self::Disallow => None,
        }
    }

    /// The end that it sets.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        match self {
            Self::List { until, .. } | Self::Extend { until, .. } | Self::Allow { until } => *until,
            Self::Withdraw { .. } | Self::Disallow => None,
        }
    }

    /// Puts a verdict together again from the parts that the store keeps.
    ///
    /// # Errors
    /// The word is none of [`Self::name`], or a class is missing or unknown.
    pub fn from_parts(
        name: &str,
        class: Option<&str>,
        until: Option<Timestamp>,
    ) -> Result<Self, UnknownClass> {
        let class = || Class::from_str(class.unwrap_or_default());
        match name {
            "list" => Ok(Self::List {
                class: class()?,
                until,
            }),
            "extend" => Ok(Self::Extend {
                class: class()?,
                until,
            }),
            "withdraw" => Ok(Self::Withdraw { class: class()? }),
            "allow" => Ok(Self::Allow { until }),
            "disallow" => Ok(Self::Disallow),
            other => Class::from_str(other).map(|class| Self::Withdraw { class }),
        }
    }
}

/// The rule that was followed, with its version: `score/2`, `by-hand/1`, `expired/1`. That of the rules is a word of the operator.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Rule(pub String);

impl Rule {
    /// The name of the rule of what is decided by hand.
    pub const BY_HAND: &str = "by-hand";
    /// The name of the rule of what is taken over from a list; where the list has a name, that stands behind it.
    pub const IMPORT: &str = "import";

    /// Names version `version` of the rule `name`.
    #[must_use]
    pub fn new(name: &str, version: u32) -> Self {
        Self(format!("{name}/{version}"))
    }

    /// The name without the version.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is to happen to a prefix, by which rule and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// The prefix.
    pub prefix: Prefix,
    /// What is to happen.
    #[serde(flatten)]
    pub verdict: Verdict,
    /// The rule that was followed.
    pub rule: Rule,
    /// The score at that time; 0 where no score was involved.
    pub score: f64,
    /// Why, in one sentence that the listed party may read.
    pub reason: String,
}

/// A decision with its place in the sequence and its time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    /// Its place in the sequence.
    pub serial: Serial,
    /// When it was made.
    pub at: Timestamp,
    /// What was decided.
    #[serde(flatten)]
    pub decision: Decision,
}
