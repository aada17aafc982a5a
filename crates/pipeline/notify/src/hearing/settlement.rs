//! What a person says that an answer means.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// As what a person settles a mail that was left to him.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Settlement {
    /// The trouble is mended, says the contact. It is noted.
    Fixed,
    /// The prefix is not the contact's: it is no answer for it any more.
    NotOurs,
    /// The contact gets no more notices.
    Stop,
    /// Nothing follows.
    Ignore,
}

impl Settlement {
    const ALL: [Self; 4] = [Self::Fixed, Self::NotOurs, Self::Stop, Self::Ignore];

    const fn name(self) -> &'static str {
        match self {
            Self::Fixed => "fixed",
            Self::NotOurs => "not-ours",
            Self::Stop => "stop",
            Self::Ignore => "ignore",
        }
    }
}

impl fmt::Display for Settlement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Settlement {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut all = Self::ALL.into_iter();
        let found = all.find(|settlement| settlement.name() == text);
        found.ok_or_else(|| format!("`{text}` is none of fixed, not-ours, stop, ignore"))
    }
}
