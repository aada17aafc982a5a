//! The summary of a day: what each address did, as a table, with a colour that says how bad it is.

use std::fmt::Write;

use atalaya_model::Timestamp;
use atalaya_store::FeedbackLine;

use super::FeedbackConfig;

/// Seconds of a day.
const DAY: i64 = 86_400;
/// Most addresses of one summary, the worst first.
pub(super) const MOST_LINES: u32 = 50_000;

/// How bad an address was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    /// Hardly.
    Green,
    /// Somewhat.
    Yellow,
    /// Very, or it is listed.
    Red,
}

impl Colour {
    /// That of an address with so many messages on a day.
    #[must_use]
    pub fn of(line: &FeedbackLine, config: &FeedbackConfig) -> Self {
        let reaches = |most: u32| line.messages >= u64::from(most);
        match (
            line.listed || reaches(config.red_from),
            reaches(config.yellow_from),
        ) {
            (true, _) => Self::Red,
            (false, true) => Self::Yellow,
            (false, false) => Self::Green,
        }
    }

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Yellow => "yellow",
            Self::Red => "red",
        }
    }
}

/// The table, as CSV (RFC 4180). No value has a comma or a quote in it.
pub(super) fn table(lines: &[FeedbackLine], config: &FeedbackConfig) -> String {
    let mut out = "address,first_seen,last_seen,messages,trap_hits,colour,listed\r\n".to_owned();
    for line in lines {
        let FeedbackLine {
            address,
            first_seen,
            last_seen,
            messages,
            traps,
            listed,
        } = line;
        let (colour, listed) = (
            Colour::of(line, config).name(),
            if *listed { "yes" } else { "no" },
        );
        // Writing into a String cannot fail.
        write!(
            out,
            "{address},{first_seen},{last_seen},{messages},{traps},{colour},{listed}\r\n"
        )
        .unwrap_or_default();
    }
    out
}

/// The day of a moment, in days since 1970.
pub(super) fn day_of(moment: Timestamp) -> u64 {
    u64::try_from(moment.seconds().div_euclid(DAY)).unwrap_or_default()
}

/// The first moment of a day.
pub(super) fn start_of(day: u64) -> Timestamp {
    let day = i64::try_from(day).unwrap_or(i64::MAX);
    Timestamp::from_seconds(day.saturating_mul(DAY).min(LAST))
}

/// The last second of the year 9999: no calendar goes further.
const LAST: i64 = 253_402_300_799;

#[cfg(test)]
mod tests {
    use super::*;

    fn line((messages, listed): (u64, bool)) -> FeedbackLine {
        FeedbackLine {
            address: "192.0.2.7".parse().unwrap(),
            first_seen: Timestamp::from_seconds(0),
            last_seen: Timestamp::from_seconds(60),
            messages,
            traps: messages,
            listed,
        }
    }

    #[test]
    fn the_colour_follows_the_number_of_messages_and_the_list() {
        let config = FeedbackConfig::default();
        let colours = [(1, false), (2, false), (9, false), (10, false), (1, true)]
            .map(|of| Colour::of(&line(of), &config).name());
        assert_eq!(colours, ["green", "yellow", "yellow", "red", "red"]);
    }

    #[test]
    fn a_table_has_a_line_for_each_address() {
        let text = table(&[line((3, true))], &FeedbackConfig::default());
        assert_eq!(
            text,
            "address,first_seen,last_seen,messages,trap_hits,colour,listed\r\n\
             192.0.2.7,1970-01-01T00:00:00Z,1970-01-01T00:01:00Z,3,3,red,yes\r\n"
        );
    }

    #[test]
    fn days_begin_at_midnight() {
        assert_eq!(day_of(Timestamp::from_seconds(2 * DAY - 1)), 1);
        assert_eq!(start_of(2), Timestamp::from_seconds(2 * DAY));
        assert!(start_of(u64::MAX) > start_of(2));
    }
}
