//! The store as its users see it: the same tests on SQLite and on PostgreSQL.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests end where something is not as it should be"
)]

mod access;
mod accounts;
mod allowed;
mod copies;
mod disk;
mod dossier;
mod enrolling;
mod exceptions;
mod facts;
mod feedback;
mod hearing;
mod kill;
mod letters;
mod list;
mod looking;
mod opening;
mod property;
mod public_log;
mod retention;
mod rulebooks;
mod set_contacts;
mod statistics;
mod support;
mod telling;
mod told;
mod work;
