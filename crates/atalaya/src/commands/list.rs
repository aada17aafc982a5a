//! `list add`, `list remove`, `list show`.

use atalaya_model::{Clock, Decided, Listing};

use super::{Form, line_to, print, print_decided, show_list, until_text};
use crate::cli::{List, ListAdd, ListRemove, Show};
use crate::control::Request;
use crate::folder::Missing;

/// Runs one of the three.
pub(crate) async fn run(command: List) -> anyhow::Result<()> {
    match command {
        List::Add(add) => run_add(add).await,
        List::Remove(remove) => run_remove(remove).await,
        List::Show(show) => run_show(show).await,
    }
}

async fn run_add(add: ListAdd) -> anyhow::Result<()> {
    let ListAdd {
        place,
        prefix,
        class,
        reason,
        until,
        json,
    } = add;
    let until = until.map(|end| end.moment(Clock::system().now()));
    let decided: Decided = line_to(&place, Missing::Made)
        .await?
        .ask(Request::List {
            prefix,
            class,
            reason,
            until,
        })
        .await?;
    print_decided(&[decided], Form::from(json))
}

async fn run_remove(remove: ListRemove) -> anyhow::Result<()> {
    let ListRemove {
        place,
        prefix,
        class,
        reason,
        json,
    } = remove;
    let decided: Vec<Decided> = line_to(&place, Missing::Refused)
        .await?
        .ask(Request::Unlist {
            prefix,
            class,
            reason,
        })
        .await?;
    print_decided(&decided, Form::from(json))
}

async fn run_show(show: Show) -> anyhow::Result<()> {
    let prefix = show.prefix;
    let ask = |last: Option<&Listing>| Request::Listings {
        prefix,
        after: last.map(|last| (last.prefix, last.class)),
    };
    show_list(show, ask, print_listing, "listed").await
}

/// Prints a listing as a line.
fn print_listing(listing: &Listing) -> anyhow::Result<()> {
    let Listing {
        prefix,
        class,
        reason,
        until,
        ..
    } = listing;
    print(format_args!(
        "{prefix:<20} {class:<9} {}  {reason}",
        until_text(*until)
    ))
}
