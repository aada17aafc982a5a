//! The console, in both languages. Each part of it has a file of its own.

mod access;
mod accounts;
mod audit;
mod dashboard;
mod frame;

pub(crate) use access::AccessTexts;
pub(crate) use accounts::AccountTexts;
use audit::AuditTexts;
use dashboard::DashboardTexts;
pub(crate) use frame::ConsoleFrameTexts;

/// Everything that the console says.
pub(crate) struct ConsoleTexts {
    /// On every page of it.
    pub(crate) frame: ConsoleFrameTexts,
    /// The first page.
    pub(crate) dashboard: DashboardTexts,
    /// Signing in, and one's own account.
    pub(crate) access: AccessTexts,
    /// Accounts and tokens.
    pub(crate) accounts: AccountTexts,
    /// The audit trail.
    pub(crate) audit: AuditTexts,
}

/// In English.
pub(super) const ENGLISH: ConsoleTexts = ConsoleTexts {
    frame: frame::ENGLISH,
    dashboard: dashboard::ENGLISH,
    access: access::ENGLISH,
    accounts: accounts::ENGLISH,
    audit: audit::ENGLISH,
};

/// In Spanish.
pub(super) const SPANISH: ConsoleTexts = ConsoleTexts {
    frame: frame::SPANISH,
    dashboard: dashboard::SPANISH,
    access: access::SPANISH,
    accounts: accounts::SPANISH,
    audit: audit::SPANISH,
};
