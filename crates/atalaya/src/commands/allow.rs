//! `allow add`, `allow remove`, `allow show`.

use atalaya_decide::by_hand::Allowed;
use atalaya_model::{AllowEntry, Clock, Decided};

use super::{Form, line_to, print, print_decided, show_list, until_text};
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
    let prefix = show.prefix;
    let ask = |last: Option<&AllowEntry>| Request::Allowed {
        prefix,
        after: last.map(|last| last.prefix),
    };
    show_list(show, ask, print_entry, "on the allow list").await
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
