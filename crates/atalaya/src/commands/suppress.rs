//! `suppress add`, `suppress remove`, `suppress show`: addresses that no mail goes to.

use anyhow::bail;
use atalaya_model::{Clock, MailAddress};
use atalaya_store::Suppressed;
use clap::{Args, Subcommand};

use super::{Form, line_to, print, print_json, until_text};
use crate::cli::{End, Place, reason};
use crate::control::Request;
use crate::folder::Missing;
use crate::outgoing::SuppressRequest;

/// `suppress`.
#[derive(Debug, Subcommand)]
pub(crate) enum SuppressCommand {
    /// Send an address no more mail
    Add(SuppressAdd),
    /// Let mail go to an address again: it is not suppressed any more, and not dead
    Remove(SuppressRemove),
    /// Show the addresses that no mail goes to
    Show(SuppressShow),
}

/// `suppress add`.
#[derive(Debug, Args)]
pub(crate) struct SuppressAdd {
    #[command(flatten)]
    place: Place,
    /// The address
    address: MailAddress,
    /// Why
    #[arg(long, default_value = "Suppressed by hand.", value_parser = reason)]
    reason: String,
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 30d; without it, for good
    #[arg(long, value_name = "TIME")]
    until: Option<End>,
}

/// `suppress remove`.
#[derive(Debug, Args)]
pub(crate) struct SuppressRemove {
    #[command(flatten)]
    place: Place,
    /// The address
    address: MailAddress,
    /// Forget too that it asked to be left alone, and that it said that prefixes are not its own
    #[arg(long)]
    even_if_asked: bool,
}

/// `suppress show`.
#[derive(Debug, Args)]
pub(crate) struct SuppressShow {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one address a line
    #[arg(long)]
    json: bool,
}

/// Runs one of the three.
pub(crate) async fn run(command: SuppressCommand) -> anyhow::Result<()> {
    match command {
        SuppressCommand::Add(add) => {
            let mut line = line_to(&add.place, Missing::Made).await?;
            let until = add.until.map(|end| end.moment(Clock::system().now()));
            let address = add.address.clone();
            let why = add.reason;
            let asked = SuppressRequest::Add { address, why, until };
            line.ask::<()>(Request::Suppress(asked)).await?;
            print(format_args!(
                "No mail goes to {} {}.",
                add.address,
                until_text(until)
            ))
        }
        SuppressCommand::Remove(SuppressRemove {
            place,
            address,
            even_if_asked,
        }) => {
            let mut line = line_to(&place, Missing::Refused).await?;
            let asked = SuppressRequest::Remove {
                address: address.clone(),
                even_if_asked,
            };
            match line.ask::<bool>(Request::Suppress(asked)).await? {
                true => print(format_args!("Mail may go to {address} again.")),
                false if even_if_asked => bail!("{address} is not suppressed, and asked for nothing"),
                false => bail!(
                    "{address} is not suppressed; what it asked for itself is forgotten with --even-if-asked"
                ),
            }
        }
        SuppressCommand::Show(show) => run_show(&show).await,
    }
}

async fn run_show(show: &SuppressShow) -> anyhow::Result<()> {
    let mut line = line_to(&show.place, Missing::Refused).await?;
    let form = Form::from(show.json);
    let mut after = String::new();
    loop {
        let asked = SuppressRequest::Show { after: after.clone() };
        let page: Vec<Suppressed> = line.ask(Request::Suppress(asked)).await?;
        let Some(last) = page.last() else { break };
        let last = last.address.to_string();
        page.iter().try_for_each(|one| match form {
            Form::Json => print_json(one),
            Form::Text => print(format_args!(
                "{:<40} since {} {}: {}",
                one.address.as_str(),
                one.since.date(),
                until_text(one.until),
                one.why
            )),
        })?;
        after = last;
    }
    match (form, after.is_empty()) {
        (Form::Text, true) => print("No address is suppressed."),
        _ => Ok(()),
    }
}
