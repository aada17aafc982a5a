//! Tallies: what the judge remembers about an address between two observations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atalaya_model::{Class, Kind, Prefix, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sql::{Row, Value, values};
use crate::{Store, StoreError, Transaction};

/// The columns of a tally, as they are written and read back.
const COLUMNS: &str = "unit, cases, listed_times, last_withdrawn_at, wiped_at, taken_back";

/// What the judge remembers about one unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The unit ([`Prefix::unit`] of an address).
    pub unit: Prefix,
    /// What speaks for listing it, by the class that it would be listed in.
    pub cases: BTreeMap<Class, Case>,
    /// How often it was listed, in any class.
    pub listed_times: u32,
    /// When it last left the list.
    pub last_withdrawn_at: Option<Timestamp>,
    /// When its evidence was last wiped: what was seen up to then counts no more, however late it is read.
    pub wiped_at: Option<Timestamp>,
    /// Up to when reporters took back what they said, by a name that the caller makes; he bounds their number.
    pub taken_back: BTreeMap<String, Timestamp>,
}

/// What speaks for listing a unit in one class.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// What the observations of each kind weigh together, as of `at`.
    pub weights: BTreeMap<Kind, f64>,
    /// The time of the last observation that counted.
    pub at: Timestamp,
    /// Observations that counted.
    pub observations: u64,
    /// The names of the different witnesses, with the last time of each; the caller bounds their number.
    pub witnesses: BTreeMap<String, Timestamp>,
    /// When something was last seen that may list alone.
    pub strong_at: Option<Timestamp>,
}

impl Tally {
    /// The tally of a unit of which nothing is known.
    #[must_use]
    pub const fn new(unit: Prefix) -> Self {
        Self {
            unit,
            cases: BTreeMap::new(),
            listed_times: 0,
            last_withdrawn_at: None,
            wiped_at: None,
            taken_back: BTreeMap::new(),
        }
    }
}

impl Default for Case {
    fn default() -> Self {
        Self {
            weights: BTreeMap::new(),
            at: Timestamp::EPOCH,
            observations: 0,
            witnesses: BTreeMap::new(),
            strong_at: None,
        }
    }
}

impl Store {
    /// What reporters took back, by unit.
    ///
    /// # Errors
    /// The store failed.
    pub async fn taken_back(&self) -> Result<Vec<(Prefix, BTreeMap<String, Timestamp>)>, StoreError> {
        let sql = "SELECT unit, taken_back FROM tallies WHERE taken_back IS NOT NULL";
        let rows = self.read().await?.rows(sql, Vec::new()).await?;
        rows.into_iter()
            .map(|mut row| Ok((row.take_prefix()?, take_moments(&mut row)?)))
            .collect()
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
const REPLACE: &str = "ON CONFLICT (unit) DO UPDATE SET cases = excluded.cases, \
    listed_times = excluded.listed_times, last_withdrawn_at = excluded.last_withdrawn_at, \
    wiped_at = excluded.wiped_at, taken_back = excluded.taken_back";

/// The same, but for how often the unit was listed and what was taken back.
const WIPE: &str = "ON CONFLICT (unit) DO UPDATE SET cases = excluded.cases, \
    last_withdrawn_at = excluded.last_withdrawn_at, wiped_at = excluded.wiped_at";

/// A case as it is kept in JSON. Moments are microseconds, as in the columns.
#[derive(Serialize, Deserialize)]
struct Kept {
    weights: BTreeMap<Kind, f64>,
    at: i64,
    observations: u64,
    witnesses: BTreeMap<String, i64>,
    strong_at: Option<i64>,
}

impl From<&Case> for Kept {
    fn from(case: &Case) -> Self {
        Self {
            weights: case.weights.clone(),
            at: case.at.micros(),
            observations: case.observations,
            witnesses: micros(&case.witnesses),
            strong_at: case.strong_at.map(Timestamp::micros),
        }
    }
}

impl From<Kept> for Case {
    fn from(kept: Kept) -> Self {
        Self {
            weights: kept.weights,
            at: Timestamp::from_micros(kept.at),
            observations: kept.observations,
            witnesses: moments(kept.witnesses),
            strong_at: kept.strong_at.map(Timestamp::from_micros),
        }
    }
}

/// The row of a tally, in the order of [`COLUMNS`].
fn row(tally: &Tally) -> Result<Vec<Value>, StoreError> {
    let cases: BTreeMap<Class, Kept> = tally
        .cases
        .iter()
        .map(|(class, case)| (*class, case.into()))
        .collect();
    let taken_back = (!tally.taken_back.is_empty())
        .then(|| serde_json::to_string(&micros(&tally.taken_back)))
        .transpose()
        .map_err(StoreError::unexpected)?;
    Ok(values![
        &tally.unit,
        serde_json::to_string(&cases).map_err(StoreError::unexpected)?,
        tally.listed_times,
        tally.last_withdrawn_at,
        tally.wiped_at,
        taken_back,
    ])
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn tally(mut row: Row) -> Result<Tally, StoreError> {
    let unit = row.take_prefix()?;
    let cases = row.take_json::<Option<BTreeMap<Class, Kept>>>()?;
    let cases = cases.unwrap_or_default().into_iter();
    Ok(Tally {
        unit,
        cases: cases.map(|(class, kept)| (class, kept.into())).collect(),
        listed_times: row.take_count()?,
        last_withdrawn_at: row.take_some_time()?,
        wiped_at: row.take_some_time()?,
        taken_back: take_moments(&mut row)?,
    })
}

/// The next column: moments by name, or none of them.
fn take_moments(row: &mut Row) -> Result<BTreeMap<String, Timestamp>, StoreError> {
    let kept: Option<String> = row.take()?;
    kept.map_or_else(
        || Ok(BTreeMap::new()),
        |kept| {
            serde_json::from_str(&kept)
                .map(moments)
                .map_err(StoreError::corrupt)
        },
    )
}

/// Moments by name, as they are kept.
fn micros(moments: &BTreeMap<String, Timestamp>) -> BTreeMap<String, i64> {
    moments
        .iter()
        .map(|(name, at)| (name.replace('\0', "\u{FFFD}"), at.micros()))
        .collect()
}

/// Reads them.
fn moments(kept: BTreeMap<String, i64>) -> BTreeMap<String, Timestamp> {
    kept.into_iter()
        .map(|(name, at)| (name, Timestamp::from_micros(at)))
        .collect()
}
