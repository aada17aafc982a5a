//! `replies list`, `show`, `settle`: what was heard of notices, and what waits for a person.

use atalaya_model::Prefix;
use atalaya_notify::{Settlement, Which, text_without_secrets};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Form, line_to, print, print_json, printable};
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;
use crate::hearing::{RepliesRequest, ReplyLine, ReplyShown};

/// `replies`.
#[derive(Debug, Subcommand)]
pub(crate) enum RepliesCommand {
    /// Show what waits for a person, the newest first
    List(RepliesList),
    /// Show one answer with its mail
    Show(RepliesShow),
    /// Say what an answer means that waits for a person
    Settle(RepliesSettle),
}

/// `replies list`.
#[derive(Debug, Args)]
pub(crate) struct RepliesList {
    #[command(flatten)]
    place: Place,
    /// All that was heard, also what waits for nobody
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    most: u32,
    /// Print JSON, one answer a line
    #[arg(long)]
    json: bool,
}

/// `replies show`.
#[derive(Debug, Args)]
pub(crate) struct RepliesShow {
    #[command(flatten)]
    place: Place,
    /// Which answer
    id: Uuid,
    /// Print JSON, the mail in base64
    #[arg(long)]
    json: bool,
}

/// `replies settle`.
#[derive(Debug, Args)]
pub(crate) struct RepliesSettle {
    #[command(flatten)]
    place: Place,
    /// Which answer
    id: Uuid,
    /// What it means: fixed, not-ours (the contact is no answer for the prefix any more), stop (no more notices to the contact), ignore
    #[arg(long = "as", value_name = "MEANING")]
    settlement: Settlement,
    /// With not-ours: a prefix that is not the contact's, where the notice tells of several; may be given more than once
    #[arg(long = "prefix", value_name = "PREFIX")]
    prefixes: Vec<Prefix>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs one of the three.
pub(crate) async fn run(command: RepliesCommand) -> anyhow::Result<()> {
    match command {
        RepliesCommand::List(list) => run_list(list).await,
        RepliesCommand::Show(show) => run_show(show).await,
        RepliesCommand::Settle(settle) => run_settle(settle).await,
    }
}

async fn run_list(list: RepliesList) -> anyhow::Result<()> {
    let which = if list.all { Which::All } else { Which::Waiting };
    let most = list.most;
    let request = Request::Replies(RepliesRequest::List { which, most });
    let mut line = line_to(&list.place, Missing::Refused).await?;
    let lines: Vec<ReplyLine> = line.ask(request).await?;
    match (Form::from(list.json), which) {
        (Form::Json, _) => lines.iter().try_for_each(print_json),
        (Form::Text, Which::Waiting) if lines.is_empty() => print("Nothing waits for you."),
        (Form::Text, _) => lines.iter().try_for_each(|line| print(row(line))),
    }
}

async fn run_show(show: RepliesShow) -> anyhow::Result<()> {
    let request = Request::Replies(RepliesRequest::Show { id: show.id });
    let mut line = line_to(&show.place, Missing::Refused).await?;
    let shown: ReplyShown = line.ask(request).await?;
    if Form::from(show.json) == Form::Json {
        return print_json(&shown);
    }
    print(row(&shown.line))?;
    print(format_args!("because: {}", shown.line.because))?;
    print(format_args!("read: {}", shown.line.details))?;
    match shown.mail {
        Some(mail) => {
            print("")?;
            print(printable(&String::from_utf8_lossy(&mail.0)).trim_end())
        }
        None => print("The mail is not kept any more."),
    }
}

async fn run_settle(settle: RepliesSettle) -> anyhow::Result<()> {
    let RepliesSettle {
        place,
        id,
        settlement,
        prefixes,
        json,
    } = settle;
    let request = Request::Replies(RepliesRequest::Settle {
        id,
        settlement,
        prefixes,
    });
    let mut line = line_to(&place, Missing::Refused).await?;
    let _done: serde_json::Value = line.ask(request).await?;
    match Form::from(json) {
        Form::Json => print_json(&serde_json::json!({"id": id, "settled": settlement})),
        Form::Text => print(format_args!("{id} is settled as {settlement}.")),
    }
}

/// An answer on one line.
fn row(line: &ReplyLine) -> String {
    let contact = line.contact.as_ref().map_or("-", |contact| contact.as_str());
    let said = line
        .details
        .get("said")
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let said: String = text_without_secrets(said).chars().take(80).collect();
    let row = format!(
        "{} {} {} ({}%) {} from {} about {contact}: {said}",
        line.id, line.at, line.kind, line.confidence, line.action, line.sender
    );
    row.trim_end_matches([':', ' ']).to_owned()
}
