//! What server and filter agree on at the start of a connection.

use super::NoCommand;

/// What a filter may do to a message; the server says what it lets filters do.
pub mod actions {
    /// Add and insert header fields (`SMFIF_ADDHDRS`).
    pub const ADD_HEADERS: u32 = 0x01;
    /// Name the macros that it needs (`SMFIF_SETSYMLIST`).
    pub const NAME_MACROS: u32 = 0x100;
}

/// What is sent and answered; the server says what it can do, the filter which of it is to be done.
pub mod steps {
    /// Send no unknown commands (`SMFIP_NOUNKNOWN`).
    pub const NO_UNKNOWN: u32 = 0x100;
    /// Wait for no answer to HELO (`SMFIP_NR_HELO`).
    pub const NO_ANSWER_TO_HELO: u32 = 0x2000;
    /// Wait for no answer to a header field (`SMFIP_NR_HDR`).
    pub const NO_ANSWER_TO_HEADER: u32 = 0x80;
    /// Wait for no answer to the end of the header (`SMFIP_NR_EOH`).
    pub const NO_ANSWER_TO_HEADER_END: u32 = 0x4_0000;
    /// The rest of the body need not be sent if the filter says so (`SMFIP_SKIP`).
    pub const SKIP: u32 = 0x400;
    /// Send, and take, the value of a header field with the space in front of it (`SMFIP_HDR_LEADSPC`).
    pub const LEADING_SPACE: u32 = 0x10_0000;
}

/// The oldest version that has everything needed here: Sendmail 8.11, Postfix 2.3.
const OLDEST: u32 = 2;
/// The version that is spoken here: Sendmail 8.14, Postfix 2.6.
const NEWEST: u32 = 6;
/// The first version that has DATA as a step of its own.
const WITH_DATA: u32 = 4;

/// An offer of the server, or what the filter takes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// The version of the protocol.
    pub version: u32,
    /// What the filter may do, or will do: see [`actions`].
    pub actions: u32,
    /// What is sent and answered: see [`steps`].
    pub steps: u32,
}

impl Options {
    /// What a filter takes of this offer if it would like these actions and steps.
    ///
    /// # Errors
    /// The server speaks a version that is too old.
    pub const fn take(self, actions: u32, steps: u32) -> Result<Self, NoCommand> {
        if self.version < OLDEST {
            return Err(NoCommand::Old(self.version));
        }
        let version = if self.version < NEWEST {
            self.version
        } else {
            NEWEST
        };
        Ok(Self {
            version,
            actions: self.actions & actions,
            steps: self.steps & steps,
        })
    }

    /// Whether DATA is told, so that what becomes of a message can be said before any of it is sent.
    #[must_use]
    pub const fn has_data(self) -> bool {
        self.version >= WITH_DATA
    }

    /// Whether every one of these actions is agreed on.
    #[must_use]
    pub const fn may(self, actions: u32) -> bool {
        self.actions & actions == actions
    }

    /// Whether every one of these steps is agreed on.
    #[must_use]
    pub const fn has(self, steps: u32) -> bool {
        self.steps & steps == steps
    }
}
