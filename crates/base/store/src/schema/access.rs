//! The tables of who may operate, and of what was done.

/// Tokens and codes are kept as digests, passwords as hashes: who reads the database signs in nowhere. `deeds` and `deed_ends` are only ever added
/// to. An invitation without a name lets whoever comes first choose one and makes the first account; those with an account give it a new password and factor.
pub(super) const ACCESS: &[&str] = &[
    "CREATE TABLE accounts (
        id {bytes} PRIMARY KEY,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        password TEXT,
        factor {bytes},
        factor_step {int} NOT NULL,
        created_at {int} NOT NULL,
        disabled_at {int}
    ) {strict}",
    "CREATE TABLE recovery_codes (
        account {bytes} NOT NULL,
        code {bytes} NOT NULL,
        PRIMARY KEY (account, code)
    ) {strict}",
    "CREATE TABLE invitations (
        token {bytes} PRIMARY KEY,
        name TEXT,
        role TEXT NOT NULL,
        account {bytes},
        invited_by TEXT NOT NULL,
        created_at {int} NOT NULL,
        ends_at {int} NOT NULL
    ) {strict}",
    "CREATE TABLE sessions (
        id {bytes} PRIMARY KEY,
        token {bytes} NOT NULL UNIQUE,
        account {bytes} NOT NULL,
        client TEXT NOT NULL,
        agent TEXT NOT NULL,
        created_at {int} NOT NULL,
        seen_at {int} NOT NULL,
        ends_at {int} NOT NULL,
        ended_at {int}
    ) {strict}",
    "CREATE INDEX sessions_of_account ON sessions (account, created_at)",
    "CREATE INDEX sessions_by_end ON sessions (ends_at)",
    "CREATE TABLE sign_in_failures (
        who {bytes} NOT NULL,
        client TEXT NOT NULL,
        failures {int} NOT NULL,
        last_at {int} NOT NULL,
        PRIMARY KEY (who, client)
    ) {strict}",
    "CREATE INDEX sign_in_failures_by_time ON sign_in_failures (last_at)",
    "CREATE TABLE access_tokens (
        id {bytes} PRIMARY KEY,
        token {bytes} NOT NULL UNIQUE,
        name TEXT NOT NULL,
        folded TEXT NOT NULL UNIQUE,
        role TEXT NOT NULL,
        scopes TEXT NOT NULL,
        account {bytes},
        made_by TEXT NOT NULL,
        created_at {int} NOT NULL,
        ends_at {int},
        used_at {int}
    ) {strict}",
    "CREATE TABLE deeds (
        id {key},
        at {int} NOT NULL,
        who TEXT NOT NULL,
        way TEXT NOT NULL,
        client TEXT,
        act TEXT NOT NULL,
        target TEXT NOT NULL,
        details TEXT NOT NULL,
        undoes {int}
    ) {strict}",
    "CREATE INDEX deeds_of_who ON deeds (who, id)",
    "CREATE INDEX deeds_by_act ON deeds (act, id)",
    "CREATE INDEX deeds_about ON deeds (target, id)",
    "CREATE INDEX deeds_undoing ON deeds (undoes) WHERE undoes IS NOT NULL",
    "CREATE TABLE deed_ends (
        deed {int} PRIMARY KEY,
        at {int} NOT NULL,
        outcome TEXT NOT NULL,
        details TEXT NOT NULL
    ) {strict}",
];
