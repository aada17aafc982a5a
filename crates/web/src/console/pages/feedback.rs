//! Who is told by the feedback loop and who asks to be: enrolling by hand, letting in, proving again, making secrets anew, ending. Secrets are shown on
//! the page that answers the form which made them, and on no other.

use askama::Template;
use atalaya_model::{Act, FeedbackScope, MailAddress};
use atalaya_notify::{NewEnrolment, Secrets};
use atalaya_store::{Enrolment, EnrolmentRequest, EnrolmentState, Proof, Ways};
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::act::{CHANGES, Deeds, Told, perform, perform_for_secret};
use super::forms::{cut, line_of};
use super::made::Made;
use crate::app::{Inner, Shared};
use crate::console::access::{Posted, Visitor};
use crate::console::operations::{FeedbackOrder, Order};
use crate::console::{ConsoleFrame, Place};
use crate::failure::Failure;
use crate::pages::page;
use crate::texts::TellingTexts;
use crate::written::Moment;

/// Where the page is.
const PATH: &str = "/console/feedback";
/// Rows of each table on a page.
const PAGE: u32 = 50;

/// Which enrolments and requests.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    /// The last enrolment of the page before.
    after: Option<Uuid>,
    /// The last request of the page before.
    asked_after: Option<Uuid>,
    deed: Option<u64>,
}

#[derive(Template)]
#[template(path = "console/feedback.html")]
struct FeedbackPage {
    frame: ConsoleFrame,
    told: Option<Told>,
    made: Option<Made>,
    enrolled: Vec<Row>,
    requests: Vec<Row>,
    next: Option<String>,
    requests_next: Option<String>,
    first: Option<String>,
}

/// Somebody who enrolled, or asks to be.
struct Row {
    id: Uuid,
    scope: String,
    name: String,
    mailbox: String,
    state: &'static str,
    proof: &'static str,
    ends: Moment,
    /// Whether a request can still be approved of.
    is_open: bool,
}

impl Row {
    fn enrolled(one: Enrolment, visitor: &Visitor) -> Self {
        let t = visitor.reader.texts();
        let words = &t.console.telling;
        Self {
            id: one.id,
            scope: one.scope.to_string(),
            name: one.name,
            mailbox: one.mailbox.to_string(),
            state: match one.state {
                EnrolmentState::Active => words.active,
                EnrolmentState::Lapsed => words.lapsed,
            },
            proof: words.proof(one.proof.map_or("", Proof::name)),
            ends: t.units.moment(one.ends_at),
            is_open: false,
        }
    }

    fn asked(one: EnrolmentRequest, visitor: &Visitor) -> Self {
        let t = visitor.reader.texts();
        let words = &t.console.telling;
        Self {
            state: step(&one, words),
            is_open: one.dropped_at.is_none() && one.refused_at.is_none() && one.approved_at.is_none(),
            id: one.id,
            scope: one.scope.to_string(),
            name: one.name,
            mailbox: one.mailbox.to_string(),
            proof: words.proof(one.proof.name()),
            ends: t.units.moment(one.ends_at),
        }
    }
}

/// How far a request has come.
const fn step(one: &EnrolmentRequest, words: &TellingTexts) -> &'static str {
    let [dropped, refused, approved, proven, confirmed, unconfirmed] = words.steps;
    match one {
        EnrolmentRequest {
            dropped_at: Some(_), ..
        } => dropped,
        EnrolmentRequest {
            refused_at: Some(_), ..
        } => refused,
        EnrolmentRequest {
            approved_at: Some(_), ..
        } => approved,
        EnrolmentRequest {
            proven_at: Some(_), ..
        } => proven,
        EnrolmentRequest {
            confirmed_at: Some(_),
            ..
        } => confirmed,
        _ => unconfirmed,
    }
}

/// `/console/feedback`.
pub(super) async fn feedback(
    State(shared): State<Shared>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    visitor.needs(CHANGES)?;
    view(&shared, &visitor, asked, None).await
}

/// The page, with secrets where some were just made.
async fn view(
    shared: &Inner,
    visitor: &Visitor,
    asked: Asked,
    made: Option<Made>,
) -> Result<Response, Failure> {
    let store = &shared.app.store;
    let mut enrolled = store.enrolments(asked.after, PAGE + 1).await?;
    let mut requests = store.enrolment_requests(asked.asked_after, PAGE + 1).await?;
    let link = |field: &str, id: Uuid| visitor.reader.link_to(&format!("{PATH}?{field}={id}"));
    let next = cut(&mut enrolled, PAGE).map(|last| link("after", last.id));
    let requests_next = cut(&mut requests, PAGE).map(|last| link("asked_after", last.id));
    let template = FeedbackPage {
        told: Told::of(shared, visitor, asked.deed).await?,
        made,
        next,
        requests_next,
        first: (asked.after.is_some() || asked.asked_after.is_some()).then(|| visitor.link(PATH)),
        enrolled: enrolled
            .into_iter()
            .map(|one| Row::enrolled(one, visitor))
            .collect(),
        requests: requests.into_iter().map(|one| Row::asked(one, visitor)).collect(),
        frame: ConsoleFrame::new(shared, visitor, Place::Feedback),
    };
    Ok(page(StatusCode::OK, &visitor.reader, &template))
}

/// An enrolment as it was typed.
#[derive(Deserialize)]
pub(super) struct Entry {
    scope: String,
    mailbox: String,
    #[serde(default)]
    name: String,
    mail: Option<String>,
    summary: Option<String>,
    #[serde(default)]
    webhook: String,
}

impl Entry {
    fn read(&self) -> Result<NewEnrolment, Failure> {
        let scope: FeedbackScope = self.scope.trim().parse().map_err(|_bad| Failure::BadRequest)?;
        let mailbox: MailAddress = self.mailbox.trim().parse().map_err(|_bad| Failure::BadRequest)?;
        let said = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Ok(NewEnrolment {
            scope,
            name: said(&line_of(&self.name)?).unwrap_or_else(|| mailbox.to_string()),
            mailbox,
            ways: Ways {
                mail: self.mail.is_some(),
                summary: self.summary.is_some(),
                webhook: said(&self.webhook),
            },
        })
    }
}

/// What enrolling and making secrets anew answer, as far as the page shows it.
#[derive(Deserialize)]
struct Enrolled {
    enrolment: Enrolment,
    secrets: Secrets,
}

/// `POST /console/feedback/enrol`.
pub(super) async fn enrol(State(shared): State<Shared>, posted: Posted<Entry>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let new = form.read()?;
    let details = json!({ "name": new.name, "mailbox": new.mailbox, "ways": new.ways });
    let scope = new.scope.clone();
    let deeds = deeds((Act::Enrol, scope), details, FeedbackOrder::Add(new));
    show_secrets(&shared, &visitor, deeds).await
}

/// `POST /console/feedback/rotate`.
pub(super) async fn rotate(State(shared): State<Shared>, posted: Posted<Which>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let id = form.id()?;
    let details = json!({ "secrets": "made anew" });
    let deeds = deeds((Act::ChangeEnrolment, id), details, FeedbackOrder::Rotate { id });
    show_secrets(&shared, &visitor, deeds).await
}

/// Makes secrets, and shows them this once.
async fn show_secrets(shared: &Shared, visitor: &Visitor, deeds: Deeds) -> Result<Response, Failure> {
    let answer = match perform_for_secret(shared, visitor, deeds, PATH).await? {
        Ok(answer) => answer,
        Err(refused) => return Ok(refused),
    };
    let Enrolled { enrolment, secrets } = serde_json::from_value(answer).map_err(|_bad| Failure::Internal)?;
    let words = &visitor.reader.texts().console.telling;
    let webhook = secrets
        .webhook_secret
        .map(|secret| (words.webhook_secret, secret));
    let made = Made {
        title: (words.secrets_of)(&enrolment.name, &enrolment.scope.to_string()),
        secrets: std::iter::once((words.feed_key, secrets.pull_key))
            .chain(webhook)
            .collect(),
    };
    view(shared, visitor, Asked::default(), Some(made)).await
}

/// Which one.
#[derive(Deserialize)]
pub(super) struct Which {
    id: String,
}

impl Which {
    fn id(&self) -> Result<Uuid, Failure> {
        self.id.parse().map_err(|_bad| Failure::BadRequest)
    }
}

/// `POST /console/feedback/approve`.
pub(super) async fn approve(
    State(shared): State<Shared>,
    posted: Posted<Which>,
) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let id = form.id()?;
    let deeds = deeds((Act::Enrol, id), Value::Null, FeedbackOrder::Approve { id });
    perform(&shared, &visitor, deeds, PATH).await
}

/// `POST /console/feedback/prove`.
pub(super) async fn prove(State(shared): State<Shared>, posted: Posted<Which>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let id = form.id()?;
    let details = json!({ "proven": "by the operator" });
    let deeds = deeds((Act::ChangeEnrolment, id), details, FeedbackOrder::Prove { id });
    perform(&shared, &visitor, deeds, PATH).await
}

/// `POST /console/feedback/end`.
pub(super) async fn end(State(shared): State<Shared>, posted: Posted<Which>) -> Result<Response, Failure> {
    let Posted { visitor, form } = posted;
    visitor.needs(CHANGES)?;
    let id = form.id()?;
    let deeds = deeds((Act::EndEnrolment, id), Value::Null, FeedbackOrder::Remove { id });
    perform(&shared, &visitor, deeds, PATH).await
}

fn deeds((act, target): (Act, impl ToString), details: Value, order: FeedbackOrder) -> Deeds {
    Deeds::one((act, target.to_string()), details, Order::Feedback(order))
}
