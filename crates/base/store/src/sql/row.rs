//! What comes out of a query: columns are taken one after the other, in the order in which the query names them.

use std::net::{IpAddr, Ipv6Addr};

use atalaya_model::{Digest, Prefix, Serial, Timestamp};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Postgres, Row as _, Sqlite, Type};
use uuid::Uuid;

use super::fault::explain;
use crate::StoreError;

/// A type that a column of either back end can be read as.
pub(crate) trait Column:
    for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

impl<T> Column for T where
    T: for<'r> Decode<'r, Sqlite> + Type<Sqlite> + for<'r> Decode<'r, Postgres> + Type<Postgres>
{
}

/// One row of an answer.
pub(crate) struct Row {
    cells: Cells,
    next: usize,
}

/// The row of the driver.
enum Cells {
    Lite(SqliteRow),
    Pg(PgRow),
}

impl Row {
    /// The next column.
    pub(crate) fn take<T: Column>(&mut self) -> Result<T, StoreError> {
        let at = self.next;
        self.next = at.saturating_add(1);
        match &self.cells {
            Cells::Lite(row) => row.try_get(at),
            Cells::Pg(row) => row.try_get(at),
        }
        .map_err(explain)
    }

    /// The next column: a count, a size or a serial.
    pub(crate) fn take_count<T: TryFrom<i64>>(&mut self) -> Result<T, StoreError> {
        let number: i64 = self.take()?;
        T::try_from(number).map_err(|_range| StoreError::corrupt(format!("the count {number}")))
    }

    /// The next column: a serial.
    pub(crate) fn take_serial(&mut self) -> Result<Serial, StoreError> {
        self.take_count().map(Serial)
    }

    /// The next column: a moment.
    pub(crate) fn take_time(&mut self) -> Result<Timestamp, StoreError> {
        self.take().map(Timestamp::from_micros)
    }

    /// The next column: a moment, or none.
    pub(crate) fn take_some_time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp::from_micros))
    }

    /// The next column: a text of a form that the model knows.
    pub(crate) fn take_word<T>(&mut self) -> Result<T, StoreError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        self.take::<String>()?.parse().map_err(StoreError::corrupt)
    }

    /// The next column: the same, or none.
    pub(crate) fn take_some_word<T>(&mut self) -> Result<Option<T>, StoreError>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let text = self.take::<Option<String>>()?;
        text.map(|text| text.parse().map_err(StoreError::corrupt))
            .transpose()
    }

    /// The next column: a prefix.
    pub(crate) fn take_prefix(&mut self) -> Result<Prefix, StoreError> {
        self.take_word()
    }

    /// The next column: an address as 16 bytes.
    pub(crate) fn take_address(&mut self) -> Result<IpAddr, StoreError> {
        let bytes = <[u8; 16]>::try_from(self.take::<Vec<u8>>()?);
        let bytes = bytes.map_err(|_length| StoreError::corrupt("an address of the wrong length"))?;
        Ok(Ipv6Addr::from(bytes).to_canonical())
    }

    /// The next column: an id.
    pub(crate) fn take_id(&mut self) -> Result<Uuid, StoreError> {
        Uuid::from_slice(&self.take::<Vec<u8>>()?).map_err(StoreError::corrupt)
    }

    /// The next column: a digest, or none.
    pub(crate) fn take_some_digest(&mut self) -> Result<Option<Digest>, StoreError> {
        let digest = |bytes: Vec<u8>| {
            let digest = bytes.try_into().map(Digest);
            digest.map_err(|_length| StoreError::corrupt("a digest of the wrong length"))
        };
        self.take::<Option<Vec<u8>>>()?.map(digest).transpose()
    }

    /// The next column: something kept as JSON.
    pub(crate) fn take_json<T: serde::de::DeserializeOwned>(&mut self) -> Result<T, StoreError> {
        serde_json::from_str(&self.take::<String>()?).map_err(StoreError::corrupt)
    }
}

impl From<SqliteRow> for Row {
    fn from(row: SqliteRow) -> Self {
        Self {
            cells: Cells::Lite(row),
            next: 0,
        }
    }
}

impl From<PgRow> for Row {
    fn from(row: PgRow) -> Self {
        Self {
            cells: Cells::Pg(row),
            next: 0,
        }
    }
}
