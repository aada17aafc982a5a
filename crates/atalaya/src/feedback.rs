//! The feedback loop in this house: how it is made, who works for it, and what commands ask of it.

use std::sync::Arc;

use atalaya_formats::redact::SharedTrapNames;
use atalaya_model::Clock;
use atalaya_net::Resolver;
use atalaya_notify::{
    ContactFinder, Feedback, FeedbackError, FeedbackFollower, ListNames, Networks, NewEnrolment, Provers,
    Secrets, SignedFollower,
};
use atalaya_store::{Delivery, Enrolment, EnrolmentRequest, Store};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::config::Config;
use crate::house::House;
use crate::serve::{Parts, put_to_work};

/// Enrolments in one answer.
const PAGE: u32 = 1_000;

/// What a command asks of the feedback loop.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "feedback", rename_all = "kebab-case")]
pub(crate) enum FeedbackRequest {
    /// A page of all enrolments, after the last of the page before; the answer is a list of [`Enrolment`].
    List { after: Option<Uuid> },
    /// A page of what was asked for and is no enrolment yet; the answer is a list of [`EnrolmentRequest`].
    Asked { after: Option<Uuid> },
    /// Approve of what was asked for; the answer is [`EnrolmentAnswer`].
    Approve { id: Uuid },
    /// One of them; the answer is [`EnrolmentAnswer`].
    Show { id: Uuid },
    /// Enrol somebody; the answer is [`EnrolmentAnswer`] with its secrets.
    Add(NewEnrolment),
    /// Make its secrets anew; the answer is the same.
    Rotate { id: Uuid },
    /// Prove it by the operator's word; the answer is [`EnrolmentAnswer`].
    Prove { id: Uuid },
    /// End it; the answer is [`EnrolmentAnswer`].
    Remove { id: Uuid },
}

/// An enrolment with what belongs to it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct EnrolmentAnswer {
    /// The enrolment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) enrolment: Option<Enrolment>,
    /// What was asked for, where that is no enrolment yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) request: Option<EnrolmentRequest>,
    /// How its ways stand, where that was asked.
    #[serde(default)]
    pub(crate) deliveries: Vec<Delivery>,
    /// Its secrets, where they were just made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) secrets: Option<Secrets>,
}

/// Makes the loop.
///
/// # Errors
/// The HTTPS client cannot be made, or `notice.sender` cannot be used.
pub(crate) fn open(
    config: &Config,
    names: ListNames,
    (store, clock): (&Store, &Clock),
    traps: SharedTrapNames,
    finder: &Arc<ContactFinder>,
) -> anyhow::Result<Arc<Feedback>> {
    let shared = (store.clone(), clock.clone());
    let made = Feedback::new(config.feedback.clone(), &config.notice, names, shared, traps)?;
    let resolvers = &config.contact.resolvers;
    let resolver = (!resolvers.is_empty()).then(|| Resolver::new(resolvers.clone()));
    let provers = Provers::new(resolver, Some(Arc::clone(finder)));
    Ok(Arc::new(made.proving_by(provers)))
}

/// Puts those to work who follow, tell and keep.
pub(crate) fn start(house: &House, tasks: &mut Parts, stop: &CancellationToken) {
    let feedback = &house.pages.feedback;
    let (places, data) = (house.config.places.clone(), house.config.data.clone());
    let networks = Networks::new(move || places.in_folder(&data), house.clock.clone());
    let follower = FeedbackFollower::new(Arc::clone(feedback), networks);
    put_to_work(
        tasks,
        "the follower of the feedback loop",
        follower.run(stop.clone()),
    );
    let signed = SignedFollower::new(Arc::clone(feedback)).run(stop.clone());
    put_to_work(tasks, "the follower of signatures", signed);
    let verifying = Arc::clone(feedback).verify(stop.clone());
    put_to_work(tasks, "the verification of signatures", verifying);
    let telling = Arc::clone(feedback).deliver(stop.clone());
    put_to_work(tasks, "the deliveries of the feedback loop", telling);
    let keeping = Arc::clone(feedback).keep(stop.clone());
    put_to_work(tasks, "the keeper of the feedback loop", keeping);
}

/// Answers a command.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer(feedback: &Feedback, asked: FeedbackRequest) -> anyhow::Result<Value> {
    let plain = |enrolment| EnrolmentAnswer {
        enrolment: Some(enrolment),
        ..EnrolmentAnswer::default()
    };
    let asked_for = |request| EnrolmentAnswer {
        request: Some(request),
        ..EnrolmentAnswer::default()
    };
    let secret = |(enrolment, secrets)| EnrolmentAnswer {
        secrets: Some(secrets),
        ..plain(enrolment)
    };
    let answer = match asked {
        FeedbackRequest::List { after } => {
            return Ok(serde_json::to_value(feedback.list(after, PAGE).await?)?);
        }
        FeedbackRequest::Asked { after } => {
            return Ok(serde_json::to_value(feedback.requests(after, PAGE).await?)?);
        }
        FeedbackRequest::Show { id } => match feedback.show(id).await {
            Ok((enrolment, deliveries)) => EnrolmentAnswer {
                deliveries,
                ..plain(enrolment)
            },
            Err(FeedbackError::Unknown(id)) => asked_for(feedback.request(id).await?),
            Err(failed) => return Err(failed.into()),
        },
        FeedbackRequest::Add(new) => secret(feedback.add(new).await?),
        FeedbackRequest::Rotate { id } => secret(feedback.rotate(id).await?),
        FeedbackRequest::Prove { id } => plain(feedback.prove(id).await?),
        FeedbackRequest::Approve { id } => asked_for(feedback.approve(id).await?),
        FeedbackRequest::Remove { id } => match feedback.remove(id).await {
            Ok(enrolment) => plain(enrolment),
            Err(FeedbackError::Unknown(id)) => asked_for(feedback.remove_request(id).await?),
            Err(failed) => return Err(failed.into()),
        },
    };
    Ok(serde_json::to_value(answer)?)
}
