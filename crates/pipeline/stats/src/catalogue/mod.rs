//! The catalogue: what is known of botnets, and how each is told. Data, not code: a file that anybody can read, extend and hand on.
//!
//! A rule is a list of conditions on how a sender looked; all must hold. A botnet is told by any of its rules. No two botnets may be told by
//! the same sender unless one of them says that it goes first: such a file is refused, with the lines, because a figure that depends on the
//! order of a file is no figure.

mod check;
mod condition;
mod read;

#[cfg(test)]
mod tests;

use std::fmt;

use atalaya_model::Fingerprint;
use serde::{Deserialize, Serialize};

use self::condition::{HelloCondition, TextCondition};
use crate::profile::Profile;

pub(crate) use self::condition::Texts;

/// The catalogue that comes with Atalaya.
const OWN: &str = include_str!("own.toml");

/// How sure it is that the rules tell this botnet and nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Confidence {
    /// Told by others, and seen by nobody that we could ask.
    Unconfirmed,
    /// Seen by several who say the same.
    Likely,
    /// Measured on machines that were known to be part of it.
    Confirmed,
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unconfirmed => "unconfirmed",
            Self::Likely => "likely",
            Self::Confirmed => "confirmed",
        })
    }
}

/// A botnet.
#[derive(Debug, Clone)]
pub struct Botnet {
    /// Its name.
    pub name: String,
    /// Other names for it.
    pub aliases: Vec<String>,
    /// How sure its rules are.
    pub confidence: Confidence,
    /// Where the rules are from.
    pub provenance: String,
    rules: Vec<Rule>,
    /// The places of those that it goes before.
    over: Vec<usize>,
}

/// Conditions that all must hold; one that is not there always does.
#[derive(Debug, Clone, Default)]
struct Rule {
    /// The line where it stands.
    line: usize,
    stack: Option<Vec<atalaya_formats::signatures::Pattern>>,
    dialect: Option<TextCondition>,
    helo: Option<HelloCondition>,
    headers: Option<TextCondition>,
}

/// What is known of botnets.
#[derive(Debug, Clone)]
pub struct Catalogue {
    version: String,
    botnets: Vec<Botnet>,
}

impl Catalogue {
    /// Reads a catalogue.
    ///
    /// # Errors
    /// Every mistake with its line.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        read::read(text)
    }

    /// Its version, which pages name beside what they tell by it.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The botnets, in the order of the file.
    #[must_use]
    pub fn botnets(&self) -> &[Botnet] {
        &self.botnets
    }

    /// The names behind HELO that some rule asks for, in small letters: those that profiles keep as they are.
    #[must_use]
    pub fn hello_names(&self) -> Vec<String> {
        let rules = self.botnets.iter().flat_map(|botnet| &botnet.rules);
        let mut names: Vec<String> = rules
            .filter_map(|rule| rule.helo.as_ref())
            .flat_map(HelloCondition::names)
            .collect();
        names.sort();
        names.dedup();
        names
    }

    /// The botnet that a sender who looked like this belongs to. `stack` is its first packet, `texts` are those of its dialect and its header.
    #[must_use]
    pub(crate) fn botnet_of(
        &self,
        profile: &Profile,
        stack: Option<&Fingerprint>,
        texts: Texts<'_>,
    ) -> Option<&Botnet> {
        let told: Vec<usize> = self
            .botnets
            .iter()
            .enumerate()
            .filter(|(_, botnet)| botnet.rules.iter().any(|rule| rule.fits(profile, stack, texts)))
            .map(|(place, _)| place)
            .collect();
        // The file was refused if two met of which none goes first.
        let goes_after = |place: &usize| {
            let mut others = told.iter().filter_map(|other| self.botnets.get(*other));
            others.any(|other| other.over.contains(place))
        };
        let first = told.iter().find(|place| !goes_after(place))?;
        self.botnets.get(*first)
    }
}

impl Default for Catalogue {
    fn default() -> Self {
        // That our own file has no mistake is a test.
        Self::read(OWN).unwrap_or(Self {
            version: String::new(),
            botnets: Vec::new(),
        })
    }
}

impl Rule {
    fn fits(&self, profile: &Profile, stack: Option<&Fingerprint>, texts: Texts<'_>) -> bool {
        let id = |id: Option<String>| id.unwrap_or_default();
        self.stack.as_ref().is_none_or(|patterns| {
            stack.is_some_and(|stack| patterns.iter().any(|pattern| pattern.fits(stack)))
        }) && self.helo.as_ref().is_none_or(|helo| helo.fits(&profile.helo))
            && self.dialect.as_ref().is_none_or(|dialect| {
                dialect.fits(&id(profile.dialect.map(|id| id.to_string())), texts.dialect)
            })
            && self.headers.as_ref().is_none_or(|headers| {
                headers.fits(&id(profile.headers.map(|id| id.to_string())), texts.headers)
            })
    }
}
