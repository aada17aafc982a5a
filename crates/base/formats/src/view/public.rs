//! Evidence as the public may see it: no recipient, no local part, no text of a message.
//!
//! In: an [`Observation`]. Out: a [`PublicObservation`]. Whatever the sender wrote (HELO, subject, its own domain) may hold the
//! address of a trap, so all of it goes through the redactor, is freed of characters that could disturb a page, and is cut.
//!
//! Times are cut to the minute, so that of many messages each cannot be told by its second. When the listing began is no secret:
//! DNS shows it to whoever asks often enough, and of the message that caused it that is the second.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Kind, Observation, Sensor, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Hiding, Spoken, System};
use crate::redact::{Redactor, RedactorBuilder, TrapNames, is_invisible};
use crate::signatures::Matcher;

/// Most characters of a text of the sender's that are shown.
pub(super) const MAX_TEXT: usize = 160;
/// Seconds in a minute.
const MINUTE: i64 = 60;

/// An observation as the public may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicObservation {
    /// When it was seen, to the minute.
    pub seen_at: Timestamp,
    /// The address that did it; of interest where a whole /64 is listed.
    pub address: IpAddr,
    /// Which kind of sensor saw it.
    pub sensor: Sensor,
    /// What was seen.
    pub kind: Kind,
    /// Whether the rules count it: it is spam, and its address could not be forged.
    pub counted: bool,
    /// What the sender called itself.
    pub helo: String,
    /// The domain of the envelope sender; none for a bounce.
    pub sender_domain: Option<String>,
    /// The subject.
    pub subject: String,
    /// Bytes of the message.
    pub size: u64,
    /// What opened the connection, by its first packet.
    pub system: Option<System>,
    /// How it spoke.
    pub dialect: Option<Spoken>,
}

/// Hides the traps of a page behind names that only the holder of its key can make.
#[derive(Debug, Clone)]
pub struct Veil {
    redactor: Arc<Redactor>,
    signatures: Arc<Matcher>,
}

/// Hides nothing, for where nothing is shown.
impl Default for Veil {
    fn default() -> Self {
        let hiding = Hiding {
            key: &[],
            traps: &TrapNames::default(),
        };
        Self::new(hiding, &[], Arc::default())
    }
}

impl Veil {
    /// A veil for these observations: it hides the recipients of each in all, and the names of our traps.
    #[must_use]
    pub fn new(hiding: Hiding<'_>, observations: &[Observation], signatures: Arc<Matcher>) -> Self {
        let builder = RedactorBuilder::new(hiding.key)
            .traps(hiding.traps)
            .every_address();
        let builder = observations.iter().fold(builder, RedactorBuilder::observation);
        Self {
            redactor: Arc::new(builder.build()),
            signatures,
        }
    }

    /// Shows an observation to the public.
    #[must_use]
    pub fn show(&self, observation: &Observation) -> PublicObservation {
        let show = |text: &str| shown(&self.redactor.hide_text(&tidied(text)));
        let sender = observation.envelope.mail_from.trim().rsplit_once('@');
        PublicObservation {
            seen_at: to_the_minute(observation.seen_at),
            address: observation.address.to_canonical(),
            sensor: observation.sensor,
            kind: observation.kind,
            counted: observation.counts(),
            helo: show(&observation.envelope.helo),
            sender_domain: sender
                .map(|(_, domain)| show(domain))
                .filter(|domain| !domain.is_empty()),
            subject: show(&observation.subject),
            size: observation.message_size,
            system: System::of(observation, &self.signatures),
            dialect: Spoken::of(observation),
        }
    }
}

/// Cuts the seconds off.
fn to_the_minute(at: Timestamp) -> Timestamp {
    Timestamp::from_seconds(at.seconds().div_euclid(MINUTE).saturating_mul(MINUTE))
}

/// Takes out what could disturb a page or hide an address from the redactor: controls, and characters that are not seen or that
/// change the direction of what follows (Unicode bidirectional and zero-width formatting).
fn tidied(text: &str) -> String {
    text.chars()
        .filter(|c| !is_invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Cuts a text. Only after hiding: half an address could not be found any more.
fn shown(text: &str) -> String {
    let text = text.trim();
    match text.char_indices().nth(MAX_TEXT) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
