//! Who is told because of a signature: those who enrolled by the domain that signed a message, and the address that the message itself names for
//! complaints (`CFBL-Address`, RFC 9477).
//!
//! A follower goes through the observations like that of the addresses, looks for signatures whose body is intact, and asks nobody: what needs a
//! key becomes a job. Workers ask DNS, verify, and tell, each kind of job for itself, so that whoever lets us wait for his key lets nobody else wait.

mod follow;
mod keys;
mod work;

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use follow::SignedFollower;
pub(super) use keys::Keys;

/// How old a message may be that is reported to the address that it names.
const CFBL_AGE: Duration = Duration::from_secs(86_400);

/// What a job is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Task {
    /// Events for those who enrolled by domain.
    Events,
    /// A report to `CFBL-Address`.
    Report,
}

impl Task {
    const ALL: [Self; 2] = [Self::Events, Self::Report];

    /// The kind of its jobs.
    const fn kind(self) -> &'static str {
        match self {
            Self::Events => "feedback-domain",
            Self::Report => "feedback-cfbl",
        }
    }
}

/// What a worker needs to know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Work {
    /// The position of the observation.
    position: u64,
    /// The enrolments that may be told, each with its domain. None for a report.
    #[serde(default)]
    enrolments: BTreeMap<Uuid, String>,
}
