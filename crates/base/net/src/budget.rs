//! How much memory all connections together may take for what they receive, and how much of it one address.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use atalaya_model::Prefix;

/// A number of bytes that many share, no address more than its part. Clones share the same bytes.
///
/// Addresses count per [`Prefix::unit`]: a whole IPv6 /64 is one subscriber. Without that part one client could take everything, by many
/// messages that it never ends.
#[derive(Debug, Clone)]
pub struct Budget {
    ledger: Arc<Mutex<Ledger>>,
    most_per_address: usize,
}

#[derive(Debug)]
struct Ledger {
    left: usize,
    taken_by_unit: HashMap<Prefix, usize>,
}

/// What one taker has of the budget; given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    unit: Prefix,
    taken: usize,
}

impl Budget {
    /// A budget of `bytes`, of which one address may have `most_per_address`.
    #[must_use]
    pub fn new(bytes: usize, most_per_address: usize) -> Self {
        let ledger = Ledger {
            left: bytes,
            taken_by_unit: HashMap::new(),
        };
        Self {
            ledger: Arc::new(Mutex::new(ledger)),
            most_per_address,
        }
    }

    /// A share for `address` that has taken nothing yet.
    #[must_use]
    pub fn share(&self, address: IpAddr) -> Share {
        Share {
            budget: self.clone(),
            unit: Prefix::unit(address),
            taken: 0,
        }
    }

    /// The bytes that are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.lock().left
    }

    /// The ledger is whole even if a thread panicked while it held it.
    fn lock(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Takes `bytes` more, or nothing and says so.
    #[must_use]
    pub fn take(&mut self, bytes: usize) -> bool {
        let mut ledger = self.budget.lock();
        let of_unit = ledger.taken_by_unit.get(&self.unit).copied().unwrap_or(0);
        let of_unit = of_unit.saturating_add(bytes);
        let Some(left) = ledger.left.checked_sub(bytes) else {
            return false;
        };
        if of_unit > self.budget.most_per_address {
            return false;
        }
        ledger.left = left;
        ledger.taken_by_unit.insert(self.unit, of_unit);
        self.taken = self.taken.saturating_add(bytes);
        true
    }

    /// The bytes taken so far.
    #[must_use]
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// Gives everything back.
    pub fn give_back(&mut self) {
        let taken = std::mem::take(&mut self.taken);
        if taken == 0 {
            return;
        }
        let mut ledger = self.budget.lock();
        ledger.left = ledger.left.saturating_add(taken);
        if let Some(of_unit) = ledger.taken_by_unit.get_mut(&self.unit) {
            *of_unit = of_unit.saturating_sub(taken);
            if *of_unit == 0 {
                ledger.taken_by_unit.remove(&self.unit);
            }
        }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.give_back();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    #[test]
    fn nobody_gets_more_than_is_left() {
        let budget = Budget::new(100, 100);
        let mut first = budget.share(address(1));
        let mut second = budget.share(address(2));
        assert!(first.take(60));
        assert!(!second.take(41));
        assert!(second.take(40));
        first.give_back();
        assert_eq!((budget.left(), first.taken()), (60, 0));
        drop(second);
        assert_eq!(budget.left(), 100);
    }

    #[test]
    fn one_address_gets_its_part_however_many_shares_it_has() {
        let budget = Budget::new(100, 40);
        let mut shares = [1, 1, 2].map(|last| budget.share(address(last)));
        assert!(shares[0].take(30));
        assert!(!shares[1].take(11));
        assert!(shares[1].take(10));
        assert!(shares[2].take(40));
        shares[0].give_back();
        assert!(shares[1].take(30));
        drop(shares);
        assert_eq!(budget.left(), 100);
        assert!(budget.lock().taken_by_unit.is_empty());
    }
}
