//! A link that opens nothing, and asking for a fresh one.
//!
//! Asked for whatever mailbox, the answer is the same and comes at once: whether we ever wrote there is looked up behind it.

use std::sync::{Arc, LazyLock};

use askama::Template;
use atalaya_model::MailAddress;
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{Refusal, Shut};
use crate::app::{Inner, Shared};
use crate::failure::Failure;
use crate::pages::{Frame, Reader, page};

/// Wishes that are looked up at the same time.
const MOST_AT_ONCE: usize = 16;
/// The places for them.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MOST_AT_ONCE)));

#[derive(Template)]
#[template(path = "network_link.html")]
struct LinkPage {
    frame: Frame,
    title: &'static str,
    paragraphs: Vec<String>,
    /// The form; none once it was sent.
    form: Option<FormView>,
}

/// The form that asks for a fresh link.
struct FormView {
    action: String,
    /// The mailbox, where a link that has expired names it; else the reader does.
    mailbox: Option<String>,
}

/// The form.
#[derive(Debug, Deserialize)]
pub(crate) struct Asking {
    mailbox: String,
}

/// The page instead of the one that a link does not open.
pub(super) fn shut(shared: &Inner, reader: &Reader, shut: &Shut) -> Response {
    let t = &reader.texts().network;
    let (status, title, text) = match shut {
        Shut::Expired(_) => (StatusCode::GONE, t.expired, t.expired_text),
        Shut::Wrong | Shut::Failed(_) => (StatusCode::NOT_FOUND, t.wrong, t.wrong_text),
    };
    let mailbox = match shut {
        Shut::Expired(contact) => Some(contact.to_string()),
        Shut::Wrong | Shut::Failed(_) => None,
    };
    form(shared, reader, (status, title, text), mailbox)
}

/// `/network`: the form alone.
pub(crate) async fn ask_link(State(shared): State<Shared>, reader: Reader) -> Response {
    let t = &reader.texts().network;
    form(&shared, &reader, (StatusCode::OK, t.ask, t.ask_text), None)
}

fn form(
    shared: &Inner,
    reader: &Reader,
    (status, title, text): (StatusCode, &'static str, &'static str),
    mailbox: Option<String>,
) -> Response {
    let t = &reader.texts().network;
    let action = reader.link("/network");
    let template = LinkPage {
        frame: Frame::now(shared, reader),
        title,
        paragraphs: vec![text.to_owned(), t.or_answer.to_owned()],
        form: Some(FormView { action, mailbox }),
    };
    page(status, reader, &template)
}

/// POST `/network`.
pub(crate) async fn link_asked(
    State(shared): State<Shared>,
    reader: Reader,
    Form(asking): Form<Asking>,
) -> Result<Response, Refusal> {
    let t = &reader.texts().network;
    let Ok(mailbox) = asking.mailbox.trim().parse::<MailAddress>() else {
        let said = (StatusCode::BAD_REQUEST, t.ask, t.no_mailbox);
        return Ok(form(&shared, &reader, said, None));
    };
    let place = Arc::clone(&PLACES).try_acquire_owned();
    let place = place.map_err(|_full| Failure::Unavailable)?;
    let asked = Arc::clone(&shared);
    tokio::spawn(async move {
        let _place = place;
        ask(&asked, &mailbox).await;
    });
    let template = LinkPage {
        frame: Frame::now(&shared, &reader),
        title: t.asked,
        paragraphs: vec![t.asked_text.to_owned(), t.or_answer.to_owned()],
        form: None,
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

/// Leaves a job for whoever writes mails, if we wrote to the mailbox before.
async fn ask(shared: &Inner, mailbox: &MailAddress) {
    let store = &shared.app.store;
    let asked = async {
        if store.is_written_to(mailbox).await? && !store.is_left_alone(mailbox).await? {
            store.ask_for_link(mailbox, shared.app.clock.now()).await?;
        }
        Ok::<_, atalaya_store::StoreError>(())
    };
    if let Err(error) = asked.await {
        let error = &error as &dyn std::error::Error;
        tracing::warn!(error, "a fresh link could not be asked for");
    }
}
