//! One file a command, and what they share.

pub(crate) mod account;
pub(crate) mod allow;
pub(crate) mod audit;
pub(crate) mod backup;
pub(crate) mod check_config;
pub(crate) mod complaint;
pub(crate) mod contact;
pub(crate) mod data;
pub(crate) mod dkim;
pub(crate) mod evidence;
pub(crate) mod exception;
pub(crate) mod export;
pub(crate) mod feedback;
pub(crate) mod feeds;
pub(crate) mod fingerprint;
pub(crate) mod hear;
pub(crate) mod import;
pub(crate) mod jobs;
pub(crate) mod key;
pub(crate) mod list;
pub(crate) mod logs;
pub(crate) mod lookup;
pub(crate) mod note;
pub(crate) mod notice;
pub(crate) mod outbox;
pub(crate) mod public_log;
pub(crate) mod purge;
pub(crate) mod rbldnsd;
pub(crate) mod reference;
pub(crate) mod replay;
pub(crate) mod replies;
pub(crate) mod reporter;
pub(crate) mod rules;
pub(crate) mod simulate;
pub(crate) mod sources;
pub(crate) mod stats;
pub(crate) mod suppress;
pub(crate) mod token;
pub(crate) mod top;
pub(crate) mod trap;
pub(crate) mod verify_log;

use std::path::PathBuf;

use anyhow::Context;
use atalaya_model::{Decided, Prefix, Serial, Timestamp, Verdict};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::cli::{Place, Show};
use crate::config::{Config, load};
use crate::control::{Line, Request};
use crate::folder::Missing;

/// The name of the configuration file that is read from a data folder when `--config` is not given.
const CONFIG_IN_FOLDER: &str = "atalaya.toml";

/// Reads the configuration that a command was given.
///
/// # Errors
/// Neither a file nor a folder was named, or the file is wrong.
pub(crate) fn config_at(place: &Place) -> anyhow::Result<Config> {
    let mut config = match config_file(place) {
        Some(path) => load(&path)?,
        None if place.data.is_some() => Config::default(),
        None => return Err(NoPlace.into()),
    };
    if let Some(data) = &place.data {
        config.data.clone_from(data);
    }
    Ok(config)
}

/// The file that the configuration is read from; none where all is as the program has it.
pub(crate) fn config_file(place: &Place) -> Option<PathBuf> {
    let in_folder = || {
        let data = place.data.as_ref()?;
        Some(data.join(CONFIG_IN_FOLDER)).filter(|path| path.exists())
    };
    place.config.clone().or_else(in_folder)
}

/// Neither `--config` nor `--data` was given: wrong use.
#[derive(Debug, thiserror::Error)]
#[error("say where the data is: --data DIR, or --config FILE (`atalaya config example` prints one)")]
pub(crate) struct NoPlace;

/// Opens the line to the server that runs on the place, or to the store itself.
pub(crate) async fn line_to(place: &Place, missing: Missing) -> anyhow::Result<Line> {
    Line::open(config_at(place)?, missing).await
}

/// Whoever read standard output has gone, as `head` does. The one failure that ends a command without a word and with success: a
/// server that hangs up breaks a pipe too.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the answer")]
pub(crate) struct OutputClosed;

/// Prints a line on standard output.
///
/// # Errors
/// [`OutputClosed`], or standard output is full.
pub(crate) fn print(line: impl std::fmt::Display) -> anyhow::Result<()> {
    use std::io::{ErrorKind, Write as _};
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        written => written.context("cannot write the answer"),
    }
}

/// Prints a document as JSON, in one line.
pub(crate) fn print_json(document: &impl Serialize) -> anyhow::Result<()> {
    print(serde_json::to_string(document)?)
}

/// In which form a command answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For people.
    Text,
    /// For programs.
    Json,
}

impl From<bool> for Form {
    /// What the option `--json` asks for.
    fn from(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// Prints decisions: as JSON one a line, or as sentences.
pub(crate) fn print_decided(decided: &[Decided], form: Form) -> anyhow::Result<()> {
    decided.iter().try_for_each(|one| match form {
        Form::Json => print_json(one),
        Form::Text => print(sentence(one)),
    })
}

/// A decision as a sentence.
fn sentence(decided: &Decided) -> String {
    let Decided { serial, decision, .. } = decided;
    let prefix = decision.prefix;
    let done = match decision.verdict {
        Verdict::List { class, until } => format!("{prefix} is listed as {class} {}", until_text(until)),
        Verdict::Extend { class, until } => format!("{prefix} stays listed as {class} {}", until_text(until)),
        Verdict::Withdraw { class } => format!("{prefix} is no longer listed as {class}"),
        Verdict::Allow { until } => format!("{prefix} is on the allow list {}", until_text(until)),
        Verdict::Disallow => format!("{prefix} is no longer on the allow list"),
    };
    format!("{done} (serial {serial}).")
}

/// `until …`, or `without end`.
pub(crate) fn until_text(until: Option<Timestamp>) -> String {
    until.map_or_else(|| "without end".to_owned(), |until| format!("until {until}"))
}

/// What `list show` and `allow show` say when there is nothing to show.
pub(crate) fn nothing_text(what: &str, prefix: Option<Prefix>, serial: Serial) -> String {
    match prefix {
        Some(prefix) => format!("Nothing in {prefix} is {what} (serial {serial})."),
        None => format!("Nothing is {what} (serial {serial})."),
    }
}

/// Prints all that a list shows, one page after the other; `ask` makes the question for what follows the last entry of the page before.
pub(crate) async fn show_list<T: Serialize + DeserializeOwned>(
    show: Show,
    ask: impl Fn(Option<&T>) -> Request,
    print_one: impl Fn(&T) -> anyhow::Result<()>,
    what: &str,
) -> anyhow::Result<()> {
    let Show { place, prefix, json } = show;
    let form = Form::from(json);
    let mut line = line_to(&place, Missing::Refused).await?;
    let mut last = None;
    loop {
        let (serial, mut page): (Serial, Vec<T>) = line.ask(ask(last.as_ref())).await?;
        if page.is_empty() {
            return match (last, form) {
                (None, Form::Text) => print(nothing_text(what, prefix, serial)),
                _ => Ok(()),
            };
        }
        page.iter().try_for_each(|one| match form {
            Form::Json => print_json(one),
            Form::Text => print_one(one),
        })?;
        last = page.pop();
    }
}

/// A text of others as it may be shown on a terminal: control characters that are no line ends or tabs are marked.
pub(crate) fn printable(text: &str) -> String {
    let shown = text.chars().filter(|c| *c != '\r').map(|c| match c {
        '\n' | '\t' => c,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    });
    shown.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_cannot_move_the_cursor() {
        let mail = String::from_utf8_lossy(b"a\x1b[2J\r\n\tb\xff");
        assert_eq!(printable(&mail), "a\u{fffd}[2J\n\tb\u{fffd}");
    }
}
