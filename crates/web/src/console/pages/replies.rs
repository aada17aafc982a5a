//! What came back to notices: what waits for a person, one answer as text, and settling it. What strangers wrote is text, and the secrets of the links
//! that they quote are hidden.

use askama::Template;
use atalaya_formats::view::Words;
use atalaya_model::{Act, Prefix};
use atalaya_notify::{Settlement, text_without_secrets, words_without_secrets};
use atalaya_store::{Heard, HeardWhich};
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::act::{Deeds, MAIL, Told, perform};
use super::forms::{cursor, cut};
use super::read_out::{Group, groups};
use super::tabs::{Tab, mail_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{Order, RepliesOrder};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/replies";
/// Rows of a page.
const PAGE: u32 = 50;
/// The longest text of what was said in the table, in characters.
const MAX_SAID: usize = 200;
/// Prefixes that one form names at most.
const MOST_PREFIXES: usize = 100;
/// What a person may settle an answer as, in the order of their texts.
const SETTLEMENTS: [&str; 4] = ["ignore", "fixed", "not-ours", "stop"];

/// Which answers.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// `all`, or nothing for what waits.
    #[serde(default)]
    show: String,
    /// The last row of the page before, as `microseconds:id`.
    #[serde(default)]
    behind: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/replies.html")]
struct RepliesPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    /// What waits, and all.
    choices: [NavLink; 2],
    is_all: bool,
    rows: Vec<ReplyRow>,
    next: Option<String>,
    first: Option<String>,
}

/// An answer in the table.
struct ReplyRow {
    href: String,
    at: Moment,
    kind: &'static str,
    confidence: String,
    action: &'static str,
    sender: String,
    contact: String,
    said: String,
}

impl ReplyRow {
    fn new(heard: &Heard, visitor: &Visitor) -> Self {
        let told = &heard.told;
        let said = told.details.get("said").and_then(Value::as_str);
        let r = &visitor.reader.texts().console.replies;
        Self {
            href: visitor.link(&format!("{PATH}/{}", told.id)),
            at: visitor.reader.texts().units.moment(told.at),
            kind: r.kind(&told.kind),
            confidence: told.confidence.to_string(),
            action: r.action(&told.action),
            sender: told.sender.clone(),
            contact: told.contact.as_ref().map(ToString::to_string).unwrap_or_default(),
            said: text_without_secrets(said.unwrap_or_default())
                .chars()
                .take(MAX_SAID)
                .collect(),
        }
    }
}

/// `/console/replies`.
pub(super) async fn replies(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let which = match asked.show.as_str() {
        "" => HeardWhich::Waiting,
        "all" => HeardWhich::All,
        _ => return Err(Failure::BadRequest),
    };
    let behind = match asked.behind.as_str() {
        "" => None,
        text => Some(cursor(text).ok_or(Failure::BadRequest)?),
    };
    let mut heard = shared.app.store.heard_page(which, behind, PAGE + 1).await?;
    let is_all = which == HeardWhich::All;
    let show = if is_all { "?show=all" } else { "?show=" };
    let link = |path: &str| visitor.reader.link_to(path);
    let r = &visitor.reader.texts().console.replies;
    let next = cut(&mut heard, PAGE)
        .map(|Heard { told, .. }| link(&format!("{PATH}{show}&behind={}:{}", told.at.micros(), told.id)));
    let choice = |path: &str, label: &'static str, is_here: bool| NavLink {
        href: link(path),
        label,
        is_here,
    };
    let template = RepliesPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: mail_tabs(&visitor, Tab::Replies),
        choices: [
            choice(PATH, r.waiting, !is_all),
            choice("/console/replies?show=all", r.all, is_all),
        ],
        is_all,
        next,
        first: behind.is_some().then(|| link(&format!("{PATH}{show}"))),
        rows: heard.iter().map(|one| ReplyRow::new(one, &visitor)).collect(),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Mail),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

#[derive(Template)]
#[template(path = "console/reply.html")]
struct ReplyPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    id: Uuid,
    row: ReplyRow,
    because: String,
    /// What else was read.
    read: Vec<Group>,
    /// Its words, as long as the mail is kept.
    words: Option<Words>,
    /// What it may be settled as, where it waits.
    settlements: Vec<(&'static str, &'static str)>,
    is_settled: bool,
}

/// What the page of an answer is asked for.
#[derive(Deserialize)]
pub(super) struct OneAsked {
    deed: Option<u64>,
}

/// `/console/replies/{id}`.
pub(super) async fn reply(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<OneAsked>,
) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let id: Uuid = id.parse().map_err(|_bad| Failure::NotFound)?;
    let store = &shared.app.store;
    let heard = store.heard(id).await?.ok_or(Failure::NotFound)?;
    let is_settled = store.is_settled(id).await?;
    let waits = heard.told.action == "person" && !is_settled;
    let r = &visitor.reader.texts().console.replies;
    let settlements = SETTLEMENTS.into_iter().zip(r.meanings);
    let template = ReplyPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: mail_tabs(&visitor, Tab::Replies),
        words: words(&shared, &heard).await?,
        row: ReplyRow::new(&heard, &visitor),
        because: heard.told.because,
        read: groups(&heard.told.details, &visitor.reader.texts().console.read),
        settlements: settlements.filter(|_| waits).collect(),
        is_settled,
        id,
        frame: ConsoleFrame::new(&shared, &visitor, Place::Mail),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// The words of the mail, as long as it is kept.
async fn words(shared: &Inner, heard: &Heard) -> Result<Option<Words>, Failure> {
    let Some(digest) = &heard.message else {
        return Ok(None);
    };
    let mail = shared.app.store.message(digest).await?;
    Ok(mail.map(|mail| words_without_secrets(&mail)))
}

/// What a person decided.
#[derive(Deserialize)]
pub(super) struct Settling {
    id: String,
    #[serde(default)]
    settlement: String,
    /// Prefixes with spaces between.
    #[serde(default)]
    prefixes: String,
}

/// `POST /console/replies/settle`.
pub(super) async fn settle(
    State(shared): State<Shared>,
    posted: Posted<Settling>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let id: Uuid = form.id.parse().map_err(|_bad| Failure::BadRequest)?;
    let settlement: Settlement = form.settlement.parse().map_err(|_bad| Failure::BadRequest)?;
    let named = form.prefixes.split([' ', ',']).filter(|text| !text.is_empty());
    let prefixes: Vec<Prefix> = named
        .take(MOST_PREFIXES)
        .map(|text| text.parse().map_err(|_bad| Failure::BadRequest))
        .collect::<Result<_, _>>()?;
    let deeds = Deeds::one(
        (Act::SettleReply, id.to_string()),
        json!({ "settlement": settlement.to_string(), "prefixes": prefixes }),
        Order::Replies(RepliesOrder::Settle {
            id,
            settlement,
            prefixes,
        }),
    );
    perform(&shared, &visitor, deeds, &format!("{PATH}/{id}")).await
}
