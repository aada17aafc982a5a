//! An observation: one bad thing, seen once. The fact that everything else follows from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Digest, Prefix, Timestamp};

/// Names one observation for good; recording the same one twice keeps it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ObservationId(pub Uuid);

impl fmt::Display for ObservationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Makes the enums of this module that are stored by name: `name()`, `Display`, `FromStr`.
macro_rules! named {
    ($type:ident: $($variant:ident = $name:literal),+ $(,)?) => {
        impl $type {
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

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A whole message was delivered to a trap.
    Spam,
    /// A bounce or other delivery report reached a trap: its sender was fooled itself. Kept, never counted.
    Backscatter,
}
named!(Kind: Spam = "spam", Backscatter = "backscatter");

/// Whether the sender proved to hold its address by completing a TCP handshake.
///
/// What could be spoofed may never list or notify.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handshake {
    /// Our own listener, or a relay that we trust, spoke TCP with this address.
    Completed,
    /// Nobody that we trust did.
    Unproven,
}
named!(Handshake: Completed = "completed", Unproven = "unproven");

/// What kind of trap was hit. The weaker kinds never list alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
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
    /// Which sensor saw it: `trap`, `replay` …
    pub sensor: String,
    /// What was seen.
    pub kind: Kind,
    /// Whether the address is proven.
    pub handshake: Handshake,
    /// What kind of trap was hit.
    pub trap: Trap,
    /// The envelope.
    pub envelope: Envelope,
    /// The Subject of the message, decoded and cut to a bounded length.
    pub subject: String,
    /// The TCP port that the sender spoke from, where our own listener saw it. X-ARF asks for it.
    pub source_port: Option<u16>,
    /// The message kept as evidence.
    pub message: Option<Digest>,
    /// Size of that message, in bytes as received.
    pub message_size: u64,
    /// Odd things of the conversation, one short word each: `bare-lf`, `early-talker` …
    pub oddities: Vec<String>,
}

impl Observation {
    /// The prefix that this observation speaks against.
    #[must_use]
    pub fn unit(&self) -> Prefix {
        Prefix::unit(self.address)
    }

    /// Whether it speaks against the address at all: what could be spoofed, backscatter, and mail to addresses that every domain has are
    /// kept and do not.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.kind == Kind::Spam && self.handshake == Handshake::Completed && self.trap != Trap::Role
    }
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
