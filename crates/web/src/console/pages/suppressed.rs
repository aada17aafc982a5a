//! Addresses that no mail goes to: who they are and why, adding one, and letting mail go there again.

use askama::Template;
use atalaya_model::{Act, MailAddress, Timestamp};
use atalaya_store::{Asked as Forgetting, KeptDeed, Suppressed};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use super::act::{Deeds, MAIL, Told, before_of, perform};
use super::forms::{cut, end_of, reason_of};
use super::hand::DAYS;
use super::rows::day;
use super::tabs::{Tab, mail_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor, in_query};
use crate::console::operations::{Order, SuppressOrder};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/suppressed";
/// Rows of a page.
const PAGE: u32 = 50;

/// Which addresses.
#[derive(Deserialize)]
pub(super) struct Asked {
    /// The last row of the page before.
    #[serde(default)]
    after: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/suppressed.html")]
struct SuppressedPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    rows: Vec<SuppressedRow>,
    next: Option<String>,
    first: Option<String>,
    days: [u64; 6],
}

/// An address in the table.
struct SuppressedRow {
    address: String,
    why: String,
    since: Moment,
    until: Option<Moment>,
    is_over: bool,
}

/// `/console/suppressed`.
pub(super) async fn suppressed(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let (units, now) = (&visitor.reader.texts().units, shared.app.clock.now());
    let mut all = shared.app.store.suppressed(&asked.after, PAGE + 1).await?;
    let next = cut(&mut all, PAGE).map(|last| {
        let after = in_query(last.address.as_str());
        visitor.reader.link_to(&format!("{PATH}?after={after}"))
    });
    let row = |one: &Suppressed| SuppressedRow {
        address: one.address.to_string(),
        why: one.why.clone(),
        since: day(one.since, visitor.reader.texts()),
        until: one.until.map(|until| units.moment(until)),
        is_over: one.until.is_some_and(|until| until <= now),
    };
    let template = SuppressedPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: mail_tabs(&visitor, Tab::Suppressed),
        rows: all.iter().map(row).collect(),
        next,
        first: (!asked.after.is_empty()).then(|| visitor.link(PATH)),
        days: DAYS,
        frame: ConsoleFrame::new(&shared, &visitor, Place::Mail),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// What is typed about an address.
#[derive(Deserialize)]
pub(super) struct Entry {
    address: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    days: String,
    /// Filled in where what the address asked for itself is to be forgotten too.
    #[serde(default)]
    even_if_asked: String,
}

impl Entry {
    fn address(&self) -> Result<MailAddress, Failure> {
        self.address.trim().parse().map_err(|_bad| Failure::BadRequest)
    }
}

/// `POST /console/suppress`.
pub(super) async fn suppress(
    State(shared): State<Shared>,
    posted: Posted<Entry>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let (address, why) = (form.address()?, reason_of(&form.reason)?);
    let until = end_of(&form.days, shared.app.clock.now())?;
    let deeds = adding(&shared, address, why, until).await?;
    perform(&shared, &visitor, deeds, PATH).await
}

/// `POST /console/unsuppress`.
pub(super) async fn unsuppress(
    State(shared): State<Shared>,
    posted: Posted<Entry>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let address = form.address()?;
    let asked = match form.even_if_asked.as_str() {
        "" => Forgetting::Kept,
        _ => Forgetting::Forgotten,
    };
    let deeds = removing(&shared, address, asked).await?;
    perform(&shared, &visitor, deeds, PATH).await
}

/// Sends an address no more mail.
async fn adding(
    shared: &Inner,
    address: MailAddress,
    why: String,
    until: Option<Timestamp>,
) -> Result<Deeds, Failure> {
    let before = before(shared, &address).await?;
    Ok(Deeds::one(
        (Act::Suppress, address.to_string()),
        json!({ "why": why, "until": until, "before": before }),
        Order::Suppress(SuppressOrder::Add { address, why, until }),
    ))
}

/// Lets mail go to an address again.
async fn removing(shared: &Inner, address: MailAddress, asked: Forgetting) -> Result<Deeds, Failure> {
    let even_if_asked = asked == Forgetting::Forgotten;
    let before = before(shared, &address).await?;
    Ok(Deeds::one(
        (Act::Unsuppress, address.to_string()),
        json!({ "even_if_asked": even_if_asked, "before": before }),
        Order::Suppress(SuppressOrder::Remove {
            address,
            even_if_asked,
        }),
    ))
}

/// What stood against an address, as undoing needs it.
async fn before(shared: &Inner, address: &MailAddress) -> Result<Option<Suppressed>, Failure> {
    let (now, kept) = (shared.app.clock.now(), &shared.app.store);
    let one = kept.suppressed_one(address).await?;
    Ok(one.filter(|one| one.until.is_none_or(|until| until > now)))
}

/// What takes back that an address was suppressed, or was not any more, and the page that it leads to. What a dead mailbox or its owner said
/// does not come back.
pub(super) async fn contrary(shared: &Inner, kept: &KeptDeed) -> Result<(Deeds, String), Failure> {
    let address: MailAddress = kept.deed.target.parse().map_err(|_bad| Failure::Internal)?;
    let before: Option<Suppressed> = before_of(kept)?;
    let mut deeds = match before {
        Some(before) => adding(shared, address, before.why, before.until).await?,
        None => removing(shared, address, Forgetting::Kept).await?,
    };
    deeds.undoes = Some(kept.id);
    Ok((deeds, PATH.to_owned()))
}
