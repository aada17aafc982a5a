//! The rules that hold at this moment, which others may follow without a restart.
//!
//! Whoever judges takes them once for each group of observations, so that no group is judged by two. It never asks whether the store knows
//! their version: that is for whoever puts them in force, before he does.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::Rules;

/// The rules in force. Copies share them.
#[derive(Debug, Clone, Default)]
pub struct RulesInForce(Arc<ArcSwap<Rules>>);

impl RulesInForce {
    /// The rules of this moment; whoever holds them goes on by them.
    #[must_use]
    pub fn current(&self) -> Arc<Rules> {
        self.0.load_full()
    }

    /// Puts others in force, from the next group of observations on.
    pub fn put(&self, rules: Arc<Rules>) {
        self.0.store(rules);
    }
}

impl From<Arc<Rules>> for RulesInForce {
    fn from(rules: Arc<Rules>) -> Self {
        Self(Arc::new(ArcSwap::new(rules)))
    }
}
