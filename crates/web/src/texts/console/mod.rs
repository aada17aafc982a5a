//! The console, in both languages. Each part of it has a file of its own.

mod access;
mod frame;

pub(crate) use access::AccessTexts;
pub(crate) use frame::ConsoleFrameTexts;

/// Everything that the console says.
pub(crate) struct ConsoleTexts {
    /// On every page of it.
    pub(crate) frame: ConsoleFrameTexts,
    /// Signing in, accounts, the audit trail.
    pub(crate) access: AccessTexts,
}

/// In English.
pub(super) const ENGLISH: ConsoleTexts = ConsoleTexts {
    frame: frame::ENGLISH,
    access: access::ENGLISH,
};

/// In Spanish.
pub(super) const SPANISH: ConsoleTexts = ConsoleTexts {
    frame: frame::SPANISH,
    access: access::SPANISH,
};
