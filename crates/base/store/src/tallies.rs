//! Tallies: what the judge remembers about an address between two observations.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use atalaya_model::{Class, Kind, Prefix, Timestamp};
use serde::{Deserialize, Serialize};

use crate::sql::{Row, Value, values};
use crate::{Store, StoreError, Transaction, micros};

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

/// What speaks for listing a unit in one class. Kept as JSON, in which moments are microseconds, as in the columns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// What the observations of each kind weigh together, as of `at`.
    pub weights: BTreeMap<Kind, f64>,
    /// The time of the last observation that counted.
    #[serde(with = "micros")]
    pub at: Timestamp,
    /// Observations that counted.
    pub observations: u64,
    /// The names of the different witnesses, with the last time of each; the caller bounds their number.
    #[serde(with = "micros::by_name")]
    pub witnesses: BTreeMap<String, Timestamp>,
    /// When something was last seen that may list alone.
    #[serde(with = "micros::of_some")]
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

/// The row of a tally, in the order of [`COLUMNS`].
fn row(tally: &Tally) -> Result<Vec<Value>, StoreError> {
    let taken_back = (!tally.taken_back.is_empty())
        .then(|| serde_json::to_string(&Named(tally.taken_back.clone())))
        .transpose()
        .map_err(StoreError::unexpected)?;
    Ok(values![
        &tally.unit,
        serde_json::to_string(&tally.cases).map_err(StoreError::unexpected)?,
        tally.listed_times,
        tally.last_withdrawn_at,
        tally.wiped_at,
        taken_back,
    ])
}

/// Reads a row of [`COLUMNS`]; the columns are taken in their order.
fn tally(mut row: Row) -> Result<Tally, StoreError> {
    let unit = row.take_prefix()?;
    let cases: Option<BTreeMap<Class, Case>> = row.take_json()?;
    Ok(Tally {
        unit,
        cases: cases.unwrap_or_default(),
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
                .map(|Named(moments)| moments)
                .map_err(StoreError::corrupt)
        },
    )
}

/// Moments by name, as they are kept.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Named(#[serde(with = "micros::by_name")] BTreeMap<String, Timestamp>);
