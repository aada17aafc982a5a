//! `jobs show`, `jobs retry`: the work that waits, the work with trouble, and trying anew what was given up.

use anyhow::bail;
use atalaya_store::KeptJob;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Form, line_to, print, print_json, printable};
use crate::cli::Place;
use crate::control::Request;
use crate::folder::Missing;
use crate::jobs::JobsRequest;

/// `jobs`.
#[derive(Debug, Subcommand)]
pub(crate) enum JobsCommand {
    /// Show how many jobs there are, and those with trouble
    Show(JobsShow),
    /// Have a job tried anew that was given up, or all of them
    Retry(JobsRetry),
}

/// `jobs show`.
#[derive(Debug, Args)]
pub(crate) struct JobsShow {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one count or job a line
    #[arg(long)]
    json: bool,
}

/// `jobs retry`.
#[derive(Debug, Args)]
pub(crate) struct JobsRetry {
    #[command(flatten)]
    place: Place,
    /// The job, as `jobs show` names it
    #[arg(required_unless_present = "all")]
    id: Option<i64>,
    /// All jobs that were given up
    #[arg(long, conflicts_with = "id")]
    all: bool,
}

/// Runs one of the two.
pub(crate) async fn run(command: JobsCommand) -> anyhow::Result<()> {
    match command {
        JobsCommand::Show(show) => run_show(show).await,
        JobsCommand::Retry(retry) => {
            let mut line = line_to(&retry.place, Missing::Refused).await?;
            let asked = Request::Jobs(JobsRequest::Retry { id: retry.id });
            match (line.ask::<u64>(asked).await?, retry.id) {
                (0, Some(id)) => bail!("there is no job {id} that was given up"),
                (count, _) => print(format_args!("Jobs that are tried anew: {count}.")),
            }
        }
    }
}

async fn run_show(show: JobsShow) -> anyhow::Result<()> {
    let mut line = line_to(&show.place, Missing::Refused).await?;
    let form = Form::from(show.json);
    let counts: Vec<(String, String, u64)> = line.ask(Request::Jobs(JobsRequest::Count)).await?;
    for (kind, state, count) in &counts {
        match form {
            Form::Json => print_json(&json!({"kind": kind, "state": state, "count": count}))?,
            Form::Text => print(format_args!("{kind:<24} {state:<10} {count:>9}"))?,
        }
    }
    if counts.is_empty() && form == Form::Text {
        return print("There are no jobs.");
    }
    let mut behind = None;
    loop {
        let asked = Request::Jobs(JobsRequest::Troubled { behind });
        let jobs: Vec<KeptJob> = line.ask(asked).await?;
        let Some(last) = jobs.last() else {
            return Ok(());
        };
        behind = Some(last.id);
        jobs.iter().try_for_each(|job| print_job(job, form))?;
    }
}

fn print_job(job: &KeptJob, form: Form) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(job);
    }
    let why = printable(job.last_error.as_deref().unwrap_or_default());
    print(format_args!(
        "{:>9} {} {} {}, tried {} times, at {}: {why}",
        job.id,
        job.kind,
        printable(&job.key),
        job.state,
        job.attempts,
        job.due_at
    ))
}
