//! What the buttons on the page of a mailbox do. A form names one of its own requests or enrolments; anybody else's is as unknown as none.

use atalaya_model::MailAddress;
use atalaya_notify::{Need, Stepped};
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use uuid::Uuid;

use super::mine::enter;
use super::{Said, SecretsView, failed, outcome};
use crate::app::Shared;
use crate::failure::Failure;
use crate::pages::Reader;
use crate::texts::FeedbackTexts;

/// What a button does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Step {
    /// Confirm a request, or go on with it.
    GoOn,
    /// Drop a request, or say no to it.
    Drop,
    /// Say yes to the request of somebody else.
    Vouch,
    /// Prove an enrolment again.
    Prove,
    /// Make its secrets anew.
    Rotate,
    /// End it.
    End,
}

/// The form of all buttons.
#[derive(Debug, Deserialize)]
pub(crate) struct Meant {
    id: Uuid,
}

/// GET of what a form answers, as after "back" or a change of language: leads to the page of the mailbox.
pub(crate) async fn back_to_mine(reader: Reader, Path((ticket, _step)): Path<(String, String)>) -> Redirect {
    let is_of_a_ticket = |c: &char| c.is_ascii_alphanumeric() || "-_".contains(*c);
    let ticket: String = ticket.chars().filter(is_of_a_ticket).collect();
    Redirect::to(&reader.link(&format!("/feedback/mine/{ticket}")))
}

/// POST `/feedback/mine/TICKET/STEP`.
pub(crate) async fn step(
    State(shared): State<Shared>,
    reader: Reader,
    Path((ticket, step)): Path<(String, Step)>,
    Form(Meant { id }): Form<Meant>,
) -> Result<Response, Failure> {
    let holder = match enter(&shared, &reader, &ticket).await? {
        Ok(holder) => holder,
        Err(shut) => return Ok(shut),
    };
    let t = &reader.texts().feedback;
    let (said, secrets) = take(&shared, step, (&holder.mailbox, id), t).await?;
    let back = Some(reader.link(&format!("/feedback/mine/{ticket}")));
    Ok(outcome((&shared, &reader), said, secrets, back).into_response())
}

/// Takes a step, and says what came of it.
async fn take(
    shared: &Shared,
    step: Step,
    (mailbox, id): (&MailAddress, Uuid),
    t: &'static FeedbackTexts,
) -> Result<(Said, Option<SecretsView>), Failure> {
    let feedback = &shared.app.feedback;
    let stepped = match step {
        Step::GoOn => feedback.go_on(mailbox, id).await.map_err(failed)?,
        Step::Prove => feedback.renew_proof(mailbox, id).await.map_err(failed)?,
        Step::Rotate => {
            let (_, secrets) = feedback.rotate_own(mailbox, id).await.map_err(failed)?;
            let said = Said::well(t.rotated, vec![t.shown_once.to_owned()]);
            return Ok((said, Some(SecretsView::new(shared, secrets))));
        }
        Step::Vouch => {
            feedback.vouch(mailbox, id).await.map_err(failed)?;
            return Ok((Said::well(t.vouched, vec![t.vouched_text.to_owned()]), None));
        }
        Step::Drop => {
            feedback.drop_request(mailbox, id).await.map_err(failed)?;
            return Ok((Said::well(t.dropped, vec![t.dropped_text.to_owned()]), None));
        }
        Step::End => {
            feedback.remove_own(mailbox, id).await.map_err(failed)?;
            return Ok((Said::well(t.ended, vec![t.ended_text.to_owned()]), None));
        }
    };
    Ok(match stepped {
        Stepped::Enrolled(enrolment, secrets) => {
            let paragraphs = vec![
                (t.enrolled_text)(&enrolment.scope.to_string()),
                t.shown_once.to_owned(),
            ];
            let secrets = SecretsView::new(shared, secrets);
            (Said::well(t.enrolled, paragraphs), Some(secrets))
        }
        Stepped::ProvenAgain(enrolment) => {
            let scope = enrolment.scope.to_string();
            (Said::well(t.proven_again, vec![(t.enrolled_text)(&scope)]), None)
        }
        Stepped::Waits(need) => (waits(&need, t), None),
    })
}

/// What is still missing.
fn waits(need: &Need, t: &'static FeedbackTexts) -> Said {
    let (status, text) = match need {
        Need::Record(name) => (StatusCode::CONFLICT, (t.needs_record)(name)),
        Need::Contact(contact) => (StatusCode::OK, (t.contact_asked)(contact.as_str())),
        Need::NoContact => (StatusCode::CONFLICT, t.no_contact.to_owned()),
        Need::Refused => (StatusCode::CONFLICT, t.needs_refused.to_owned()),
        Need::Later => (StatusCode::SERVICE_UNAVAILABLE, t.later.to_owned()),
        Need::Operator => (StatusCode::OK, t.needs_operator.to_owned()),
        Need::Room => (StatusCode::CONFLICT, t.needs_room.to_owned()),
    };
    Said::not_yet(status, t.not_yet, vec![text])
}
