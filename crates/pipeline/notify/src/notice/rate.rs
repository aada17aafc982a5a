//! How often one contact is written to (RFC 6650 section 5).
//!
//! In: how many incidents there were. Out: whether this one is told. The first ten each; then every tenth up to a hundred; then every
//! hundredth. What is held back is gathered, and told with the next one that is due, be it the first of the following span.
//!
//! Incidents are counted in fixed spans of time, not in the last so many days: in a sliding count, a contact with a steady dozen
//! incidents a month would hover between ten and twenty and never be told again. After a quiet time counting begins anew, too.

use std::time::Duration;

use atalaya_model::Timestamp;

/// Whether the `count`th incident of a span, counted from 1, is told.
#[must_use]
pub fn is_due(count: u64) -> bool {
    match count {
        0 => false,
        1..=10 => true,
        11..=100 => count.is_multiple_of(10),
        _ => count.is_multiple_of(100),
    }
}

/// The first moment of the span that `now` lies in.
pub(super) fn span(now: Timestamp, span: Duration) -> Timestamp {
    let length = i64::try_from(span.as_micros()).unwrap_or(i64::MAX).max(1);
    Timestamp::from_micros(now.micros().saturating_sub(now.micros().rem_euclid(length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_is_that_of_rfc_6650() {
        let due: Vec<u64> = (0..=400).filter(|count| is_due(*count)).collect();
        assert_eq!(
            due,
            [
                1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 200, 300, 400
            ]
        );
    }

    #[test]
    fn spans_follow_each_other() {
        let start = |seconds| span(Timestamp::from_seconds(seconds), Duration::from_secs(100)).seconds();
        assert_eq!((start(250), start(299), start(300)), (200, 200, 300));
    }
}
