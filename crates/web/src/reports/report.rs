//! `report` and `clear-address`: one thing said, or taken back.

use std::collections::BTreeSet;

use atalaya_formats::reports::{Form, Report};
use atalaya_model::{Kind, Observation, Prefix, Sensor};
use atalaya_observe::reports::{BadReport, Reported, id_after, observe, read_reportable, take_back};
use atalaya_store::{Recorded, StoreError};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use serde_json::json;

use super::admission::{Caller, Reporting};
use super::answer::{Answer, Refusal};
use super::look::{Standing, standing};
use super::query_of;
use crate::app::Shared;

/// Most words of a reporter about a unit that are looked at, the newest first; more are taken back all the same, and not counted.
const MOST_WORDS: u32 = 1_000;

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
    keep(&shared, observation, comment).await?;
    let Standing { confidence, .. } = standing(&shared, address, super::look::USUAL_AGE).await?;
    let data = json!({ "ipAddress": address, "abuseConfidenceScore": confidence });
    Ok(Answer::data(&data, left))
}

/// Keeps a report. Said before and taken back since, it is not known already: it is said anew.
pub(super) async fn keep(
    shared: &Shared,
    seen: Observation,
    comment: Option<Vec<u8>>,
) -> Result<(), StoreError> {
    let store = &shared.app.store;
    if store.record(seen.clone(), comment.clone()).await? == Recorded::New {
        return Ok(());
    }
    let source = (seen.sensor, seen.source.as_str());
    let said = store.observations_by(&seen.unit(), source, MOST_WORDS).await?;
    let words = said
        .iter()
        .filter(|word| word.takes_back() && word.address == seen.address);
    let back = words.map(|word| word.seen_at).max();
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
