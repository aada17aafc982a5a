//! The whole system on loopback, told as stories. See the README beside this folder.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests may stop at the first thing that does not hold, and wait for real processes"
)]

mod accessible;
mod asking_keys;
mod backscatter;
mod backup;
mod browser;
mod commands;
mod console;
mod console_pages;
mod contacts;
mod control;
mod data;
mod delivered;
mod demo;
mod driver;
mod enrolling;
mod enrolling_by_hand;
mod every_page;
mod evidence;
mod exports;
mod fail2ban;
mod feedback;
mod feeds;
mod fingerprint;
mod first_light;
mod hardship;
mod harness;
mod hearing;
mod hostile_dns;
mod innocents;
mod judging;
mod kill;
mod listeners;
mod mail_servers;
mod network_page;
mod public_log;
mod rbldnsd;
mod replay;
mod sending;
mod serving;
mod shown;
mod signatures;
mod statistics;
mod strange_calls;
mod taken_back;
mod walks;
