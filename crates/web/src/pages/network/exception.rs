//! POST `/network/TICKET/exception`: asking that an address of one's own is never listed again.
//!
//! Who may ask has shown that the address is his: he has the link that went to the mailbox which answers for it, and that mailbox still does. The
//! answer is a person's, at the console; until then nothing changes.

use atalaya_model::Prefix;
use atalaya_store::{Exception, ExceptionStep};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use super::actions::{OutcomePage, own};
use super::evidence::answering;
use super::sheet::Row;
use super::{Refusal, enter};
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Reader, page};

/// The longest reason, in characters.
const MAX_REASON: usize = 400;

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct Wanted {
    address: String,
    reason: String,
}

/// What the page of an address shows of it.
pub(super) struct ExceptionView {
    /// What was answered, or that it waits.
    pub(super) said: Option<String>,
    /// What a person wrote to it.
    pub(super) words: Option<String>,
    /// Where the form leads; none while one waits or holds.
    pub(super) ask: Option<String>,
}

/// How it stands with an exception for the address of a row; none where nobody may ask for one.
pub(super) async fn standing(
    shared: &Inner,
    reader: &Reader,
    row: &Row,
    base: &str,
) -> Result<Option<ExceptionView>, Failure> {
    let prefix = row.notice.prefix;
    if !shared.app.config.delist.exceptions || !prefix.is_unit() {
        return Ok(None);
    }
    let kept = shared.app.store.exception_for(&prefix).await?;
    let own = kept.filter(|kept| {
        kept.contact
            .as_str()
            .eq_ignore_ascii_case(row.notice.contact.as_str())
    });
    Ok(Some(view(shared, reader, own.as_ref(), base)))
}

fn view(shared: &Inner, reader: &Reader, kept: Option<&Exception>, base: &str) -> ExceptionView {
    let (n, units) = (&reader.texts().network, &reader.texts().units);
    let ask = Some(reader.link(&format!("{base}/exception")));
    let Some(kept) = kept else {
        return ExceptionView {
            said: None,
            words: None,
            ask,
        };
    };
    let now = shared.app.clock.now();
    let Some(answer) = &kept.settled else {
        let said = (n.exception_waits)(&units.moment(kept.asked_at).text);
        return ExceptionView {
            said: Some(said),
            words: None,
            ask: None,
        };
    };
    let holds = answer.granted && answer.until.is_none_or(|until| until > now);
    let said = match (answer.granted, answer.until) {
        (true, Some(until)) => (n.exception_until)(&units.moment(until).text),
        (true, None) => n.exception_granted.to_owned(),
        (false, _) => (n.exception_refused)(&units.moment(answer.at).text),
    };
    ExceptionView {
        said: Some(said),
        words: Some(answer.words.clone()).filter(|words| !words.is_empty()),
        ask: ask.filter(|_| !holds),
    }
}

/// POST `/network/TICKET/exception`.
pub(crate) async fn network_exception(
    State(shared): State<Shared>,
    reader: Reader,
    Path(ticket): Path<String>,
    Form(form): Form<Wanted>,
) -> Result<Response, Refusal> {
    let visitor = enter(&shared, &reader, &ticket).await?;
    let delist = &shared.app.config.delist;
    let prefix: Prefix = own(&shared, &visitor, &form.address).await?;
    let (store, now) = (&shared.app.store, shared.app.clock.now());
    let refused = store.refused_by(&visitor.contact, &[prefix]).await?;
    let answers = answering(&shared, &visitor, prefix.network()).await?;
    if !delist.exceptions || !prefix.is_unit() || !refused.is_empty() || answers.is_none() {
        return Err(Failure::NotFound.into());
    }
    let reason = form.reason.split_whitespace().collect::<Vec<_>>().join(" ");
    let is_plain = !reason.chars().any(char::is_control);
    if !is_plain || !(1..=MAX_REASON).contains(&reason.chars().count()) {
        return Err(Failure::BadRequest.into());
    }
    let most = u64::from(delist.exceptions_waiting);
    let step = store
        .ask_exception((prefix, &visitor.contact), &reason, most, now)
        .await?;
    let n = &reader.texts().network;
    let (status, text) = match step {
        ExceptionStep::Kept => (StatusCode::OK, n.exception_kept),
        ExceptionStep::Waits => (StatusCode::CONFLICT, n.exception_waits_already),
        ExceptionStep::TooMany => (StatusCode::TOO_MANY_REQUESTS, n.exception_too_many),
    };
    let told = ((n.exception_title)(&prefix.to_string()), text.to_owned());
    Ok(page(
        status,
        &reader,
        &OutcomePage::plain(&shared, &reader, &ticket, told),
    ))
}
