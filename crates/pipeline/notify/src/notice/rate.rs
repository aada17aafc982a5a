//! How often one contact is written to (RFC 6650 section 5).
//!
//! In: how many incidents there were. Out: whether this one is told. The first ten each; then every tenth up to a hundred; then every
//! hundredth. The next notice of the span says for how many that were held back it stands, the first of the following span too; where
//! that span has none, what was held back is told to nobody.
//!
//! Incidents are counted in fixed spans of time, not in the last so many days: in a sliding count, a contact with a steady dozen
//! incidents a month would hover between ten and twenty and never be told again.

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

/// How many of the first `count` incidents of a span no notice has told of.
pub(super) fn held_back(count: u64) -> u64 {
    match count {
        0..=10 => 0,
        11..=100 => count % 10,
        _ => count % 100,
    }
}

/// The span that `now` lies in, and the one before it: their first moments.
pub(super) fn spans(now: Timestamp, span: Duration) -> (Timestamp, Timestamp) {
    let length = i64::try_from(span.as_micros()).unwrap_or(i64::MAX).max(1);
    let start = Timestamp::from_micros(now.micros().saturating_sub(now.micros().rem_euclid(length)));
    (start, start.minus(span))
}

/// How many incidents the notice about the `count`th stands for, where the span before ended with `before`.
pub(super) fn stands_for(count: u64, before: u64) -> u64 {
    let untold = held_back(count.saturating_sub(1)).saturating_add(1);
    if count == 1 {
        untold.saturating_add(held_back(before))
    } else {
        untold
    }
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
    fn every_incident_is_told_once() {
        let told: u64 = (1..=400)
            .filter(|count| is_due(*count))
            .map(|count| stands_for(count, 0))
            .sum();
        assert_eq!(told, 400);
    }

    #[test]
    fn what_was_held_back_before_is_told_in_the_next_span() {
        assert_eq!(stands_for(1, 0), 1);
        assert_eq!(stands_for(1, 17), 8);
        assert_eq!(stands_for(2, 17), 1);
        assert_eq!(stands_for(20, 0), 10);
        assert_eq!(stands_for(200, 0), 100);
    }

    #[test]
    fn spans_follow_each_other() {
        let span = Duration::from_secs(100);
        let (start, before) = spans(Timestamp::from_seconds(250), span);
        assert_eq!((start.seconds(), before.seconds()), (200, 100));
        assert_eq!(spans(Timestamp::from_seconds(300), span).0.seconds(), 300);
    }
}
