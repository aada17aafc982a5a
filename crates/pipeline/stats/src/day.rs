//! A day, as statistics count it: from midnight to midnight in UTC, wherever the sensors stand.

use std::fmt;
use std::str::FromStr;

use atalaya_model::Timestamp;

/// Seconds of a day.
const SECONDS: i64 = 86_400;
/// Seconds of an hour.
const HOUR: u32 = 3_600;

/// A day in UTC, by its number since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

impl Day {
    /// The day of that number.
    #[must_use]
    pub const fn from_number(number: i32) -> Self {
        Self(number)
    }

    /// Its number since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The day in which a moment lies.
    #[must_use]
    pub fn of(moment: Timestamp) -> Self {
        let number = moment.seconds().div_euclid(SECONDS);
        Self(i32::try_from(number).unwrap_or(if number < 0 { i32::MIN } else { i32::MAX }))
    }

    /// Its first moment.
    #[must_use]
    pub fn start(self) -> Timestamp {
        Timestamp::from_seconds(i64::from(self.0).saturating_mul(SECONDS))
    }

    /// The first moment of the day after.
    #[must_use]
    pub fn end(self) -> Timestamp {
        self.plus(1).start()
    }

    /// The day so many days later, or earlier.
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days))
    }

    /// The second of this day at which a moment lies; its first or last for a moment outside.
    #[must_use]
    pub fn second_of(self, moment: Timestamp) -> u32 {
        let seconds = moment.seconds().saturating_sub(self.start().seconds());
        u32::try_from(seconds.clamp(0, SECONDS - 1)).unwrap_or(0)
    }

    /// The hour of such a second, from 0 to 23.
    #[must_use]
    pub fn hour_of(second: u32) -> u8 {
        u8::try_from(second / HOUR).unwrap_or(23).min(23)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.start().date())
    }
}

/// The text is no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a day: write it as 2026-12-31")]
pub struct BadDay(String);

impl FromStr for Day {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let bad = || BadDay(text.chars().take(40).collect());
        if text.len() != 10 {
            return Err(bad());
        }
        text.parse().map(Self::of).map_err(|_no_date| bad())
    }
}

/// Days from the first to the last, both in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Days {
    /// The first.
    pub first: Day,
    /// The last.
    pub last: Day,
}

impl Days {
    /// One day alone.
    #[must_use]
    pub const fn one(day: Day) -> Self {
        Self {
            first: day,
            last: day,
        }
    }

    /// Each of them, in order.
    pub fn each(self) -> impl DoubleEndedIterator<Item = Day> {
        (self.first.0..=self.last.0).map(Day)
    }

    /// How many there are.
    #[must_use]
    pub fn count(self) -> u32 {
        u32::try_from(i64::from(self.last.0) - i64::from(self.first.0) + 1).unwrap_or(0)
    }
}

impl fmt::Display for Days {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else {
            write!(f, "{} to {}", self.first, self.last)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_written_read_and_found() {
        let day: Day = "2026-11-26".parse().unwrap();
        assert_eq!(day.to_string(), "2026-11-26");
        let moment: Timestamp = "2026-11-26T23:59:59Z".parse().unwrap();
        assert_eq!(Day::of(moment), day);
        assert_eq!(
            (day.second_of(moment), Day::hour_of(day.second_of(moment))),
            (86_399, 23)
        );
        assert_eq!(Day::of(day.end()), day.plus(1));
        assert_eq!(day.second_of(day.plus(3).start()), 86_399);
        assert_eq!(Day::of("1969-12-31T23:00:00Z".parse().unwrap()).number(), -1);
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for wrong in [
            "",
            "2026-13-01",
            "2026-11-26T00:00:00Z",
            "26.11.2026",
            "yesterday!",
        ] {
            assert!(wrong.parse::<Day>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_are_counted_with_both_ends() {
        let days = Days {
            first: Day(3),
            last: Day(5),
        };
        assert_eq!(days.count(), 3);
        assert_eq!(days.each().map(Day::number).collect::<Vec<_>>(), [3, 4, 5]);
        assert_eq!(
            Days {
                first: Day(5),
                last: Day(3)
            }
            .count(),
            0
        );
    }
}
