//! How many connections may be open at once, in all and from one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atalaya_model::Prefix;

/// Counts open connections. Clones share the counts.
///
/// Addresses count per [`Prefix::unit`]: a whole IPv6 /64 is one subscriber.
#[derive(Debug, Clone)]
pub struct Gate {
    counts: Arc<Mutex<Counts>>,
    most: usize,
    most_per_address: usize,
}

#[derive(Debug, Default)]
struct Counts {
    all: usize,
    by_unit: HashMap<Prefix, usize>,
}

/// Leave to have one connection open, until it is dropped.
#[derive(Debug)]
pub struct Pass {
    counts: Arc<Mutex<Counts>>,
    unit: Prefix,
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
        let unit = Prefix::unit(address);
        let mut counts = lock(&self.counts);
        if counts.all >= self.most {
            return Err(Crowded::Everywhere);
        }
        let of_unit = counts.by_unit.entry(unit).or_default();
        // An entry that was just made is zero and stays only if the connection does: the limit is at least one.
        if *of_unit >= self.most_per_address.max(1) {
            return Err(Crowded::FromAddress);
        }
        *of_unit += 1;
        counts.all += 1;
        Ok(Pass {
            counts: Arc::clone(&self.counts),
            unit,
        })
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
        if let Some(of_unit) = counts.by_unit.get_mut(&self.unit) {
            *of_unit = of_unit.saturating_sub(1);
            if *of_unit == 0 {
                counts.by_unit.remove(&self.unit);
            }
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
    fn the_whole_has_a_limit_and_nothing_is_left_behind() {
        let gate = Gate::new(2, 2);
        let passes = [address("192.0.2.1"), address("192.0.2.2")].map(|from| gate.enter(from).unwrap());
        assert_eq!(gate.enter(address("192.0.2.3")).unwrap_err(), Crowded::Everywhere);
        drop(passes);
        assert_eq!(gate.open(), 0);
        assert!(lock(&gate.counts).by_unit.is_empty());
    }
}
