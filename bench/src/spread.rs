//! How long many of a kind took: the median, what nearly all stay below, the longest.

use std::fmt;
use std::time::Duration;

/// Times that were taken.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spread(Vec<Duration>);

impl Spread {
    /// Takes one more.
    pub(crate) fn add(&mut self, time: Duration) {
        self.0.push(time);
    }

    /// Takes all of another.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    pub(crate) fn count(&self) -> u32 {
        u32::try_from(self.0.len()).unwrap_or(u32::MAX)
    }
}

impl fmt::Display for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let share = |percent: usize| {
            let at = sorted.len().saturating_mul(percent) / 100;
            sorted.get(at).copied().unwrap_or_default()
        };
        let most = sorted.last().copied().unwrap_or_default();
        write!(
            f,
            "{:.1?} (median), {:.1?} (99 of 100), {most:.1?} (longest)",
            share(50),
            share(99)
        )
    }
}
