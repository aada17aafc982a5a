//! What is counted of whoever sent. Which of these is looked at decides who comes first, so that none stands for another.

use serde::{Deserialize, Serialize};

/// The four counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counts {
    /// Connections.
    pub connections: u64,
    /// Messages with their envelopes.
    pub envelopes: u64,
    /// Recipients of these.
    pub recipients: u64,
    /// Bytes of the messages.
    pub bytes: u64,
}

impl Counts {
    /// Adds others.
    pub fn add(&mut self, others: &Self) {
        self.connections = self.connections.saturating_add(others.connections);
        self.envelopes = self.envelopes.saturating_add(others.envelopes);
        self.recipients = self.recipients.saturating_add(others.recipients);
        self.bytes = self.bytes.saturating_add(others.bytes);
    }
}
