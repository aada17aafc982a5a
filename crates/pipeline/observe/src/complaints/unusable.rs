//! Why a complaint makes no observation. The text is told to whoever complains, so it says what he can do better.

use atalaya_formats::complaint::{Abuse, NoSource, Refused};

/// The reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unusable {
    /// It cannot be read.
    #[error("{0}")]
    Unread(#[from] Refused),
    /// It names no address.
    #[error("no source: {0}")]
    NoSource(NoSource),
    /// The address names no machine of the Internet.
    #[error("the source is reserved: {0}")]
    Reserved(&'static str),
    /// The address is one of our own.
    #[error("the source is an address of our own: please write to our abuse desk")]
    Own,
    /// It says nothing against the address that a blocklist could use.
    #[error("a report of the kind {0} is not used here")]
    NotUsed(Abuse),
    /// Nobody knows the reporter, and the mail that he sends along came from elsewhere.
    #[error(
        "the mail in the report came from elsewhere than the report says, and the reporter is not known here"
    )]
    Contradicted,
}

impl Unusable {
    /// The word for metrics.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unread(_) => "unread",
            Self::NoSource(_) => "no-source",
            Self::Reserved(_) => "reserved",
            Self::Own => "own",
            Self::NotUsed(_) => "not-used",
            Self::Contradicted => "contradicted",
        }
    }
}
