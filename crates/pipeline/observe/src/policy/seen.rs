//! What a question proves about a client: it named a trap as recipient, or it called itself by our name.
//!
//! Nothing else does at this stage. That a client is refused is the mail server's word or ours; a sender address of our own domain comes from every
//! forwarder; and which recipients exist is known to the mail server alone, whose log tells it.

use atalaya_formats::policy::Request;
use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp, Trap};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::advice::{Adviser, is_fooled};

/// Most characters kept of what a client said.
const MOST_TEXT: usize = 512;
/// The word for a client that calls itself by our name.
const OWN_NAME: &str = "helo-is-our-name";

/// The observation that a request is; none where it proves nothing about its client.
pub(super) fn observation(
    source: &str,
    request: &Request,
    adviser: &Adviser,
    now: Timestamp,
) -> Option<Observation> {
    let address = request.client_address?;
    let says_nothing = !request.is_of_recipient() || request.instance.is_empty();
    if says_nothing || !request.sasl_username.is_empty() || !adviser.is_stranger(address) {
        return None;
    }
    let trap = adviser
        .trap(&request.recipient)
        .filter(|hit| hit.kind != Trap::Role);
    let is_own_name = adviser.is_own_name(&request.helo_name);
    let kind = match trap {
        Some(_) if is_fooled(&request.sender) => Kind::Backscatter,
        Some(_) => Kind::UnknownRecipient,
        None if is_own_name => Kind::Protocol,
        None => return None,
    };
    let cut = |text: &str| text.chars().take(MOST_TEXT).collect();
    Some(Observation {
        source: source.to_owned(),
        kind,
        handshake: Handshake::Completed,
        trap: trap.map(|hit| hit.kind),
        trap_weight: trap.map(|hit| hit.weight).unwrap_or_default(),
        envelope: Envelope {
            helo: cut(&request.helo_name),
            mail_from: cut(&request.sender),
            recipients: vec![cut(&request.recipient)],
        },
        source_port: request.client_port,
        oddities: is_own_name.then(|| OWN_NAME.to_owned()).into_iter().collect(),
        ..Observation::new(id(source, request), address, now, Sensor::Policy)
    })
}

/// Names the mail, whichever of its recipients is seen, so that it is kept once whoever asks about it again.
fn id(source: &str, request: &Request) -> ObservationId {
    let mut digest = Sha256::new().chain_update(b"atalaya policy 1");
    let address = request.client_address.map(|address| address.to_string());
    let parts = [
        source,
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
