//! `allow add`, `allow remove`, `allow show`.

use atalaya_decide::by_hand::Allowed;
use atalaya_model::{AllowEntry, Clock, Decided, Serial};

use super::{Form, line_to, nothing_text, print, print_decided, print_json, until_text};
use crate::cli::{Allow, AllowAdd, AllowRemove, Show};
use crate::control::Request;
use crate::folder::Missing;

/// Runs one of the three.
pub(crate) async fn run(command: Allow) -> anyhow::Result<()> {
    match command {
        Allow::Add(add) => run_add(add).await,
        Allow::Remove(remove) => run_remove(remove).await,
        Allow::Show(show) => run_show(show).await,
    }
}

async fn run_add(add: AllowAdd) -> anyhow::Result<()> {
    let AllowAdd {
        place,
        prefix,
        reason,
        until,
        json,
    } = add;
    let until = until.map(|end| end.moment(Clock::system().now()));
    let allowed: Allowed = line_to(&place, Missing::Made)
        .await?
        .ask(Request::Allow {
            prefix,
            reason,
            until,
        })
        .await?;
    print_decided(&allowed.decided, Form::from(json))?;
    match (allowed.more, Form::from(json)) {
        (0, _) | (_, Form::Json) => Ok(()),
        (more, Form::Text) => print(format_args!(
            "{more} more listings inside were withdrawn (serial {}).",
            allowed.serial
        )),
    }
}

async fn run_remove(remove: AllowRemove) -> anyhow::Result<()> {
    let AllowRemove {
        place,
        prefix,
        reason,
        json,
    } = remove;
    let decided: Decided = line_to(&place, Missing::Refused)
        .await?
        .ask(Request::Disallow { prefix, reason })
        .await?;
    print_decided(&[decided], Form::from(json))
}

async fn run_show(show: Show) -> anyhow::Result<()> {
    let Show { place, prefix, json } = show;
    let mut line = line_to(&place, Missing::Refused).await?;
    let mut after = None;
    loop {
        let request = Request::Allowed { prefix, after };
        let (serial, page): (Serial, Vec<AllowEntry>) = line.ask(request).await?;
        let Some(last) = page.last().map(|last| last.prefix) else {
            return match (after, Form::from(json)) {
                (None, Form::Text) => print(nothing_text("on the allow list", prefix, serial)),
                _ => Ok(()),
            };
        };
        after = Some(last);
        page.iter().try_for_each(|entry| match Form::from(json) {
            Form::Json => print_json(entry),
            Form::Text => print_entry(entry),
        })?;
    }
}

/// Prints an entry as a line.
fn print_entry(entry: &AllowEntry) -> anyhow::Result<()> {
    let AllowEntry {
        prefix,
        reason,
        until,
        ..
    } = entry;
    print(format_args!("{prefix:<20} {}  {reason}", until_text(*until)))
}
