//! Ids of what may be told again: a client that is put off comes back with the same mail, and that is one observation.

use atalaya_model::{Observation, ObservationId, Trap};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

/// Seconds within which an envelope is the same: greylisting and deferring last no longer.
pub(crate) const HOUR: i64 = 3_600;
/// Seconds within which a message is the same.
pub(crate) const DAY: i64 = 24 * HOUR;

/// The id of an observation by its source, client, kind, trap and sender, and by `what` was told; the same for everything in one `period` of seconds.
pub(crate) fn id(observation: &Observation, period: i64, what: &[u8]) -> ObservationId {
    let at = observation.seen_at.seconds().div_euclid(period);
    let parts = [
        observation.sensor.name().as_bytes(),
        observation.source.as_bytes(),
        observation.address.to_string().as_bytes(),
        observation.kind.name().as_bytes(),
        observation.trap.map_or("", Trap::name).as_bytes(),
        observation.envelope.mail_from.as_bytes(),
        &at.to_be_bytes(),
        what,
    ]
    .map(Sha256::digest);
    let mut id = [0; 16];
    for (byte, from) in id.iter_mut().zip(Sha256::digest(parts.concat())) {
        *byte = from;
    }
    ObservationId(Builder::from_custom_bytes(id).into_uuid())
}
