//! Why the log cannot go on, or not be read.

use std::io;

use atalaya_formats::tlog::TlogError;
use atalaya_model::Serial;
use atalaya_store::StoreError;

/// Why the log cannot go on, or not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The store failed. Try again.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The copy of the head cannot be read or written. Try again.
    #[error("the copy of the log's head, {file}, cannot be used")]
    HeadFile {
        /// The file.
        file: String,
        /// What is wrong.
        #[source]
        error: io::Error,
    },
    /// The copy of the head holds something else. The operator must look.
    #[error("{0} is no head of a log; if nobody needs it, move it away")]
    NoHead(String),
    /// The data folder was put back from a backup, and what others were shown since is not known. The operator must say.
    #[error(
        "this data folder was put back from a backup, and others may have been shown more of the log than it knows: put the file of the folder \
         that was in the place of {0}; or delete it, if nothing was decided since the backup; or begin another log with \
         `atalaya public-log restart NAME`"
    )]
    FromBackup(String),
    /// The store knows less than others were shown, or something else. The operator must begin another log.
    #[error(
        "the store was put back: others were shown a head of {shown} entries that its {size} do not lead to; \
         begin another log with `atalaya public-log restart NAME`"
    )]
    PutBack {
        /// The size that was shown.
        shown: u64,
        /// The size in the store.
        size: u64,
    },
    /// What is kept of the log does not belong together. The operator must begin another log.
    #[error(
        "the log in the store is damaged: {0}; put the store back, or begin another log with `atalaya public-log restart NAME`"
    )]
    Damaged(String),
    /// A decision is missing between two others. Give up.
    #[error("the decision {0} is missing: the log cannot go on without it")]
    Gap(Serial),
    /// The log has grown by another hand meanwhile. Begin again with what stands.
    #[error("the log has grown meanwhile")]
    Moved,
    /// The key in the store has not the length of one.
    #[error("the key of the log in the store is no key")]
    Key,
    /// A new log under the name of the old one would look like a lie.
    #[error("`{0}` is the name of the log that was: another log needs another name")]
    SameName(String),
    /// A name that cannot be one, or an entry that is too long.
    #[error(transparent)]
    Form(#[from] TlogError),
}

impl LogError {
    /// Whether trying again will not help before the operator has acted.
    pub(super) const fn is_lasting(&self) -> bool {
        matches!(
            self,
            Self::NoHead(_)
                | Self::FromBackup(_)
                | Self::PutBack { .. }
                | Self::Damaged(_)
                | Self::Gap(_)
                | Self::Key
                | Self::Form(_)
        )
    }
}

/// An error with its causes, in one line.
pub(super) fn chain(error: &LogError) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
