//! The tables of the public log.

/// An entry is its leaf in the tree and what opens its seal: the salt, or once that is forgotten the seal itself; the two differ in their length.
/// `log_nodes` are the hashes above full tiles, `log_heads` has one row.
pub(super) const PUBLIC_LOG: &[&str] = &[
    "INSERT INTO counters (name, value) VALUES ('log', 0)",
    "CREATE TABLE log_entries (
        serial {int} PRIMARY KEY,
        opens {bytes} NOT NULL,
        leaf {bytes} NOT NULL
    ) {strict}",
    "CREATE TABLE log_nodes (
        level {int} NOT NULL,
        number {int} NOT NULL,
        hash {bytes} NOT NULL,
        PRIMARY KEY (level, number)
    ) {strict}",
    "CREATE TABLE log_heads (
        name TEXT PRIMARY KEY,
        origin TEXT NOT NULL,
        size {int} NOT NULL,
        root {bytes} NOT NULL,
        note TEXT NOT NULL,
        signed_at {int} NOT NULL
    ) {strict}",
];
