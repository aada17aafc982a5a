//! Whom to tell about an address, and how we know.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MailAddress, Prefix, Timestamp};

/// Where a contact was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ContactSource {
    /// The registry's RDAP service (RFC 9082, RFC 9083).
    Rdap {
        /// The address of the answer.
        url: String,
    },
    /// A WHOIS server (RFC 3912).
    Whois {
        /// Its host name.
        server: String,
    },
}

impl fmt::Display for ContactSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rdap { url } => write!(f, "RDAP {url}"),
            Self::Whois { server } => write!(f, "WHOIS {server}"),
        }
    }
}

/// The abuse contact of a network, with its origin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Contact {
    /// The network that the answer speaks for.
    pub prefix: Prefix,
    /// The addresses to write to, best first; empty where the registry names none.
    pub addresses: Vec<MailAddress>,
    /// The name of the network, as the registry gives it.
    pub network: String,
    /// Where it was found.
    pub source: ContactSource,
    /// When it was found.
    pub found_at: Timestamp,
}
