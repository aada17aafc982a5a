//! What can go wrong when something is decided.

use atalaya_model::{Class, Prefix};
use atalaya_store::StoreError;

/// Why a decision could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DecideError {
    /// The prefix shares an address with a reserved range. Refuse: it can never be listed.
    #[error("{prefix} cannot be listed: it holds addresses reserved for {purpose}")]
    Reserved {
        /// What was asked for.
        prefix: Prefix,
        /// What the range is for.
        purpose: &'static str,
    },
    /// The prefix lies inside the allow list. Refuse: take it off the allow list first.
    #[error(
        "{prefix} cannot be listed: {allowed} is on the allow list; `atalaya allow remove {allowed}` takes it off"
    )]
    Allowed {
        /// What was asked for.
        prefix: Prefix,
        /// The entry of the allow list that covers it.
        allowed: Prefix,
    },
    /// The end lies in the past. Refuse.
    #[error("the end of the entry lies in the past")]
    AlreadyOver,
    /// There is no such listing.
    #[error("{prefix} is not listed{}", in_class(*class))]
    NotListed {
        /// What was asked for.
        prefix: Prefix,
        /// The class that was asked for, if any.
        class: Option<Class>,
    },
    /// There is no such entry on the allow list.
    #[error("{0} is not on the allow list")]
    NotAllowed(Prefix),
    /// The store failed; [`StoreError::is_temporary`] tells whether to try again.
    #[error("the store could not take the decision")]
    Store(#[from] StoreError),
}

/// The end of the sentence about a listing that is not there.
fn in_class(class: Option<Class>) -> String {
    class.map(|class| format!(" as {class}")).unwrap_or_default()
}
