//! The pages and the API as their readers meet them: in front of a real store and a zone that follows it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests end where something is not as it should be"
)]

mod api;
mod cards;
mod console_access;
mod console_accounts;
mod console_factors;
mod console_hostile;
mod console_listings;
mod console_mail;
mod console_pages;
mod console_proof;
mod console_replies;
mod console_roles;
mod console_sealed;
mod console_sources;
mod console_telling;
mod contract;
mod desk;
mod enrolling;
mod every_route;
mod evidence;
mod exceptions;
mod exports;
mod feedback;
mod first_load;
mod gate;
mod glance;
mod leaving;
mod log;
mod looking;
mod many;
mod network;
mod open;
mod operator;
mod own_names;
mod reasons;
mod reports;
mod serving;
mod shield;
mod standing;
mod statistics;
mod stopping;
mod support;
mod trouble;
