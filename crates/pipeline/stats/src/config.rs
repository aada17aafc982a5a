//! What is counted, how long it is kept, and what gets a name, as the operator sets it.

use std::path::PathBuf;

use atalaya_model::{Period, settings};

settings! {
    /// Statistics of botnets, systems, countries and networks.
    pub struct StatsConfig {
        /// A catalogue of botnets in the place of the one that comes with Atalaya (docs/guide/statistics.md).
        catalogue: Option<PathBuf> = None,
        /// How long the addresses of a day are kept. Afterwards its picture stays, without them: all figures, and nothing that can be added to
        /// those of other days. It must be longer than the days that are looked back.
        keep: Period = Period::days(90),
        /// Addresses that a stack or a dialect without a name needs for a row of its own.
        cluster_least: u32 = 20,
        /// Days before that are looked at to tell a new address from one that returns.
        new_days: u32 = 14,
        /// Days that are looked at for addresses with two stacks.
        pair_days: u32 = 7,
        /// Addresses with an ordinary system that make a strange stack suspected …
        pair_least: u32 = 10,
        /// … if they are at least this part of all addresses with that stack.
        pair_share: f64 = 0.3,
        /// The part of the world's mail that the traps see, if you know it: 0.000001 is one of a million. Without it nothing is told of the
        /// world.
        share_of_mail: Option<f64> = None,
        /// Rows that a ranking keeps by each measure.
        rows: u32 = 100,
        /// Whether everybody may see the statistics on the pages. They hold no addresses.
        public: bool = true,
    }
}

/// Most days that are looked at beside those that were asked for.
const MOST_DAYS_BEFORE: u32 = 60;

impl StatsConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        if self.new_days > MOST_DAYS_BEFORE || self.pair_days > MOST_DAYS_BEFORE || self.pair_days == 0 {
            return Err(format!(
                "stats.new_days takes 0 to {MOST_DAYS_BEFORE}, stats.pair_days 1 to {MOST_DAYS_BEFORE}"
            ));
        }
        if self.keep < Period::days(u64::from(self.days_looked_back()).saturating_add(2)) {
            return Err(format!(
                "stats.keep must be at least {}d: two days longer than stats.new_days and stats.pair_days",
                self.days_looked_back().saturating_add(2)
            ));
        }
        if self.cluster_least < 2 {
            return Err("stats.cluster_least must be at least 2".to_owned());
        }
        if !(0.0..=1.0).contains(&self.pair_share) {
            return Err("stats.pair_share must be between 0 and 1".to_owned());
        }
        if self
            .share_of_mail
            .is_some_and(|share| !(share > 0.0 && share <= 1.0))
        {
            return Err("stats.share_of_mail must be more than 0 and at most 1".to_owned());
        }
        if !(1..=10_000).contains(&self.rows) {
            return Err("stats.rows must be between 1 and 10000".to_owned());
        }
        Ok(())
    }

    /// The days before a day that are looked at for its picture.
    #[must_use]
    pub fn days_looked_back(&self) -> u32 {
        self.new_days.max(self.pair_days)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range_and_what_is_not_is_named() {
        assert_eq!(StatsConfig::default().check(), Ok(()));
        let with = |change: &dyn Fn(&mut StatsConfig)| {
            let mut config = StatsConfig::default();
            change(&mut config);
            config.check().unwrap_err()
        };
        for (told, key) in [
            (with(&|config| config.keep = Period::days(15)), "keep"),
            (with(&|config| config.new_days = 61), "new_days"),
            (with(&|config| config.pair_days = 0), "new_days"),
            (with(&|config| config.cluster_least = 1), "cluster_least"),
            (with(&|config| config.pair_share = 1.5), "pair_share"),
            (
                with(&|config| config.share_of_mail = Some(f64::NAN)),
                "share_of_mail",
            ),
            (with(&|config| config.rows = 0), "rows"),
        ] {
            assert!(told.starts_with(&format!("stats.{key} ")), "{told}");
        }
    }
}
