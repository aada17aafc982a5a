//! One SYN as it is printed.

use std::fmt;
use std::net::SocketAddr;

use atalaya_formats::signatures::{Distance, Fit, Match};
use atalaya_formats::syn::{Syn, ends};
use atalaya_model::Timestamp;
use serde::Serialize;

/// One SYN.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    /// When it was captured.
    time: Option<Timestamp>,
    source: Option<SocketAddr>,
    destination: Option<SocketAddr>,
    /// The text that is kept with an observation.
    fingerprint: String,
    /// The notation of p0f v2.
    v2: String,
    /// The notation of p0f v3.
    v3: String,
    /// How many routers are likely between, by the best name or by the time to live alone.
    hops: u8,
    /// Whether it may be fewer.
    is_at_most: bool,
    /// What each set of signatures calls it, the best first. Empty where it is unknown.
    names: Vec<Name>,
}

/// What a set of signatures calls it.
#[derive(Debug, Serialize)]
pub(super) struct Name {
    /// The whole label.
    label: String,
    class: Option<String>,
    name: String,
    flavour: String,
    is_generic: bool,
    is_fuzzy: bool,
    is_unconfirmed: bool,
    /// How many routers are between, if it is this, and if that can be told.
    hops: Option<u8>,
    /// The set, and the line in it.
    signatures: String,
    line: usize,
    /// The label, and in brackets what weakens it.
    #[serde(skip)]
    text: String,
}

impl Report {
    pub(super) fn new(time: Option<Timestamp>, packet: &[u8], syn: &Syn, names: &[Match<'_>]) -> Self {
        let unnamed = Distance {
            hops: syn.likely_distance(),
            is_bound: false,
        };
        let best = names.first().and_then(|best| best.distance).unwrap_or(unnamed);
        let ends = ends(packet);
        Self {
            time,
            source: ends.map(|(source, _)| source),
            destination: ends.map(|(_, destination)| destination),
            fingerprint: syn.to_string(),
            v2: syn.v2(),
            v3: syn.v3(),
            hops: best.hops,
            is_at_most: best.is_bound,
            names: names.iter().map(Name::from).collect(),
        }
    }
}

impl From<&Match<'_>> for Name {
    fn from(found: &Match<'_>) -> Self {
        Self {
            label: found.label.to_string(),
            class: found.label.family.class().map(str::to_owned),
            name: found.label.name.clone(),
            flavour: found.label.flavour.clone(),
            is_generic: found.label.is_generic,
            is_fuzzy: found.fit == Fit::Fuzzy,
            is_unconfirmed: found.is_unconfirmed,
            hops: found.distance.map(|distance| distance.hops),
            signatures: found.set.to_owned(),
            line: found.line,
            text: found.to_string(),
        }
    }
}

/// Columns with blanks between, the name last, because it may have blanks itself.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = self.time.map_or_else(|| "-".to_owned(), |time| time.to_string());
        let source = self
            .source
            .map_or_else(|| "-".to_owned(), |at| at.ip().to_string());
        let port = self.destination.map_or(0, |at| at.port());
        let name = self.names.first().map_or("unknown", |best| &best.text);
        let bound = if self.is_at_most { "<=" } else { "" };
        let Self { v2, v3, hops, .. } = self;
        write!(f, "{time} {source} {port} {v2} {v3} {bound}{hops} {name}")
    }
}
