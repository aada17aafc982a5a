//! The table of contacts that a person set.

/// `kind` is `prefix` or `domain`. They are few: a person writes them.
pub(super) const SET_CONTACTS: &[&str] = &["CREATE TABLE set_contacts (
        subject TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        mailboxes TEXT NOT NULL,
        reason TEXT NOT NULL,
        since {int} NOT NULL,
        ends_at {int}
    ) {strict}"];
