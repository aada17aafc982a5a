#![doc = include_str!("../README.md")]

mod address;
mod api;
mod app;
mod assets;
mod client;
mod compression;
mod config;
mod console;
mod exports;
mod failure;
mod gate;
mod health;
mod host;
mod language;
mod leave;
mod limiter;
mod lookup;
mod meters;
mod names;
mod pace;
mod pages;
mod reports;
mod server;
mod shield;
mod snippets;
mod texts;
mod written;

pub use api::answer_json;
pub use app::{App, AppConfig, Telling, router};
pub use config::WebConfig;
pub use console::access::keep as accounts;
pub use console::{
    Answering, ConsoleConfig, ContactShown, ContactsOrder, EvidenceOrder, ExceptionsOrder, FeedbackOrder,
    JobsOrder, KeyShown, KeysOrder, MAX_ANSWER, MAX_RULES, Nobody, Operations, Order, OthersShown,
    OutboxOrder, RepliesOrder, ReporterShown, ReportersOrder, RulesOrder, RulesShown, SealedEvidence,
    SealedFor, SecondFactor, SetContactsOrder, StepShown, SuppressOrder, TrapShown, TrapsOrder,
};
pub use lookup::NotLoaded;
pub use reports::{BadReporters, NewReporter, Quota, Reporter, ReporterFile, Reporters, Scope, Scopes, Used};
pub use server::{serve, serve_console};
