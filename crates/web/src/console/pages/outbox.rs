//! The outbox: what waits, what was sent, what failed and why, the newest first; one mail as text; and having it tried anew, or given up.

use askama::Template;
use atalaya_model::Act;
use atalaya_notify::ShownMail;
use atalaya_store::KeptMail;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use super::act::{Deeds, MAIL, Told, perform};
use super::forms::{cursor, cut};
use super::tabs::{Tab, mail_tabs};
use crate::app::Shared;
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{Order, OutboxOrder};
use crate::console::{ConsoleFrame, NavLink, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::written::Moment;

/// Rows of a page.
const PAGE: u32 = 50;
/// The states of a mail, as the store and the commands name them; the texts have them in this order.
const STATES: [&str; 5] = ["waiting", "sent", "filed", "failed", "dropped"];
/// Those out of which a mail can be tried anew.
const TRIED_ANEW: [&str; 3] = ["waiting", "failed", "dropped"];

/// Which mails.
#[derive(Deserialize)]
pub(super) struct Asked {
    #[serde(default)]
    state: String,
    /// The last row of the page before, as `microseconds:id`.
    #[serde(default)]
    behind: String,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/outbox.html")]
struct OutboxPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    /// Each state, its name, and whether it is the one that is shown.
    states: Vec<(&'static str, &'static str, bool)>,
    rows: Vec<MailRow>,
    next: Option<String>,
    first: Option<String>,
    wrong: bool,
    has_failed: bool,
}

/// A mail in the table.
struct MailRow {
    id: Uuid,
    href: String,
    written: Moment,
    recipient: String,
    state: &'static str,
    is_bad: bool,
    attempts: u32,
    due: Option<Moment>,
    error: Option<String>,
    size: String,
}

impl MailRow {
    fn new(mail: &KeptMail, visitor: &Visitor) -> Self {
        let t = visitor.reader.texts();
        Self {
            id: mail.id,
            href: visitor.link(&format!("/console/outbox/{}", mail.id)),
            written: t.units.moment(mail.created_at),
            recipient: mail.recipient.to_string(),
            state: t.console.mail.state(&mail.state),
            is_bad: mail.state == "failed",
            attempts: mail.attempts,
            due: (mail.state == "waiting").then(|| t.units.moment(mail.due_at)),
            error: mail.last_error.clone(),
            size: t.units.size(mail.size),
        }
    }
}

/// `/console/outbox`.
pub(super) async fn outbox(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let state = STATES.into_iter().find(|state| *state == asked.state);
    let behind = cursor(&asked.behind);
    let wrong =
        (state.is_none() && !asked.state.is_empty()) || (behind.is_none() && !asked.behind.is_empty());
    let store = &shared.app.store;
    let mut mails = if wrong {
        Vec::new()
    } else {
        store.newest_mails(state, behind, PAGE + 1).await?
    };
    let link = |behind: String| {
        let state = state.unwrap_or_default();
        let path = format!("/console/outbox?state={state}{behind}");
        visitor.reader.link_to(&path)
    };
    let next = cut(&mut mails, PAGE);
    let next = next.map(|last| link(format!("&behind={}:{}", last.created_at.micros(), last.id)));
    let t = &visitor.reader.texts().console.mail;
    let template = OutboxPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: mail_tabs(&visitor, Tab::Outbox),
        states: STATES
            .into_iter()
            .map(|word| (word, t.state(word), Some(word) == state))
            .collect(),
        next,
        first: behind.is_some().then(|| link(String::new())),
        rows: mails.iter().map(|mail| MailRow::new(mail, &visitor)).collect(),
        wrong,
        has_failed: !store.newest_mails(Some("failed"), None, 1).await?.is_empty(),
        frame: ConsoleFrame::new(&shared, &visitor, Place::Mail),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

#[derive(Template)]
#[template(path = "console/mail.html")]
struct MailPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    tabs: Vec<NavLink>,
    row: MailRow,
    head: Vec<(String, String)>,
    text: Option<String>,
    may_retry: bool,
    may_drop: bool,
    /// Where an address is sent no more.
    suppress: String,
}

/// What the page of a mail is asked for.
#[derive(Deserialize)]
pub(super) struct OneAsked {
    deed: Option<u64>,
}

/// `/console/outbox/{id}`.
pub(super) async fn mail(
    State(shared): State<Shared>,
    visitor: Visitor,
    Path(id): Path<String>,
    Query(asked): Query<OneAsked>,
) -> Result<Response, Failure> {
    visitor.needs(MAIL)?;
    let id: Uuid = id.parse().map_err(|_bad| Failure::NotFound)?;
    // So that one that is not there is told from one that cannot be read.
    if shared.app.store.kept_mail(id).await?.is_none() {
        return Err(Failure::NotFound);
    }
    let order = Order::Outbox(OutboxOrder::Read { id });
    let answer = shared.app.operations.answer(order).await.map_err(|error| {
        tracing::warn!(%error, "a mail of the outbox could not be read");
        Failure::Unavailable
    })?;
    let shown: ShownMail = serde_json::from_value(answer).map_err(|_bad| Failure::Internal)?;
    let state = shown.mail.state.as_str();
    let template = MailPage {
        told: Told::of(&shared, &visitor, asked.deed).await?,
        tabs: mail_tabs(&visitor, Tab::Outbox),
        row: MailRow::new(&shown.mail, &visitor),
        may_retry: TRIED_ANEW.contains(&state),
        may_drop: state == "waiting",
        suppress: visitor.link("/console/suppressed"),
        head: shown.head,
        text: shown.text,
        frame: ConsoleFrame::new(&shared, &visitor, Place::Mail),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// Which mail; none for all that failed.
#[derive(Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    id: String,
}

/// `POST /console/outbox/retry`.
pub(super) async fn retry(State(shared): State<Shared>, posted: Posted<Which>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let (id, target, back) = if form.id.is_empty() {
        (None, "all that failed".to_owned(), "/console/outbox".to_owned())
    } else {
        let id: Uuid = form.id.parse().map_err(|_bad| Failure::BadRequest)?;
        (Some(id), id.to_string(), format!("/console/outbox/{id}"))
    };
    let deeds = Deeds::one(
        (Act::RetryMail, target),
        Value::Null,
        Order::Outbox(OutboxOrder::Retry { id }),
    );
    perform(&shared, &visitor, deeds, &back).await
}

/// `POST /console/outbox/drop`.
pub(super) async fn drop_it(
    State(shared): State<Shared>,
    posted: Posted<Which>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(MAIL)?;
    let id: Uuid = form.id.parse().map_err(|_bad| Failure::BadRequest)?;
    let deeds = Deeds::one(
        (Act::DropMail, id.to_string()),
        Value::Null,
        Order::Outbox(OutboxOrder::Drop { id }),
    );
    perform(&shared, &visitor, deeds, &format!("/console/outbox/{id}")).await
}
