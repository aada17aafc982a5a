//! Who reports addresses to the API: what each may and has used, making a key that is shown once, making it anew, and revoking it.

use askama::Template;
use atalaya_model::Act;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::{CHANGES, Deeds, Told, ask, perform};
use super::forms::{per_day_of, reason_of};
use super::made::{Made, make_key};
use super::tabs::{Tab, source_tabs};
use crate::app::Shared;
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{Order, ReporterShown, ReportersOrder};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;

/// Where the page is.
const PATH: &str = "/console/reporters";
/// What a key is good for, in the order of the texts.
const SCOPES: [&str; 3] = ["report,read", "report", "read"];

/// What the page is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/reporters.html")]
struct ReportersPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    made: Option<Made>,
    rows: Vec<ReporterRow>,
    scopes: Vec<(&'static str, &'static str)>,
}

/// A reporter in the table.
struct ReporterRow {
    name: String,
    today: String,
    scopes: String,
}

/// `/console/reporters`.
pub(super) async fn reporters(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(CHANGES)?;
    let told = Told::of(&shared, &visitor, asked.deed).await?;
    view(&shared, &visitor, told, None).await
}

/// The page, with a key where one was just made.
async fn view(
    shared: &Shared,
    visitor: &Visitor,
    told: Option<Told>,
    made: Option<Made>,
) -> Result<Response, Failure> {
    let all: Vec<ReporterShown> = ask(shared, Order::Reporters(ReportersOrder::List)).await?;
    let t = visitor.reader.texts();
    let s = &t.console.sources;
    let row = |one: ReporterShown| {
        let most = one.per_day.map(|most| t.units.number(most));
        ReporterRow {
            today: (s.used)(&t.units.number(one.today), most.as_deref()),
            name: one.name,
            scopes: one.scopes,
        }
    };
    let template = ReportersPage {
        told,
        tabs: source_tabs(visitor, Tab::Reporters),
        made,
        rows: all.into_iter().map(row).collect(),
        scopes: SCOPES.into_iter().zip(s.scopes).collect(),
        frame: ConsoleFrame::new(shared, visitor, Place::Sources),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// A reporter as it was typed.
#[derive(Deserialize)]
pub(super) struct Entry {
    name: String,
    #[serde(default)]
    per_day: String,
    #[serde(default)]
    scopes: String,
}

impl Entry {
    fn scopes(&self) -> Result<String, Failure> {
        let known = SCOPES.into_iter().find(|scopes| *scopes == self.scopes);
        known.map(str::to_owned).ok_or(Failure::BadRequest)
    }
}

/// `POST /console/reporters/add`.
pub(super) async fn add(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (name, per_day, scopes) = (reason_of(&form.name)?, per_day_of(&form.per_day)?, form.scopes()?);
    let details = json!({ "per_day": per_day, "scopes": scopes });
    let order = ReportersOrder::Add {
        name: name.clone(),
        per_day,
        scopes,
    };
    let deeds = deeds((Act::MakeReporter, name), details, order);
    show_key(&shared, &visitor, deeds).await
}

/// `POST /console/reporters/rotate`.
pub(super) async fn rotate(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let name = reason_of(&form.name)?;
    let order = ReportersOrder::Rotate { name: name.clone() };
    let deeds = deeds((Act::ChangeReporter, name), json!({ "key": "made anew" }), order);
    show_key(&shared, &visitor, deeds).await
}

/// `POST /console/reporters/revoke`.
pub(super) async fn revoke(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let name = reason_of(&form.name)?;
    let order = ReportersOrder::Remove { name: name.clone() };
    let deeds = deeds((Act::RevokeReporter, name), Value::Null, order);
    perform(&shared, &visitor, deeds, PATH).await
}

fn deeds((act, target): (Act, String), details: Value, order: ReportersOrder) -> Deeds {
    Deeds::one((act, target), details, Order::Reporters(order))
}

/// Makes a key, and shows it this once.
async fn show_key(shared: &Shared, visitor: &Visitor, deeds: Deeds) -> Result<Response, Failure> {
    match make_key(shared, visitor, deeds, PATH).await? {
        Ok((name, key)) => {
            let made = Made {
                title: (visitor.reader.texts().console.sources.key_of)(&name),
                secrets: vec![("", key)],
            };
            view(shared, visitor, None, Some(made)).await
        }
        Err(refused) => Ok(refused),
    }
}
