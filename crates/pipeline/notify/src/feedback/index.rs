//! Whom an address belongs to, of all who enrolled: by prefix and by network, in memory.

use std::collections::HashMap;
use std::net::IpAddr;

use atalaya_model::{FeedbackScope, Prefix, Timestamp};
use atalaya_store::{Enrolment, EnrolmentState};
use uuid::Uuid;

/// An enrolment, and when it ends.
type Entry = (Uuid, Timestamp);

/// The active enrolments.
#[derive(Debug, Default)]
pub(super) struct Index {
    prefixes: HashMap<Prefix, Vec<Entry>>,
    networks: HashMap<u32, Vec<Entry>>,
}

impl Index {
    /// Adds an enrolment, if it is told of anything.
    pub(super) fn add(&mut self, enrolment: &Enrolment) {
        if enrolment.state != EnrolmentState::Active {
            return;
        }
        let entry = (enrolment.id, enrolment.ends_at);
        match &enrolment.scope {
            FeedbackScope::Prefix(prefix) => self.prefixes.entry(*prefix).or_default().push(entry),
            FeedbackScope::Network(asn) => self.networks.entry(*asn).or_default().push(entry),
            // Whoever signed is found out by `signed`.
            FeedbackScope::Domain(_) => {}
        }
    }

    /// Whether nobody is told of anything.
    pub(super) fn is_empty(&self) -> bool {
        self.prefixes.is_empty() && self.networks.is_empty()
    }

    /// Whether the networks of addresses matter.
    pub(super) fn needs_networks(&self) -> bool {
        !self.networks.is_empty()
    }

    /// Those who are told of an address in a network.
    pub(super) fn told_of(&self, address: IpAddr, network: Option<u32>, now: Timestamp) -> Vec<Uuid> {
        let around = Prefix::single(address).with_parents();
        let by_prefix = around.filter_map(|prefix| self.prefixes.get(&prefix));
        let by_network = network.and_then(|asn| self.networks.get(&asn));
        let entries = by_prefix.chain(by_network).flatten();
        entries
            .filter(|(_, ends_at)| *ends_at > now)
            .map(|(id, _)| *id)
            .collect()
    }
}
