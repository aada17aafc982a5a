//! `audit`: who did what, when, and what came of it.

use atalaya_model::Act;
use atalaya_store::{DeedFilter, DeedOutcome, KeptDeed};
use clap::Args;

use super::{Form, line_to, print, print_json};
use crate::access::AccessRequest;
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;

/// Deeds of one question.
const PAGE: u32 = 1_000;

/// `audit`.
#[derive(Debug, Args)]
pub(crate) struct AuditCommand {
    #[command(flatten)]
    place: Place,
    /// Only what this account, token or user (`uid 1000`) did
    #[arg(long)]
    who: Option<String>,
    /// Only this kind of deed, such as list.add
    #[arg(long, value_name = "ACT")]
    act: Option<Act>,
    /// Only what was done to this: a prefix, an account, a mail address
    #[arg(long, value_name = "TARGET")]
    about: Option<String>,
    /// So many of the newest at most
    #[arg(long, value_name = "N", default_value = "100")]
    most: u32,
    /// Print JSON, one deed a line
    #[arg(long)]
    json: bool,
}

/// Runs it: the newest first.
pub(crate) async fn run(command: AuditCommand) -> anyhow::Result<()> {
    let mut line = line_to(&command.place, Missing::Refused).await?;
    let form = Form::from(command.json);
    let filter = DeedFilter {
        who: command.who,
        act: command.act,
        target: command.about,
    };
    let (mut left, mut before) = (command.most, None);
    while left > 0 {
        let asked = AccessRequest::Audit {
            filter: filter.clone(),
            before,
            most: left.min(PAGE),
        };
        let page: Vec<KeptDeed> = line.ask(Request::Access(asked)).await?;
        let Some(last) = page.last() else { break };
        before = Some(last.id);
        page.iter().try_for_each(|kept| match form {
            Form::Json => print_json(kept),
            Form::Text => print(text(kept)),
        })?;
        left = left.saturating_sub(u32::try_from(page.len()).unwrap_or(u32::MAX));
    }
    match (form, before) {
        (Form::Text, None) => print("Nothing of this kind was done."),
        _ => Ok(()),
    }
}

/// A deed in a line.
fn text(kept: &KeptDeed) -> String {
    let deed = &kept.deed;
    let outcome = match kept.end.as_ref().map(|end| end.outcome) {
        _ if kept.undone_by.is_some() => "taken back",
        Some(DeedOutcome::Done) => "done",
        Some(DeedOutcome::Failed) => "not done",
        None => "begun",
    };
    let from = deed
        .client
        .map_or(String::new(), |client| format!(" from {client}"));
    format!(
        "{:>6} {} {:<12} {:<18} {} ({} by {}{from})",
        kept.id, deed.at, deed.who, deed.act, deed.target, outcome, deed.way
    )
}
