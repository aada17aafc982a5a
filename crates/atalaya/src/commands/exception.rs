//! `exception`: the lasting exceptions that networks ask for on their pages.

use atalaya_model::{Clock, Serial};
use atalaya_store::Exception;
use clap::{Args, Subcommand};

use super::{Form, line_to, print, print_json, until_text};
use crate::cli::{End, Place, reason};
use crate::control::{Line, Request};
use crate::exceptions::ExceptionsRequest;
use crate::folder::Missing;

/// `exception`.
#[derive(Debug, Subcommand)]
pub(crate) enum ExceptionCommand {
    /// Show those that wait for a person, or with --all those that were answered too
    Show(ExceptionShow),
    /// Grant one: its address goes on the allow list
    Grant(ExceptionGrant),
    /// Refuse one
    Refuse(ExceptionRefuse),
}

/// `exception show`.
#[derive(Debug, Args)]
pub(crate) struct ExceptionShow {
    #[command(flatten)]
    place: Place,
    /// Those that were answered too
    #[arg(long)]
    all: bool,
    /// Print JSON, one a line
    #[arg(long)]
    json: bool,
}

/// `exception grant`.
#[derive(Debug, Args)]
pub(crate) struct ExceptionGrant {
    #[command(flatten)]
    place: Place,
    /// Its number
    id: u64,
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 365d; without it, for good
    #[arg(long, value_name = "TIME")]
    until: Option<End>,
    /// What the network reads on its page
    #[arg(long, default_value = "", value_name = "TEXT")]
    words: String,
}

/// `exception refuse`.
#[derive(Debug, Args)]
pub(crate) struct ExceptionRefuse {
    #[command(flatten)]
    place: Place,
    /// Its number
    id: u64,
    /// What the network reads on its page
    #[arg(long, value_name = "TEXT", value_parser = reason)]
    words: String,
}

/// Runs one of the three.
pub(crate) async fn run(command: ExceptionCommand) -> anyhow::Result<()> {
    match command {
        ExceptionCommand::Show(show) => run_show(&show).await,
        ExceptionCommand::Grant(grant) => {
            let mut line = line_to(&grant.place, Missing::Refused).await?;
            let until = grant.until.map(|end| end.moment(Clock::system().now()));
            let asked = ExceptionsRequest::Grant {
                id: grant.id,
                until,
                words: grant.words,
            };
            let serial: Serial = line.ask(Request::Exceptions(asked)).await?;
            print(format_args!(
                "Granted {}: the address is on the allow list (serial {serial}).",
                until_text(until)
            ))
        }
        ExceptionCommand::Refuse(refuse) => {
            let mut line = line_to(&refuse.place, Missing::Refused).await?;
            let (id, words) = (refuse.id, refuse.words);
            let asked = ExceptionsRequest::Refuse { id, words };
            line.ask::<bool>(Request::Exceptions(asked)).await?;
            print(format_args!("Refused. The network reads why on its page."))
        }
    }
}

async fn run_show(show: &ExceptionShow) -> anyhow::Result<()> {
    let mut line = line_to(&show.place, Missing::Refused).await?;
    let form = Form::from(show.json);
    let mut found = show_waiting(&mut line, form).await?;
    if show.all {
        found = found.saturating_add(show_settled(&mut line, form).await?);
    }
    match (found, form) {
        (0, Form::Text) => print("Nobody waits for an exception."),
        _ => Ok(()),
    }
}

/// Shows those that wait; gives how many.
async fn show_waiting(line: &mut Line, form: Form) -> anyhow::Result<usize> {
    let (mut found, mut after) = (0_usize, 0);
    loop {
        let page = ask(line, ExceptionsRequest::Waiting { after }).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        after = last.id;
        found = found.saturating_add(page.len());
        page.iter().try_for_each(|one| print_one(one, form))?;
    }
}

/// Shows those that were answered; gives how many.
async fn show_settled(line: &mut Line, form: Form) -> anyhow::Result<usize> {
    let (mut found, mut before) = (0_usize, None);
    loop {
        let page = ask(line, ExceptionsRequest::Settled { before }).await?;
        let Some(last) = page.last() else {
            return Ok(found);
        };
        before = Some(last.id);
        found = found.saturating_add(page.len());
        page.iter().try_for_each(|one| print_one(one, form))?;
    }
}

async fn ask(line: &mut Line, asked: ExceptionsRequest) -> anyhow::Result<Vec<Exception>> {
    line.ask(Request::Exceptions(asked)).await
}

fn print_one(one: &Exception, form: Form) -> anyhow::Result<()> {
    if let Form::Json = form {
        return print_json(one);
    }
    let standing = match &one.settled {
        None => "waits".to_owned(),
        Some(answer) if answer.granted => format!("granted {}", until_text(answer.until)),
        Some(_) => "refused".to_owned(),
    };
    print(format_args!(
        "{:>4}  {:<20} {:<28} {}  {standing}\n      {}",
        one.id, one.prefix, one.contact, one.asked_at, one.reason
    ))
}
