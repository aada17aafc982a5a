//! What goes into a query. Text is made storable here, once for both back ends.

use std::net::IpAddr;

use atalaya_model::{Prefix, Serial, Timestamp};
use sqlx::Arguments;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use uuid::Uuid;

use crate::StoreError;
use crate::span::mapped;

/// A value bound to a placeholder. Each kind knows its own null, because PostgreSQL wants to know the type of a null.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// A whole number, or a moment in microseconds.
    Integer(Option<i64>),
    /// A number with a fraction.
    Real(f64),
    /// A text.
    Text(Option<String>),
    /// Raw bytes.
    Bytes(Option<Vec<u8>>),
}

/// The values of a query, in the order of their placeholders.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sql::Value::from($value)),*] };
}
pub(crate) use values;

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(Some(number))
    }
}

impl From<u32> for Value {
    fn from(number: u32) -> Self {
        Self::Integer(Some(i64::from(number)))
    }
}

/// Counts and sizes; none comes near the end of the range.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(Some(i64::try_from(number).unwrap_or(i64::MAX)))
    }
}

impl From<Option<u64>> for Value {
    fn from(number: Option<u64>) -> Self {
        number.map_or(Self::Integer(None), Self::from)
    }
}

/// SQLite keeps "not a number" as null, which no column takes; no number is the honest form of it.
impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(if number.is_nan() { 0.0 } else { number })
    }
}

impl From<Timestamp> for Value {
    fn from(moment: Timestamp) -> Self {
        Self::from(moment.micros())
    }
}

impl From<Option<Timestamp>> for Value {
    fn from(moment: Option<Timestamp>) -> Self {
        Self::Integer(moment.map(Timestamp::micros))
    }
}

impl From<Serial> for Value {
    fn from(serial: Serial) -> Self {
        Self::from(serial.0)
    }
}

/// PostgreSQL cannot keep the NUL character in a text. It becomes U+FFFD on both back ends, so that both keep the same.
impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(Some(if text.contains('\0') {
            text.replace('\0', "\u{FFFD}")
        } else {
            text
        }))
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::from(text.to_owned())
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Text(None), Self::from)
    }
}

impl From<Option<&str>> for Value {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Text(None), Self::from)
    }
}

impl From<Prefix> for Value {
    fn from(prefix: Prefix) -> Self {
        Self::from(prefix.to_string())
    }
}

impl From<&Prefix> for Value {
    fn from(prefix: &Prefix) -> Self {
        Self::from(prefix.to_string())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(Some(bytes))
    }
}

impl From<Option<Vec<u8>>> for Value {
    fn from(bytes: Option<Vec<u8>>) -> Self {
        Self::Bytes(bytes)
    }
}

impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Bytes(Some(id.as_bytes().to_vec()))
    }
}

/// An address as 16 bytes that sort like the address.
impl From<IpAddr> for Value {
    fn from(address: IpAddr) -> Self {
        Self::Bytes(Some(mapped(address).octets().to_vec()))
    }
}

/// Binds the values for a driver; the same text for each of them.
macro_rules! bind {
    ($arguments:ty, $values:expr) => {{
        let mut arguments = <$arguments>::default();
        for value in $values {
            match value {
                Value::Integer(number) => arguments.add(number),
                Value::Real(number) => arguments.add(number),
                Value::Text(text) => arguments.add(text),
                Value::Bytes(bytes) => arguments.add(bytes),
            }
            .map_err(|error| StoreError::unexpected(sqlx::Error::Encode(error)))?;
        }
        Ok(arguments)
    }};
}

/// Binds the values for SQLite.
pub(super) fn lite(values: Vec<Value>) -> Result<SqliteArguments, StoreError> {
    bind!(SqliteArguments, values)
}

/// Binds the values for PostgreSQL.
pub(super) fn pg(values: Vec<Value>) -> Result<PgArguments, StoreError> {
    bind!(PgArguments, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_is_replaced_in_text() {
        assert_eq!(Value::from("a\0b"), Value::Text(Some("a\u{FFFD}b".to_owned())));
    }

    #[test]
    fn addresses_sort_as_their_bytes() {
        let [low, high] = ["192.0.2.1", "192.0.2.200"].map(|text| text.parse::<IpAddr>().unwrap());
        let (Value::Bytes(Some(low)), Value::Bytes(Some(high))) = (Value::from(low), Value::from(high))
        else {
            panic!("addresses are bytes")
        };
        assert!(low < high && low.len() == 16 && high.len() == 16);
    }
}
