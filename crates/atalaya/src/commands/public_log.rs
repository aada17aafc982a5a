//! `public-log`: the public log of decisions as it stands, forgetting in it, and another in its place.

use atalaya_model::{Serial, Timestamp};
use clap::{Args, Subcommand};

use super::{line_to, print, print_json};
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;
use crate::public_log::{LogRequest, LogShown};

/// `public-log`.
#[derive(Debug, Subcommand)]
pub(crate) enum PublicLogCommand {
    /// Show its name, its key and its signed head
    Show(LogShow),
    /// Delete what tells whom entries are about: of one decision, or of all before a time by which nobody is listed now
    Forget(LogForget),
    /// Begin another log under another name, after the store was put back from a backup or the address of the pages has changed
    Restart(LogRestart),
}

/// `public-log show`.
#[derive(Debug, Args)]
pub(crate) struct LogShow {
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `public-log forget`.
#[derive(Debug, Args)]
pub(crate) struct LogForget {
    #[command(flatten)]
    place: Place,
    /// The serial of a decision, whatever stands by it
    #[arg(required_unless_present = "before", conflicts_with = "before")]
    serial: Option<u64>,
    /// All decisions before this time, but for those by which somebody is listed or allowed now
    #[arg(long, value_name = "TIME")]
    before: Option<Timestamp>,
}

/// `public-log restart`.
#[derive(Debug, Args)]
pub(crate) struct LogRestart {
    #[command(flatten)]
    place: Place,
    /// The name of the new log, an address without https://, such as lists.example.org/log2
    name: String,
}

/// Runs one of the three.
pub(crate) async fn run(command: PublicLogCommand) -> anyhow::Result<()> {
    match command {
        PublicLogCommand::Show(show) => {
            let mut line = line_to(&show.place, Missing::Refused).await?;
            let shown: LogShown = line.ask(Request::PublicLog(LogRequest::Show)).await?;
            match show.json {
                true => print_json(&shown),
                false => show_text(&shown),
            }
        }
        PublicLogCommand::Forget(forget) => {
            let mut line = line_to(&forget.place, Missing::Refused).await?;
            let asked = match (forget.serial, forget.before) {
                (Some(serial), _) => LogRequest::Forget {
                    serial: Serial(serial),
                },
                (None, time) => LogRequest::ForgetBefore {
                    time: time.unwrap_or(Timestamp::EPOCH),
                },
            };
            let forgotten: u64 = line.ask(Request::PublicLog(asked)).await?;
            print(match forgotten {
                0 => "Nothing was to be forgotten.".to_owned(),
                1 => "1 entry tells no more whom it is about.".to_owned(),
                many => format!("{many} entries tell no more whom they are about."),
            })
        }
        PublicLogCommand::Restart(restart) => {
            let mut line = line_to(&restart.place, Missing::Refused).await?;
            let asked = LogRequest::Restart { name: restart.name };
            let shown: LogShown = line.ask(Request::PublicLog(asked)).await?;
            print(format_args!(
                "The log {} begins with the first decision. Its key, for those who check it:\n{}",
                shown.name, shown.key
            ))
        }
    }
}

fn show_text(shown: &LogShown) -> anyhow::Result<()> {
    print(format_args!("name     {}", shown.name))?;
    print(format_args!("key      {}", shown.key))?;
    print(format_args!("entries  {}", shown.entries))?;
    if let Some(trouble) = &shown.trouble {
        print(format_args!("trouble  {trouble}"))?;
    }
    if let Some(configured) = &shown.configured {
        print(format_args!(
            "The configuration gives the name {configured}; `atalaya public-log restart {configured}` begins that log."
        ))?;
    }
    match &shown.checkpoint {
        Some(checkpoint) => print(format_args!("\n{}", checkpoint.trim_end())),
        None => print("It has no head yet: the server makes the first."),
    }
}
