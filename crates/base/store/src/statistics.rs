//! Statistics as they are kept: segments of days, packed by whoever counts, and the pictures of days whose addresses are gone.
//!
//! What is in a segment is nobody's business here. A segment of another machine carries its name as `origin`; our own has none.

use atalaya_model::{Prefix, Timestamp};

use crate::decisions::serial_before;
use crate::sql::{Row, values};
use crate::{Store, StoreError, Transaction};

/// A segment of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptSegment {
    /// Its name in this store.
    pub id: u64,
    /// How many cells it has.
    pub cells: u64,
    /// Its bytes.
    pub packed: Vec<u8>,
}

/// What is kept of a day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptDay {
    /// The number of the day since 1970-01-01.
    pub day: i32,
    /// How many segments it has.
    pub segments: u64,
    /// How many cells these have. A sender that is in several of them is counted in each.
    pub cells: u64,
    /// The largest name of a segment: it changes with whatever is counted.
    pub last: u64,
    /// Their size in bytes.
    pub bytes: u64,
}

impl Store {
    /// The segments of a day, of all machines.
    ///
    /// # Errors
    /// The store failed.
    pub async fn segments(&self, day: i32) -> Result<Vec<KeptSegment>, StoreError> {
        let sql = "SELECT id, cells, packed FROM segments WHERE day = $1 ORDER BY id";
        let rows = self.read().await?.rows(sql, values![i64::from(day)]).await?;
        rows.into_iter().map(segment).collect()
    }

    /// The segments of a day that one machine counted; our own where `origin` is empty.
    ///
    /// # Errors
    /// The store failed.
    pub async fn segments_from(&self, day: i32, origin: &str) -> Result<Vec<KeptSegment>, StoreError> {
        let sql = "SELECT id, cells, packed FROM segments WHERE day = $1 AND origin = $2 ORDER BY id";
        let named = values![i64::from(day), origin];
        let rows = self.read().await?.rows(sql, named).await?;
        rows.into_iter().map(segment).collect()
    }

    /// The names of the segments of a day that one machine counted, each with how many cells it has.
    ///
    /// # Errors
    /// The store failed.
    pub async fn segment_sizes(&self, day: i32, origin: &str) -> Result<Vec<(u64, u64)>, StoreError> {
        let sql = "SELECT id, cells FROM segments WHERE day = $1 AND origin = $2 ORDER BY id";
        let named = values![i64::from(day), origin];
        let rows = self.read().await?.rows(sql, named).await?;
        let size = |mut row: Row| Ok((row.take_count()?, row.take_count()?));
        rows.into_iter().map(size).collect()
    }

    /// The days of which segments are kept, in order, from `first` to `last`.
    ///
    /// # Errors
    /// The store failed.
    pub async fn kept_days(&self, first: i32, last: i32) -> Result<Vec<KeptDay>, StoreError> {
        let sql = "SELECT day, COUNT(*), CAST(SUM(cells) AS BIGINT), MAX(id), CAST(SUM(octet_length(packed)) AS BIGINT) FROM segments \
                   WHERE day BETWEEN $1 AND $2 GROUP BY day ORDER BY day";
        let ends = values![i64::from(first), i64::from(last)];
        let rows = self.read().await?.rows(sql, ends).await?;
        let kept = |mut row: Row| {
            Ok(KeptDay {
                day: row.take_count()?,
                segments: row.take_count()?,
                cells: row.take_count()?,
                last: row.take_count()?,
                bytes: row.take_count()?,
            })
        };
        rows.into_iter().map(kept).collect()
    }

    /// The picture of a day whose addresses are gone.
    ///
    /// # Errors
    /// The store failed.
    pub async fn picture(&self, day: i32) -> Result<Option<String>, StoreError> {
        let sql = "SELECT picture FROM pictures WHERE day = $1";
        let row = self.read().await?.row(sql, values![i64::from(day)]).await?;
        row.map(|mut row| row.take()).transpose()
    }

    /// The numbers of the days of which only a picture is kept.
    ///
    /// # Errors
    /// The store failed.
    pub async fn days_of_pictures(&self) -> Result<Vec<i32>, StoreError> {
        let sql = "SELECT day FROM pictures ORDER BY day";
        let rows = self.read().await?.rows(sql, Vec::new()).await?;
        rows.into_iter().map(|mut row| row.take_count()).collect()
    }

    /// What was listed from one moment to another, anew or for longer.
    ///
    /// # Errors
    /// The store failed.
    pub async fn listed_between(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<Prefix>, StoreError> {
        let mut connection = self.read().await?;
        let before = serial_before(&mut connection, since).await?;
        let last = serial_before(&mut connection, until).await?;
        let sql = "SELECT DISTINCT prefix FROM decisions WHERE serial > $1 AND serial <= $2 \
                   AND verdict IN ('list', 'extend')";
        let rows = connection.rows(sql, values![before, last]).await?;
        rows.into_iter().map(|mut row| row.take_prefix()).collect()
    }

    /// What somebody was told of from one moment to another.
    ///
    /// # Errors
    /// The store failed.
    pub async fn told_between(&self, since: Timestamp, until: Timestamp) -> Result<Vec<Prefix>, StoreError> {
        let sql = "SELECT DISTINCT prefix FROM notices WHERE told_at >= $1 AND told_at < $2";
        let rows = self.read().await?.rows(sql, values![since, until]).await?;
        rows.into_iter().map(|mut row| row.take_prefix()).collect()
    }
}

impl Transaction {
    /// Adds a segment to a day.
    ///
    /// # Errors
    /// The store failed.
    pub async fn add_segment(
        &mut self,
        (day, origin): (i32, &str),
        cells: u64,
        packed: Vec<u8>,
    ) -> Result<(), StoreError> {
        let sql = "INSERT INTO segments (day, origin, cells, packed) VALUES ($1, $2, $3, $4)";
        let row = values![i64::from(day), origin, cells, packed];
        self.connection.execute(sql, row).await.map(|_one| ())
    }

    /// Deletes a segment; tells whether it was there.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_segment(&mut self, id: u64) -> Result<bool, StoreError> {
        let sql = "DELETE FROM segments WHERE id = $1";
        let deleted = self.connection.execute(sql, values![id]).await?;
        Ok(deleted > 0)
    }

    /// Deletes what one machine counted of a day.
    ///
    /// # Errors
    /// The store failed.
    pub async fn delete_segments_from(&mut self, day: i32, origin: &str) -> Result<u64, StoreError> {
        let sql = "DELETE FROM segments WHERE day = $1 AND origin = $2";
        self.connection
            .execute(sql, values![i64::from(day), origin])
            .await
    }

    /// Keeps the picture of a day; tells whether there was none before.
    ///
    /// # Errors
    /// The store failed.
    pub async fn keep_picture(&mut self, day: i32, picture: String) -> Result<bool, StoreError> {
        let sql = "INSERT INTO pictures (day, picture) VALUES ($1, $2) ON CONFLICT (day) DO NOTHING";
        let kept = self
            .connection
            .execute(sql, values![i64::from(day), picture])
            .await?;
        Ok(kept > 0)
    }

    /// Deletes all segments of a day.
    ///
    /// # Errors
    /// The store failed.
    pub async fn forget_day(&mut self, day: i32) -> Result<(), StoreError> {
        let sql = "DELETE FROM segments WHERE day = $1";
        self.connection
            .execute(sql, values![i64::from(day)])
            .await
            .map(|_rows| ())
    }

    /// Moves `reader` on, if nobody else has moved it since it stood at `from`; tells whether nobody had.
    ///
    /// # Errors
    /// The store failed.
    pub async fn move_position(&mut self, reader: &str, (from, to): (u64, u64)) -> Result<bool, StoreError> {
        let sql = "INSERT INTO readers (name, position) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING";
        self.connection.execute(sql, values![reader]).await?;
        let sql = "UPDATE readers SET position = $3 WHERE name = $1 AND position = $2";
        let moved = self.connection.execute(sql, values![reader, from, to]).await?;
        Ok(moved > 0)
    }
}

fn segment(mut row: Row) -> Result<KeptSegment, StoreError> {
    Ok(KeptSegment {
        id: row.take_count()?,
        cells: row.take_count()?,
        packed: row.take()?,
    })
}
