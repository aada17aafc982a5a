//! How many connections may be open at once, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atalaya_model::Prefix;

/// How many times the connections of one address a whole IPv6 [`SITE_LENGTH`] may have. One customer often holds all 65,536 /64s in it.
const SITE_FACTOR: usize = 4;
/// The length of the prefix that one IPv6 site gets (RFC 6177).
const SITE_LENGTH: u8 = 48;

/// Counts open connections. Clones share the counts.
///
/// Addresses count per [`Prefix::unit`]: a whole IPv6 /64 is one subscriber. A /48 has four times as many places.
#[derive(Debug, Clone)]
pub struct Gate {
    counts: Arc<Mutex<Counts>>,
    most: usize,
    most_per_address: usize,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_prefix: HashMap<Prefix, usize>,
}

/// Leave to have one connection open, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    counts: Arc<Mutex<Counts>>,
    prefixes: Vec<Prefix>,
}

/// Why there is no leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crowded {
    /// Too many connections in all.
    Everywhere,
    /// Too many from this address.
    FromAddress,
}

impl Gate {
    /// Lets `most` connections through at once, `most_per_address` from one address.
    #[must_use]
    pub fn new(most: usize, most_per_address: usize) -> Self {
        Self {
            counts: Arc::default(),
            most,
            most_per_address,
        }
    }

    /// Asks leave for one connection from `address`.
    ///
    /// # Errors
    /// A limit is reached; close the connection with a word why.
    pub fn enter(&self, address: IpAddr) -> Result<Pass, Crowded> {
        // The limit is at least one: a gate that lets nobody in is no gate.
        let most = self.most_per_address.max(1);
        let unit = Prefix::unit(address);
        let site = Prefix::new(unit.network(), SITE_LENGTH);
        let mut limits = vec![(unit, most)];
        if !unit.is_ipv4() {
            limits.push((site, most.saturating_mul(SITE_FACTOR)));
        }
        let mut counts = lock(&self.counts);
        if counts.all >= self.most {
            return Err(Crowded::Everywhere);
        }
        let is_full =
            |(prefix, most): &(Prefix, usize)| counts.by_prefix.get(prefix).is_some_and(|open| open >= most);
        if limits.iter().any(is_full) {
            return Err(Crowded::FromAddress);
        }
        let prefixes: Vec<Prefix> = limits.into_iter().map(|(prefix, _)| prefix).collect();
        for prefix in &prefixes {
            *counts.by_prefix.entry(*prefix).or_default() += 1;
        }
        counts.all += 1;
        Ok(Pass {
            counts: Arc::clone(&self.counts),
            prefixes,
        })
    }

    /// Whether more than half of all places are taken, so that the silent should leave sooner.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.open() > self.most.div_euclid(2)
    }

    /// The number of open connections.
    #[must_use]
    pub fn open(&self) -> usize {
        lock(&self.counts).all
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        counts.all = counts.all.saturating_sub(1);
        for prefix in &self.prefixes {
            let open = counts.by_prefix.get(prefix).copied().unwrap_or(0);
            match open.saturating_sub(1) {
                0 => counts.by_prefix.remove(prefix),
                left => counts.by_prefix.insert(*prefix, left),
            };
        }
    }
}

/// The counts are whole even if a thread panicked while it held them.
fn lock(counts: &Mutex<Counts>) -> MutexGuard<'_, Counts> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn each_address_has_its_share() {
        let gate = Gate::new(10, 2);
        let first = gate.enter(address("192.0.2.1")).unwrap();
        let _second = gate.enter(address("::ffff:192.0.2.1")).unwrap();
        assert_eq!(
            gate.enter(address("192.0.2.1")).unwrap_err(),
            Crowded::FromAddress
        );
        assert!(gate.enter(address("192.0.2.2")).is_ok());
        drop(first);
        assert!(gate.enter(address("192.0.2.1")).is_ok());
    }

    #[test]
    fn a_whole_64_counts_as_one_address() {
        let gate = Gate::new(10, 1);
        let _pass = gate.enter(address("2001:db8::1")).unwrap();
        assert_eq!(
            gate.enter(address("2001:db8::ffff:2")).unwrap_err(),
            Crowded::FromAddress
        );
        assert!(gate.enter(address("2001:db8:0:1::1")).is_ok());
    }

    #[test]
    fn a_whole_48_has_the_places_of_four_addresses() {
        let gate = Gate::new(10, 1);
        let passes: Vec<Pass> = (0..4)
            .map(|subnet| gate.enter(address(&format!("2001:db8:0:{subnet}::1"))).unwrap())
            .collect();
        assert_eq!(
            gate.enter(address("2001:db8:0:9::1")).unwrap_err(),
            Crowded::FromAddress
        );
        assert!(gate.enter(address("2001:db8:1::1")).is_ok());
        drop(passes);
        assert!(gate.enter(address("2001:db8:0:9::1")).is_ok());
    }

    #[test]
    fn it_is_crowded_when_more_than_half_are_in() {
        let gate = Gate::new(2, 2);
        let _first = gate.enter(address("192.0.2.1")).unwrap();
        assert!(!gate.is_crowded());
        let _second = gate.enter(address("192.0.2.1")).unwrap();
        assert!(gate.is_crowded());
    }

    #[test]
    fn the_whole_has_a_limit_and_nothing_is_left_behind() {
        let gate = Gate::new(2, 2);
        let passes = [address("192.0.2.1"), address("192.0.2.2")].map(|from| gate.enter(from).unwrap());
        assert_eq!(gate.enter(address("192.0.2.3")).unwrap_err(), Crowded::Everywhere);
        drop(passes);
        assert_eq!(gate.open(), 0);
        assert!(lock(&gate.counts).by_prefix.is_empty());
    }
}
