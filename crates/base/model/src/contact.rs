//! Whom to tell about an address, how we know, and how sure that is.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{MailAddress, Prefix, Timestamp};

/// Where a contact was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ContactSource {
    /// The operator's own file.
    Operator {
        /// Its path.
        file: String,
    },
    /// A person of the operator's, by hand.
    Hand {
        /// The prefix or domain for which it was set.
        subject: String,
    },
    /// The registries' data, read from files.
    Bulk {
        /// The path of the file that names the network.
        file: String,
    },
    /// The registry's RDAP service (RFC 9082, RFC 9083).
    Rdap {
        /// The address of the answer.
        url: String,
    },
    /// A contact zone in DNS.
    Zone {
        /// The name that was asked for.
        name: String,
    },
    /// The collection of abuse.net, by the domain of the reverse name.
    AbuseNet {
        /// The domain.
        domain: String,
    },
    /// A WHOIS server (RFC 3912).
    Whois {
        /// Its host name.
        server: String,
    },
    /// Whoever runs the reverse zone (RFC 1035 section 3.3.13).
    Soa {
        /// The zone.
        zone: String,
    },
    /// The usual mailbox of the domain of the reverse name (RFC 2142 section 4).
    ReverseName {
        /// The reverse name.
        name: String,
    },
    /// The `security.txt` of the domain of the reverse name (RFC 9116).
    SecurityTxt {
        /// The address of the file.
        url: String,
    },
}

impl ContactSource {
    /// Whether it is a registry or the operator, who know how wide a network is and whose it is.
    #[must_use]
    pub const fn is_registered(&self) -> bool {
        matches!(
            self,
            Self::Operator { .. }
                | Self::Hand { .. }
                | Self::Bulk { .. }
                | Self::Rdap { .. }
                | Self::Whois { .. }
        )
    }
}

impl fmt::Display for ContactSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Operator { file } => write!(f, "the file {file}"),
            Self::Hand { subject } => write!(f, "the contact set by hand for {subject}"),
            Self::Bulk { file } => write!(f, "the registry data {file}"),
            Self::Rdap { url } => write!(f, "RDAP {url}"),
            Self::Zone { name } => write!(f, "DNS TXT {name}"),
            Self::AbuseNet { domain } => write!(f, "abuse.net {domain}"),
            Self::Whois { server } => write!(f, "WHOIS {server}"),
            Self::Soa { zone } => write!(f, "SOA {zone}"),
            Self::ReverseName { name } => write!(f, "RFC 2142 {name}"),
            Self::SecurityTxt { url } => write!(f, "security.txt {url}"),
        }
    }
}

/// How sure it is that a contact answers for a network, in percent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u8", into = "u8")]
pub struct Confidence(u8);

impl Confidence {
    /// Beyond doubt.
    pub const FULL: Self = Self(100);

    /// So many percent, at most 100.
    #[must_use]
    pub const fn percent(percent: u8) -> Self {
        Self(if percent > 100 { 100 } else { percent })
    }

    /// The percents.
    #[must_use]
    pub const fn as_percent(self) -> u8 {
        self.0
    }
}

impl From<u8> for Confidence {
    fn from(percent: u8) -> Self {
        Self::percent(percent)
    }
}

impl From<Confidence> for u8 {
    fn from(confidence: Confidence) -> Self {
        confidence.0
    }
}

impl fmt::Display for Confidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.0)
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
    /// How sure it is.
    pub confidence: Confidence,
    /// When it was found; for a file, when that was made.
    pub found_at: Timestamp,
}
