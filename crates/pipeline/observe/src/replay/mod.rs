//! The replay: kept mails, taken as if each had just hit a trap.
//!
//! In: paths of mboxes, Maildirs, folders of mails and single mails. Out: for each mail the same observation that the trap would have made,
//! with the mail itself, or the reason why there is none. The caller records them; nothing is written here.
//!
//! What differs from the trap:
//!
//! - The address is the source that the Received fields tell behind the trusted relays (see [`atalaya_formats::received`]). A relay that we
//!   trust spoke TCP with it, so its handshake counts as completed.
//! - The envelope is what trusted servers wrote into the mail, above the Received field of the source: `Return-Path`, else `X-Envelope-From`,
//!   else the line of the mbox; `X-Original-To`, else `Envelope-To`, `X-Envelope-To`, `Delivered-To`; HELO out of that Received field.
//! - Where no trusted server names the recipient, the mail counts as the weakest kind of trap that `trap.addresses` names: `To` is
//!   written by the sender, and could make any mail one to a pristine trap.
//! - It was seen when the server that took it from the source says, so that an old mail weighs what is left of it. See [`Age`].
//! - Its id follows from its bytes and its source, so that replaying a folder twice counts each mail once. (A mail that the trap took
//!   itself and that is replayed from another copy counts again.)

mod config;
mod envelope;
mod files;
mod mails;
mod skip;
mod summary;

use std::net::IpAddr;

use atalaya_formats::message::{FORWARDED, Glance, Head};
use atalaya_formats::received::{self, Hop};
use atalaya_formats::smtp::Address;
use atalaya_model::{Handshake, Kind, Observation, ObservationId, Prefix, Sensor, Timestamp, Trap};
use sha2::{Digest as _, Sha256};
use uuid::Builder;

use self::envelope::{Addressing, Told};
use crate::TrapConfig;
use crate::trap::{Book, Hit};

pub use config::ReplayConfig;
pub use mails::{Cut, KeptMail, Mails, mails};
pub use skip::{NoSuchPath, Skip};
pub use summary::{Skipped, Summary};

/// When a kept mail counts as seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Age {
    /// Now, as if it had just come. Of old mail this lists whoever has the addresses today.
    AsNew,
    /// When it came, as the trusted server wrote that took it from the source.
    ByDate,
}

/// A kept mail that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reread {
    /// The observation.
    pub observation: Observation,
    /// When the mail came, where a trusted server wrote that.
    pub came_at: Option<Timestamp>,
    /// The text of its shape.
    pub shape: String,
}

/// Makes observations of kept mails.
#[derive(Debug, Clone)]
pub struct Replay {
    trusted: Vec<Prefix>,
    book: Book,
    age: Age,
}

impl Replay {
    /// Makes a replay that trusts the relays of `config`. Which recipient is which kind of trap comes from `trap`, as for the trap itself.
    #[must_use]
    pub fn new(config: &ReplayConfig, trap: &TrapConfig, age: Age) -> Self {
        Self {
            trusted: config.trusted_relays.clone(),
            book: Book::new(&trap.addresses),
            age,
        }
    }

    /// Makes the observation of one mail, which is read `now`. `line_sender` is the reverse path in the mbox line above it, if there is one.
    ///
    /// # Errors
    ///
    /// Says why it is no evidence against anybody.
    pub fn observe(&self, mail: &[u8], line_sender: Option<&str>, now: Timestamp) -> Result<Reread, Skip> {
        let head = Head::read(mail);
        let hops = received::hops(&head);
        let source = received::source(&hops, &self.trusted).map_err(Skip::Unsourced)?;
        let came_at = came_at(&hops, source.depth).map(|at| at.min(now));
        let seen_at = match self.age {
            Age::AsNew => now,
            Age::ByDate => came_at.ok_or(Skip::Undated)?,
        };
        let glance = Glance::of(&head);
        let told = envelope::read(&head, &source, line_sender);
        let (trap, traps) = self.traps(&told, came_at.unwrap_or(now));
        let passed_on = told.is_passed_on.then_some(FORWARDED);
        let oddities = glance.oddities.words().chain(passed_on);
        let observation = Observation {
            kind: kind(&told, &glance),
            handshake: Handshake::Completed,
            trap: Some(trap.kind),
            trap_weight: trap.weight,
            traps,
            envelope: told.envelope,
            subject: glance.subject,
            headers: Some(told.shape.id()),
            message_size: u64::try_from(mail.len()).unwrap_or(u64::MAX),
            oddities: oddities.map(str::to_owned).collect(),
            ..Observation::new(id(mail, source.address), source.address, seen_at, Sensor::Replay)
        };
        Ok(Reread {
            observation,
            came_at,
            shape: told.shape.into_text(),
        })
    }

    /// The strongest trap among the recipients, and those of them that count, if a server that we trust names them; else the weakest that
    /// there is, and none by name.
    fn traps(&self, told: &Told, came_at: Timestamp) -> (Hit, Vec<String>) {
        if told.addressing == Addressing::Sender {
            return (self.book.weakest(), Vec::new());
        }
        let recipients = told.envelope.recipients.iter();
        let hits: Vec<_> = recipients
            .map(|to| (to, self.book.hit(&Address(to.clone()), came_at)))
            .collect();
        let strongest = hits.iter().map(|(_to, hit)| *hit).reduce(Hit::stronger);
        let counting = hits.iter().filter(|(_to, hit)| hit.counts());
        (
            strongest.unwrap_or(Hit::of(Trap::Pristine)),
            counting.map(|(to, _hit)| (*to).clone()).collect(),
        )
    }
}

/// When the mail came from its source: the date of that field, else of the nearest one above it, all written by trusted servers.
fn came_at(hops: &[Hop], depth: usize) -> Option<Timestamp> {
    hops.iter()
        .take(depth.saturating_add(1))
        .rev()
        .find_map(|hop| hop.date)
}

/// A null sender or a delivery report is backscatter: it was sent by somebody who was fooled by a forged sender himself.
fn kind(told: &Told, glance: &Glance) -> Kind {
    if glance.is_report || told.is_null_sender {
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
