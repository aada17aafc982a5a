//! What can go wrong here, and what to do about it. Bad queries are no errors: they get their DNS answer.

use atalaya_model::Serial;

/// Why the zone cannot be published as asked.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// A setting says something that cannot be served. Correct the configuration.
    #[error("publish.{key}: {reason}")]
    Setting {
        /// The key, as in the configuration.
        key: &'static str,
        /// What is wrong with its value, and what to write.
        reason: String,
    },
    /// The zone of contacts cannot be served. Correct the configuration.
    #[error("contact.zone: {reason}")]
    ContactZone {
        /// What is wrong with it.
        reason: String,
    },
    /// A decision does not follow on the last one. Load the zone again.
    #[error("decision {found} does not follow on decision {last}")]
    Gap {
        /// The last decision that the zone knows.
        last: Serial,
        /// The one that came.
        found: Serial,
    },
}
