//! `feedback list`, `show`, `add`, `rotate`, `prove`, `remove`: who is told of every message from his addresses.
//!
//! Whoever the operator enrols needs no other proof.

use atalaya_model::{FeedbackScope, MailAddress};
use atalaya_notify::NewEnrolment;
use atalaya_store::{Delivery, Enrolment, Ways};
use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{Form, line_to, print, print_json};
use crate::cli::Place;
use crate::control::Request;
use crate::feedback::{EnrolmentAnswer, FeedbackRequest};
use crate::folder::Missing;

/// `feedback`.
#[derive(Debug, Subcommand)]
pub(crate) enum FeedbackCommand {
    /// Show who enrolled
    List(FeedbackList),
    /// Show an enrolment, and how each of its ways stands
    Show(FeedbackOne),
    /// Enrol somebody; his key and the secret of his webhook are shown once
    Add(FeedbackAdd),
    /// Make the key and the secret anew; the old ones end
    Rotate(FeedbackOne),
    /// Say that an enrolment is still theirs; a webhook that counts as dead is called again
    Prove(FeedbackOne),
    /// End an enrolment, and forget what it was told
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

/// Runs one of the six.
pub(crate) async fn run(command: FeedbackCommand) -> anyhow::Result<()> {
    match command {
        FeedbackCommand::List(list) => run_list(list).await,
        FeedbackCommand::Show(one) => ask(one, |id| FeedbackRequest::Show { id }, "").await,
        FeedbackCommand::Rotate(one) => {
            let done = "The old key and the old secret have ended.";
            ask(one, |id| FeedbackRequest::Rotate { id }, done).await
        }
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
    let (mut after, form) = (None, Form::from(list.json));
    loop {
        let request = Request::Feedback(FeedbackRequest::List { after });
        let page: Vec<Enrolment> = line.ask(request).await?;
        for enrolment in &page {
            match form {
                Form::Json => print_json(enrolment)?,
                Form::Text => print(sentence(enrolment))?,
            }
        }
        match page.last() {
            Some(last) => after = Some(last.id),
            None if after.is_none() && form == Form::Text => return print("Nobody has enrolled."),
            None => return Ok(()),
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
    print(sentence(&answer.enrolment))?;
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
        ..
    } = enrolment;
    format!("{id}  {scope:<20} {state:<9} until {ends_at}  {name} <{mailbox}>")
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
