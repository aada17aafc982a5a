//! How many there are, by how often those were seen that were seen.
//!
//! A trap sees some of the bots of a botnet, most of them once. The estimate of Chao (1984, "Nonparametric Estimation of the Number of Classes
//! in a Population"), in its form without bias: to the number that was seen it adds f1 (f1 - 1) / 2 (f2 + 1), where f1 addresses were seen in one connection
//! and f2 in two. The interval is that of Chao (1987, "Estimating the Population Size for Capture-Recapture Data with Unequal Catchability"),
//! 95 %, logarithmic, with the variance of the classic form; it is rough where only some tens were seen. If some bots send far more than others it says too little, so it is a lower bound; addresses that change within a day
//! make it too large, as they do every count of addresses.

use serde::{Deserialize, Serialize};

/// How many there are, likely.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The lower end of the interval.
    pub low: u64,
    /// The estimate.
    pub likely: u64,
    /// The upper end.
    pub high: u64,
}

/// The quantile of the normal distribution for 95 %, two-sided.
const Z: f64 = 1.959_964;

/// How often those were seen that were seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Frequencies {
    /// How many were seen.
    pub(crate) seen: u64,
    /// How many of them once.
    pub(crate) once: u64,
    /// How many of them twice.
    pub(crate) twice: u64,
}

impl Frequencies {
    /// Counts one who was seen, in so many connections: in none if it was only told of later messages of one.
    pub(crate) fn count(&mut self, times: u64) {
        self.seen = self.seen.saturating_add(1);
        self.once = self.once.saturating_add(u64::from(times == 1));
        self.twice = self.twice.saturating_add(u64::from(times == 2));
    }

    /// The estimate.
    #[expect(clippy::cast_precision_loss, reason = "an estimate has no 53 right bits")]
    pub(crate) fn estimate(self) -> Estimate {
        let (seen, once, twice) = (self.seen as f64, self.once as f64, self.twice as f64);
        let missing = once * (once - 1.0).max(0.0) / (2.0 * (twice + 1.0));
        let likely = seen + missing;
        if missing <= 0.0 {
            return Estimate {
                low: self.seen,
                likely: self.seen,
                high: self.seen,
            };
        }
        let variance = if self.twice > 0 {
            let ratio = once / twice;
            twice * (ratio.powi(2) / 2.0 + ratio.powi(3) + ratio.powi(4) / 4.0)
        } else {
            let before = once * (once - 1.0);
            before / 2.0 + once * (2.0 * once - 1.0).powi(2) / 4.0 - once.powi(4) / (4.0 * likely)
        };
        let spread = (Z * (variance.max(0.0) / missing.powi(2)).ln_1p().sqrt()).exp();
        Estimate {
            low: whole(seen + missing / spread),
            likely: whole(likely),
            high: whole(seen + missing * spread),
        }
    }
}

/// The whole number nearest to a finite one that is not negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast of a float keeps within the ends of the type"
)]
pub(crate) fn whole(number: f64) -> u64 {
    number.round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Frequencies if each of `bots` is seen `rate` times on average, at random (Poisson).
    fn poisson(bots: f64, rate: f64) -> Frequencies {
        let none = (-rate).exp();
        Frequencies {
            seen: whole(bots * (1.0 - none)),
            once: whole(bots * none * rate),
            twice: whole(bots * none * rate * rate / 2.0),
        }
    }

    #[test]
    fn who_is_seen_at_random_is_counted_right() {
        for rate in [0.2, 0.5, 1.0, 2.0] {
            let estimate = poisson(10_000.0, rate).estimate();
            let error = estimate.likely.abs_diff(10_000);
            assert!(error < 100, "{rate}: {estimate:?}");
            assert!((estimate.low..=estimate.high).contains(&10_000), "{estimate:?}");
        }
    }

    #[test]
    fn the_classic_example_comes_out() {
        // Chao's form without bias: 100 + 40 * 39 / (2 * 21).
        let seen = Frequencies {
            seen: 100,
            once: 40,
            twice: 20,
        };
        assert_eq!(seen.estimate().likely, 137);
    }

    #[test]
    fn nobody_and_those_seen_often_are_what_was_seen() {
        let none = Frequencies::default().estimate();
        assert_eq!((none.low, none.likely, none.high), (0, 0, 0));
        let mut often = Frequencies::default();
        (0..7).for_each(|_bot| often.count(9));
        assert_eq!(often.estimate().high, 7);
        let once = Frequencies {
            seen: 5,
            once: 5,
            twice: 0,
        }
        .estimate();
        assert!(once.low >= 5 && once.likely == 15 && once.high > 15, "{once:?}");
    }
}
