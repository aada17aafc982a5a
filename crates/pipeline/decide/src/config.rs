//! The rules of judging, as the operator sets them.

use atalaya_model::{Period, settings};

settings! {
    /// How much evidence lists an address, and for how long.
    pub struct DecideConfig {
        /// The score at which an address is listed. One message to a pristine trap weighs `weights.pristine`.
        list_at: f64 = 1.0,
        /// The time in which a score halves. Old sins weigh less than new ones.
        half_life: Period = Period::days(3),
        /// How many different weak traps (recycled, typo) must be hit before they list together. A single one never does: its
        /// mail may be meant for the person who had the address before.
        witnesses: u32 = 3,
        /// How long a first listing lasts, counted from the last observation.
        first_lifetime: Period = Period::days(3),
        /// The longest that a listing lasts. Each return doubles the lifetime up to here.
        longest_lifetime: Period = Period::days(60),
        /// After so long without a listing, an address counts as new again.
        forget_after: Period = Period::days(180),
        /// What one observation weighs, by the kind of trap that was hit.
        weights: WeightConfig,
    }
}

settings! {
    /// What one observation weighs, by the kind of trap that was hit.
    pub struct WeightConfig {
        /// A trap that never was a person's address.
        pristine: f64 = 1.0,
        /// A trap that belonged to a person long ago.
        recycled: f64 = 0.5,
        /// A trap at a misspelt domain.
        typo: f64 = 0.5,
    }
}

impl DecideConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        let positive = |key: &str, value: f64| {
            if value.is_finite() && value > 0.0 {
                Ok(())
            } else {
                Err(format!("decide.{key} must be a number above 0"))
            }
        };
        positive("list_at", self.list_at)?;
        positive("weights.pristine", self.weights.pristine)?;
        positive("weights.recycled", self.weights.recycled)?;
        positive("weights.typo", self.weights.typo)?;
        if self.witnesses == 0 || self.witnesses > 16 {
            return Err("decide.witnesses must be from 1 to 16".to_owned());
        }
        if self.half_life.duration().is_zero() || self.first_lifetime.duration().is_zero() {
            return Err("decide.half_life and decide.first_lifetime must be longer than 0s".to_owned());
        }
        if self.longest_lifetime < self.first_lifetime {
            return Err("decide.longest_lifetime must not be shorter than decide.first_lifetime".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(DecideConfig::default().check(), Ok(()));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let config = DecideConfig {
            list_at: f64::NAN,
            ..DecideConfig::default()
        };
        assert_eq!(
            config.check(),
            Err("decide.list_at must be a number above 0".to_owned())
        );
        let config = DecideConfig {
            longest_lifetime: Period::days(1),
            ..DecideConfig::default()
        };
        assert!(config.check().unwrap_err().starts_with("decide.longest_lifetime"));
    }
}
