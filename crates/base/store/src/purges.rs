//! Purges: observations that count no more, by sensor, source and time; and how to find those whom they speak against.

use atalaya_model::{Observation, Prefix, Sensor, Timestamp};

use crate::observations::{observations_by, seen};
use crate::sql::{Value, values};
use crate::writer::COLUMNS;
use crate::{Seen, Store, StoreError, Transaction};

/// Which observations count no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purge {
    /// Only those of this kind of sensor.
    pub sensor: Option<Sensor>,
    /// Only those of this source.
    pub source: Option<String>,
    /// Only those seen at this moment or later.
    pub since: Timestamp,
    /// Only those seen before this moment.
    pub until: Timestamp,
}

impl Purge {
    /// Whether an observation is among them.
    #[must_use]
    pub fn takes(&self, observation: &Observation) -> bool {
        self.sensor.is_none_or(|sensor| sensor == observation.sensor)
            && self
                .source
                .as_ref()
                .is_none_or(|source| *source == observation.source)
            && (self.since..self.until).contains(&observation.seen_at)
    }
}

impl Store {
    /// A page of the units that these observations speak against, in the order of their names; `after` is the last of the page before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn units_of(&self, purge: &Purge, after: &str, limit: u32) -> Result<Vec<Prefix>, StoreError> {
        let mut sql =
            "SELECT DISTINCT unit FROM observations WHERE unit > $1 AND seen_at >= $2 AND seen_at < $3"
                .to_owned();
        let mut row = values![after, purge.since, purge.until];
        for (column, word) in [
            ("sensor", purge.sensor.map(Sensor::name)),
            ("source", purge.source.as_deref()),
        ] {
            if let Some(word) = word {
                row.push(Value::from(word));
                sql.push_str(&format!(" AND {column} = ${}", row.len()));
            }
        }
        sql.push_str(&format!(" ORDER BY unit LIMIT {limit}"));
        let rows = self.read().await?.rows(sql, row).await?;
        rows.into_iter().map(|mut row| row.take_prefix()).collect()
    }

    /// The purges that were made, oldest first.
    ///
    /// # Errors
    /// The store failed.
    pub async fn purges(&self) -> Result<Vec<Purge>, StoreError> {
        let sql = "SELECT sensor, source, begins_at, ends_at FROM purges ORDER BY id";
        let rows = self.read().await?.rows(sql, Vec::new()).await?;
        let one = |mut row: crate::sql::Row| {
            Ok(Purge {
                sensor: row.take_some_word()?,
                source: row.take()?,
                since: row.take_time()?,
                until: row.take_time()?,
            })
        };
        rows.into_iter().map(one).collect()
    }
}

impl Transaction {
    /// Remembers a purge.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_purge(&mut self, purge: &Purge, at: Timestamp) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO purges (sensor, source, begins_at, ends_at, purged_at) VALUES ($1, $2, $3, $4, $5)";
        let row = values![
            purge.sensor.map(Sensor::name),
            purge.source.as_deref(),
            purge.since,
            purge.until,
            at
        ];
        self.connection.execute(sql, row).await.map(|_one| ())
    }

    /// A page of the observations against a unit after `after` and up to the position `up_to`, oldest first, of those that were seen at
    /// `since` or later. It is read beside this transaction, as all facts are.
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_against(
        &self,
        unit: &Prefix,
        (after, up_to): (u64, u64),
        since: Timestamp,
        limit: u32,
    ) -> Result<Vec<Seen>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM observations WHERE unit = $1 AND position > $2 AND position <= $3 \
             AND seen_at >= $4 ORDER BY position LIMIT $5"
        );
        let mut connection = self.store().read().await?;
        let rows = connection
            .rows(sql, values![unit, after, up_to, since, limit])
            .await?;
        rows.into_iter().map(seen).collect()
    }

    /// What a reporter said of a unit up to a position, the newest first, read likewise. His sensor is [`Sensor::Report`] or [`Sensor::Complaint`].
    ///
    /// # Errors
    /// The store failed.
    pub async fn observations_by(
        &self,
        unit: &Prefix,
        source: (Sensor, &str),
        up_to: u64,
        limit: u32,
    ) -> Result<Vec<Seen>, StoreError> {
        observations_by(&mut self.store().read().await?, unit, source, (up_to, limit)).await
    }
}
