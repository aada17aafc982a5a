//! Why a notice could not be written, and what happens to its job.

use atalaya_model::BadMailAddress;
use atalaya_store::StoreError;

use crate::contact::ContactError;

/// Why a job for a notice ended without an answer.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// The store failed. The job is taken again when its lease has run out.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// Hiding the recipients was cut short. The job is postponed.
    #[error("the evidence could not be made ready")]
    Hiding(#[from] tokio::task::JoinError),
    /// The contact cannot be found now. The job is postponed.
    #[error("the contact could not be looked for")]
    Contact(#[source] ContactError),
    /// What is noted of an incident cannot be written. The job is postponed.
    #[error("an incident cannot be noted")]
    Noting(#[from] serde_json::Error),
    /// The mailbox that notices come from cannot be used. The operator must act; the job is postponed.
    #[error("notice.sender cannot be used")]
    Sender(#[from] BadMailAddress),
}

/// The store that fails under the search for a contact is the store that failed.
impl From<ContactError> for NoticeError {
    fn from(failed: ContactError) -> Self {
        match failed {
            ContactError::Store(failed) => Self::Store(failed),
            failed => Self::Contact(failed),
        }
    }
}
