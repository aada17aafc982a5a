//! Waking those who wait for news.

use std::time::Duration;

/// What there can be news of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Topic {
    /// New observations.
    Observations,
    /// New decisions.
    Decisions,
    /// New jobs.
    Jobs,
    /// New mail in the outbox.
    Outbox,
}

/// Waits for news of one topic.
#[derive(Debug)]
pub struct Subscription {}

impl Subscription {
    /// Returns when something was written since the last call, and after `at_most` in any case.
    ///
    /// The limit is needed: on PostgreSQL other processes write too, and they wake only their own subscribers.
    pub async fn changed(&mut self, _at_most: Duration) {
        todo!()
    }
}
