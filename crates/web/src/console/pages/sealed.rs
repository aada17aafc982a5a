//! Evidence untouched, by an administrator who gives a reason and his password anew, with a code of his factor where he has one.
//! It is written down first: in the audit trail and in `sealed.log`. The page is the answer to that one form, and no link, cache or trail has what stands in it.

use askama::Template;
use atalaya_model::{Act, Digest, ObservationId, Role};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use data_encoding::BASE64;
use serde::Deserialize;
use serde_json::json;
use uuid::Uuid;

use super::act::{Deeds, perform_for_secret};
use super::forms::reason_of;
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor, is_himself, wrong_proof};
use crate::console::operations::{EvidenceOrder, Order, SealedEvidence, SealedFor};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// The least role that takes evidence untouched.
pub(super) const TAKES: Role = Role::Administrator;
/// The largest message that a page shows untouched, in bytes; a larger one is taken by command.
const MOST_SHOWN: u64 = 4 << 20;

/// Where one is taken untouched.
pub(super) fn path(id: &ObservationId) -> String {
    format!("/console/evidence/{id}/sealed")
}

#[derive(Template)]
#[template(path = "console/sealed.html")]
struct SealedPage {
    frame: ConsoleFrame,
    address: String,
    id: String,
    back: String,
    action: String,
    /// What kept it from being shown.
    wrong: Option<String>,
    reason: String,
    /// Whether a code is asked for beside the password.
    has_factor: bool,
    shown: Option<ShownSealed>,
}

/// All of it.
struct ShownSealed {
    at: Moment,
    observation: String,
    dialect: Option<String>,
    shape: Option<String>,
    message: Option<SealedPart>,
    conversation: Option<SealedPart>,
}

/// Bytes as they are.
struct SealedPart {
    /// As text; what is none is replaced there.
    text: String,
    /// The bytes in base64.
    bytes: String,
    digest: String,
}

/// What is typed.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    password: String,
    #[serde(default)]
    own_code: String,
}

/// What stands on the page besides the frame.
#[derive(Default)]
struct Said {
    wrong: Option<String>,
    reason: String,
    shown: Option<ShownSealed>,
}

/// `/console/evidence/{id}/sealed`.
pub(super) async fn form(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
) -> Result<Response, Failure> {
    visitor.needs(TAKES)?;
    let wanted = wanted(&shared, &id).await?;
    Ok(view(&shared, &visitor, &wanted, Said::default()))
}

/// `POST /console/evidence/{id}/sealed`.
pub(super) async fn unseal(
    State(shared): State<Shared>,
    Path(id): Path<String>,
    posted: Posted<Asked>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(TAKES)?;
    let wanted = wanted(&shared, &id).await?;
    let c = &visitor.reader.texts().console;
    let mut said = Said {
        reason: form.reason.clone(),
        ..Said::default()
    };
    let Ok(reason) = reason_of(&form.reason) else {
        said.wrong = Some(c.sealed.bad_reason.to_owned());
        return Ok(view(&shared, &visitor, &wanted, said));
    };
    if wanted.size > MOST_SHOWN {
        let command = format!(
            "atalaya evidence {} --view sealed --asked-by TEXT --output FOLDER",
            wanted.id
        );
        said.wrong = Some((c.sealed.too_large)(&command));
        return Ok(view(&shared, &visitor, &wanted, said));
    }
    if !is_himself(&shared, &visitor, form.password, &form.own_code).await? {
        said.wrong = Some(wrong_proof(&visitor).to_owned());
        return Ok(view(&shared, &visitor, &wanted, said));
    }
    let asked = SealedFor {
        reason: reason.clone(),
        account: visitor.name.clone(),
    };
    let order = EvidenceOrder::Sealed { id: wanted.id, asked };
    let act = (Act::TakeEvidence, wanted.id.to_string());
    let deeds = Deeds::one(act, json!({ "reason": reason }), Order::Evidence(order));
    let back = format!("/console/evidence/{}", wanted.id);
    let sealed = match perform_for_secret(&shared, &visitor, deeds, &back).await? {
        Ok(answer) => serde_json::from_value(answer).map_err(|_bad| Failure::Internal)?,
        Err(refused) => return Ok(refused),
    };
    said.shown = Some(shown(sealed, &visitor)?);
    Ok(view(&shared, &visitor, &wanted, said))
}

/// Which observation.
struct Wanted {
    id: ObservationId,
    address: String,
    size: u64,
}

/// The observation of a path.
async fn wanted(shared: &Inner, id: &str) -> Result<Wanted, Failure> {
    let id = ObservationId(id.parse::<Uuid>().map_err(|_bad| Failure::NotFound)?);
    let seen = shared.app.store.observation(id).await?.ok_or(Failure::NotFound)?;
    Ok(Wanted {
        id,
        address: seen.address.to_canonical().to_string(),
        size: seen.message_size,
    })
}

/// The page.
fn view(shared: &Inner, visitor: &Visitor, wanted: &Wanted, said: Said) -> Response {
    let status = match said.wrong {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let template = SealedPage {
        frame: ConsoleFrame::new(shared, visitor, Place::Listings),
        address: wanted.address.clone(),
        id: wanted.id.to_string(),
        back: visitor.link(&format!("/console/evidence/{}", wanted.id)),
        action: visitor.link(&path(&wanted.id)),
        wrong: said.wrong,
        reason: said.reason,
        has_factor: visitor.account.factor.is_some(),
        shown: said.shown,
    };
    page(status, &visitor.reader, &template)
}

/// Writes what the page shows.
fn shown(sealed: SealedEvidence, visitor: &Visitor) -> Result<ShownSealed, Failure> {
    let seen = &sealed.observation;
    Ok(ShownSealed {
        at: visitor.reader.texts().units.moment(sealed.at),
        observation: serde_json::to_string_pretty(seen).map_err(|_bad| Failure::Internal)?,
        message: part(sealed.message, seen.message)?,
        conversation: part(sealed.conversation, seen.conversation)?,
        dialect: sealed.dialect,
        shape: sealed.shape,
    })
}

/// Bytes as text and as they are, with the digest under which they are kept.
fn part(bytes: Option<String>, digest: Option<Digest>) -> Result<Option<SealedPart>, Failure> {
    let Some(bytes) = bytes else {
        return Ok(None);
    };
    let plain = BASE64
        .decode(bytes.as_bytes())
        .map_err(|_bad| Failure::Internal)?;
    Ok(Some(SealedPart {
        text: String::from_utf8_lossy(&plain).into_owned(),
        bytes,
        digest: digest.map(|digest| digest.to_string()).unwrap_or_default(),
    }))
}
