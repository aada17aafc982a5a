//! What all connections of a trap share, and the listener that one came to.

use std::sync::Arc;

use atalaya_model::Clock;
use atalaya_net::{Budget, Gate};
use tokio::sync::Semaphore;

use super::wire::WIDE;
use crate::complaints::ComplaintsConfig;
use crate::trap::dialogue::{Script, StartTls};
use crate::trap::ear::Ear;
use crate::trap::keep::{Keeper, Record};
use crate::trap::ledger::Ledger;
use crate::trap::newcomers::Newcomers;
use crate::{TrapConfig, TrapMode, TrapTls};

/// The part of `trap.max_memory` that one address may have: four have to work together to take it all. It is never less than what the
/// largest message takes.
const ADDRESS_PART: usize = 4;

/// The listener that a connection came to.
#[derive(Debug)]
pub(crate) struct Door {
    /// Its name.
    pub(crate) name: String,
    /// What it does with those who come.
    pub(crate) mode: TrapMode,
}

/// What all connections of a trap share.
#[derive(Debug)]
pub(crate) struct Shared<R> {
    /// What to say, and the limits.
    pub(crate) script: Script,
    /// Where complaints are read, and whose.
    pub(crate) complaints: ComplaintsConfig,
    /// Who hears answers to our own mail.
    pub(crate) ear: Option<Arc<dyn Ear>>,
    /// Where messages are kept.
    pub(crate) keeper: Keeper<R>,
    /// The places for connections.
    pub(crate) gate: Gate,
    /// The memory for messages being received.
    pub(crate) memory: Budget,
    /// The time.
    pub(crate) clock: Clock,
    /// What STARTTLS needs, where it is offered.
    pub(super) tls: Option<TrapTls>,
    /// How many conversations are recorded.
    pub(super) ledger: Ledger,
    /// Who came for the first time.
    pub(super) newcomers: Newcomers,
    /// The places in the tarpit.
    pub(super) tarpit: Arc<Semaphore>,
}

impl<R: Record> Shared<R> {
    /// What the connections of a trap with this configuration share.
    pub(crate) fn new(config: TrapConfig, store: R, clock: Clock, tls: Option<TrapTls>) -> Self {
        let starttls = if tls.is_some() {
            StartTls::Offered
        } else {
            StartTls::Absent
        };
        let memory = config.max_memory.bytes();
        let largest = config.max_message_size.bytes().saturating_add(WIDE);
        Self {
            complaints: ComplaintsConfig::default(),
            ear: None,
            keeper: Keeper::new(store, config.store_timeout.duration()),
            gate: Gate::new(config.max_connections, config.max_connections_per_address),
            memory: Budget::new(memory, memory.div_euclid(ADDRESS_PART).max(largest)),
            ledger: Ledger::new(config.connections_per_address, config.connections_per_hour),
            newcomers: Newcomers::default(),
            tarpit: Arc::new(Semaphore::new(config.tarpit.places)),
            script: Script::new(config, clock.clone(), starttls),
            clock,
            tls,
        }
    }
}
