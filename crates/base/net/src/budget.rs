//! How much memory all connections together may take for what they receive.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A number of bytes that many share. Clones share the same bytes.
#[derive(Debug, Clone)]
pub struct Budget {
    left: Arc<AtomicUsize>,
}

/// What one taker has of the budget; given back when dropped.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
    taken: usize,
}

impl Budget {
    /// A budget of `bytes`.
    #[must_use]
    pub fn new(bytes: usize) -> Self {
        Self {
            left: Arc::new(AtomicUsize::new(bytes)),
        }
    }

    /// A share that has taken nothing yet.
    #[must_use]
    pub fn share(&self) -> Share {
        Share {
            budget: self.clone(),
            taken: 0,
        }
    }

    /// The bytes that are left.
    #[must_use]
    pub fn left(&self) -> usize {
        self.left.load(Ordering::Relaxed)
    }
}

impl Share {
    /// Takes `bytes` more, or nothing and says so.
    #[must_use]
    pub fn take(&mut self, bytes: usize) -> bool {
        let taken = self
            .budget
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
                left.checked_sub(bytes)
            })
            .is_ok();
        if taken {
            self.taken = self.taken.saturating_add(bytes);
        }
        taken
    }

    /// The bytes taken so far.
    #[must_use]
    pub const fn taken(&self) -> usize {
        self.taken
    }

    /// Gives everything back.
    pub fn give_back(&mut self) {
        self.budget.left.fetch_add(self.taken, Ordering::Relaxed);
        self.taken = 0;
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

    #[test]
    fn nobody_gets_more_than_is_left() {
        let budget = Budget::new(100);
        let mut first = budget.share();
        let mut second = budget.share();
        assert!(first.take(60));
        assert!(!second.take(41));
        assert!(second.take(40));
        first.give_back();
        assert_eq!((budget.left(), first.taken()), (60, 0));
        drop(second);
        assert_eq!(budget.left(), 100);
    }
}
