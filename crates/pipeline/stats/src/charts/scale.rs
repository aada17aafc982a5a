//! Scales: round numbers along an axis, and bounds of classes on a map.

use super::drawing::STEPS;

/// An axis from 0 to a round number, with the numbers that stand at it.
#[derive(Debug, Clone)]
pub(crate) struct Axis {
    top: f64,
    pub(crate) ticks: Vec<u64>,
}

impl Axis {
    /// An axis on which everything up to `largest` has its place, with about `count` numbers.
    pub(crate) fn up_to(largest: u64, count: u64) -> Self {
        let step = round_step(largest.max(1), count.max(1));
        let steps = largest.max(1).div_ceil(step);
        Self {
            top: precise(steps.saturating_mul(step)),
            ticks: (0..=steps).map(|place| place.saturating_mul(step)).collect(),
        }
    }

    /// Which part of the axis lies below a number, from 0 to 1.
    pub(crate) fn part(&self, number: u64) -> f64 {
        (precise(number) / self.top).clamp(0.0, 1.0)
    }
}

/// A step of 1, 2 or 5 times a power of ten, with which it takes at most `count` steps to `largest`.
fn round_step(largest: u64, count: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for factor in [1, 2, 5] {
            let step = power.saturating_mul(factor);
            if step.saturating_mul(count) >= largest {
                return step;
            }
        }
        let Some(next) = power.checked_mul(10) else {
            return power;
        };
        power = next;
    }
}

/// Bounds of classes, each a round number of times the one before: what is below the second is in the first class.
#[derive(Debug, Clone)]
pub(crate) struct Classes(Vec<u64>);

impl Classes {
    /// Classes in which `largest` is in the last one.
    pub(crate) fn up_to(largest: u64) -> Self {
        let factor = [2, 3, 5, 10, 20, 50, 100, 1_000]
            .into_iter()
            .find(|factor: &u64| factor.saturating_pow(5) > largest)
            .unwrap_or(10_000);
        let bounds = (0..5_u32).map(|power| factor.saturating_pow(power));
        Self(bounds.filter(|bound| *bound <= largest).collect())
    }

    /// The class of a number: 0 for none, else from 1.
    pub(crate) fn class(&self, number: u64) -> usize {
        self.0.iter().filter(|bound| **bound <= number).count().min(STEPS)
    }

    /// Each class with its first number, and its last where there is a class above it.
    pub(crate) fn each(&self) -> impl Iterator<Item = (usize, u64, Option<u64>)> {
        let last = |place: usize| {
            self.0
                .get(place.saturating_add(1))
                .map(|next| next.saturating_sub(1))
        };
        self.0
            .iter()
            .enumerate()
            .map(move |(place, first)| (place.saturating_add(1), *first, last(place)))
    }
}

/// A count as a number to reckon with.
#[expect(clippy::cast_precision_loss, reason = "no picture shows 53 bits")]
pub(crate) const fn precise(count: u64) -> f64 {
    count as f64
}

/// A place as a number to reckon with.
pub(crate) const fn place(place: usize) -> f64 {
    precise(place as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_have_round_numbers_and_room_for_the_largest() {
        assert_eq!(Axis::up_to(0, 4).ticks, [0, 1]);
        assert_eq!(Axis::up_to(7, 4).ticks, [0, 2, 4, 6, 8]);
        assert_eq!(Axis::up_to(1_234, 4).ticks, [0, 500, 1_000, 1_500]);
        assert!(Axis::up_to(u64::MAX, 4).part(u64::MAX) > 0.9);
        assert!((Axis::up_to(10, 4).part(5) - 0.5).abs() < 0.2);
    }

    #[test]
    fn classes_grow_by_the_same_factor_and_hold_everything() {
        let classes = Classes::up_to(40_000);
        assert_eq!(
            [0, 1, 9, 10, 40_000].map(|number| classes.class(number)),
            [0, 1, 1, 2, 5]
        );
        assert_eq!(classes.each().last(), Some((5, 10_000, None)));
        assert_eq!(Classes::up_to(0).each().count(), 0);
        assert_eq!(Classes::up_to(u64::MAX).class(u64::MAX), 5);
    }
}
