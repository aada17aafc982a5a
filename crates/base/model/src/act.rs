//! What a person or a program can do that is written into the audit trail.

use std::fmt;
use std::str::FromStr;

/// Makes the acts with their names, and the list of all.
macro_rules! acts {
    ($($(#[doc = $about:literal])* $act:ident = $name:literal,)+) => {
        /// An act of the audit trail. One that was recorded once keeps its name for good.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Act { $($(#[doc = $about])* $act,)+ }

        impl Act {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$act),+];

            /// The name in database, commands and API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$act => $name,)+ }
            }
        }
    };
}

acts! {
    /// A session was opened.
    SignIn = "session.open",
    /// A session was ended by its owner.
    SignOut = "session.close",
    /// Another session was ended.
    EndSession = "session.end",
    /// A recovery code was used in the place of the second factor.
    UseRecovery = "session.recovery",
    /// Somebody was invited.
    Invite = "account.invite",
    /// An account was made.
    MakeAccount = "account.make",
    /// An account was given another role.
    ChangeRole = "account.role",
    /// An account was closed.
    Disable = "account.disable",
    /// A closed account was opened again.
    Enable = "account.enable",
    /// Password and factor of an account were taken from it.
    Reset = "account.reset",
    /// An account got another password.
    ChangePassword = "account.password",
    /// An account got another second factor.
    ChangeFactor = "account.factor",
    /// An account got other recovery codes.
    MakeRecovery = "account.recovery",
    /// A token was made.
    MakeToken = "token.make",
    /// A token was revoked.
    RevokeToken = "token.revoke",
    /// An address or prefix was listed by hand.
    List = "list.add",
    /// One was taken off the list by hand.
    Unlist = "list.remove",
    /// One was put on the allow list.
    Allow = "allow.add",
    /// One was taken off the allow list.
    Disallow = "allow.remove",
    /// A list of others was taken over, or a piece of it.
    Import = "import.list",
    /// What an import had listed was withdrawn.
    ImportWithdraw = "import.withdraw",
    /// What followed from a mistake was taken back.
    Purge = "purge",
    /// The rules were changed.
    SaveRules = "rules.save",
    /// A mail was tried anew.
    RetryMail = "outbox.retry",
    /// A mail was given up.
    DropMail = "outbox.drop",
    /// An address gets no more mail.
    Suppress = "suppress.add",
    /// Mail may go to an address again.
    Unsuppress = "suppress.remove",
    /// What was heard was settled by a person.
    SettleReply = "replies.settle",
    /// A feed's next list is taken however it looks.
    ReleaseFeed = "feeds.release",
    /// An enrolment was made or let in.
    Enrol = "feedback.enrol",
    /// An enrolment was changed.
    ChangeEnrolment = "feedback.change",
    /// An enrolment was refused or ended.
    EndEnrolment = "feedback.end",
    /// Evidence was taken untouched.
    TakeEvidence = "evidence.sealed",
    /// A key for asking the list was made.
    MakeKey = "key.make",
    /// One was made anew.
    ChangeKey = "key.change",
    /// One was revoked.
    RevokeKey = "key.revoke",
    /// A trap was added.
    AddTrap = "trap.add",
    /// A trap was taken away.
    RemoveTrap = "trap.remove",
    /// A key for reports was made.
    MakeReporter = "reporter.make",
    /// One was changed.
    ChangeReporter = "reporter.change",
    /// One was revoked.
    RevokeReporter = "reporter.revoke",
    /// A contact was set by hand.
    SetContact = "contact.set",
    /// A contact that was set by hand was taken away.
    UnsetContact = "contact.unset",
    /// Questions for contacts were queued.
    QueueContacts = "contact.queue",
    /// A lasting exception was granted.
    GrantException = "exception.grant",
    /// One was refused.
    RefuseException = "exception.refuse",
    /// Somebody was forgotten in the public log.
    ForgetEntry = "log.forget",
    /// Another public log was begun.
    RestartLog = "log.restart",
    /// A job was tried anew.
    RetryJob = "job.retry",
}

impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text names no act.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no act of the audit trail")]
pub struct UnknownAct(String);

impl FromStr for Act {
    type Err = UnknownAct;

    fn from_str(text: &str) -> Result<Self, UnknownAct> {
        let found = Self::ALL.iter().find(|act| act.name() == text);
        found.copied().ok_or_else(|| UnknownAct(text.to_owned()))
    }
}

crate::as_text!(Act);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_are_read_back_and_no_two_have_one_name() {
        for act in Act::ALL {
            assert_eq!(act.to_string().parse(), Ok(*act));
        }
        assert!("list".parse::<Act>().is_err());
    }
}
