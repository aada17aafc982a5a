//! A length of time as people write it in a configuration: `90s`, `15m`, `36h`, `30d`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// Units with their length in seconds, the longest first.
const UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// A whole number of milliseconds, written as one number and one unit: `ms`, `s`, `m`, `h` or `d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(pub Duration);

impl Period {
    /// So many milliseconds.
    #[must_use]
    pub const fn millis(count: u64) -> Self {
        Self(Duration::from_millis(count))
    }

    /// So many seconds.
    #[must_use]
    pub const fn seconds(count: u64) -> Self {
        Self(Duration::from_secs(count))
    }

    /// So many minutes.
    #[must_use]
    pub const fn minutes(count: u64) -> Self {
        Self(Duration::from_secs(count.saturating_mul(60)))
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(count: u64) -> Self {
        Self(Duration::from_secs(count.saturating_mul(3_600)))
    }

    /// So many days.
    #[must_use]
    pub const fn days(count: u64) -> Self {
        Self(Duration::from_secs(count.saturating_mul(86_400)))
    }

    /// The duration itself.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// The largest unit that gives a whole number.
impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        if self.0.subsec_millis() != 0 {
            return write!(f, "{}ms", self.0.as_millis());
        }
        let whole = UNITS
            .iter()
            .find(|(_, length)| seconds.is_multiple_of(*length) && seconds >= *length);
        let (unit, length) = whole.unwrap_or(&("s", 1));
        write!(f, "{}{unit}", seconds / length)
    }
}

/// The text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time: write a number and a unit, such as 90s, 15m, 36h or 30d")]
pub struct BadPeriod(String);

impl FromStr for Period {
    type Err = BadPeriod;

    fn from_str(text: &str) -> Result<Self, BadPeriod> {
        let refused = || BadPeriod(text.to_owned());
        let cut = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(refused)?;
        let (number, unit) = text.split_at(cut);
        let number: u64 = number.parse().map_err(|_bad| refused())?;
        if unit == "ms" {
            return Ok(Self::millis(number));
        }
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(refused)?;
        number.checked_mul(*length).map(Self::seconds).ok_or_else(refused)
    }
}

crate::as_text!(Period);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_written_in_their_largest_whole_unit() {
        for text in ["90s", "15m", "36h", "30d", "250ms", "0s"] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), text);
        }
        assert_eq!(Period::seconds(7200).to_string(), "2h");
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "5",
            "5 m",
            "-5m",
            "5w",
            "1h30m",
            "99999999999999999999d",
            "9999999999999999d",
        ] {
            assert!(text.parse::<Period>().is_err(), "{text:?}");
        }
    }
}
