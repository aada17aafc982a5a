//! What a report says of one recipient.

use super::reason::Reason;
use super::status::{Status, reply_class};
use crate::folded::folded;
use crate::message::presentable;

/// Longest diagnosis that is kept, in characters.
pub const MAX_DIAGNOSIS: usize = 500;
/// Longest diagnosis that is looked at.
const MAX_READ: usize = 8_192;

/// What became of the mail for a recipient (RFC 3464 section 2.3.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// It arrived, was passed on, or could be.
    Delivered,
    /// It is still tried.
    Delayed,
    /// It will not arrive.
    Failed,
}

impl Action {
    /// The action of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "failed" | "undeliverable" => Self::Failed,
            "delayed" => Self::Delayed,
            "delivered" | "relayed" | "expanded" | "deliverable" => Self::Delivered,
            _ => return None,
        })
    }
}

/// Whether a trouble is expected to last (RFC 3463 section 2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lasting {
    /// It is permanent: the same mail to the same mailbox fails again.
    Hard,
    /// It may pass.
    Soft,
}

impl Lasting {
    /// The name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hard => "hard",
            Self::Soft => "soft",
        }
    }
}

/// What is said of one recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What became of the mail.
    pub action: Action,
    /// Where it was to go in the end (RFC 3464 section 2.3.2), as far as that is a mail address.
    pub recipient: Option<String>,
    /// Where it was sent (RFC 3464 section 2.3.1), where that is said.
    pub original: Option<String>,
    /// The status.
    pub status: Option<Status>,
    /// The server that said so.
    pub remote: Option<String>,
    /// What it said, on one line, at most [`MAX_DIAGNOSIS`] characters.
    pub diagnosis: String,
    /// Why.
    pub reason: Reason,
    /// Whether it will last.
    pub lasting: Lasting,
}

impl Failure {
    /// The mailbox that we wrote to, as far as the report says.
    #[must_use]
    pub fn address(&self) -> Option<&str> {
        self.original.as_deref().or(self.recipient.as_deref())
    }

    /// Whether nobody ever reads what is sent there: reason and status say so alike (X.1.1, X.1.2, X.1.10).
    #[must_use]
    pub fn is_certain(&self) -> bool {
        let is_status = self.status.is_some_and(|status| {
            status.class == 5 && status.subject == 1 && matches!(status.detail, 1 | 2 | 10)
        });
        is_status
            && matches!(
                self.reason,
                Reason::UnknownUser | Reason::HostUnknown | Reason::NullMx
            )
    }

    /// Concludes reason and length from what is known: first the diagnosis, then the status, then the words `around`.
    pub(super) fn conclude(mut self, said: &str, around: &str) -> Self {
        let said = words(said);
        let of_status = self.status.and_then(Reason::of_status);
        let is_clear = self.status.is_some_and(|status| !status.is_vague());
        let reason = Reason::of_words(&said)
            .or(of_status.filter(|_| is_clear))
            .or_else(|| Reason::of_words(&words(around)))
            .or(of_status);
        self.reason = reason.unwrap_or(Reason::Other);
        self.lasting = self.lasting_by(around);
        self
    }

    /// Whether it lasts: by the reason, the class of the status, or that of the reply.
    fn lasting_by(&self, around: &str) -> Lasting {
        let class = self
            .status
            .map(|status| status.class)
            .or_else(|| reply_class(&self.diagnosis))
            .or_else(|| reply_class(around));
        let stays = self.reason.stays().unwrap_or(class != Some(4));
        if stays { Lasting::Hard } else { Lasting::Soft }
    }
}

/// The first line of what is said of one mailbox among several, if it says why; else all of it. Lines behind may be about the next one.
pub(super) fn own_words(said: &str) -> &str {
    let first = said.lines().next().unwrap_or_default();
    match Reason::of_words(&words(first)) {
        Some(_) => first,
        None => said,
    }
}

/// A text as it is shown and kept.
pub(super) fn shown(text: &str) -> String {
    presentable(text, MAX_DIAGNOSIS)
}

/// Folded words without the codes that servers repeat in front of each line.
fn words(text: &str) -> String {
    let text = folded(text, MAX_READ);
    let is_code = |word: &&str| {
        let mut digits = word.trim_matches(|c: char| !c.is_ascii_digit()).split(['-', '.']);
        !word.is_empty()
            && word
                .bytes()
                .all(|byte| byte.is_ascii_digit() || b"-.#():".contains(&byte))
            && digits.next().is_some_and(|first| (1..=3).contains(&first.len()))
    };
    let kept: Vec<&str> = text.split(' ').filter(|word| !is_code(word)).collect();
    kept.join(" ")
}
