//! `verify-log`: checks the public log of a list from outside, or a proof that was downloaded from its pages.

mod remote;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use atalaya_formats::tlog::{Checkpoint, LogEntry, LogKey, Note, Opening, Proof};
use atalaya_publish::{AuditError, Audited, audit, check_proof};
use atalaya_store::small_file;
use clap::Args;
use indicatif::ProgressBar;
use serde_json::json;

use super::{Form, print, print_json};
use remote::{Remote, say};

/// The longest file that is read: a proof, or what was kept of a log.
const MAX_FILE: u64 = 256 * 1024;
/// `verify-log`.
#[derive(Debug, Args)]
pub(crate) struct VerifyLog {
    /// The address of the log: that of the pages with `/log` behind it
    #[arg(required_unless_present = "proof", conflicts_with = "proof")]
    url: Option<String>,
    /// The key of the log, NAME+ID+KEY, as its operator published it; not needed where --state knows it
    #[arg(long, required_unless_present = "state")]
    key: Option<LogKey>,
    /// Keep what was seen in this file, and check at the next run that the log goes on from it; only what is new is read then
    #[arg(long, value_name = "FILE", conflicts_with = "proof")]
    state: Option<PathBuf>,
    /// Check this proof instead, as the page of an address gives it, without asking anybody
    #[arg(long, value_name = "FILE")]
    proof: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What was seen at the last run.
struct Seen {
    key: LogKey,
    checkpoint: Checkpoint,
}

/// Checks.
pub(crate) async fn run(command: VerifyLog) -> anyhow::Result<()> {
    let form = Form::from(command.json);
    match (&command.proof, &command.url, &command.key) {
        (Some(file), _, Some(key)) => verify_proof(file, key, form),
        (Some(_), _, None) => bail!("a proof is checked with --key, the key of the log"),
        (None, Some(url), key) => verify_log(url, key.as_ref(), command.state.as_deref(), form).await,
        (None, None, _) => bail!("give the address of a log, or --proof FILE"),
    }
}

/// Checks a downloaded proof.
fn verify_proof(file: &Path, key: &LogKey, form: Form) -> anyhow::Result<()> {
    let text = read(file)?.with_context(|| format!("there is no {}", file.display()))?;
    let proof: Proof = text.parse().with_context(|| format!("{}", file.display()))?;
    let (checkpoint, entry, opening) = check_proof(&proof, key)?;
    match form {
        Form::Json => print_json(&json!({
            "log": checkpoint.origin,
            "entries": checkpoint.size,
            "entry": entry,
            "opening": opening,
        })),
        Form::Text => show_proof(&checkpoint, &entry, opening.as_ref()),
    }
}

fn show_proof(checkpoint: &Checkpoint, entry: &LogEntry, opening: Option<&Opening>) -> anyhow::Result<()> {
    let class = entry.class.map(|class| format!(" {class}")).unwrap_or_default();
    print(format_args!(
        "Right: decision {} ({}{class}, {}, by {}) stands in {} of {} entries.",
        entry.serial, entry.verdict, entry.at, entry.rule, checkpoint.origin, checkpoint.size
    ))?;
    match opening {
        Some(opening) => print(format_args!("It is about {}: {}", opening.prefix, opening.reason)),
        None => print("Whom it is about was forgotten."),
    }
}

/// Checks a log.
async fn verify_log(url: &str, key: Option<&LogKey>, state: Option<&Path>, form: Form) -> anyhow::Result<()> {
    let seen = state.map(read_state).transpose()?.flatten();
    let key = match (key, &seen) {
        (Some(key), Some(seen)) => {
            let known = &seen.key;
            ensure!(
                key == known,
                "the key is another than the one that the log was checked with before, {known}"
            );
            key
        }
        (Some(key), None) => key,
        (None, Some(seen)) => &seen.key,
        (None, None) => bail!("give --key: nothing is known of this log yet"),
    };
    let log = Remote::new(url)?;
    let note = log.text("checkpoint", say).await?;
    let bar = progress(&note, seen.as_ref());
    let known = seen.as_ref().map(|seen| &seen.checkpoint);
    let tell = |line: &str| bar.suspend(|| say(line));
    let fetch = async |path: &str| log.fetch(path, tell).await;
    let audited = audit(&note, key, known, fetch, |read| bar.set_position(read)).await;
    bar.finish_and_clear();
    let audited = audited.map_err(told)?;
    if let Some(state) = state {
        small_file::put_in_place(state, &format!("{key}\n\n{note}"))
            .with_context(|| format!("cannot write {}", state.display()))?;
    }
    show(&audited, known, form)
}

/// The error with its cause.
fn told(error: AuditError<anyhow::Error>) -> anyhow::Error {
    match error {
        AuditError::Fetch { path, error } => error.context(format!("{path} could not be fetched")),
        other => anyhow::anyhow!("{other}"),
    }
}

fn show(audited: &Audited, known: Option<&Checkpoint>, form: Form) -> anyhow::Result<()> {
    let Audited { checkpoint, read } = audited;
    match (form, known) {
        (Form::Json, _) => print_json(&json!({
            "log": checkpoint.origin,
            "entries": checkpoint.size,
            "root": checkpoint.root,
            "read": read,
            "goes_on_from": known.map(|known| known.size),
        })),
        (Form::Text, None) => print(format_args!(
            "Right: the {} entries of {} lead to its signed head.",
            checkpoint.size, checkpoint.origin
        )),
        (Form::Text, Some(known)) => print(format_args!(
            "Right: {} has {} entries, goes on from the {} that were known, and the {read} new ones lead to its signed head.",
            checkpoint.origin, checkpoint.size, known.size
        )),
    }
}

/// A bar as long as there is to read.
fn progress(note: &str, seen: Option<&Seen>) -> ProgressBar {
    let size = Note::read(note)
        .and_then(|note| Checkpoint::read(&note.text))
        .map_or(0, |checkpoint| checkpoint.size);
    ProgressBar::new(size.saturating_sub(seen.map_or(0, |seen| seen.checkpoint.size)))
}

/// What was kept of a log: its key, and the note that was seen.
fn read_state(file: &Path) -> anyhow::Result<Option<Seen>> {
    let Some(text) = read(file)? else {
        return Ok(None);
    };
    let wrong = || format!("{} is not what verify-log keeps of a log", file.display());
    let (key, note) = text.split_once("\n\n").with_context(wrong)?;
    let note = Note::read(note).with_context(wrong)?;
    Ok(Some(Seen {
        key: key.parse().with_context(wrong)?,
        checkpoint: Checkpoint::read(&note.text).with_context(wrong)?,
    }))
}

fn read(file: &Path) -> anyhow::Result<Option<String>> {
    let read = || format!("cannot read {}", file.display());
    let length = fs::metadata(file).map_or(0, |found| found.len());
    ensure!(
        length <= MAX_FILE,
        "{} is larger than {MAX_FILE} bytes",
        file.display()
    );
    small_file::read(file, MAX_FILE).with_context(read)
}
