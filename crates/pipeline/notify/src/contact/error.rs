//! Why no answer could be given, and when to ask again.

use atalaya_model::Timestamp;
use atalaya_net::HttpError;
use atalaya_store::StoreError;

/// The cascade could not be walked to its end.
#[derive(Debug, thiserror::Error)]
pub enum ContactError {
    /// A registry could not be asked now: its budget is used up, it asked for patience, or it failed. Ask again at `at`.
    #[error("the contact cannot be found before {at}: {why}")]
    Later {
        /// When asking again makes sense.
        at: Timestamp,
        /// What stood in the way.
        why: String,
    },
    /// The store failed; the caller treats it as its own calls to the store.
    #[error("the contact cache cannot be used")]
    Store(#[from] StoreError),
    /// The configuration is at fault. Give up.
    #[error("the search for contacts cannot start: {0}")]
    Config(String),
    /// The client that asks the registries cannot be made. Give up.
    #[error("the search for contacts cannot start")]
    Client(#[from] HttpError),
}
