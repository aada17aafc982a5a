//! Why a mail or document is no complaint that something can be done with.

use crate::parts::TooManyParts;

/// The reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// It is no report in any form that is known here.
    #[error("no report in a form that is known here")]
    NotAComplaint,
    /// It complains about a report or an automatic answer, so about somebody who was fooled himself.
    #[error("it complains about a report or an automatic answer")]
    AboutAReport,
    /// It holds several of what one report has once (RFC 5965 section 3.5): which one is meant cannot be said.
    #[error("it has {0} more than once, and they differ")]
    Several(&'static str),
    /// More parts, or parts deeper inside each other, than anybody's report has.
    #[error("too many parts inside each other")]
    TooManyParts,
    /// A JSON document larger than is read.
    #[error("the JSON document is larger than is read")]
    TooLarge,
    /// No JSON, or with more members than are read.
    #[error("no JSON that can be read: {0}")]
    BadJson(String),
    /// A version of X-ARF that is not known here.
    #[error("X-ARF of a version that is not known here: {0}")]
    UnknownVersion(String),
    /// A member that must be there is missing.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// A member is not what it must be.
    #[error("`{0}` must be {1}")]
    Wrong(&'static str, &'static str),
}

impl From<TooManyParts> for Refused {
    fn from(_too_many: TooManyParts) -> Self {
        Self::TooManyParts
    }
}
