//! Why a mail was not delivered, in one word: by what the server said, and where that says nothing, by the status (RFC 3463 section 3).
//!
//! Words come first, because many servers put their status badly: `5.1.1` also stands beside "too many recipients this hour".

use super::phrases::PHRASES;
use super::status::Status;
use crate::folded::has;

/// The reason. Each names the codes of RFC 3463 and its registry that it stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Nobody has this mailbox (X.1.1, X.1.4, X.1.6).
    UnknownUser,
    /// The domain does not exist, or has no server (X.1.2, X.4.4).
    HostUnknown,
    /// The domain says that it takes no mail (X.1.10, RFC 7505).
    NullMx,
    /// The address cannot be one (X.1.3).
    BadAddress,
    /// Our own address is not accepted (X.1.7, X.1.8).
    BadSender,
    /// The mailbox is closed (X.2.1).
    Disabled,
    /// The mailbox is full (X.2.2).
    MailboxFull,
    /// The mail is too large for the mailbox or the server (X.2.3, X.3.4).
    TooBig,
    /// The server has no room (X.3.1).
    SystemFull,
    /// Another trouble of the server itself (X.3.X).
    MailSystem,
    /// No server answered (X.4.1, X.4.2, X.4.3, X.4.5).
    NoAnswer,
    /// The mail goes in circles (X.4.6).
    Loop,
    /// The mail was tried for too long (X.4.7).
    Expired,
    /// The servers do not understand each other (X.5.X).
    Protocol,
    /// The mail is not formed, or does not hold, what is accepted (X.6.X).
    Content,
    /// The mail, or who sends it, is taken for spam (X.7.1).
    Spam,
    /// The sender could not prove who it is: SPF, DKIM, DMARC, the name of its address (X.7.20 to X.7.29).
    Authentication,
    /// Too much in too short a time (X.7.28, RFC 5321 section 4.5.3.1.10).
    RateLimited,
    /// The server passes nothing on for us (X.7.1).
    Relaying,
    /// Another rule of whoever receives (X.7.X).
    Policy,
    /// Nothing that is known here.
    Other,
}

impl Reason {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::UnknownUser,
        Self::HostUnknown,
        Self::NullMx,
        Self::BadAddress,
        Self::BadSender,
        Self::Disabled,
        Self::MailboxFull,
        Self::TooBig,
        Self::SystemFull,
        Self::MailSystem,
        Self::NoAnswer,
        Self::Loop,
        Self::Expired,
        Self::Protocol,
        Self::Content,
        Self::Spam,
        Self::Authentication,
        Self::RateLimited,
        Self::Relaying,
        Self::Policy,
        Self::Other,
    ];

    /// The name, as it is kept and shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UnknownUser => "unknown-user",
            Self::HostUnknown => "host-unknown",
            Self::NullMx => "null-mx",
            Self::BadAddress => "bad-address",
            Self::BadSender => "bad-sender",
            Self::Disabled => "disabled",
            Self::MailboxFull => "mailbox-full",
            Self::TooBig => "too-big",
            Self::SystemFull => "system-full",
            Self::MailSystem => "mail-system",
            Self::NoAnswer => "no-answer",
            Self::Loop => "loop",
            Self::Expired => "expired",
            Self::Protocol => "protocol",
            Self::Content => "content",
            Self::Spam => "spam",
            Self::Authentication => "authentication",
            Self::RateLimited => "rate-limited",
            Self::Relaying => "relaying",
            Self::Policy => "policy",
            Self::Other => "other",
        }
    }

    /// Whether the trouble stays, whatever class the server gave it; none where the class tells.
    pub(super) const fn stays(self) -> Option<bool> {
        match self {
            Self::UnknownUser | Self::HostUnknown | Self::NullMx | Self::BadAddress | Self::Disabled => {
                Some(true)
            }
            Self::MailboxFull | Self::SystemFull | Self::NoAnswer | Self::Expired | Self::RateLimited => {
                Some(false)
            }
            _ => None,
        }
    }

    /// The reason that words give. They must be folded.
    pub(super) fn of_words(words: &str) -> Option<Self> {
        let says = |(_, phrases): &&(Self, &[&str])| phrases.iter().any(|phrase| has(words, phrase));
        PHRASES.iter().find(says).map(|(reason, _)| *reason)
    }

    /// The reason that a status gives; none where it is too vague.
    pub(super) const fn of_status(status: Status) -> Option<Self> {
        Some(match (status.subject, status.detail) {
            (1, 1 | 4 | 6) => Self::UnknownUser,
            (1, 2) | (4, 4) => Self::HostUnknown,
            (1, 10) => Self::NullMx,
            (1, 3) => Self::BadAddress,
            (1, 7 | 8) => Self::BadSender,
            (2, 1) => Self::Disabled,
            (2, 2) => Self::MailboxFull,
            (2, 3) | (3, 4) => Self::TooBig,
            (3, 1) => Self::SystemFull,
            (3, _) => Self::MailSystem,
            (4, 1 | 2 | 3 | 5) => Self::NoAnswer,
            (4, 6) => Self::Loop,
            (4, 7) => Self::Expired,
            (5, 1..) => Self::Protocol,
            (6, _) => Self::Content,
            (7, 28) => Self::RateLimited,
            (7, 20..=29) => Self::Authentication,
            (7, _) => Self::Policy,
            _ => return None,
        })
    }
}
