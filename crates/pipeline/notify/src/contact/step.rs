//! The steps of a search, as `contact ADDRESS --explain` shows them.

use std::error::Error;
use std::net::IpAddr;

use atalaya_model::{Clock, Period, Timestamp};
use atalaya_store::SetContact;

/// One question of a search, for people.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// The kind of source: `operator`, `by-hand`, `bulk`, `cache`, `bootstrap`, `rdap`, `zone`, `abuse.net`, `whois`, `reverse`, `soa`,
    /// `reverse-name` or `security.txt`.
    pub source: &'static str,
    /// What was asked: a URL, or a server and a question.
    pub asked: String,
    /// What came of it, in one sentence.
    pub outcome: String,
    /// How long it took.
    pub took: Period,
}

/// A name of the address that leads back to it, and the zone that it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReverseName {
    /// The name.
    pub(super) name: String,
    /// The zone.
    pub(super) domain: String,
}

/// One search: what it is for, and the steps as they are taken.
#[derive(Debug)]
pub(super) struct Search {
    /// The address whose contact is looked for.
    pub(super) address: IpAddr,
    /// When the search began; everything in it counts as that moment.
    pub(super) now: Timestamp,
    /// Servers that asked to be left alone meanwhile, and until when.
    pub(super) closed: Vec<(String, Timestamp)>,
    /// What is known of the reverse name; none before somebody asked.
    pub(super) reverse_name: Option<Result<Option<ReverseName>, String>>,
    /// What a person set for it.
    pub(super) by_hand: Option<SetContact>,
    clock: Clock,
    begun: Timestamp,
    taken: Vec<Step>,
}

impl Search {
    /// A search without steps yet. The clock measures how long each takes.
    pub(super) fn new(address: IpAddr, now: Timestamp, clock: Clock) -> Self {
        Self {
            address,
            now,
            closed: Vec::new(),
            reverse_name: None,
            by_hand: None,
            begun: clock.now(),
            clock,
            taken: Vec::new(),
        }
    }

    /// Begins a step: its time counts from here.
    pub(super) fn begin(&mut self) {
        self.begun = self.clock.now();
    }

    /// Ends the step that was begun last.
    pub(super) fn end(&mut self, source: &'static str, asked: impl Into<String>, outcome: impl Into<String>) {
        let took = Period(self.clock.now().since(self.begun));
        self.taken.push(Step {
            source,
            asked: asked.into(),
            outcome: outcome.into(),
            took,
        });
        self.begin();
    }

    /// What came of the last step.
    pub(super) fn last_outcome(&self) -> String {
        self.taken
            .last()
            .map(|step| step.outcome.clone())
            .unwrap_or_default()
    }

    /// All of them.
    pub(super) fn into_taken(self) -> Vec<Step> {
        self.taken
    }
}

/// An error with all its sources in one line.
pub(super) fn in_full(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        text.push_str(": ");
        text.push_str(&error.to_string());
        source = error.source();
    }
    text
}
