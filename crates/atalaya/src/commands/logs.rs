//! `logs`: what the lines of a mail server's log would be recorded as. Records nothing.

use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use atalaya_formats::mta_log::MailServer;
use atalaya_model::{Clock, Observation, Timestamp};
use atalaya_observe::logs::{FollowedLog, LogSensor, Unused, lines_of, lines_of_file};
use clap::Args;
use serde_json::json;

use super::{Form, config_at, print, print_json};
use crate::cli::Place;
use crate::config::Config;

/// The name of the log, where its observations are only shown.
const NAME: &str = "test";

/// `logs`.
#[derive(Debug, Args)]
pub(crate) struct LogsCommand {
    #[command(flatten)]
    place: Place,
    /// Logs, also packed with gzip; - for standard input
    #[arg(required = true, value_name = "FILE")]
    paths: Vec<PathBuf>,
    /// Which mail server wrote them: postfix, exim or sendmail
    #[arg(long, value_parser = server)]
    server: MailServer,
    /// A file of patterns, to try it
    #[arg(long, value_name = "FILE")]
    patterns: Option<PathBuf>,
    /// The time zone of their times, as Europe/Madrid or in the form of POSIX; without it, that of this machine
    #[arg(long, value_name = "ZONE")]
    zone: Option<String>,
    /// Also print the lines that say nothing against anybody
    #[arg(long)]
    verbose: bool,
    /// Print JSON, one line for each
    #[arg(long)]
    json: bool,
}

/// Reads the name of a mail server.
fn server(text: &str) -> Result<MailServer, String> {
    match text {
        "postfix" => Ok(MailServer::Postfix),
        "exim" => Ok(MailServer::Exim),
        "sendmail" => Ok(MailServer::Sendmail),
        other => Err(format!("`{other}` is not known: write postfix, exim or sendmail")),
    }
}

/// What is told, and how often.
struct Work {
    sensor: LogSensor,
    now: Timestamp,
    form: Form,
    is_verbose: bool,
    lines: u64,
    made: u64,
    unused: u64,
    /// The first failure to print.
    failure: Option<anyhow::Error>,
}

/// Tells of each line that says something.
pub(crate) fn run(command: &LogsCommand) -> anyhow::Result<()> {
    let place = &command.place;
    let config = if place.config.is_none() && place.data.is_none() {
        Config::default()
    } else {
        config_at(place)?
    };
    let mut work = Work {
        sensor: sensor(command, &config)?,
        now: Clock::system().now(),
        form: Form::from(command.json),
        is_verbose: command.verbose,
        lines: 0,
        made: 0,
        unused: 0,
        failure: None,
    };
    for path in &command.paths {
        work.read(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        if let Some(failure) = work.failure.take() {
            return Err(failure);
        }
    }
    match work.form {
        Form::Json => Ok(()),
        Form::Text => print(format_args!(
            "{} lines: {} to record, {} not, {} say nothing against anybody",
            work.lines,
            work.made,
            work.unused,
            work.lines.saturating_sub(work.made).saturating_sub(work.unused),
        )),
    }
}

/// What reads the lines, by the configuration and what was typed.
fn sensor(command: &LogsCommand, config: &Config) -> anyhow::Result<LogSensor> {
    let log = FollowedLog {
        name: NAME.to_owned(),
        path: PathBuf::new(),
        server: command.server,
        zone: command.zone.clone(),
        patterns: command.patterns.clone(),
    };
    Ok(LogSensor::open(&log, config.own_addresses(), config.logs.oldest)?)
}

impl Work {
    /// Reads a file, or standard input.
    fn read(&mut self, path: &Path) -> io::Result<()> {
        let mut number = 0_u64;
        let take = |line: &[u8]| {
            number = number.saturating_add(1);
            if self.failure.is_none() {
                self.failure = self.take(&format!("{}:{number}", path.display()), line).err();
            }
        };
        if path == Path::new("-") {
            lines_of(io::stdin().lock(), take)
        } else {
            lines_of_file(path, take)
        }
    }

    /// Tells of one line.
    fn take(&mut self, origin: &str, line: &[u8]) -> anyhow::Result<()> {
        self.lines = self.lines.saturating_add(1);
        match self.sensor.observe(line, self.now) {
            None if self.is_verbose => self.tell(origin, None),
            None => Ok(()),
            Some(made) => {
                let count = if made.is_ok() {
                    &mut self.made
                } else {
                    &mut self.unused
                };
                *count = count.saturating_add(1);
                self.tell(origin, Some(made))
            }
        }
    }

    fn tell(&self, origin: &str, made: Option<Result<Observation, Unused>>) -> anyhow::Result<()> {
        if self.form == Form::Json {
            let (observation, reason) = match made {
                None => (None, None),
                Some(Ok(observation)) => (Some(observation), None),
                Some(Err(why)) => (None, Some(why.to_string())),
            };
            return print_json(&json!({
                "line": origin,
                "recorded": observation.is_some(),
                "reason": reason,
                "observation": observation,
            }));
        }
        match made {
            None => print(format_args!("{origin}: says nothing against anybody")),
            Some(Ok(observation)) => print(format_args!("{origin}: {}", sentence(&observation))),
            Some(Err(why)) => print(format_args!("{origin}: not recorded: {why}")),
        }
    }
}

/// An observation as a sentence.
fn sentence(observation: &Observation) -> String {
    let Observation {
        kind,
        address,
        seen_at,
        envelope,
        ..
    } = observation;
    let mut text = format!("{kind} by {address}, at {seen_at}");
    let recipient = envelope.recipients.first().map_or("", String::as_str);
    for (what, value) in [
        ("helo", envelope.helo.as_str()),
        ("from", envelope.mail_from.as_str()),
        ("to", recipient),
    ] {
        if !value.is_empty() {
            text.push_str(&format!(", {what} <{value}>"));
        }
    }
    text
}
