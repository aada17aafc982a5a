//! What became of the listings that each source brought about: what its word is worth is learned from it.

use std::collections::BTreeSet;

use atalaya_model::{Sensor, Timestamp};

use crate::sql::{Connection, Row, values};
use crate::{Store, StoreError, Transaction};

/// The columns, as they are written and read back.
const COLUMNS: &str = "sensor, source, stood, fell, as_of";

/// What became of the listings that one source brought about.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceRecord {
    /// The kind of sensor.
    pub sensor: Sensor,
    /// Which one of that kind.
    pub source: String,
    /// Listings that reached their end, as of `as_of`: old ones count less.
    pub stood: f64,
    /// Listings that were taken back.
    pub fell: f64,
    /// When it was reckoned last.
    pub as_of: Timestamp,
}

impl Store {
    /// A page of the sources of which something is known, by sensor and name; `after` is the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sources(
        &self,
        after: Option<(Sensor, &str)>,
        limit: u32,
    ) -> Result<Vec<SourceRecord>, StoreError> {
        let (sensor, source) = after.map_or(("", ""), |(sensor, source)| (sensor.name(), source));
        let sql = format!(
            "SELECT {COLUMNS} FROM sources WHERE (sensor, source) > ($1, $2) ORDER BY sensor, source LIMIT $3"
        );
        let rows = self
            .read()
            .await?
            .rows(sql, values![sensor, source, limit])
            .await?;
        rows.into_iter().map(record).collect()
    }
}

impl Transaction {
    /// What is known of these sources.
    ///
    /// # Errors
    /// The store failed.
    pub async fn sources_of(
        &mut self,
        sources: &BTreeSet<(Sensor, String)>,
    ) -> Result<Vec<SourceRecord>, StoreError> {
        sources_of(&mut self.connection, sources).await
    }

    /// Keeps these records in place of the older ones.
    ///
    /// # Errors
    /// The store failed.
    pub async fn put_sources(&mut self, records: &[SourceRecord]) -> Result<(), StoreError> {
        let row = |one: &SourceRecord| {
            values![
                one.sensor.name(),
                one.source.as_str(),
                one.stood,
                one.fell,
                one.as_of
            ]
        };
        let head = format!("INSERT INTO sources ({COLUMNS}) VALUES");
        let tail = "ON CONFLICT (sensor, source) DO UPDATE SET stood = excluded.stood, fell = excluded.fell, \
                    as_of = excluded.as_of";
        self.connection
            .insert(&head, records.iter().map(row).collect(), tail)
            .await
    }
}

/// What is known of these sources. Of one name there may be several kinds; those that nobody asked for are left out.
async fn sources_of(
    connection: &mut Connection,
    sources: &BTreeSet<(Sensor, String)>,
) -> Result<Vec<SourceRecord>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM sources WHERE source IN {{keys}}");
    let names = sources.iter().map(|(_, source)| source.as_str());
    let rows = connection.rows_in(&sql, names).await?;
    let mut records = Vec::with_capacity(rows.len());
    for row in rows {
        let record = record(row)?;
        if sources.contains(&(record.sensor, record.source.clone())) {
            records.push(record);
        }
    }
    Ok(records)
}

/// Reads a row of [`COLUMNS`].
fn record(mut row: Row) -> Result<SourceRecord, StoreError> {
    Ok(SourceRecord {
        sensor: row.take_word()?,
        source: row.take()?,
        stood: row.take()?,
        fell: row.take()?,
        as_of: row.take_time()?,
    })
}
