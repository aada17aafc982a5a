//! The table of lasting exceptions.

/// One that is asked for has no `settled_at`; of a prefix there is one such at most.
pub(super) const EXCEPTIONS: &[&str] = &[
    "CREATE TABLE exceptions (
        id {key},
        prefix TEXT NOT NULL,
        contact TEXT NOT NULL,
        reason TEXT NOT NULL,
        asked_at {int} NOT NULL,
        settled_at {int},
        granted {int},
        ends_at {int},
        answer TEXT
    ) {strict}",
    "CREATE UNIQUE INDEX exceptions_open ON exceptions (prefix) WHERE settled_at IS NULL",
    "CREATE INDEX exceptions_of_contact ON exceptions (contact, settled_at)",
    "CREATE INDEX exceptions_of_prefix ON exceptions (prefix, id)",
];
