//! Lists of others: how each that is fetched and each that is asked stands, and taking the next list of one that grew or shrank too much to be believed.

use askama::Template;
use atalaya_model::Act;
use atalaya_observe::feeds::{FeedStatus, TroubleKind};
use atalaya_observe::upstream::{UpstreamState, UpstreamStatus};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;

use super::act::{CHANGES, Deeds, Told, ask, perform};
use super::forms::reason_of;
use super::tabs::{Tab, source_tabs};
use crate::app::Shared;
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{Order, OthersShown};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/feeds";

/// What the page is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/feeds.html")]
struct FeedsPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    feeds: Vec<FeedRow>,
    asked: Vec<AskedRow>,
}

/// A list that is fetched.
struct FeedRow {
    name: String,
    state: &'static str,
    is_bad: bool,
    why: Option<String>,
    at: Option<Moment>,
    next: Option<Moment>,
    entries: String,
    new: String,
    gone: String,
    /// Whether it waits for a person.
    may_release: bool,
    is_released: bool,
}

/// A list that is asked.
struct AskedRow {
    name: String,
    state: &'static str,
    is_bad: bool,
    why: Option<String>,
    at: Option<Moment>,
    next: Option<Moment>,
    asked: String,
    listed: String,
}

/// `/console/feeds`.
pub(super) async fn feeds(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(CHANGES)?;
    let others: OthersShown = ask(&shared, Order::Feeds).await?;
    let template = FeedsPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: source_tabs(&visitor, Tab::Feeds),
        feeds: others
            .feeds
            .into_iter()
            .map(|feed| feed_row(feed, &visitor))
            .collect(),
        asked: others
            .upstream
            .into_iter()
            .map(|list| asked_row(list, &visitor))
            .collect(),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Sources),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

fn feed_row(feed: FeedStatus, visitor: &Visitor) -> FeedRow {
    let t = visitor.reader.texts();
    let (s, state) = (&t.console.sources, feed.state);
    let word = match (
        state.trouble.as_ref().map(|trouble| trouble.what),
        state.fetched_at,
    ) {
        (Some(TroubleKind::Unreachable), _) => s.unreachable,
        (Some(TroubleKind::Quarantined), _) => s.quarantined,
        (None, Some(_)) => s.good,
        (None, None) => s.untested,
    };
    let is_quarantined = word == s.quarantined;
    FeedRow {
        name: feed.name,
        state: word,
        is_bad: state.trouble.is_some(),
        why: state.trouble.map(|trouble| trouble.why),
        at: state.fetched_at.map(|at| t.units.moment(at)),
        next: state.next_at.map(|at| t.units.moment(at)),
        entries: t.units.number(state.entries),
        new: t.units.number(state.new),
        gone: t.units.number(state.gone),
        may_release: is_quarantined && !state.released,
        is_released: state.released,
    }
}

fn asked_row(list: UpstreamStatus, visitor: &Visitor) -> AskedRow {
    let t = visitor.reader.texts();
    let s = &t.console.sources;
    AskedRow {
        name: list.name,
        state: match list.state {
            UpstreamState::Untested => s.untested,
            UpstreamState::Good => s.good,
            UpstreamState::Quarantined => s.quarantined,
        },
        is_bad: list.state == UpstreamState::Quarantined,
        why: list.why,
        at: list.tested_at.map(|at| t.units.moment(at)),
        next: list.next_test_at.map(|at| t.units.moment(at)),
        asked: t.units.number(list.asked),
        listed: t.units.number(list.listed),
    }
}

/// Which feed.
#[derive(Deserialize)]
pub(super) struct Which {
    name: String,
}

/// `POST /console/feeds/release`.
pub(super) async fn release(
    State(shared): State<Shared>,
    posted: Posted<Which>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let name = reason_of(&form.name)?;
    let deeds = Deeds::one(
        (Act::ReleaseFeed, name.clone()),
        Value::Null,
        Order::ReleaseFeed { name },
    );
    perform(&shared, &visitor, deeds, PATH).await
}
