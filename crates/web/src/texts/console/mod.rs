//! The console, in both languages. Each part of it has a file of its own.

mod access;
mod accounts;
mod acts;
mod audit;
mod evidence;
mod exceptions;
mod frame;
mod jobs;
mod keys;
mod list;
mod mail;
mod overview;
mod read;
mod replies;
mod rules;
mod sealed;
mod set_contacts;
mod sources;
mod telling;

pub(crate) use access::AccessTexts;
pub(crate) use accounts::AccountTexts;
use acts::ActTexts;
use audit::AuditTexts;
pub(crate) use evidence::EvidenceTexts;
use exceptions::ExceptionTexts;
pub(crate) use frame::ConsoleFrameTexts;
use jobs::JobsTexts;
use keys::KeyTexts;
use list::ListTexts;
use mail::MailTexts;
pub(crate) use overview::OverviewTexts;
pub(crate) use read::ReadTexts;
use replies::RepliesTexts;
use rules::RulesTexts;
use sealed::SealedTexts;
use set_contacts::SetContactTexts;
use sources::SourceTexts;
pub(crate) use telling::TellingTexts;

/// Everything that the console says.
pub(crate) struct ConsoleTexts {
    /// On every page of it.
    pub(crate) frame: ConsoleFrameTexts,
    /// Signing in, and one's own account.
    pub(crate) access: AccessTexts,
    /// Accounts and tokens.
    pub(crate) accounts: AccountTexts,
    /// What was just done.
    pub(crate) acts: ActTexts,
    /// The audit trail.
    pub(crate) audit: AuditTexts,
    /// The first page.
    pub(crate) overview: OverviewTexts,
    /// Listings, the allow list, what is done by hand.
    pub(crate) list: ListTexts,
    /// The viewer of evidence.
    pub(crate) evidence: EvidenceTexts,
    /// Evidence untouched.
    pub(crate) sealed: SealedTexts,
    /// What networks ask for.
    pub(crate) exceptions: ExceptionTexts,
    /// What leaves by mail.
    pub(crate) mail: MailTexts,
    /// What was read of what came back.
    pub(crate) read: ReadTexts,
    /// What came back.
    pub(crate) replies: RepliesTexts,
    /// Whom we tell.
    pub(crate) telling: TellingTexts,
    /// Whom a person says is to be told.
    pub(crate) set_contacts: SetContactTexts,
    /// What tells us.
    pub(crate) sources: SourceTexts,
    /// Who asks by a key.
    pub(crate) keys: KeyTexts,
    /// The work that waits.
    pub(crate) jobs: JobsTexts,
    /// The editor of rules.
    pub(crate) rules: RulesTexts,
}

/// In English.
pub(super) const ENGLISH: ConsoleTexts = ConsoleTexts {
    frame: frame::ENGLISH,
    access: access::ENGLISH,
    accounts: accounts::ENGLISH,
    acts: acts::ENGLISH,
    audit: audit::ENGLISH,
    overview: overview::ENGLISH,
    list: list::ENGLISH,
    evidence: evidence::ENGLISH,
    sealed: sealed::ENGLISH,
    exceptions: exceptions::ENGLISH,
    mail: mail::ENGLISH,
    read: read::ENGLISH,
    replies: replies::ENGLISH,
    telling: telling::ENGLISH,
    set_contacts: set_contacts::ENGLISH,
    sources: sources::ENGLISH,
    keys: keys::ENGLISH,
    jobs: jobs::ENGLISH,
    rules: rules::ENGLISH,
};

/// In Spanish.
pub(super) const SPANISH: ConsoleTexts = ConsoleTexts {
    frame: frame::SPANISH,
    access: access::SPANISH,
    accounts: accounts::SPANISH,
    acts: acts::SPANISH,
    audit: audit::SPANISH,
    overview: overview::SPANISH,
    list: list::SPANISH,
    evidence: evidence::SPANISH,
    sealed: sealed::SPANISH,
    exceptions: exceptions::SPANISH,
    mail: mail::SPANISH,
    read: read::SPANISH,
    replies: replies::SPANISH,
    telling: telling::SPANISH,
    set_contacts: set_contacts::SPANISH,
    sources: sources::SPANISH,
    keys: keys::SPANISH,
    jobs: jobs::SPANISH,
    rules: rules::SPANISH,
};
