//! `list add`, `list remove`, `list show`.

use atalaya_model::{Clock, Decided, Listing, Serial};

use super::{Form, line_to, nothing_text, print, print_decided, print_json, until_text};
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
    let Show { place, prefix, json } = show;
    let (serial, listings): (Serial, Vec<Listing>) = line_to(&place, Missing::Refused)
        .await?
        .ask(Request::Listings { prefix })
        .await?;
    if json {
        return listings.iter().try_for_each(print_json);
    }
    if listings.is_empty() {
        return print(nothing_text("listed", prefix, serial));
    }
    for Listing {
        prefix,
        class,
        reason,
        until,
        ..
    } in &listings
    {
        print(format_args!(
            "{prefix:<20} {class:<9} {}  {reason}",
            until_text(*until)
        ))?;
    }
    Ok(())
}
