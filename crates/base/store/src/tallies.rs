//! Tallies: what the judge remembers about an address between two observations.

use std::collections::HashMap;

use atalaya_model::{Prefix, Timestamp};

use crate::{StoreError, Transaction};

/// Whether a trap was hit that may list alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Strength {
    /// Only traps that need corroboration.
    #[default]
    Weak,
    /// At least one trap that may list alone.
    Strong,
}

/// What the judge remembers about one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The unit ([`Prefix::unit`] of an address).
    pub unit: Prefix,
    /// The score at `scored_at`.
    pub score: f64,
    /// When the score was last added to.
    pub scored_at: Timestamp,
    /// Observations that counted.
    pub observations: u64,
    /// Names of the different traps that were hit; the caller bounds their number.
    pub witnesses: Vec<String>,
    /// Whether a trap was hit that may list alone.
    pub strength: Strength,
    /// How often it was listed.
    pub listed_times: u32,
    /// When it last left the list.
    pub last_withdrawn_at: Option<Timestamp>,
}

impl Tally {
    /// The tally of a unit of which nothing is known.
    #[must_use]
    pub const fn new(unit: Prefix) -> Self {
        Self {
            unit,
            score: 0.0,
            scored_at: Timestamp::EPOCH,
            observations: 0,
            witnesses: Vec::new(),
            strength: Strength::Weak,
            listed_times: 0,
            last_withdrawn_at: None,
        }
    }
}

impl Transaction {
    /// The tallies of these units, as far as there are any.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tallies(&mut self, _units: &[Prefix]) -> Result<HashMap<Prefix, Tally>, StoreError> {
        todo!()
    }

    /// Keeps these tallies in place of the older ones.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_tallies(&mut self, _tallies: &[Tally]) -> Result<(), StoreError> {
        todo!()
    }
}
