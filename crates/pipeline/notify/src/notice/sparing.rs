//! One line of log a minute for a trouble that meets thousands of jobs at once, such as a resolver that does not answer.
//!
//! In: a moment of trouble. Out: whether a line is due, and how many troubles had none since the last.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use atalaya_model::Timestamp;

/// The time from one line to the next.
const BETWEEN_LINES: Duration = Duration::from_secs(60);

/// Remembers the last line.
#[derive(Debug, Default)]
pub(super) struct Sparing {
    last: Mutex<Last>,
}

/// The last line, and what came since.
#[derive(Debug, Default)]
struct Last {
    at: Option<Timestamp>,
    untold: u64,
}

impl Sparing {
    /// How many troubles had no line since the last one, if one is due now.
    pub(super) fn due(&self, now: Timestamp) -> Option<u64> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was put back makes the line early, never late.
        let waits = last
            .at
            .is_some_and(|at| at <= now && now.since(at) < BETWEEN_LINES);
        if waits {
            last.untold = last.untold.saturating_add(1);
            return None;
        }
        last.at = Some(now);
        Some(std::mem::take(&mut last.untold))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_troubles_is_one_line_a_minute_that_counts_the_others() {
        let sparing = Sparing::default();
        let at = Timestamp::from_seconds;
        assert_eq!(sparing.due(at(1_000)), Some(0));
        for second in 1_000..1_060 {
            assert_eq!(sparing.due(at(second)), None);
        }
        assert_eq!(sparing.due(at(1_060)), Some(60));
        assert_eq!(sparing.due(at(1_120)), Some(0));
    }

    #[test]
    fn a_clock_that_is_put_back_silences_nothing() {
        let sparing = Sparing::default();
        sparing.due(Timestamp::from_seconds(1_000_000));
        assert_eq!(sparing.due(Timestamp::from_seconds(10)), Some(0));
    }
}
