//! The rules of leaving, as the operator sets them.

use std::time::Duration;

use atalaya_model::{Class, Period, settings};

settings! {
    /// Who may leave the list by himself, and how long who comes back has to wait.
    pub struct DelistConfig {
        /// The classes that the holder of an address can leave by himself. The others are taken out by hand: their reason does not
        /// end because somebody asks.
        self_service: Vec<Class> = vec![Class::Spam, Class::Bot],
        /// How long a removal is remembered. Only removals in this time make the next one wait.
        remember: Period = Period::days(90),
        /// The wait after a first return, counted from the new listing. It doubles with each further one: 1, 1, 2, 4, 8 days.
        first_wait: Period = Period::days(1),
        /// The longest wait, so that a listing never becomes a life sentence.
        longest_wait: Period = Period::days(30),
        /// Removals that one client (IPv4 address or IPv6 /64) can ask for in an hour. Enough for one server room, too few to
        /// empty the list.
        client_hourly: u32 = 20,
        /// Removals that one client can ask for in a day.
        client_daily: u32 = 60,
        /// Removals that the IPv6 /48 of a client can ask for in an hour, all its /64 together: one customer may hold a whole /48.
        network_hourly: u32 = 100,
        /// Removals that the contact of a network can ask for in an hour on the page that its notices link to: only addresses that it was told
        /// of, wherever it asks from. The limits of clients do not hold there.
        contact_hourly: u32 = 500,
        /// Removals that all clients together can ask for in an hour. Whoever commands many machines could else empty the list from
        /// many addresses.
        all_hourly: u32 = 1_000,
        /// Whether networks may ask on their page for lasting exceptions, for single addresses of theirs. Each waits for a person.
        exceptions: bool = true,
        /// How many of one contact may wait at the same time.
        exceptions_waiting: u32 = 20,
    }
}

/// The longest memory that makes sense: two years.
const LONGEST_MEMORY: Duration = Duration::from_secs(2 * 365 * 86_400);

impl DelistConfig {
    /// Checks the ranges.
    ///
    /// # Errors
    /// A sentence that names the key and what it takes.
    pub fn check(&self) -> Result<(), String> {
        if self.remember.duration().is_zero() || self.remember.duration() > LONGEST_MEMORY {
            return Err("delist.remember must be longer than 0s and at most 730d".to_owned());
        }
        if self.first_wait > self.longest_wait {
            return Err("delist.first_wait must not be longer than delist.longest_wait".to_owned());
        }
        if self.longest_wait > self.remember {
            return Err("delist.longest_wait must not be longer than delist.remember".to_owned());
        }
        if self.client_hourly == 0 {
            return Err("delist.client_hourly must be at least 1".to_owned());
        }
        if self.client_daily < self.client_hourly {
            return Err("delist.client_daily must not be less than delist.client_hourly".to_owned());
        }
        if self.network_hourly < self.client_hourly {
            return Err("delist.network_hourly must not be less than delist.client_hourly".to_owned());
        }
        if self.contact_hourly == 0 {
            return Err("delist.contact_hourly must be at least 1".to_owned());
        }
        if self.all_hourly < self.network_hourly {
            return Err("delist.all_hourly must not be less than delist.network_hourly".to_owned());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_defaults_are_in_range() {
        assert_eq!(DelistConfig::default().check(), Ok(()));
    }

    #[test]
    fn what_is_out_of_range_is_named() {
        let wrong = [
            DelistConfig {
                remember: Period::days(0),
                ..DelistConfig::default()
            },
            DelistConfig {
                first_wait: Period::days(31),
                ..DelistConfig::default()
            },
            DelistConfig {
                longest_wait: Period::days(91),
                ..DelistConfig::default()
            },
            DelistConfig {
                client_hourly: 0,
                ..DelistConfig::default()
            },
            DelistConfig {
                client_daily: 19,
                ..DelistConfig::default()
            },
            DelistConfig {
                network_hourly: 19,
                ..DelistConfig::default()
            },
            DelistConfig {
                contact_hourly: 0,
                ..DelistConfig::default()
            },
            DelistConfig {
                all_hourly: 99,
                ..DelistConfig::default()
            },
        ];
        for (config, key) in wrong.iter().zip([
            "remember",
            "first_wait",
            "longest_wait",
            "client_hourly",
            "client_daily",
            "network_hourly",
            "contact_hourly",
            "all_hourly",
        ]) {
            assert!(
                config.check().unwrap_err().starts_with(&format!("delist.{key}")),
                "{key}"
            );
        }
    }
}
