#![doc = include_str!("../README.md")]

mod access;
mod cli;
mod commands;
mod config;
mod console;
mod contact_zone;
mod control;
mod demo;
mod evidence;
mod exceptions;
mod factor_key;
mod feedback;
mod folder;
mod hearing;
mod house;
mod jobs;
mod mail_servers;
mod notices;
mod others;
mod outgoing;
mod process;
mod public_log;
mod registries;
mod rulebook;
mod serve;
mod set_contacts;
mod statistics;

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

use cli::{Cli, Command};

/// For our own code and for the libraries in C: a tenth of what an observation costs is memory that one thread takes and another gives back.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// The exit code for what could not be done.
const COULD_NOT: u8 = 1;
/// The exit code for what is to be tried again: mail servers know it from sysexits (`EX_TEMPFAIL`).
const TRY_AGAIN: u8 = 75;
/// The exit code for wrong use; clap uses the same for what it refuses itself.
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return tell(&anyhow::Error::new(error).context("cannot start")),
    };
    let done = runtime.block_on(Box::pin(run(cli.command)));
    // What still runs was told to end and had its time.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => tell(&error),
    }
}

/// Runs one command.
#[expect(clippy::cognitive_complexity, reason = "a table, a line a command")]
async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(demo) => Box::pin(demo::run(demo)).await,
        Command::Serve(serve) => Box::pin(serve::run(serve)).await,
        Command::Replay(replay) => Box::pin(commands::replay::run(replay)).await,
        Command::Complaint(complaint) => commands::complaint::run(&complaint),
        Command::Hear(hear) => Box::pin(commands::hear::run(hear)).await,
        Command::Replies(replies) => commands::replies::run(replies).await,
        Command::Logs(logs) => commands::logs::run(&logs),
        Command::Lookup(lookup) => commands::lookup::run(lookup).await,
        Command::List(list) => commands::list::run(list).await,
        Command::Allow(allow) => commands::allow::run(allow).await,
        Command::Key(key) => Box::pin(commands::key::run(key)).await,
        Command::Trap(trap) => Box::pin(commands::trap::run(trap)).await,
        Command::Reporter(reporter) => Box::pin(commands::reporter::run(reporter)).await,
        Command::Account(account) => commands::account::run(account).await,
        Command::Token(token) => commands::token::run(token).await,
        Command::Audit(audit) => commands::audit::run(audit).await,
        Command::Exception(exception) => commands::exception::run(exception).await,
        Command::PublicLog(log) => commands::public_log::run(log).await,
        Command::VerifyLog(verify) => Box::pin(commands::verify_log::run(verify)).await,
        Command::Top(top) => commands::top::run(top).await,
        Command::Export(export) => commands::export::run(export).await,
        Command::Import(import) => Box::pin(commands::import::run(import)).await,
        Command::Simulate(simulate) => Box::pin(commands::simulate::run(simulate)).await,
        Command::Purge(purge) => commands::purge::run(purge).await,
        Command::Rules(rules) => commands::rules::run(rules).await,
        Command::Sources(sources) => commands::sources::run(sources).await,
        Command::Feedback(feedback) => commands::feedback::run(feedback).await,
        Command::Feeds(feeds) => Box::pin(commands::feeds::run(feeds)).await,
        Command::Stats(stats) => Box::pin(commands::stats::run(stats)).await,
        Command::Data(data) => commands::data::run(data).await,
        Command::Evidence(evidence) => commands::evidence::run(evidence).await,
        Command::Contact(contact) => commands::contact::run(contact).await,
        Command::Notice(notice) => commands::notice::run(notice).await,
        Command::Outbox(outbox) => commands::outbox::run(outbox).await,
        Command::Jobs(jobs) => commands::jobs::run(jobs).await,
        Command::Suppress(suppress) => commands::suppress::run(suppress).await,
        Command::Dkim(dkim) => commands::dkim::run(dkim),
        Command::Fingerprint(fingerprint) => commands::fingerprint::run(&fingerprint),
        Command::Backup(backup) => Box::pin(commands::backup::run(backup)).await,
        Command::Rbldnsd(rbldnsd) => commands::rbldnsd::run(rbldnsd).await,
        Command::Config(cli::Config::Example) => commands::check_config::example(),
        Command::CheckConfig(check) => commands::check_config::run(&check),
        Command::Reference => commands::reference::run(),
    }
}

/// Tells what went wrong, with the whole chain of causes, once.
#[expect(
    clippy::print_stderr,
    reason = "the one place where a failure reaches the operator's terminal"
)]
fn tell(error: &anyhow::Error) -> ExitCode {
    if error.is::<commands::OutputClosed>() {
        return ExitCode::SUCCESS;
    }
    eprintln!("atalaya: {error:#}");
    if error.is::<commands::hear::TryAgain>() {
        return ExitCode::from(TRY_AGAIN);
    }
    let is_wrong_use = error.is::<commands::NoPlace>() || error.is::<cli::NamedTwice>();
    ExitCode::from(if is_wrong_use { WRONG_USE } else { COULD_NOT })
}
