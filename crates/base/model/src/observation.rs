//! An observation: one bad thing, seen once. The fact that everything else follows from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DialectId, Digest, Fingerprint, Prefix, ShapeId, Timestamp, Tls, TrapWeight};

/// Names one observation for good; recording the same one twice keeps it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObservationId(pub Uuid);

impl fmt::Display for ObservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes the enums of this module that are stored by name: `ALL`, `name()`, `Display`, `FromStr`.
macro_rules! named {
    ($type:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name in the store and in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),+ }
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text { $($name => Ok(Self::$variant),)+ _ => Err(UnknownWord(text.to_owned())) }
            }
        }
    };
}

/// The text is none of the words that are known here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a known word here")]
pub struct UnknownWord(String);

/// Which kind of sensor saw it. Corroboration counts kinds and sources, not observations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sensor {
    /// Our SMTP trap.
    Trap,
    /// Kept mail, read again.
    Replay,
    /// The log of a mail server.
    Log,
    /// The policy service that a Postfix asks.
    Policy,
    /// The milter that a mail server asks.
    Milter,
    /// A report through the API.
    Report,
    /// A complaint by mail, of a person or a feedback loop.
    Complaint,
    /// A list of others.
    Feed,
}
named!(Sensor:
    Trap = "trap", Replay = "replay", Log = "log", Policy = "policy", Milter = "milter", Report = "report",
    Complaint = "complaint", Feed = "feed",
);

impl Sensor {
    /// Whether it hears mail itself, as it is brought: what it sees are connections, not what others tell of them.
    #[must_use]
    pub const fn hears_mail(self) -> bool {
        matches!(
            self,
            Self::Trap | Self::Replay | Self::Log | Self::Policy | Self::Milter
        )
    }
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A whole message that nobody asked for.
    Spam,
    /// A bounce or other delivery report reached a trap: its sender was fooled itself. Kept, never counted.
    Backscatter,
    /// A conversation with a trap in which no message came. Kept, never counted by itself.
    Connection,
    /// Mail for mailboxes that do not exist.
    UnknownRecipient,
    /// The SMTP protocol was broken.
    Protocol,
    /// It spoke before it was spoken to.
    EarlyTalker,
    /// It tried to have mail passed on to others.
    RelayAttempt,
    /// Passwords were guessed.
    LoginAttack,
    /// Ports were tried.
    PortScan,
    /// A web site was attacked, or its forms filled with spam.
    WebAttack,
    /// It flooded somebody with packets or requests.
    Flood,
    /// It sent or offered harmful software.
    Malware,
    /// It sent or hosted a fraud that asks for secrets.
    Phishing,
    /// It sent or hosted another fraud.
    Fraud,
    /// It is part of a botnet, or steers one.
    Bot,
    /// Another list has it.
    Listed,
    /// Somebody says that it was no spam. Kept, never counted against the address; what he said of it before counts no more.
    NotSpam,
    /// Something else that its evidence tells.
    Other,
}
named!(Kind:
    Spam = "spam", Backscatter = "backscatter", Connection = "connection", UnknownRecipient = "unknown-recipient",
    Protocol = "protocol", EarlyTalker = "early-talker", RelayAttempt = "relay-attempt", LoginAttack = "login-attack",
    PortScan = "port-scan", WebAttack = "web-attack", Flood = "flood", Malware = "malware", Phishing = "phishing",
    Fraud = "fraud", Bot = "bot", Listed = "listed", NotSpam = "not-spam", Other = "other",
);

impl Kind {
    /// Whether it speaks against the address that did it.
    #[must_use]
    pub const fn is_abuse(self) -> bool {
        !matches!(self, Self::Backscatter | Self::Connection | Self::NotSpam)
    }
}

/// Whether the sender proved to hold its address by completing a TCP handshake.
///
/// What could be spoofed may never list or notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// Our own listener, or a relay that we trust, spoke TCP with this address.
    Completed,
    /// Somebody who reports to us says so. It counts by what his word is worth, and never lists alone.
    Reported,
    /// Nobody that we know did.
    Unproven,
}
named!(Handshake: Completed = "completed", Reported = "reported", Unproven = "unproven");

/// What kind of trap was hit. The weaker kinds never list alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trap {
    /// Never was a person's address: whoever writes to it got it by harvesting or guessing.
    Pristine,
    /// Belonged to a person long ago.
    Recycled,
    /// Looks like a real domain, misspelt.
    Typo,
    /// Every domain has it, such as `postmaster` and `abuse`: anybody may write there. Kept, never counted.
    Role,
}
named!(Trap: Pristine = "pristine", Recycled = "recycled", Typo = "typo", Role = "role");

/// The SMTP envelope, as the sender gave it, cut to a bounded length.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Envelope {
    /// What followed HELO or EHLO.
    pub helo: String,
    /// The reverse path without its angle brackets; empty for the null sender.
    pub mail_from: String,
    /// The forward paths without their angle brackets. Trap addresses: never shown to the public.
    pub recipients: Vec<String>,
}

/// One bad thing, seen once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// Names it for good.
    pub id: ObservationId,
    /// The address that did it.
    pub address: IpAddr,
    /// When our sensor saw it.
    pub seen_at: Timestamp,
    /// Which kind of sensor saw it.
    pub sensor: Sensor,
    /// Which one of that kind: a listener, a log, the name of a reporter, a feed. Empty where there is only one.
    pub source: String,
    /// What was seen.
    pub kind: Kind,
    /// Whether the address is proven.
    pub handshake: Handshake,
    /// What kind of trap was hit, if one was.
    pub trap: Option<Trap>,
    /// How much that trap weighed, as it was configured then.
    #[serde(default)]
    pub trap_weight: TrapWeight,
    /// Those among the recipients that are traps and count, each a witness of its own. Never shown to the public.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub traps: Vec<String>,
    /// The envelope.
    pub envelope: Envelope,
    /// The Subject of the message, decoded and cut to a bounded length.
    pub subject: String,
    /// The TCP port that the sender spoke from, where our own listener saw it. X-ARF asks for it.
    pub source_port: Option<u16>,
    /// The TCP fingerprint of the connection, where a socket of ours saw it.
    pub fingerprint: Option<Fingerprint>,
    /// The SMTP dialect that was spoken, where we heard it.
    pub dialect: Option<DialectId>,
    /// The shape of the message's head, where there is a whole message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub headers: Option<ShapeId>,
    /// Its place among the observations of one connection, from 1: the first one counts the connection.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub nth: u32,
    /// The TLS session, where there was one.
    pub tls: Option<Tls>,
    /// The message, or the report of others, kept as evidence.
    pub message: Option<Digest>,
    /// Size of that message, in bytes as received.
    pub message_size: u64,
    /// The conversation kept as evidence.
    pub conversation: Option<Digest>,
    /// Odd things of the conversation and the message, one short word each: `bare-lf`, `early-talker` …
    pub oddities: Vec<String>,
}

impl Observation {
    /// An observation that says nothing yet but who, when and by which sensor; the rest is filled in by name.
    #[must_use]
    pub fn new(id: ObservationId, address: IpAddr, seen_at: Timestamp, sensor: Sensor) -> Self {
        Self {
            id,
            address,
            seen_at,
            sensor,
            source: String::new(),
            kind: Kind::Other,
            handshake: Handshake::Unproven,
            trap: None,
            trap_weight: TrapWeight::FULL,
            traps: Vec::new(),
            envelope: Envelope::default(),
            subject: String::new(),
            source_port: None,
            fingerprint: None,
            dialect: None,
            headers: None,
            nth: first(),
            tls: None,
            message: None,
            message_size: 0,
            conversation: None,
            oddities: Vec::new(),
        }
    }

    /// The prefix that this observation speaks against.
    #[must_use]
    pub fn unit(&self) -> Prefix {
        Prefix::unit(self.address)
    }

    /// Whether it speaks against the address at all: what could be spoofed, backscatter, and mail to addresses that every domain has are
    /// kept and do not.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.kind.is_abuse() && self.handshake != Handshake::Unproven && self.trap != Some(Trap::Role)
    }

    /// Whether by it a reporter takes back what he said of the address before: a known one says that it was no spam.
    #[must_use]
    pub fn takes_back(&self) -> bool {
        self.kind == Kind::NotSpam
            && self.handshake == Handshake::Reported
            && matches!(self.sensor, Sensor::Report | Sensor::Complaint)
    }
}

/// The place of the first observation of a connection.
const fn first() -> u32 {
    1
}

const fn is_first(nth: &u32) -> bool {
    *nth == first()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_and_others_refused() {
        assert_eq!("backscatter".parse(), Ok(Kind::Backscatter));
        assert_eq!("recycled".parse(), Ok(Trap::Recycled));
        assert_eq!(Handshake::Unproven.to_string(), "unproven");
        assert!("Spam".parse::<Kind>().is_err());
    }
}
