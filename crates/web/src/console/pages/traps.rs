//! The registry of traps: those of the configuration and those that were added, adding one, and taking one away.

use askama::Template;
use atalaya_model::{Act, Timestamp, Trap, TrapWeight};
use atalaya_store::KeptDeed;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::act::{CHANGES, Deeds, Told, ask, before_of, perform};
use super::forms::{cut, line_of};
use super::rows::day;
use super::tabs::{Tab, source_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor, in_query};
use crate::console::operations::{Order, TrapShown, TrapsOrder};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/traps";
/// The kinds, in the order of their texts.
const KINDS: [Trap; 4] = [Trap::Pristine, Trap::Recycled, Trap::Typo, Trap::Role];
/// Rows of a page.
const PAGE: u32 = 50;

/// Which traps.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// Part of the address or note.
    #[serde(default)]
    find: String,
    /// The last row of the page before.
    #[serde(default)]
    after: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/traps.html")]
struct TrapsPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    find: String,
    rows: Vec<TrapRow>,
    next: Option<String>,
    first: Option<String>,
    is_empty: bool,
    /// Each kind with what it means.
    kinds: Vec<(&'static str, &'static str)>,
}

/// A trap in the table.
struct TrapRow {
    address: String,
    kind: &'static str,
    weight: String,
    since: Option<Moment>,
    /// None where the configuration names it.
    note: Option<String>,
}

/// `/console/traps`.
pub(super) async fn traps(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(CHANGES)?;
    let mut traps = all(&shared).await?;
    let is_empty = traps.is_empty();
    let wanted = asked.find.trim().to_lowercase();
    traps.retain(|trap| {
        let note = trap.note.as_deref().unwrap_or_default().to_lowercase();
        trap.address > asked.after && (trap.address.contains(&wanted) || note.contains(&wanted))
    });
    let link = |after: &str| {
        let find = in_query(&wanted);
        visitor
            .reader
            .link_to(&format!("{PATH}?find={find}&after={}", in_query(after)))
    };
    let next = cut(&mut traps, PAGE).map(|last| link(&last.address));
    let t = visitor.reader.texts();
    let template = TrapsPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: source_tabs(&visitor, Tab::Traps),
        next,
        first: (!asked.after.is_empty()).then(|| link("")),
        rows: traps
            .into_iter()
            .map(|trap| TrapRow {
                address: trap.address,
                kind: t.console.sources.kind(trap.kind),
                weight: trap.weight.to_string(),
                since: trap.since.map(|since| day(since, t)),
                note: trap.note,
            })
            .collect(),
        is_empty,
        kinds: KINDS
            .into_iter()
            .map(Trap::name)
            .zip(t.console.sources.kinds)
            .collect(),
        find: asked.find,
        frame: ConsoleFrame::new(&shared, &visitor, Place::Sources),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// All traps, in the order of their addresses.
async fn all(shared: &Inner) -> Result<Vec<TrapShown>, Failure> {
    let mut traps: Vec<TrapShown> = ask(shared, Order::Traps(TrapsOrder::List)).await?;
    traps.sort_by(|one, other| one.address.cmp(&other.address));
    Ok(traps)
}

/// A trap as it was typed.
#[derive(Deserialize)]
pub(super) struct Entry {
    address: String,
    #[serde(default)]
    kind: String,
    /// A date; empty for always.
    #[serde(default)]
    since: String,
    #[serde(default)]
    weight: String,
    #[serde(default)]
    note: String,
}

impl Entry {
    fn read(&self) -> Result<TrapShown, Failure> {
        let since = match self.since.trim() {
            "" => None,
            date => Some(date.parse::<Timestamp>().map_err(|_bad| Failure::BadRequest)?),
        };
        let weight = match self.weight.trim() {
            "" => TrapWeight::FULL,
            weight => weight.parse().map_err(|_bad| Failure::BadRequest)?,
        };
        Ok(TrapShown {
            address: self.address()?,
            kind: self.kind.parse().map_err(|_bad| Failure::BadRequest)?,
            since,
            weight,
            note: Some(line_of(&self.note)?),
        })
    }

    fn address(&self) -> Result<String, Failure> {
        let address = line_of(&self.address)?.to_lowercase();
        let is_good = address.contains('@') && !address.contains(' ');
        is_good.then_some(address).ok_or(Failure::BadRequest)
    }
}

/// `POST /console/traps/add`.
pub(super) async fn add(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let deeds = adding(form.read()?);
    perform(&shared, &visitor, deeds, PATH).await
}

/// `POST /console/traps/remove`.
pub(super) async fn remove(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let deeds = removing(&shared, form.address()?).await?;
    perform(&shared, &visitor, deeds, PATH).await
}

/// Makes a trap of an address.
fn adding(trap: TrapShown) -> Deeds {
    let details = json!({ "kind": trap.kind, "since": trap.since, "before": null });
    Deeds::one(
        (Act::AddTrap, trap.address.clone()),
        details,
        Order::Traps(TrapsOrder::Add {
            address: trap.address,
            kind: trap.kind,
            since: trap.since,
            weight: trap.weight,
            note: trap.note.unwrap_or_default(),
        }),
    )
}

/// Takes a trap away, with what it was.
async fn removing(shared: &Inner, address: String) -> Result<Deeds, Failure> {
    let before = all(shared)
        .await?
        .into_iter()
        .find(|trap| trap.address == address);
    Ok(Deeds::one(
        (Act::RemoveTrap, address.clone()),
        json!({ "before": before }),
        Order::Traps(TrapsOrder::Remove { address }),
    ))
}

/// What takes back that something was made a trap, or none any more, and the page that it leads to.
pub(super) async fn contrary(shared: &Inner, kept: &KeptDeed) -> Result<(Deeds, String), Failure> {
    let before: Option<TrapShown> = before_of(kept)?;
    let mut deeds = match before {
        Some(trap) => adding(trap),
        None => removing(shared, kept.deed.target.clone()).await?,
    };
    deeds.undoes = Some(kept.id);
    Ok((deeds, PATH.to_owned()))
}
