//! The end of notices: the link in each of them leads here. The token in the link is the credential.
//!
//! Mail programs press the button by themselves (RFC 8058): a POST without a page before it, from another origin.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::views::{self, MailView};
use super::{Frame, Reader, page};
use crate::app::{Inner, Shared};
use crate::failure::Failure;

/// Longest token that is looked up.
const MAX_TOKEN: usize = 128;

#[derive(Template)]
#[template(path = "stop.html")]
struct StopPage {
    frame: Frame,
    title: &'static str,
    paragraphs: Vec<String>,
    /// Where the button leads; none where the notices have ended.
    action: Option<String>,
    mail: MailView,
}

/// GET: shows what the button will do. A visit alone changes nothing, because programs follow links too.
pub(crate) async fn stop(
    State(shared): State<Shared>,
    reader: Reader,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let notice = find(&shared, &token).await?;
    if shared.app.store.is_left_alone(&notice.contact).await? {
        return Ok(done(&shared, &reader, notice.contact.as_str()));
    }
    let s = &reader.texts().stop;
    let template = StopPage {
        frame: Frame::now(&shared, &reader),
        title: s.title,
        paragraphs: vec![(s.question)(notice.contact.as_str()), s.consequence.to_owned()],
        action: Some(reader.link(&reader.path)),
        mail: postmaster(&shared, notice.contact.as_str()),
    };
    Ok(page(StatusCode::OK, &reader, &template))
}

/// POST: ends the notices to this contact. Pressing twice does no harm.
pub(crate) async fn stopped(
    State(shared): State<Shared>,
    reader: Reader,
    Path(token): Path<String>,
) -> Result<Response, Failure> {
    let notice = find(&shared, &token).await?;
    shared
        .app
        .store
        .leave_alone(&notice.contact, shared.app.clock.now())
        .await?;
    tracing::info!(notice.id = %notice.id, "a contact wants no more notices");
    Ok(done(&shared, &reader, notice.contact.as_str()))
}

/// The notice that the token belongs to.
async fn find(shared: &Inner, token: &str) -> Result<atalaya_store::Notice, Failure> {
    if token.is_empty() || token.len() > MAX_TOKEN {
        return Err(Failure::NoNotice);
    }
    shared
        .app
        .store
        .notice_by_token(token)
        .await?
        .ok_or(Failure::NoNotice)
}

/// The page that says that the notices have ended.
fn done(shared: &Inner, reader: &Reader, contact: &str) -> Response {
    let s = &reader.texts().stop;
    let template = StopPage {
        frame: Frame::now(shared, reader),
        title: s.stopped,
        paragraphs: vec![(s.stopped_text)(contact), s.undo.to_owned()],
        action: None,
        mail: postmaster(shared, contact),
    };
    page(StatusCode::OK, reader, &template)
}

/// The mailbox that can begin them again.
fn postmaster(shared: &Inner, contact: &str) -> MailView {
    views::mail(&shared.app.config.web.postmaster, contact)
}
