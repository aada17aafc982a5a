//! Naming a SYN: what fits best, in one file and in several.

use std::fmt;

use atalaya_model::Fingerprint;

use super::{Family, Form, Label, Notation, Record, Signatures, Standing};
use crate::syn::Syn;

/// How well a signature fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fit {
    /// In everything.
    Exact,
    /// But for what routers and firewalls change.
    Fuzzy,
}

impl Fit {
    pub(super) fn worse(self, other: Self) -> Self {
        self.max(other)
    }
}

/// How many routers lie between us and the sender.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Distance {
    /// So many.
    pub hops: u8,
    /// Whether it may be fewer: the sender begins with a random time to live.
    pub is_bound: bool,
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bound = if self.is_bound { "<= " } else { "" };
        write!(f, "{bound}{}", self.hops)
    }
}

/// A signature that fits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match<'a> {
    /// What it names.
    pub label: &'a Label,
    /// How well it fits.
    pub fit: Fit,
    /// How far away the sender is, where that can be told.
    pub distance: Option<Distance>,
    /// Whether nobody has seen the signature on what it names. Such a match is a hint for people, and judges nobody.
    pub is_unconfirmed: bool,
    /// The name of the set that it is from.
    pub set: &'a str,
    /// Its line there.
    pub line: usize,
}

/// The label, and in brackets what weakens it.
impl fmt::Display for Match<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.label)?;
        let weak = [
            (self.label.is_generic, "generic"),
            (self.fit == Fit::Fuzzy, "fuzzy"),
            (self.is_unconfirmed, "unconfirmed"),
        ];
        let words: Vec<&str> = weak
            .iter()
            .filter(|(holds, _)| *holds)
            .map(|(_, word)| *word)
            .collect();
        if words.is_empty() {
            return Ok(());
        }
        write!(f, " ({})", words.join(", "))
    }
}

/// What a kept fingerprint tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Named<'a> {
    /// There is no packet to look at.
    Unavailable,
    /// There is one, and no signature fits it: a stack to look into.
    Unknown,
    /// It is known.
    Known(Match<'a>),
}

impl fmt::Display for Named<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable => f.write_str("unavailable"),
            Self::Unknown => f.write_str("unknown"),
            Self::Known(found) => found.fmt(f),
        }
    }
}

/// Sets of signatures, asked in order.
#[derive(Debug, Clone)]
pub struct Matcher {
    sets: Vec<(String, Signatures)>,
}

/// The signatures that come with Atalaya, each with where it is from.
const OWN: &str = include_str!("own.fp");
/// The name of that set.
const OWN_NAME: &str = "atalaya";

impl Default for Matcher {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Matcher {
    /// Asks these sets, by name, and then our own.
    #[must_use]
    pub fn new(mut sets: Vec<(String, Signatures)>) -> Self {
        // That our own file has no wrong line is a test.
        let own = Signatures::read(OWN.as_bytes()).unwrap_or_default();
        sets.push((OWN_NAME.to_owned(), own));
        Self { sets }
    }

    /// Names a fingerprint that was kept.
    #[must_use]
    pub fn name(&self, fingerprint: &Fingerprint) -> Named<'_> {
        Syn::of(fingerprint).map_or(Named::Unavailable, |syn| {
            self.best(&syn).map_or(Named::Unknown, Named::Known)
        })
    }

    /// The best match; none where no signature fits: the stack is unknown.
    #[must_use]
    pub fn best(&self, syn: &Syn) -> Option<Match<'_>> {
        self.all(syn).into_iter().next()
    }

    /// The match of each set that has one, the best first: exact before fuzzy, specific before generic, then in the order of the sets.
    #[must_use]
    pub fn all(&self, syn: &Syn) -> Vec<Match<'_>> {
        let sets = self.sets.iter();
        let mut all: Vec<_> = sets
            .filter_map(|(name, signatures)| signatures.best(syn, name))
            .collect();
        all.sort_by_key(|found| (found.fit, found.label.is_generic));
        all
    }
}

impl Signatures {
    /// The best match of this set, which has this name.
    #[must_use]
    pub fn best<'a>(&'a self, syn: &Syn, set: &'a str) -> Option<Match<'a>> {
        let mut generic = None;
        let mut fuzzy = None;
        let mut exact = None;
        for (record, fit) in self.fitting(syn) {
            let is_generic = self
                .labels
                .get(record.label)
                .is_some_and(|label| label.is_generic);
            // In version 2 a generic signature is one like the others, which stands behind them.
            let place = match (fit, is_generic && self.notation == Notation::V3) {
                (Fit::Exact, false) => &mut exact,
                (Fit::Exact, true) => &mut generic,
                (Fit::Fuzzy, _) => &mut fuzzy,
            };
            place.get_or_insert((record, fit));
            if exact.is_some() {
                break;
            }
        }
        // The packets of tools are made to measure: one that fits almost is of something else.
        let fuzzy = fuzzy.filter(|(record, _)| {
            let label = self.labels.get(record.label);
            label.is_some_and(|label| label.family != Family::Tool)
        });
        let (record, fit) = exact.or(generic).or(fuzzy)?;
        self.matched(syn, record, fit, set)
    }

    fn matched<'a>(&'a self, syn: &Syn, record: &Record, fit: Fit, set: &'a str) -> Option<Match<'a>> {
        let distance = match &record.form {
            Form::V2(signature) => signature.distance(syn),
            Form::V3(signature) => Some(signature.distance(syn)),
        };
        Some(Match {
            label: self.labels.get(record.label)?,
            fit,
            distance,
            is_unconfirmed: record.standing == Standing::Unconfirmed,
            set,
            line: record.line,
        })
    }
}
