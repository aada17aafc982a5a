#![doc = include_str!("../README.md")]

mod address;
mod api;
mod app;
mod assets;
mod client;
mod config;
mod evidence;
mod exports;
mod failure;
mod health;
mod language;
mod leave;
mod limiter;
mod lookup;
mod meters;
mod pages;
mod reports;
mod server;
mod shield;
mod texts;
mod written;

pub use api::answer_json;
pub use app::{App, AppConfig, Telling, router};
pub use config::WebConfig;
pub use lookup::NotLoaded;
pub use reports::{BadReporters, NewReporter, Quota, Reporter, ReporterFile, Reporters, Scope, Scopes, Used};
pub use server::serve;
