//! Moments as they stand in JSON: microseconds since 1970, as in the columns.

use atalaya_model::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Writes a moment.
pub(crate) fn serialize<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    at.micros().serialize(serializer)
}

/// Reads a moment.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    i64::deserialize(deserializer).map(Timestamp::from_micros)
}

/// A moment, or none.
pub(crate) mod of_some {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp};

    /// Writes it.
    pub(crate) fn serialize<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        at.map(Timestamp::micros).serialize(serializer)
    }

    /// Reads it.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        Option::deserialize(deserializer).map(|at: Option<i64>| at.map(Timestamp::from_micros))
    }
}

/// Moments by name. NUL in a name is replaced as in every other text: escaped in JSON it would come back.
pub(crate) mod by_name {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use super::{Deserialize, Deserializer, Serializer, Timestamp};

    /// Writes them.
    pub(crate) fn serialize<S: Serializer>(
        moments: &BTreeMap<String, Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_map(moments.iter().map(|(name, at)| (storable(name), at.micros())))
    }

    /// Reads them.
    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<String, Timestamp>, D::Error> {
        let kept = BTreeMap::<String, i64>::deserialize(deserializer)?;
        let moments = kept.into_iter();
        Ok(moments
            .map(|(name, at)| (name, Timestamp::from_micros(at)))
            .collect())
    }

    fn storable(name: &str) -> Cow<'_, str> {
        match name.contains('\0') {
            true => name.replace('\0', "\u{FFFD}").into(),
            false => name.into(),
        }
    }
}
