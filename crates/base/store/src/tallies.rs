//! Tallies: what the judge remembers about an address between two observations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atalaya_model::{Prefix, Timestamp};

use crate::sql::{Row, Value, values};
use crate::{StoreError, Transaction};

/// The columns of a tally, as they are written and read back.
const COLUMNS: &str =
    "unit, score, scored_at, observations, witnesses, strong_at, listed_times, last_withdrawn_at, wiped_at";

/// What the judge remembers about one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The unit ([`Prefix::unit`] of an address).
    pub unit: Prefix,
    /// The score at `scored_at`.
    pub score: f64,
    /// The time of the last observation that counted.
    pub scored_at: Timestamp,
    /// Observations that counted.
    pub observations: u64,
    /// The names of the different traps that were hit, with the last time of each; the caller bounds their number.
    pub witnesses: BTreeMap<String, Timestamp>,
    /// When a trap was last hit that may list alone.
    pub strong_at: Option<Timestamp>,
    /// How often it was listed.
    pub listed_times: u32,
    /// When it last left the list.
    pub last_withdrawn_at: Option<Timestamp>,
    /// When its evidence was last wiped: what was seen up to then counts no more, however late it is read.
    pub wiped_at: Option<Timestamp>,
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
            witnesses: BTreeMap::new(),
            strong_at: None,
            listed_times: 0,
            last_withdrawn_at: None,
            wiped_at: None,
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
        let rows = self.connection.rows_in(&sql, units).await?;
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

    /// Notes that these units left the list at their end. Those without a tally have nothing to note.
    ///
    /// # Errors
    /// The store failed.
    pub async fn note_withdrawn(&mut self, units: &[Prefix], at: Timestamp) -> Result<(), StoreError> {
        let sql = "UPDATE tallies SET last_withdrawn_at = {with} WHERE unit IN {keys} RETURNING unit";
        self.connection
            .rows_in_with(sql, Some(at.into()), units)
            .await
            .map(|_units| ())
    }

    /// Gives units that left the list before their end a clean slate: what was seen up to `at` lists nobody again. How often they were
    /// listed stays, and lengthens the next listing.
    ///
    /// # Errors
    /// The store failed.
    pub async fn wipe_tallies(&mut self, units: &[Prefix], at: Timestamp) -> Result<(), StoreError> {
        let once: BTreeSet<&Prefix> = units.iter().collect();
        let wiped = once.into_iter().map(|unit| Tally {
            scored_at: at,
            last_withdrawn_at: Some(at),
            wiped_at: Some(at),
            ..Tally::new(*unit)
        });
        let rows = wiped.map(|tally| row(&tally)).collect::<Result<_, _>>()?;
        let head = format!("INSERT INTO tallies ({COLUMNS}) VALUES");
        self.connection.insert(&head, rows, WIPE).await
    }
}

/// Puts a tally in place of the older one.
const REPLACE: &str = "ON CONFLICT (unit) DO UPDATE SET score = excluded.score, \
    scored_at = excluded.scored_at, observations = excluded.observations, witnesses = excluded.witnesses, \
    strong_at = excluded.strong_at, listed_times = excluded.listed_times, \
    last_withdrawn_at = excluded.last_withdrawn_at, wiped_at = excluded.wiped_at";

/// The same, but for how often the unit was listed.
const WIPE: &str = "ON CONFLICT (unit) DO UPDATE SET score = excluded.score, \
    scored_at = excluded.scored_at, observations = excluded.observations, witnesses = excluded.witnesses, \
    strong_at = excluded.strong_at, \
    last_withdrawn_at = excluded.last_withdrawn_at, wiped_at = excluded.wiped_at";

/// The row of a tally, in the order of [`COLUMNS`]. Moments in JSON are microseconds, as in the columns.
fn row(tally: &Tally) -> Result<Vec<Value>, StoreError> {
    let witnesses = tally.witnesses.iter();
    let witnesses: BTreeMap<String, i64> = witnesses
        .map(|(name, at)| (name.replace('\0', "\u{FFFD}"), at.micros()))
        .collect();
    Ok(values![
        &tally.unit,
        tally.score,
        tally.scored_at,
        tally.observations,
        serde_json::to_string(&witnesses).map_err(StoreError::unexpected)?,
        tally.strong_at,
        tally.listed_times,
        tally.last_withdrawn_at,
        tally.wiped_at,
    ])
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn tally(mut row: Row) -> Result<Tally, StoreError> {
    Ok(Tally {
        unit: row.take_prefix()?,
        score: row.take()?,
        scored_at: row.take_time()?,
        observations: row.take_count()?,
        witnesses: row
            .take_json::<BTreeMap<String, i64>>()?
            .into_iter()
            .map(|(name, at)| (name, Timestamp::from_micros(at)))
            .collect(),
        strong_at: row.take_some_time()?,
        listed_times: row.take_count()?,
        last_withdrawn_at: row.take_some_time()?,
        wiped_at: row.take_some_time()?,
    })
}
