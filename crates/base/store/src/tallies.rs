//! Tallies: what the judge remembers about an address between two observations.

use std::collections::HashMap;

use atalaya_model::{Prefix, Timestamp};

use crate::sql::{Row, Value, values};
use crate::{StoreError, Transaction};

/// The columns of a tally, as they are written and read back.
const COLUMNS: &str =
    "unit, score, scored_at, observations, witnesses, strength, listed_times, last_withdrawn_at";

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

impl Strength {
    /// The word in the store.
    const fn name(self) -> &'static str {
        match self {
            Self::Weak => "weak",
            Self::Strong => "strong",
        }
    }
}

impl Transaction {
    /// The tallies of these units, as far as there are any.
    ///
    /// # Errors
    /// The store failed.
    pub async fn tallies(&mut self, units: &[Prefix]) -> Result<HashMap<Prefix, Tally>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM tallies WHERE unit IN {{keys}}");
        let rows = self
            .connection
            .rows_in(&sql, units.iter().map(Value::from).collect())
            .await?;
        rows.into_iter()
            .map(|row| tally(row).map(|tally| (tally.unit, tally)))
            .collect()
    }

    /// Keeps these tallies in place of the older ones; of two for the same unit the last one counts.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_tallies(&mut self, tallies: &[Tally]) -> Result<(), StoreError> {
        // PostgreSQL refuses a statement that would write the same row twice.
        let last: HashMap<Prefix, &Tally> = tallies.iter().map(|tally| (tally.unit, tally)).collect();
        let rows = last.into_values().map(row).collect::<Result<_, _>>()?;
        let head = format!("INSERT INTO tallies ({COLUMNS}) VALUES");
        self.connection.insert(&head, rows, REPLACE).await
    }
}

/// Puts a tally in place of the older one.
const REPLACE: &str = "ON CONFLICT (unit) DO UPDATE SET score = excluded.score, \
    scored_at = excluded.scored_at, observations = excluded.observations, witnesses = excluded.witnesses, \
    strength = excluded.strength, listed_times = excluded.listed_times, \
    last_withdrawn_at = excluded.last_withdrawn_at";

/// The row of a tally, in the order of [`COLUMNS`].
fn row(tally: &Tally) -> Result<Vec<Value>, StoreError> {
    Ok(values![
        &tally.unit,
        tally.score,
        tally.scored_at,
        tally.observations,
        serde_json::to_string(&tally.witnesses).map_err(StoreError::unexpected)?,
        tally.strength.name(),
        tally.listed_times,
        tally.last_withdrawn_at,
    ])
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn tally(mut row: Row) -> Result<Tally, StoreError> {
    Ok(Tally {
        unit: row.take_prefix()?,
        score: row.take()?,
        scored_at: row.take_time()?,
        observations: row.take_count()?,
        witnesses: row.take_json()?,
        strength: strength(&row.take::<String>()?)?,
        listed_times: row.take_count()?,
        last_withdrawn_at: row.take_some_time()?,
    })
}

/// The strength that a word of the store means.
fn strength(word: &str) -> Result<Strength, StoreError> {
    let known = [Strength::Weak, Strength::Strong]
        .into_iter()
        .find(|strength| strength.name() == word);
    known.ok_or_else(|| StoreError::corrupt(format!("the strength `{word}`")))
}
