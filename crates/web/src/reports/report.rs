//! `report` and `clear-address`: one thing said, or taken back.

use std::collections::{BTreeSet, HashMap};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use atalaya_formats::reports::{Form, Report};
use atalaya_model::{Kind, Observation, Prefix, Sensor, Timestamp};
use atalaya_observe::reports::{BadReport, Reported, id_after, observe, read_reportable, take_back};
use atalaya_store::{Recorded, Store, StoreError};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use serde_json::json;
use tokio::sync::OnceCell;

use super::admission::{Caller, Reporting};
use super::answer::{Answer, Refusal};
use super::look::{Standing, standing};
use super::query_of;
use crate::app::Shared;

/// Most words of a reporter about a unit that are looked at, the newest first; more are taken back all the same, and not counted.
const MOST_WORDS: u32 = 1_000;
/// Most units of which is remembered what was taken back.
const MOST_UNITS: usize = 1_024;

/// The parameter that a report is refused for.
pub(super) const fn parameter(wrong: BadReport) -> &'static str {
    match wrong {
        BadReport::Address | BadReport::Reserved(_) | BadReport::Own => "ip",
        BadReport::Categories => "categories",
        BadReport::Time | BadReport::Future | BadReport::Old => "timestamp",
    }
}

/// `POST /api/v2/report`, with its parameters in the body or in the query.
pub(super) async fn report(
    State(shared): State<Shared>,
    uri: Uri,
    Reporting(Caller { reporter, left }): Reporting,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let (form, query) = (Form::read(&body), query_of(&uri));
    let field = |name| {
        form.get(name)
            .or_else(|| query.get(name))
            .unwrap_or_default()
            .to_vec()
    };
    let report = Report {
        address: field("ip"),
        categories: field("categories"),
        at: field("timestamp"),
        comment: field("comment"),
    };
    let own = &shared.app.config.web.own_networks;
    let reported = observe(report, &reporter.name, own, shared.app.clock.now());
    let Reported { observation, comment } =
        reported.map_err(|wrong| Refusal::wrong(parameter(wrong), wrong.to_string()))?;
    let address = observation.address;
    keep(&shared, observation, comment, &TakenBack::default()).await?;
    let Standing { confidence, .. } = standing(&shared, address, super::look::USUAL_AGE).await?;
    let data = json!({ "ipAddress": address, "abuseConfidenceScore": confidence });
    Ok(Answer::data(&data, left))
}

/// What one reporter took back, by unit, looked up once for each while one call is answered: a table may say the same a million times.
#[derive(Default)]
pub(super) struct TakenBack {
    units: Mutex<HashMap<Prefix, Arc<OnceCell<Vec<Back>>>>>,
}

/// An address and when the reporter took back what he had said of it.
type Back = (IpAddr, Timestamp);

impl TakenBack {
    /// When the reporter last took back what he had said of the address of a report.
    async fn last(&self, store: &Store, seen: &Observation) -> Result<Option<Timestamp>, StoreError> {
        let words = self.of(seen.unit());
        let words = words.get_or_try_init(async || look_up(store, seen).await).await?;
        let of_address = words.iter().filter(|(address, _)| *address == seen.address);
        Ok(of_address.map(|(_, at)| *at).max())
    }

    /// Where what was taken back of a unit is remembered.
    fn of(&self, unit: Prefix) -> Arc<OnceCell<Vec<Back>>> {
        let mut units = self.units.lock().unwrap_or_else(PoisonError::into_inner);
        if units.len() >= MOST_UNITS && !units.contains_key(&unit) {
            units.clear();
        }
        Arc::clone(units.entry(unit).or_default())
    }
}

/// What the reporter of a report took back of its unit.
async fn look_up(store: &Store, seen: &Observation) -> Result<Vec<Back>, StoreError> {
    let source = (seen.sensor, seen.source.as_str());
    let said = store.observations_by(&seen.unit(), source, MOST_WORDS).await?;
    let words = said.iter().filter(|word| word.takes_back());
    Ok(words.map(|word| (word.address, word.seen_at)).collect())
}

/// Keeps a report. Said before and taken back since, it is not known already: it is said anew.
pub(super) async fn keep(
    shared: &Shared,
    seen: Observation,
    comment: Option<Vec<u8>>,
    taken_back: &TakenBack,
) -> Result<(), StoreError> {
    let store = &shared.app.store;
    if store.record(seen.clone(), comment.clone()).await? == Recorded::New {
        return Ok(());
    }
    let back = taken_back.last(store, &seen).await?;
    if let Some(back) = back.filter(|back| seen.seen_at > *back) {
        let id = id_after(&seen, back);
        store.record(Observation { id, ..seen }, comment).await?;
    }
    Ok(())
}

/// `DELETE /api/v2/clear-address`: the reporter takes back what he said of an address.
pub(super) async fn clear(
    State(shared): State<Shared>,
    uri: Uri,
    Reporting(Caller { reporter, left }): Reporting,
    body: Bytes,
) -> Result<Answer, Refusal> {
    let (form, query) = (Form::read(&body), query_of(&uri));
    let text = query
        .get("ipAddress")
        .or_else(|| form.get("ipAddress"))
        .unwrap_or_default();
    let address =
        read_reportable(text, &[]).map_err(|wrong| Refusal::wrong("ipAddress", wrong.to_string()))?;
    let store = &shared.app.store;
    let (unit, source) = (Prefix::unit(address), (Sensor::Report, reporter.name.as_str()));
    let words = store.observations_by(&unit, source, MOST_WORDS).await?;
    // Beyond what is looked at there is taken to be something that he said: to take back nothing does no harm.
    let is_more = words.len() >= MOST_WORDS as usize;
    let said: Vec<&Observation> = words.iter().filter(|seen| seen.address == address).collect();
    let back = said
        .iter()
        .filter(|seen| seen.kind == Kind::NotSpam)
        .map(|seen| seen.seen_at)
        .max();
    let standing: BTreeSet<_> = said
        .iter()
        .filter(|seen| seen.kind != Kind::NotSpam && back.is_none_or(|back| seen.seen_at > back))
        .map(|seen| seen.id)
        .collect();
    if is_more || !standing.is_empty() {
        let back = take_back(address, &reporter.name, shared.app.clock.now());
        store.record(back, None).await?;
    }
    Ok(Answer::data(
        &json!({ "numReportsDeleted": standing.len() }),
        left,
    ))
}
