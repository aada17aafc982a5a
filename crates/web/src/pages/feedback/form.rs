//! `/feedback`: what the loop is, the form that asks for an enrolment, and the one that asks for the link to one's own.
//!
//! Asked for whatever scope and mailbox, the answer is the same and comes at once: what becomes of it is decided behind it.

use std::future::Future;
use std::sync::{Arc, LazyLock};

use askama::Template;
use atalaya_model::{FeedbackScope, MailAddress};
use atalaya_notify::{Enrolling, FeedbackError, NewEnrolment, Unfit};
use atalaya_store::{Proof, Ways};
use axum::extract::{Form, State};
use axum::http::StatusCode;
use axum::response::{Redirect, Response};
use serde::Deserialize;
use tokio::sync::Semaphore;

use super::{Said, outcome};
use crate::app::{Client, Inner, Shared};
use crate::failure::Failure;
use crate::pages::views::{self, MailView};
use crate::pages::{Frame, Reader, page};
use crate::texts::FeedbackTexts;

/// Forms that are worked on at the same time.
const MOST_AT_ONCE: usize = 16;
/// The places for them.
static PLACES: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(MOST_AT_ONCE)));

#[derive(Template)]
#[template(path = "feedback.html")]
struct FormPage {
    frame: Frame,
    lead: String,
    /// What is wrong with what was typed.
    wrong: Option<&'static str>,
    /// What was typed; none where nobody enrols here.
    form: Option<Asking>,
    proofs: [ProofView; 3],
    /// Where the form leads, and the one for the link.
    action: String,
    link_action: String,
    approval: Option<&'static str>,
    mail: MailView,
}

/// A proof to choose.
struct ProofView {
    name: &'static str,
    title: &'static str,
    text: &'static str,
    is_chosen: bool,
}

/// The form.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asking {
    #[serde(default)]
    scope: String,
    #[serde(default)]
    mailbox: String,
    #[serde(default)]
    name: String,
    mail: Option<String>,
    summary: Option<String>,
    #[serde(default)]
    webhook: String,
    #[serde(default)]
    proof: String,
}

/// The form that asks for the link.
#[derive(Debug, Deserialize)]
pub(crate) struct AskingForPage {
    #[serde(default)]
    mailbox: String,
}

/// `/feedback`.
pub(crate) async fn form(State(shared): State<Shared>, reader: Reader) -> Response {
    show(&shared, &reader, (StatusCode::OK, None), Asking::default())
}

/// GET of what the second form answers, as after a change of language: leads to the forms.
pub(crate) async fn back_to_form(reader: Reader) -> Redirect {
    Redirect::to(&reader.link("/feedback"))
}

fn show(
    shared: &Inner,
    reader: &Reader,
    (status, wrong): (StatusCode, Option<&'static str>),
    typed: Asking,
) -> Response {
    let t = &reader.texts().feedback;
    let enrol = shared.app.feedback.config().enrol;
    let chosen = typed.proof.parse().unwrap_or(Proof::Mail);
    let template = FormPage {
        frame: Frame::now(shared, reader),
        lead: (t.lead)(&shared.app.config.web.organisation),
        wrong,
        form: (enrol != Enrolling::Closed).then_some(typed),
        proofs: proofs(t, chosen),
        action: reader.link("/feedback"),
        link_action: reader.link("/feedback/link"),
        approval: (enrol == Enrolling::Approve).then_some(t.approval),
        mail: views::mail(&shared.app.config.web.postmaster, t.title),
    };
    page(status, reader, &template)
}

fn proofs(t: &'static FeedbackTexts, chosen: Proof) -> [ProofView; 3] {
    [
        (Proof::Mail, t.by_mail, t.by_mail_text),
        (Proof::Txt, t.by_txt, t.by_txt_text),
        (Proof::Reverse, t.by_names, t.by_names_text),
    ]
    .map(|(proof, title, text)| ProofView {
        name: proof.name(),
        title,
        text,
        is_chosen: proof == chosen,
    })
}

/// POST `/feedback`.
pub(crate) async fn asked(
    State(shared): State<Shared>,
    reader: Reader,
    Client(client): Client,
    Form(typed): Form<Asking>,
) -> Result<Response, Failure> {
    let t = &reader.texts().feedback;
    if shared.app.feedback.config().enrol == Enrolling::Closed {
        let closed = (StatusCode::FORBIDDEN, None);
        return Ok(show(&shared, &reader, closed, typed));
    }
    let wished = read(&typed, t).and_then(|(new, proof)| {
        let wrong = shared.app.feedback.unfit(&new, proof);
        wrong.map_or(Ok((new, proof)), |wrong| Err(told(wrong, t)))
    });
    let (new, proof) = match wished {
        Ok(wished) => wished,
        Err(wrong) => {
            let wrong = (StatusCode::BAD_REQUEST, Some(wrong));
            return Ok(show(&shared, &reader, wrong, typed));
        }
    };
    let said = (t.asked_text)(new.mailbox.as_str());
    let feedback = Arc::clone(&shared.app.feedback);
    behind(async move { feedback.ask(new, proof, client).await })?;
    let said = Said::well(t.asked, vec![said, t.asked_once.to_owned()]);
    Ok(outcome((&shared, &reader), said, None, None))
}

/// POST `/feedback/link`.
pub(crate) async fn page_asked(
    State(shared): State<Shared>,
    reader: Reader,
    Form(asking): Form<AskingForPage>,
) -> Result<Response, Failure> {
    let t = &reader.texts().feedback;
    let Ok(mailbox) = asking.mailbox.trim().parse::<MailAddress>() else {
        let wrong = (StatusCode::BAD_REQUEST, Some(t.no_mailbox));
        return Ok(show(&shared, &reader, wrong, Asking::default()));
    };
    let feedback = Arc::clone(&shared.app.feedback);
    behind(async move { feedback.ask_for_page(&mailbox).await })?;
    let said = Said::well(t.link_asked, vec![t.link_asked_text.to_owned()]);
    Ok(outcome((&shared, &reader), said, None, None))
}

/// Works on what a stranger wants behind the answer, which so tells nothing of it, not even by its time.
fn behind(work: impl Future<Output = Result<(), FeedbackError>> + Send + 'static) -> Result<(), Failure> {
    let place = Arc::clone(&PLACES).try_acquire_owned();
    let place = place.map_err(|_full| Failure::Unavailable)?;
    tokio::spawn(async move {
        let _place = place;
        if let Err(error) = work.await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(
                error,
                "what somebody asked of the feedback loop could not be done"
            );
        }
    });
    Ok(())
}

/// Reads a form, or says what is wrong with it.
fn read(typed: &Asking, t: &'static FeedbackTexts) -> Result<(NewEnrolment, Proof), &'static str> {
    let scope: FeedbackScope = typed.scope.parse().map_err(|_bad| t.bad_scope)?;
    let mailbox: MailAddress = typed.mailbox.trim().parse().map_err(|_bad| t.no_mailbox)?;
    let proof = typed.proof.parse().map_err(|_bad| t.bad_proof)?;
    let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let new = NewEnrolment {
        scope,
        name: said(&typed.name).unwrap_or_else(|| mailbox.to_string()),
        mailbox,
        ways: Ways {
            mail: typed.mail.is_some(),
            summary: typed.summary.is_some(),
            webhook: said(&typed.webhook),
        },
    };
    Ok((new, proof))
}

/// What of a form cannot be.
fn told(wrong: Unfit, t: &'static FeedbackTexts) -> &'static str {
    match wrong {
        Unfit::Name => t.bad_name,
        Unfit::Webhook => t.bad_webhook,
        Unfit::Proof => t.bad_proof,
    }
}
