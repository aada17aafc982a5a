//! The rule of leaving: what its holder can do about an address, and when.
//!
//! In: the listings that cover the address, the removals of its unit, the rules, the time. Out: a [`Prospect`]. Nothing here waits,
//! reads a clock or touches the store, so that the page can say beforehand what [`removal`](crate::removal) will do.

use std::net::IpAddr;
use std::time::Duration;

use atalaya_model::{Listing, Prefix, Timestamp};

use crate::DelistConfig;

/// What the holder of an address can do about its listings.
#[derive(Debug, Clone, PartialEq)]
pub enum Prospect {
    /// Nothing covers the address.
    NotListed,
    /// These listings leave as soon as it is asked.
    Now {
        /// What leaves.
        leaving: Vec<Listing>,
        /// What stays, because it is taken out by hand only.
        staying: Vec<Listing>,
    },
    /// It has come back too often: it can leave from this time on, or on its own end if that is earlier.
    Wait {
        /// The first moment at which removal works.
        until: Timestamp,
    },
    /// Every listing is of a class or a size that is taken out by hand.
    ByHandOnly {
        /// What stays.
        staying: Vec<Listing>,
    },
}

/// The prefixes whose listings cover `address`, the longest first: where to look for what [`assess`] needs.
#[must_use]
pub fn covering_prefixes(address: IpAddr) -> Vec<Prefix> {
    Prefix::single(address).with_parents().collect()
}

/// Says what the holder of `address` can do.
///
/// `listings` may hold any listings: those that are over or do not cover the address are left aside. `removals` are the earlier
/// removals of its unit; one removal that withdrew from several classes stands there several times and counts once.
#[must_use]
pub fn assess(
    address: IpAddr,
    listings: &[Listing],
    removals: &[Timestamp],
    config: &DelistConfig,
    now: Timestamp,
) -> Prospect {
    let unit = Prefix::unit(address);
    let (leaving, staying): (Vec<Listing>, Vec<Listing>) = listings
        .iter()
        .filter(|listing| listing.prefix.contains(address) && !listing.is_over(now))
        .cloned()
        .partition(|listing| unit.covers(&listing.prefix) && config.self_service.contains(&listing.class));
    let Some(since) = leaving.iter().map(|listing| listing.since).max() else {
        return if staying.is_empty() {
            Prospect::NotListed
        } else {
            Prospect::ByHandOnly { staying }
        };
    };
    let wait = wait_after(count(removals, config, now), config);
    let until = since.plus(wait);
    // Without a wait the clocks do not matter: a listing written by a machine that is ahead of this one leaves at once too. One that is
    // further ahead than the wait was written by a clock that was wrong; taken at its word, it would wait for years.
    let is_wrong = since > now.plus(wait);
    if wait.is_zero() || until <= now || is_wrong {
        Prospect::Now { leaving, staying }
    } else {
        Prospect::Wait { until }
    }
}

/// How long a new listing must stand before it can be removed, after so many removals that are still remembered.
///
/// Nothing after none, then once, once, twice, four times … the first wait, up to the longest.
#[must_use]
pub fn wait_after(removals: usize, config: &DelistConfig) -> Duration {
    if removals == 0 {
        return Duration::ZERO;
    }
    let doublings = u32::try_from(removals.saturating_sub(2)).unwrap_or(u32::MAX);
    let factor = 1_u32.checked_shl(doublings).unwrap_or(u32::MAX);
    config
        .first_wait
        .duration()
        .saturating_mul(factor)
        .min(config.longest_wait.duration())
}

/// How many removals are still remembered. One that lies ahead was written by a clock that was wrong, and would be remembered for years.
fn count(removals: &[Timestamp], config: &DelistConfig, now: Timestamp) -> usize {
    let mut remembered: Vec<Timestamp> = removals
        .iter()
        .copied()
        .filter(|at| *at <= now && now.since(*at) <= config.remember.duration())
        .collect();
    remembered.sort_unstable();
    remembered.dedup();
    remembered.len()
}

#[cfg(test)]
mod tests;
