//! Why a mail was not heard.

use atalaya_store::StoreError;
use uuid::Uuid;

/// The reason.
#[derive(Debug, thiserror::Error)]
pub enum HearingError {
    /// The store failed. The mail is to come again.
    #[error("the store cannot keep what is heard")]
    Store(#[from] StoreError),
    /// Enough mail of strangers came today, or enough about one notice.
    #[error("enough mail of this kind came")]
    Enough,
    /// The mail is longer than is taken.
    #[error("the mail is longer than {0} bytes")]
    TooLong(usize),
    /// Nothing was heard under this id.
    #[error("nothing was heard under the id {0}")]
    Unheard(Uuid),
    /// It waits for nobody: it was clear, or a person has settled it.
    #[error("{0} waits for nobody")]
    Settled(Uuid),
    /// It is about no notice, so there is no contact to which this could apply.
    #[error("{0} is about no notice of ours: it can only be settled as ignore")]
    AboutNothing(Uuid),
}

impl HearingError {
    /// Whether space is missing.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        match self {
            Self::Store(error) => error.is_full(),
            _ => false,
        }
    }
}
