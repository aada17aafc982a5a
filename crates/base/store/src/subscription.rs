//! Waking those who wait for news, inside this process.

use std::time::Duration;

use tokio::sync::watch;

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
    /// Something to tell through the feedback loop.
    Feedback,
}

/// Waits for news of one topic.
#[derive(Debug, Clone)]
pub struct Subscription(watch::Receiver<()>);

impl Subscription {
    /// Returns when something was written since the last call, and after `at_most` in any case.
    ///
    /// The limit is needed: on PostgreSQL other processes write too, and they wake only their own subscribers.
    pub async fn changed(&mut self, at_most: Duration) {
        let news = async {
            if self.0.changed().await.is_err() {
                // Every store is gone: no news will come, and returning at once would let the caller spin.
                std::future::pending::<()>().await;
            }
        };
        // Running out of time is an answer here, not a failure.
        tokio::time::timeout(at_most, news).await.unwrap_or_default();
    }
}

/// The bells of all topics.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    observations: watch::Sender<()>,
    decisions: watch::Sender<()>,
    jobs: watch::Sender<()>,
    outbox: watch::Sender<()>,
    feedback: watch::Sender<()>,
}

impl Bells {
    /// Wakes everybody who waits for `topic`.
    pub(crate) fn ring(&self, topic: Topic) {
        self.of(topic).send_replace(());
    }

    /// Waits for news of `topic`, beginning now.
    pub(crate) fn subscribe(&self, topic: Topic) -> Subscription {
        Subscription(self.of(topic).subscribe())
    }

    const fn of(&self, topic: Topic) -> &watch::Sender<()> {
        match topic {
            Topic::Observations => &self.observations,
            Topic::Decisions => &self.decisions,
            Topic::Jobs => &self.jobs,
            Topic::Outbox => &self.outbox,
            Topic::Feedback => &self.feedback,
        }
    }
}
