//! Who may ask the list from anywhere by a key in the name: what each has used today, making a key that is shown once, renewing it, revoking it.

use askama::Template;
use atalaya_model::Act;
use atalaya_publish::{KeptKey, KeyName};
use atalaya_store::KeptDeed;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};

use super::act::{CHANGES, Deeds, Told, ask, before_of, perform};
use super::forms::{end_of, per_day_of};
use super::made::{Made, make_key};
use super::tabs::{Tab, source_tabs};
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{KeyShown, KeysOrder, Order};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/keys";
/// How long a key may be good for, in days.
const DAYS: [u64; 4] = [30, 90, 365, 730];

/// What the page is asked for.
#[derive(Deserialize)]
pub(super) struct Asked {
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/keys.html")]
struct KeysPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    made: Option<Made>,
    rows: Vec<KeyRow>,
    days: [u64; 4],
    /// What everybody asks who has no key.
    zone: String,
}

/// A key in the table.
struct KeyRow {
    name: String,
    since: Option<Moment>,
    until: Option<Moment>,
    is_over: bool,
    today: String,
}

/// `/console/keys`.
pub(super) async fn keys(
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
    shared: &Inner,
    visitor: &Visitor,
    told: Option<Told>,
    made: Option<Made>,
) -> Result<Response, Failure> {
    let t = visitor.reader.texts();
    let (s, units, now) = (&t.console.sources, &t.units, shared.app.clock.now());
    let row = |KeyShown { kept, today }: KeyShown| {
        let most = kept.terms.per_day.map(|most| units.number(most));
        KeyRow {
            name: kept.name.to_string(),
            since: kept.terms.since.map(|since| units.moment(since)),
            until: kept.terms.until.map(|until| units.moment(until)),
            is_over: kept.terms.is_over(now),
            today: (s.used)(
                &today.map_or_else(|| "–".to_owned(), |today| units.number(today)),
                most.as_deref(),
            ),
        }
    };
    let template = KeysPage {
        told,
        tabs: source_tabs(visitor, Tab::Keys),
        made,
        rows: all(shared).await?.into_iter().map(row).collect(),
        days: DAYS,
        zone: shared.app.config.publish.zone.clone(),
        frame: ConsoleFrame::new(shared, visitor, Place::Sources),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// All keys, in the order of the file.
async fn all(shared: &Inner) -> Result<Vec<KeyShown>, Failure> {
    ask(shared, Order::Keys(KeysOrder::List)).await
}

/// A key as it was typed.
#[derive(Deserialize)]
pub(super) struct Entry {
    name: String,
    #[serde(default)]
    per_day: String,
    /// For how long; empty for good, or as before.
    #[serde(default)]
    days: String,
}

impl Entry {
    fn name(&self) -> Result<KeyName, Failure> {
        self.name.trim().parse().map_err(|_bad| Failure::BadRequest)
    }
}

/// `POST /console/keys/add`.
pub(super) async fn add(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (name, per_day) = (form.name()?, per_day_of(&form.per_day)?);
    let until = end_of(&form.days, shared.app.clock.now())?;
    let details = json!({ "per_day": per_day, "until": until, "before": null });
    let target = name.to_string();
    let order = KeysOrder::Add { name, per_day, until };
    show_key(&shared, &visitor, deeds((Act::MakeKey, target), details, order)).await
}

/// `POST /console/keys/renew`.
pub(super) async fn renew(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let (name, until) = (form.name()?, end_of(&form.days, shared.app.clock.now())?);
    let before = kept_for(&shared, &name).await?;
    let details = json!({ "key": "made anew", "until": until, "before": before });
    let target = name.to_string();
    let order = KeysOrder::Renew { name, until };
    show_key(&shared, &visitor, deeds((Act::ChangeKey, target), details, order)).await
}

/// `POST /console/keys/revoke`.
pub(super) async fn revoke(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let deeds = removing(&shared, form.name()?).await?;
    perform(&shared, &visitor, deeds, PATH).await
}

fn deeds((act, target): (Act, String), details: Value, order: KeysOrder) -> Deeds {
    Deeds::one((act, target), details, Order::Keys(order))
}

/// What is kept of a holder's key, as undoing needs it.
async fn kept_for(shared: &Inner, name: &KeyName) -> Result<Option<KeptKey>, Failure> {
    let all = all(shared).await?.into_iter();
    Ok(all.map(|shown| shown.kept).find(|kept| kept.name == *name))
}

/// Takes a key away, with what is kept of it: from its digest nobody finds the key, and by it the key is good again.
async fn removing(shared: &Inner, name: KeyName) -> Result<Deeds, Failure> {
    let before = kept_for(shared, &name).await?;
    let (target, details) = (name.to_string(), json!({ "before": before }));
    Ok(deeds(
        (Act::RevokeKey, target),
        details,
        KeysOrder::Remove { name },
    ))
}

/// What takes back that somebody got a key, another one, or has none any more, and the page that it leads to.
pub(super) async fn contrary(shared: &Inner, kept: &KeptDeed) -> Result<(Deeds, String), Failure> {
    let before: Option<KeptKey> = before_of(kept)?;
    let mut deeds = match before {
        Some(former) if kept.deed.act == Act::ChangeKey => {
            let present = kept_for(shared, &former.name).await?;
            let details = json!({ "key": "the one before", "until": former.terms.until, "before": present });
            let target = former.name.to_string();
            deeds((Act::ChangeKey, target), details, KeysOrder::GoBack(former))
        }
        Some(key) => {
            let details = json!({ "before": null });
            deeds(
                (Act::MakeKey, key.name.to_string()),
                details,
                KeysOrder::PutBack(key),
            )
        }
        None => {
            let name = kept.deed.target.parse().map_err(|_bad| Failure::Internal)?;
            removing(shared, name).await?
        }
    };
    deeds.undoes = Some(kept.id);
    Ok((deeds, PATH.to_owned()))
}

/// Makes a key, and shows it this once, with the name under which its holder asks.
async fn show_key(shared: &Shared, visitor: &Visitor, deeds: Deeds) -> Result<Response, Failure> {
    match make_key(shared, visitor, deeds, PATH).await? {
        Ok((name, key)) => {
            let c = &visitor.reader.texts().console;
            let asked = format!("2.0.0.127.{key}.{}", shared.app.config.publish.zone);
            let made = Made {
                title: (c.sources.key_of)(&name),
                secrets: vec![("", key), (c.keys.asked_as, asked)],
            };
            view(shared, visitor, None, Some(made)).await
        }
        Err(refused) => Ok(refused),
    }
}
