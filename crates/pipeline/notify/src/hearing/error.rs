//! Why a mail was not heard.

use atalaya_model::Prefix;
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
    /// The letter told of many prefixes, and which of them is meant was not said.
    #[error("the notice tells of {}: say with --prefix which of them are not the contact's", listed(.0))]
    WhichPrefix(Vec<Prefix>),
    /// The letter told nothing of that prefix.
    #[error("the notice tells nothing of {0}")]
    NotTold(Prefix),
}

fn listed(prefixes: &[Prefix]) -> String {
    let all: Vec<String> = prefixes.iter().map(ToString::to_string).collect();
    all.join(", ")
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
