//! `feedback list`, `show`, `add`, `approve`, `rotate`, `prove`, `remove`: who is told of every message from his addresses, and who asks to be.
//!
//! Whoever the operator enrols needs no other proof.

use atalaya_model::{FeedbackScope, MailAddress};
use atalaya_notify::NewEnrolment;
use atalaya_store::{Delivery, Enrolment, EnrolmentRequest, Proof, Ways};
use clap::{Args, Subcommand};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{Form, line_to, print, print_json};
use crate::cli::Place;
use crate::control::{Line, Request};
use crate::feedback::{EnrolmentAnswer, FeedbackRequest};
use crate::folder::Missing;

/// `feedback`.
#[derive(Debug, Subcommand)]
pub(crate) enum FeedbackCommand {
    /// Show who enrolled, and who asks to be
    List(FeedbackList),
    /// Show an enrolment, and how each of its ways stands
    Show(FeedbackOne),
    /// Enrol somebody; his key and the secret of his webhook are shown once
    Add(FeedbackAdd),
    /// Approve of who asks to be enrolled, without another proof; he gets a mail and finishes it himself
    Approve(FeedbackOne),
    /// Make the key and the secret anew; the old ones end
    Rotate(FeedbackOne),
    /// Say that an enrolment is still theirs; a webhook that counts as dead is called again
    Prove(FeedbackOne),
    /// End an enrolment, and forget what it was told; or drop what somebody asked for
    Remove(FeedbackOne),
}

/// `feedback list`.
#[derive(Debug, Args)]
pub(crate) struct FeedbackList {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one enrolment a line
    #[arg(long)]
    json: bool,
}

/// What is done with one enrolment.
#[derive(Debug, Args)]
pub(crate) struct FeedbackOne {
    #[command(flatten)]
    place: Place,
    /// Its id, as `feedback list` shows it
    id: Uuid,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `feedback add`.
#[derive(Debug, Args)]
pub(crate) struct FeedbackAdd {
    #[command(flatten)]
    place: Place,
    /// What he is told of: a prefix, a network such as AS64500, or what a domain signs, such as dkim:example.org
    scope: FeedbackScope,
    /// His mailbox
    #[arg(long, value_name = "ADDRESS")]
    mailbox: MailAddress,
    /// Who he is, in one line; his mailbox if absent
    #[arg(long)]
    name: Option<String>,
    /// Send him each event as ARF by mail
    #[arg(long)]
    mail: bool,
    /// Send him a summary of each day by mail
    #[arg(long)]
    summary: bool,
    /// Post each event as X-ARF to this URL
    #[arg(long, value_name = "URL")]
    webhook: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs one of the seven.
pub(crate) async fn run(command: FeedbackCommand) -> anyhow::Result<()> {
    match command {
        FeedbackCommand::List(list) => run_list(list).await,
        FeedbackCommand::Show(one) => ask(one, |id| FeedbackRequest::Show { id }, "").await,
        FeedbackCommand::Rotate(one) => {
            let done = "The old key and the old secret have ended.";
            ask(one, |id| FeedbackRequest::Rotate { id }, done).await
        }
        FeedbackCommand::Approve(one) => ask(one, |id| FeedbackRequest::Approve { id }, "Approved.").await,
        FeedbackCommand::Prove(one) => ask(one, |id| FeedbackRequest::Prove { id }, "Proven.").await,
        FeedbackCommand::Remove(one) => ask(one, |id| FeedbackRequest::Remove { id }, "Removed.").await,
        FeedbackCommand::Add(add) => {
            let new = NewEnrolment {
                scope: add.scope,
                name: add.name.unwrap_or_else(|| add.mailbox.to_string()),
                mailbox: add.mailbox,
                ways: Ways {
                    mail: add.mail,
                    summary: add.summary,
                    webhook: add.webhook,
                },
            };
            let request = Request::Feedback(FeedbackRequest::Add(new));
            let answer = line_to(&add.place, Missing::Made).await?.ask(request).await?;
            show(&answer, Form::from(add.json), "Enrolled.")
        }
    }
}

async fn run_list(list: FeedbackList) -> anyhow::Result<()> {
    let mut line = line_to(&list.place, Missing::Refused).await?;
    let form = Form::from(list.json);
    let enrolled = print_pages(
        &mut line,
        form,
        |after| FeedbackRequest::List { after },
        |one: &Enrolment| (one.id, sentence(one)),
    );
    let enrolled = enrolled.await?;
    let asked = print_pages(
        &mut line,
        form,
        |after| FeedbackRequest::Asked { after },
        |one: &EnrolmentRequest| (one.id, asked_sentence(one)),
    );
    match enrolled.saturating_add(asked.await?) {
        0 if form == Form::Text => print("Nobody has enrolled."),
        _ => Ok(()),
    }
}

/// Prints all of a kind, page by page, and says how many there are.
async fn print_pages<T: Serialize + DeserializeOwned>(
    line: &mut Line,
    form: Form,
    request: impl Fn(Option<Uuid>) -> FeedbackRequest,
    told: impl Fn(&T) -> (Uuid, String),
) -> anyhow::Result<usize> {
    let (mut after, mut all) = (None, 0_usize);
    loop {
        let page: Vec<T> = line.ask(Request::Feedback(request(after))).await?;
        let Some(last) = page.last() else { return Ok(all) };
        after = Some(told(last).0);
        all = all.saturating_add(page.len());
        for one in &page {
            match form {
                Form::Json => print_json(one)?,
                Form::Text => print(told(one).1)?,
            }
        }
    }
}

async fn ask(one: FeedbackOne, request: impl Fn(Uuid) -> FeedbackRequest, done: &str) -> anyhow::Result<()> {
    let mut line = line_to(&one.place, Missing::Refused).await?;
    let answer = line.ask(Request::Feedback(request(one.id))).await?;
    show(&answer, Form::from(one.json), done)
}

fn show(answer: &EnrolmentAnswer, form: Form, done: &str) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(answer);
    }
    if !done.is_empty() {
        print(done)?;
    }
    if let Some(request) = &answer.request {
        print(asked_sentence(request))?;
    }
    if let Some(enrolment) = &answer.enrolment {
        print(sentence(enrolment))?;
    }
    answer.deliveries.iter().try_for_each(show_delivery)?;
    let Some(secrets) = &answer.secrets else {
        return Ok(());
    };
    print(format_args!("Key of the feed: {}", secrets.pull_key))?;
    if let Some(secret) = &secrets.webhook_secret {
        print(format_args!("Secret of the webhook: {secret}"))?;
    }
    print("They are shown once: give them to the enroller on a safe way.")
}

fn sentence(enrolment: &Enrolment) -> String {
    let Enrolment {
        id,
        scope,
        name,
        mailbox,
        state,
        ends_at,
        proof,
        ..
    } = enrolment;
    let proof = proof.map_or("nothing", Proof::name);
    format!("{id}  {scope:<20} {state:<9} until {ends_at}, proven by {proof}  {name} <{mailbox}>")
}

fn asked_sentence(request: &EnrolmentRequest) -> String {
    let EnrolmentRequest {
        id,
        scope,
        name,
        mailbox,
        proof,
        ends_at,
        ..
    } = request;
    let came = match request {
        one if one.dropped_at.is_some() => "dropped".to_owned(),
        one if one.refused_at.is_some() => "the contact said no".to_owned(),
        one if one.approved_at.is_some() => "approved".to_owned(),
        one if one.proven_at.is_some() => format!("proven by {proof}"),
        one if one.confirmed_at.is_some() => format!("mailbox confirmed, not proven by {proof}"),
        _ => "mailbox not confirmed".to_owned(),
    };
    format!(
        "{id}  {scope:<20} {:<9} until {ends_at}, {came}  {name} <{mailbox}>",
        "asked"
    )
}

fn show_delivery(delivery: &Delivery) -> anyhow::Result<()> {
    let way = delivery.way;
    match &delivery.last_error {
        Some(why) => print(format_args!(
            "  {way:<8} told up to {} of {}; failing {} times in a row, next at {}: {why}",
            delivery.position, delivery.latest, delivery.attempts, delivery.due_at
        )),
        None if way == atalaya_store::Way::Summary => {
            print(format_args!("  {way:<8} next at {}", delivery.due_at))
        }
        None => print(format_args!(
            "  {way:<8} told up to {} of {}",
            delivery.position, delivery.latest
        )),
    }
}
