//! `/ip/ADDRESS/proof`: what was decided about an address, as it stands in the public log, with its proof.

mod folded;

use askama::Template;
use atalaya_formats::tlog::{Proof, Shown};
use atalaya_model::Serial;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::log::public_log;
use super::{Frame, Reader, page};
use crate::address;
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::lookup::{Facts, Standing};

pub(crate) use folded::MOST_PROVING;
pub(super) use folded::{Folded, FoldedView};

#[derive(Template)]
#[template(path = "proof.html")]
struct ProofPage {
    frame: Frame,
    title: String,
    address: String,
    /// A listing is so new that the log does not have it.
    is_soon: bool,
    proofs: Vec<ProofView>,
    log: String,
    json_link: String,
    back: String,
}

struct ProofView {
    title: String,
    entry: String,
    /// The text behind the seal, and the salt.
    opened: Option<(String, String)>,
    text: String,
    link: String,
    command: String,
}

/// One proof of an address.
struct Proven {
    serial: Serial,
    proof: Proof,
    shown: Shown,
}

/// What is known of an address, with the details of the store.
async fn facts(shared: &Inner, text: &str) -> Result<Facts, Failure> {
    let now = shared.app.clock.now();
    let facts = shared.lookup.facts(address::read(text)?, now).await?;
    match facts.details {
        Some(_) => Ok(facts),
        None => Err(Failure::Unavailable),
    }
}

/// The serials by which an address stands on the list.
fn standing(facts: &Facts) -> Vec<Serial> {
    let listings = match &facts.standing {
        Standing::Listed(listings) => listings.as_slice(),
        _ => &[],
    };
    let stored = listings.iter().filter_map(|held| facts.stored(held));
    stored.map(|listing| listing.serial).collect()
}

/// Where the proof of a decision about an address is downloaded.
fn file_link(facts: &Facts, serial: Serial) -> String {
    format!("/api/v1/ip/{}/proof/{serial}", facts.address)
}

/// What checks that file.
fn check_command(serial: Serial, key: &str) -> String {
    format!("atalaya verify-log --proof {serial}.tlog-proof --key '{key}'")
}

/// The proof of one decision, which the caller has found by the address that it is about.
async fn proven(shared: &Inner, serial: Serial) -> Result<Option<Proven>, Failure> {
    let Some(proof) = public_log(shared)?.prove(serial).await? else {
        return Ok(None);
    };
    let extra = proof.extra.as_deref().unwrap_or_default();
    let shown = serde_json::from_slice(extra).map_err(|_bad| Failure::Internal)?;
    Ok(Some(Proven { serial, proof, shown }))
}

async fn all_proven(shared: &Inner, serials: &[Serial]) -> Result<Vec<Proven>, Failure> {
    let mut all = Vec::with_capacity(serials.len());
    for serial in serials {
        all.extend(proven(shared, *serial).await?);
    }
    Ok(all)
}

/// `GET /ip/ADDRESS/proof`.
pub(crate) async fn proof(
    State(shared): State<Shared>,
    reader: Reader,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let log = public_log(&shared)?;
    let facts = facts(&shared, &text).await?;
    let serials = standing(&facts);
    let all = all_proven(&shared, &serials).await?;
    let (t, address) = (reader.texts(), facts.address.to_string());
    let entries = log.head().map_or(0, |head| head.size);
    let key = log.key().to_string();
    let template = ProofPage {
        frame: Frame::new(&shared, &reader, facts.serial),
        title: (t.log.proof_title)(&address),
        is_soon: all.len() < serials.len(),
        proofs: all
            .into_iter()
            .map(|proven| {
                let serial = proven.serial.to_string();
                ProofView {
                    title: (t.log.proof_of)(&serial, &t.units.number(entries)),
                    opened: proven.shown.opening.zip(proven.shown.salt),
                    entry: proven.shown.entry,
                    text: proven.proof.to_string(),
                    link: file_link(&facts, proven.serial),
                    command: check_command(proven.serial, &key),
                }
            })
            .collect(),
        log: reader.link("/log"),
        json_link: format!("/api/v1/ip/{address}/proof"),
        back: reader.link(&format!("/ip/{address}")),
        address,
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

/// `GET /api/v1/ip/ADDRESS/proof`: the proofs of the listings.
pub(crate) async fn api_proofs(
    State(shared): State<Shared>,
    Path(text): Path<String>,
) -> Result<Response, Failure> {
    let log = public_log(&shared)?;
    let facts = facts(&shared, &text).await?;
    let all = all_proven(&shared, &standing(&facts)).await?;
    let proofs: Vec<Value> = all.iter().map(as_json).collect();
    let answer = json!({
        "address": facts.address,
        "key": log.key().to_string(),
        "proofs": proofs,
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(answer)).into_response())
}

fn as_json(proven: &Proven) -> Value {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    json!({
        "serial": proven.serial,
        "index": proven.proof.index,
        "entry": read(&proven.shown.entry),
        "opening": proven.shown.opening.as_deref().map(read),
        "salt": proven.shown.salt,
        "proof": proven.proof.to_string(),
    })
}

/// `GET /api/v1/ip/ADDRESS/proof/SERIAL`: the proof of one decision about the address as a file, also of one that is over.
pub(crate) async fn api_proof(
    State(shared): State<Shared>,
    Path((text, serial)): Path<(String, String)>,
) -> Result<Response, Failure> {
    public_log(&shared)?;
    let serial = serial.parse().map(Serial).map_err(|_bad| Failure::NotFound)?;
    let facts = facts(&shared, &text).await?;
    let mut decided = facts.details.iter().flat_map(|details| &details.kept.decisions);
    // By the serial alone nobody finds out whom a decision is about.
    if !standing(&facts).contains(&serial) && !decided.any(|decided| decided.serial == serial) {
        return Err(Failure::NotFound);
    }
    let proven = proven(&shared, serial).await?.ok_or(Failure::NotFound)?;
    let headers = [
        (CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (CACHE_CONTROL, "no-store".to_owned()),
        (
            CONTENT_DISPOSITION,
            format!("attachment; filename=\"{serial}.tlog-proof\""),
        ),
    ];
    Ok((headers, proven.proof.to_string()).into_response())
}
