//! The table of the saves of rules.

/// Each save names a version of `rulebooks`; one that comes back is named again. They are few: a person saves them.
pub(super) const SAVED_RULES: &[&str] =
    &["CREATE TABLE saved_rules (number {key}, version TEXT NOT NULL, saved_at {int} NOT NULL) {strict}"];
