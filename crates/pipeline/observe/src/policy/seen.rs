//! What a question proves about a client: it named a trap as recipient, or it called itself by our name.
//!
//! Nothing else does at this stage. That a client is refused is the mail server's word or ours; a sender address of our own domain comes from every
//! forwarder; and which recipients exist is known to the mail server alone, whose log tells it.

use atalaya_formats::policy::Request;
use atalaya_model::{
    Envelope, Handshake, Kind, Observation, ObservationId, Sensor, Timestamp, Trap, TrapWeight,
};
use uuid::Uuid;

use crate::advice::{Adviser, is_fooled};
use crate::again::Again;
use crate::trap::Hit;

/// Most characters kept of what a client said.
const MOST_TEXT: usize = 512;
/// The word for a client that calls itself by our name.
pub(crate) const OWN_NAME: &str = "helo-is-our-name";

/// The observation that a request is; none where it proves nothing about its client.
pub(super) fn observation(
    source: &str,
    request: &Request,
    adviser: &Adviser,
    again: &Again,
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
    let cut = |text: &str| text.chars().take(MOST_TEXT).collect::<String>();
    let seen = Observation {
        source: source.to_owned(),
        kind,
        handshake: Handshake::Completed,
        trap: trap.map(|hit| hit.kind),
        trap_weight: trap.map(|hit| hit.weight).unwrap_or_default(),
        traps: trap
            .filter(|hit| hit.counts())
            .map(|_hit| cut(&request.recipient))
            .into_iter()
            .collect(),
        envelope: Envelope {
            helo: cut(&request.helo_name),
            mail_from: cut(&request.sender),
            recipients: vec![cut(&request.recipient)],
        },
        source_port: request.client_port,
        oddities: is_own_name.then(|| OWN_NAME.to_owned()).into_iter().collect(),
        ..Observation::new(ObservationId(Uuid::nil()), address, now, Sensor::Policy)
    };
    // Which recipient is a trap tells one mail from another; a greeting is the same at all of them.
    let recipient = trap.map_or("", |_| request.recipient.as_str());
    Some(Observation {
        id: again.sight(&seen, recipient.as_bytes()).id,
        ..seen
    })
}

/// How strong a reason it is: a trap that counts is a stronger one than a greeting, and of traps the stronger kind.
pub(super) const fn strength(seen: &Observation) -> (u8, (u8, TrapWeight)) {
    let kind = match seen.kind {
        Kind::UnknownRecipient => 2,
        Kind::Protocol => 1,
        _ => 0,
    };
    let trap = match seen.trap {
        Some(kind) => Hit {
            kind,
            weight: seen.trap_weight,
        }
        .strength(),
        None => (0, TrapWeight::NOTHING),
    };
    (kind, trap)
}
