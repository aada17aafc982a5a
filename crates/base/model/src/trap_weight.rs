//! How much hitting one trap weighs beside others of its kind.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A part from 0 to 1, in hundredths. The weight of an observation is multiplied by that of its trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TrapWeight(u8);

impl TrapWeight {
    /// All that its kind weighs.
    pub const FULL: Self = Self(100);
    /// Nothing.
    pub const NOTHING: Self = Self(0);

    /// The factor.
    #[must_use]
    pub fn part(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// Whether it takes nothing away.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.0 == Self::FULL.0
    }

    fn of(part: f64) -> Result<Self, BadTrapWeight> {
        let all = 0..=Self::FULL.0;
        let is_it = |hundredths: &u8| (Self(*hundredths).part() - part).abs() < 1e-9;
        all.into_iter().find(is_it).map(Self).ok_or(BadTrapWeight)
    }
}

impl Default for TrapWeight {
    fn default() -> Self {
        Self::FULL
    }
}

impl fmt::Display for TrapWeight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.part().fmt(f)
    }
}

/// The number is no weight of a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the weight of a trap is a number from 0 to 1 with at most two decimals")]
pub struct BadTrapWeight;

impl FromStr for TrapWeight {
    type Err = BadTrapWeight;

    fn from_str(text: &str) -> Result<Self, BadTrapWeight> {
        text.parse().map_err(|_bad| BadTrapWeight).and_then(Self::of)
    }
}

impl Serialize for TrapWeight {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.part())
    }
}

impl<'de> Deserialize<'de> for TrapWeight {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::of(f64::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IntoDeserializer;
    use serde::de::value::Error;

    use super::*;

    fn read(number: f64) -> Result<TrapWeight, Error> {
        TrapWeight::deserialize(number.into_deserializer())
    }

    #[test]
    fn every_hundredth_is_read_back_and_nothing_else_is_read() {
        for hundredths in 0..=100 {
            let weight = TrapWeight(hundredths);
            assert_eq!(weight.to_string().parse(), Ok(weight));
            assert_eq!(read(weight.part()), Ok(weight));
        }
        assert!(read(1.5).is_err());
        for wrong in ["", "-0.1", "1.01", "0.005", "nan", "inf", "half"] {
            assert_eq!(wrong.parse::<TrapWeight>(), Err(BadTrapWeight), "{wrong}");
        }
    }
}
