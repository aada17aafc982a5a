//! The four views of evidence: who may see what, said once for pages, notices and commands.
//!
//! | | public | network | desk | sealed |
//! |---|---|---|---|---|
//! | who | anybody | the network that the address belongs to | the operator's own people | a court, by the operator |
//! | time | to the minute | exact | exact | exact |
//! | sender | HELO, domain | HELO, address, port | the same | all |
//! | what it runs | system, dialect | and the SYN, TLS, shape, oddities | the same, and the text of the shape | all |
//! | recipients | none | pseudonyms | real names, but traps by pseudonyms | all |
//! | names of traps | pseudonyms | pseudonyms | pseudonyms | all |
//! | subject | cut | whole | whole | all |
//! | message | none | hidden in, if its sender is proven | hidden in | its bytes |
//! | conversation | none | hidden in | hidden in | its bytes |
//! | passwords, tokens | none | left out | left out | in its bytes |
//! | kind of trap, name of a reporter | none | none | shown | all |
//! | digests | none | none | none | shown |
//!
//! Who was written to at a trap is one: of what the trap saw, and of an observation that hit one elsewhere, the desk sees no recipient either. A digest of what is hidden would let anybody
//! test guesses of it, so that only the sealed view has one. Pseudonyms are made with a key for each network ([`network_key`]): the same in all
//! three views, on the page and in notices, and others for other networks, so that two of them cannot tell by comparing that they hit the
//! same trap.

mod client;
mod material;
mod public;
mod shown;
mod transcript;
mod words;

#[cfg(test)]
mod tests;

use std::fmt;
use std::str::FromStr;

use atalaya_model::{Handshake, MailAddress, Observation, Prefix, Sensor};
use serde::{Deserialize, Serialize};

pub use client::{Spoken, System};
pub use material::{HiddenEnvelope, Hiding, Material};
pub use public::{PublicObservation, Veil};
pub use shown::{Shown, ShownMessage, ShownObservation};
pub use transcript::{printable, transcript};
pub use words::Words;

use crate::redact::{Recipients, keyed_hash};

/// The name under which the store keeps the secret that the keys of pseudonyms are made of. Pages, notices and commands take the same, so that all
/// call a recipient by the same name.
pub const SECRET_NAME: &str = "pseudonyms";

/// Who looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum View {
    /// Anybody.
    Public,
    /// The network that the address belongs to.
    Network,
    /// The operator's own abuse desk.
    Desk,
    /// A court: everything, unchanged.
    Sealed,
}

impl View {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Public, Self::Network, Self::Desk, Self::Sealed];

    /// Its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Network => "network",
            Self::Desk => "desk",
            Self::Sealed => "sealed",
        }
    }

    /// How this view shows the recipients of an observation.
    pub(crate) fn recipients(self, seen: &Observation) -> Recipients {
        match self {
            Self::Public | Self::Network => Recipients::Hidden,
            // Whoever is written to at the trap's own door is one, also where the trap refused or forgot him.
            Self::Desk if seen.trap.is_some() || seen.sensor == Sensor::Trap => Recipients::Hidden,
            Self::Desk | Self::Sealed => Recipients::Shown,
        }
    }

    /// Whether this view shows the message of an observation. A report of others has their names and those of their users in it, which are not
    /// for the network that they complain of.
    pub(crate) fn shows_message(self, seen: &Observation) -> bool {
        match self {
            Self::Public => false,
            Self::Network => seen.handshake == Handshake::Completed,
            Self::Desk | Self::Sealed => true,
        }
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is the name of no view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the views are public, network, desk and sealed")]
pub struct UnknownView;

impl FromStr for View {
    type Err = UnknownView;

    fn from_str(text: &str) -> Result<Self, UnknownView> {
        Self::ALL
            .into_iter()
            .find(|view| view.name() == text)
            .ok_or(UnknownView)
    }
}

/// The key of the pseudonyms that one network sees. A network is who answers for it: its abuse contact, and where none is known, the listed unit
/// stands for itself.
#[must_use]
pub fn network_key(secret: &[u8], contact: Option<&MailAddress>, unit: &Prefix) -> Vec<u8> {
    let network = contact.map_or_else(
        || unit.to_string(),
        |contact| contact.as_str().to_ascii_lowercase(),
    );
    keyed_hash(secret, &[b"network\0", network.as_bytes()]).to_vec()
}
