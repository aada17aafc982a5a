//! Enrolling in the feedback loop without an account: a form that anybody can send, and a page for each mailbox, by a sealed link that goes to
//! it alone.
//!
//! In: a form, or the ticket in a link. The ticket is the credential: it is in no log, no metric and no `Referer`. What the steps are is decided in
//! `atalaya_notify`; here they are shown. A visit alone changes nothing, because programs follow links too.

mod form;
mod mine;
mod step;

use askama::Template;
use atalaya_notify::{FeedbackError, Secrets};
use axum::http::StatusCode;
use axum::response::Response;

use super::{Frame, Reader, page};
use crate::app::Inner;
use crate::failure::Failure;

pub(crate) use form::{asked, back_to_form, form, page_asked};
pub(crate) use mine::mine;
pub(crate) use step::{back_to_mine, step};

/// What was done, or what is missing.
#[derive(Template)]
#[template(path = "feedback_outcome.html")]
struct OutcomePage {
    frame: Frame,
    tone: &'static str,
    title: &'static str,
    paragraphs: Vec<String>,
    /// Shown once.
    secrets: Option<SecretsView>,
    /// Where to go on.
    back: Option<String>,
}

/// What the enroller needs and nobody else may know.
struct SecretsView {
    key: String,
    webhook: Option<String>,
    /// A call of the feed.
    example: String,
}

impl SecretsView {
    fn new(shared: &Inner, secrets: Secrets) -> Self {
        let url = &shared.app.config.public_url;
        let example = format!(
            "curl -H 'Authorization: Bearer {}' '{url}/api/v1/feedback/events?after=0'",
            secrets.pull_key
        );
        Self {
            key: secrets.pull_key,
            webhook: secrets.webhook_secret,
            example,
        }
    }
}

/// What a page says.
struct Said {
    status: StatusCode,
    tone: &'static str,
    title: &'static str,
    paragraphs: Vec<String>,
}

impl Said {
    /// That all is well.
    fn well(title: &'static str, paragraphs: Vec<String>) -> Self {
        Self {
            status: StatusCode::OK,
            tone: "clear",
            title,
            paragraphs,
        }
    }

    /// That something is missing.
    fn not_yet(status: StatusCode, title: &'static str, paragraphs: Vec<String>) -> Self {
        Self {
            status,
            tone: "neutral",
            title,
            paragraphs,
        }
    }
}

/// The page that says it.
fn outcome(
    (shared, reader): (&Inner, &Reader),
    said: Said,
    secrets: Option<SecretsView>,
    back: Option<String>,
) -> Response {
    let template = OutcomePage {
        frame: Frame::now(shared, reader),
        tone: said.tone,
        title: said.title,
        paragraphs: said.paragraphs,
        secrets,
        back,
    };
    page(said.status, reader, &template)
}

/// What the loop could not do, for a reader.
fn failed(error: FeedbackError) -> Failure {
    match error {
        FeedbackError::Store(error) => error.into(),
        FeedbackError::Unknown(_) => Failure::NotFound,
        error => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "an enrolment could not be worked on");
            Failure::Internal
        }
    }
}
