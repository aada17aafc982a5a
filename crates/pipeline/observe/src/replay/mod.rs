//! The replay: kept mails, taken as if each had just hit a trap.
//!
//! In: paths of mboxes, Maildirs, folders of mails and single mails. Out: for each mail the same observation that the trap would have made,
//! with the mail itself, or the reason why there is none. The caller records them; nothing is written here.
//!
//! What differs from the trap:
//!
//! - The address is the source that the Received fields tell behind the trusted relays (see [`atalaya_formats::received`]). A relay that we
//!   trust spoke TCP with it, so its handshake counts as completed.
//! - The envelope is what the mailbox's server wrote into the mail: `Return-Path`, else `X-Envelope-From`; `X-Original-To`, else
//!   `Envelope-To`, `X-Envelope-To`, `Delivered-To`, `To`; HELO out of the Received field of the source.
//! - It counts as seen now, whatever date it bears: dates in mails are written by their senders, and the replay is when we learnt of it.
//! - Its id follows from its bytes and its source, so that replaying a folder twice counts each mail once. (A mail that the trap took
//!   itself and that is replayed from another copy counts again.)

mod config;
mod envelope;
mod files;
mod mails;
mod skip;
mod summary;

use std::net::IpAddr;

use atalaya_formats::message::{Glance, Head};
use atalaya_formats::received;
use atalaya_formats::smtp::Address;
use atalaya_model::{Envelope, Handshake, Kind, Observation, ObservationId, Prefix, Timestamp, Trap};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use crate::TrapConfig;
use crate::trap::{Book, stronger};

pub use config::ReplayConfig;
pub use mails::{KeptMail, Mails, mails};
pub use skip::{NoSuchPath, Skip};
pub use summary::{Skipped, Summary};

/// The name of this sensor.
const SENSOR: &str = "replay";

/// Makes observations of kept mails.
#[derive(Debug, Clone)]
pub struct Replay {
    trusted: Vec<Prefix>,
    book: Book,
}

impl Replay {
    /// Makes a replay that trusts the relays of `config`. Which recipient is which kind of trap comes from `trap`, as for the trap itself.
    #[must_use]
    pub fn new(config: &ReplayConfig, trap: &TrapConfig) -> Self {
        Self {
            trusted: config.trusted_relays.clone(),
            book: Book::new(&trap.addresses),
        }
    }

    /// Makes the observation of one mail, seen `now`.
    ///
    /// # Errors
    ///
    /// Says why it is no evidence against anybody.
    pub fn observe(&self, mail: &[u8], now: Timestamp) -> Result<Observation, Skip> {
        let head = Head::read(mail);
        let hops = received::hops(&head);
        let source = received::source(&hops, &self.trusted).map_err(Skip::Unsourced)?;
        let glance = Glance::of(&head);
        let envelope = envelope::envelope(&head, source.hop);
        Ok(Observation {
            id: id(mail, source.address),
            address: source.address,
            seen_at: now,
            sensor: SENSOR.to_owned(),
            kind: kind(&head, &glance),
            handshake: Handshake::Completed,
            trap: self.trap(&envelope),
            envelope,
            subject: glance.subject,
            source_port: None,
            message: None,
            message_size: u64::try_from(mail.len()).unwrap_or(u64::MAX),
            oddities: glance.oddities.words().map(str::to_owned).collect(),
        })
    }

    /// The strongest trap among the recipients; pristine where none is told.
    fn trap(&self, envelope: &Envelope) -> Trap {
        let kinds = envelope
            .recipients
            .iter()
            .map(|to| self.book.kind(&Address(to.clone())));
        kinds.reduce(stronger).unwrap_or(Trap::Pristine)
    }
}

/// A null sender or a delivery report is backscatter: it was sent by somebody who was fooled by a forged sender himself.
fn kind(head: &Head<'_>, glance: &Glance) -> Kind {
    if glance.is_report || envelope::has_null_sender(head) {
        Kind::Backscatter
    } else {
        Kind::Spam
    }
}

/// An id that is the same whenever the same mail comes from the same source (RFC 9562 section 5.8).
fn id(mail: &[u8], source: IpAddr) -> ObservationId {
    let address = match source {
        IpAddr::V4(v4) => v4.to_ipv6_mapped(),
        IpAddr::V6(v6) => v6,
    };
    let digest = Sha256::new()
        .chain_update(b"atalaya replay 1")
        .chain_update(address.octets())
        .chain_update(mail)
        .finalize();
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = from;
    }
    ObservationId(Builder::from_custom_bytes(bytes).into_uuid())
}

#[cfg(test)]
mod tests;
