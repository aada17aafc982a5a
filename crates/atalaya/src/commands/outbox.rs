//! `outbox show`, `read`, `retry`, `drop`: what became of notices, and having them tried anew.

use anyhow::bail;
use atalaya_notify::ShownMail;
use atalaya_store::KeptMail;
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Form, line_to, print, print_json, printable};
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;
use crate::outgoing::OutboxRequest;

/// `outbox`.
#[derive(Debug, Subcommand)]
pub(crate) enum OutboxCommand {
    /// Show the mails in the outbox: what waits, and what became of the others
    Show(OutboxShow),
    /// Print a mail as text, without the secrets in its links
    Read(OutboxRead),
    /// Have a mail tried at once and anew, or all that failed
    Retry(OutboxRetry),
    /// Give a mail up that waits
    Drop(OutboxDrop),
}

/// `outbox show`.
#[derive(Debug, Args)]
pub(crate) struct OutboxShow {
    #[command(flatten)]
    place: Place,
    /// Only those in this state: waiting, sent, filed, failed, dropped
    #[arg(long, value_parser = ["waiting", "sent", "filed", "failed", "dropped"])]
    state: Option<String>,
    /// Print JSON, one mail a line
    #[arg(long)]
    json: bool,
}

/// `outbox read`.
#[derive(Debug, Args)]
pub(crate) struct OutboxRead {
    #[command(flatten)]
    place: Place,
    /// The mail, as `outbox show` names it
    id: Uuid,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `outbox retry`.
#[derive(Debug, Args)]
pub(crate) struct OutboxRetry {
    #[command(flatten)]
    place: Place,
    /// The mail, as `outbox show` names it
    #[arg(required_unless_present = "all_failed")]
    id: Option<Uuid>,
    /// All mails that failed
    #[arg(long, conflicts_with = "id")]
    all_failed: bool,
}

/// `outbox drop`.
#[derive(Debug, Args)]
pub(crate) struct OutboxDrop {
    #[command(flatten)]
    place: Place,
    /// The mail, as `outbox show` names it
    id: Uuid,
}

/// Runs one of the four.
pub(crate) async fn run(command: OutboxCommand) -> anyhow::Result<()> {
    match command {
        OutboxCommand::Show(show) => run_show(show).await,
        OutboxCommand::Read(OutboxRead { place, id, json }) => {
            let mut line = line_to(&place, Missing::Refused).await?;
            let read = Request::Outbox(OutboxRequest::Read { id });
            let shown: ShownMail = line.ask(read).await?;
            print_shown(&shown, Form::from(json))
        }
        OutboxCommand::Retry(retry) => {
            let mut line = line_to(&retry.place, Missing::Refused).await?;
            let asked = Request::Outbox(OutboxRequest::Retry { id: retry.id });
            match (line.ask::<u64>(asked).await?, retry.id) {
                (0, Some(id)) => bail!("{id} is not in the outbox, has left already, or is just being sent"),
                (count, _) => print(format_args!("Mails that are tried anew: {count}.")),
            }
        }
        OutboxCommand::Drop(OutboxDrop { place, id }) => {
            let mut line = line_to(&place, Missing::Refused).await?;
            let asked = Request::Outbox(OutboxRequest::Drop { id });
            match line.ask::<bool>(asked).await? {
                true => print(format_args!("{id} is given up.")),
                false => bail!("{id} does not wait in the outbox, or is just being sent"),
            }
        }
    }
}

async fn run_show(show: OutboxShow) -> anyhow::Result<()> {
    let OutboxShow { place, state, json } = show;
    let mut line = line_to(&place, Missing::Refused).await?;
    let form = Form::from(json);
    let mut after = None;
    loop {
        let state = state.clone();
        let asked = Request::Outbox(OutboxRequest::Show { state, after });
        let mails: Vec<KeptMail> = line.ask(asked).await?;
        if after.is_none() && form == Form::Text {
            print(heading(&mails))?;
        }
        let Some(last) = mails.last() else {
            return Ok(());
        };
        after = Some(last.id);
        mails.iter().try_for_each(|mail| print_mail(mail, form))?;
    }
}

fn heading(mails: &[KeptMail]) -> String {
    match mails {
        [] => "No such mail is in the outbox.".to_owned(),
        _ => format!(
            "{:<36}  {:<8} {:>5}  {:<20} {:<20} recipient",
            "id", "state", "tries", "written", "due"
        ),
    }
}

fn print_mail(mail: &KeptMail, form: Form) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(mail);
    }
    let due = match mail.state.as_str() {
        "waiting" => mail.due_at.to_string(),
        _ => "-".to_owned(),
    };
    print(format_args!(
        "{:<36}  {:<8} {:>5}  {:<20} {due:<20} {}",
        mail.id,
        mail.state,
        mail.attempts,
        mail.created_at.to_string(),
        mail.recipient
    ))?;
    match &mail.last_error {
        Some(why) => print(format_args!("  {why}")),
        None => Ok(()),
    }
}

fn print_shown(shown: &ShownMail, form: Form) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(shown);
    }
    print_mail(&shown.mail, form)?;
    print("")?;
    for (name, value) in &shown.head {
        print(format_args!("{name}: {}", printable(value)))?;
    }
    match &shown.text {
        Some(text) => print(format_args!("\n{}", printable(text).trim_end())),
        None => print("\nThere are no words in it."),
    }
}
