//! What a request proves: a client of the mail server named a trap as recipient. Kept off the path of the answers, by a task of its own.

use std::sync::atomic::{AtomicBool, Ordering};

use atalaya_formats::policy::Request;
use atalaya_model::{
    Envelope, Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp, Trap, reserved,
};
use atalaya_store::{Store, StoreError};
use sha2::{Digest as _, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use uuid::Builder;

use super::PolicyConfig;

/// Most characters kept of what a client said.
const MOST_TEXT: usize = 512;
/// Observations that are handed to the store together; it makes them durable in few commits.
const BATCH: usize = 64;

/// The observation that a request is, where its recipient is this kind of trap; none where it says nothing about its client.
pub(super) fn observation(
    config: &PolicyConfig,
    request: &Request,
    trap: Option<Trap>,
    now: Timestamp,
) -> Option<Observation> {
    let (address, trap) = (request.client_address?, trap?);
    let is_own = config.own.iter().any(|own| own.contains(address));
    let is_known = is_own || !request.sasl_username.is_empty();
    let says_nothing = trap == Trap::Role || !request.is_of_recipient() || request.instance.is_empty();
    if is_known || says_nothing || reserved(&Prefix::single(address)).is_some() {
        return None;
    }
    let kind = match request.sender.as_str() {
        // A bounce, or a server that asks whether the address exists: somebody forged it.
        "" => Kind::Backscatter,
        _ => Kind::UnknownRecipient,
    };
    let cut = |text: &str| text.chars().take(MOST_TEXT).collect();
    Some(Observation {
        source: config.name.clone(),
        kind,
        handshake: Handshake::Completed,
        trap: Some(trap),
        envelope: Envelope {
            helo: cut(&request.helo_name),
            mail_from: cut(&request.sender),
            recipients: vec![cut(&request.recipient)],
        },
        source_port: request.client_port,
        ..Observation::new(id(config, request), address, now, Sensor::Policy)
    })
}

/// Names the mail, whichever of its recipients are traps.
fn id(config: &PolicyConfig, request: &Request) -> ObservationId {
    let mut digest = Sha256::new().chain_update(b"atalaya policy 1");
    let address = request.client_address.map(|address| address.to_string());
    let parts = [
        config.name.as_str(),
        &request.instance,
        address.as_deref().unwrap_or_default(),
        &request.sender,
    ];
    for part in parts {
        digest.update(part);
        digest.update([0]);
    }
    let mut id = [0; 16];
    for (byte, from) in id.iter_mut().zip(digest.finalize()) {
        *byte = from;
    }
    ObservationId(Builder::from_custom_bytes(id).into_uuid())
}

/// The way of observations to the task that keeps them. Never waits.
#[derive(Debug)]
pub(super) struct Queue(pub(super) mpsc::Sender<Observation>);

impl Queue {
    /// Hands it over; where too many wait already it is lost, and counted.
    pub(super) fn push(&self, observation: Observation) {
        if self.0.try_send(observation).is_err() {
            metrics::counter!("atalaya_observe_policy_lost_total", "reason" => "queue full").increment(1);
        }
    }
}

/// Keeps what comes until nobody is left who could send more.
pub(super) async fn keep(store: Store, mut queue: mpsc::Receiver<Observation>) {
    let (mut batch, failing) = (Vec::with_capacity(BATCH), AtomicBool::new(false));
    while queue.recv_many(&mut batch, BATCH).await > 0 {
        let mut records = JoinSet::new();
        for observation in batch.drain(..) {
            let store = store.clone();
            records.spawn(async move { store.record(observation, None).await });
        }
        while let Some(recorded) = records.join_next().await {
            if let Ok(recorded) = recorded {
                tell(&failing, recorded.map(|_new| ()));
            }
        }
    }
}

/// Tells once that the store fails, and once that it works again.
fn tell(failing: &AtomicBool, recorded: Result<(), StoreError>) {
    match recorded {
        Ok(()) => {
            if failing.swap(false, Ordering::Relaxed) {
                tracing::info!("what the policy service sees is kept again");
            }
        }
        Err(error) => {
            metrics::counter!("atalaya_observe_policy_lost_total", "reason" => "store").increment(1);
            if !failing.swap(true, Ordering::Relaxed) {
                let error: &dyn std::error::Error = &error;
                tracing::error!(
                    error,
                    "what the policy service sees is not kept; it answers as before"
                );
            }
        }
    }
}
