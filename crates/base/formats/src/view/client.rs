//! What a client runs, as far as its first packet and its way of speaking tell. Both are hints: whoever knows them can imitate them.

use atalaya_model::{DialectId, Observation};
use serde::{Deserialize, Serialize};

use crate::signatures::{Fit, Matcher, Named};
use crate::smtp;

/// The operating system, or the tool, that opened a connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct System {
    /// What signatures call it; none where no signature knows it.
    pub label: Option<String>,
    /// Whether the signature fits exactly, names one system alone, and was seen on it.
    pub certain: bool,
}

impl System {
    /// What opened the connection; none where its first packet was not kept.
    #[must_use]
    pub fn of(seen: &Observation, signatures: &Matcher) -> Option<Self> {
        match signatures.name(seen.fingerprint.as_ref()?) {
            Named::Unavailable => None,
            Named::Unknown => Some(Self {
                label: None,
                certain: false,
            }),
            Named::Known(found) => Some(Self {
                label: Some(found.label.to_string()),
                certain: found.fit == Fit::Exact && !found.label.is_generic && !found.is_unconfirmed,
            }),
        }
    }
}

/// A dialect that was spoken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spoken {
    /// Its name.
    pub id: DialectId,
    /// The programs that are known to speak it.
    pub programs: Option<String>,
}

impl Spoken {
    /// The dialect of an observation.
    #[must_use]
    pub fn of(seen: &Observation) -> Option<Self> {
        let id = seen.dialect?;
        Some(Self {
            id,
            programs: smtp::programs(id).map(str::to_owned),
        })
    }
}
