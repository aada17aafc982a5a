//! `replay`: kept mail into the trap's path, with a progress bar and a summary.

use std::time::Duration;

use anyhow::Context;
use atalaya_model::{Class, Clock, Timestamp};
use atalaya_observe::TrapFile;
use atalaya_observe::replay::{Age, Cut, KeptMail, Mails, Replay as Reader, Skip, Summary, mails};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Form, config_at, print, print_json};
use crate::cli::Replay;
use crate::commands::trap::TRAPS;
use crate::config::{Config, rules_of};
use crate::control::{Line, Observed, Replayed, Request, Settled};
use crate::folder::Missing;

/// Mails handed over together, so that they share a commit.
const BATCH_MAILS: usize = 256;
/// Bytes of mail handed over together at most, so that a batch stays a small part of the memory. A larger mail goes alone.
const BATCH_BYTES: usize = 16 << 20;

/// Mails on their way, and what became of those before them.
struct Work {
    reader: Reader,
    line: Option<Line>,
    batch: Vec<Replayed>,
    batch_bytes: usize,
    summary: Summary,
    observed: Observed,
    verbose: bool,
}

/// What a replay came to.
struct Outcome {
    summary: Summary,
    /// What the store said; nothing in a dry run.
    observed: Option<Observed>,
    /// The list before and after; nothing in a dry run, or where the store failed.
    settled: Option<(Settled, Settled)>,
    took: Duration,
}

/// Replays, and prints the summary.
pub(crate) async fn run(command: Replay) -> anyhow::Result<()> {
    let form = Form::from(command.json);
    let place = &command.place;
    let mut config = if command.dry_run && place.config.is_none() && place.data.is_none() {
        Config::default()
    } else {
        let mut config = config_at(place)?;
        let added = TrapFile::read(&config.in_data(TRAPS))?.unwrap_or_default();
        config.trap.addresses.extend(added.addresses());
        config
    };
    config.replay.trusted_relays.extend(command.trust);
    let age = if command.by_date { Age::ByDate } else { Age::AsNew };
    let cut = if command.single { Cut::Nothing } else { Cut::Mboxes };
    let found = mails(&command.paths, config.replay.max_message_size.bytes(), cut)?;
    let started = Clock::system().now();
    let mut work = Work {
        reader: Reader::new(&config.replay, &config.trap, age),
        line: None,
        batch: Vec::new(),
        batch_bytes: 0,
        // By itself such a mail would list an address until a date that is over.
        summary: Summary::new(started.minus(first_lifetime(&config)?)),
        observed: Observed::default(),
        verbose: command.verbose && form == Form::Text,
    };
    if !command.dry_run {
        work.line = Some(Line::open(config, Missing::Made).await?);
    }
    let before = settle(work.line.as_mut()).await?;
    let replayed = work.take_all(found).await;
    let took = Clock::system().now().since(started);
    // What was recorded before a failure is told as well: it stays.
    let after = match replayed {
        Ok(()) => settle(work.line.as_mut()).await,
        Err(error) => Err(error),
    };
    let outcome = Outcome {
        observed: work.line.as_ref().map(|_| work.observed),
        settled: before.zip(after.as_ref().ok().copied().flatten()),
        summary: work.summary,
        took,
    };
    report(&outcome, form)?;
    after.map(|_settled| ())
}

/// How long a first listing for spam lasts.
fn first_lifetime(config: &Config) -> anyhow::Result<Duration> {
    let rules = rules_of(config)?;
    let life = rules.classes.get(&Class::Spam);
    Ok(life.map(|life| life.first.duration()).unwrap_or_default())
}

impl Work {
    /// Takes every mail; all are recorded when this returns.
    async fn take_all(&mut self, found: Mails) -> anyhow::Result<()> {
        let bar = progress_bar(found.total_bytes());
        for mail in found {
            bar.inc(mail.consumed);
            let length = mail.bytes.as_ref().map_or(0, Vec::len);
            if self.batch.len() >= BATCH_MAILS || self.batch_bytes.saturating_add(length) > BATCH_BYTES {
                self.hand_over().await?;
            }
            let origin = mail.origin.clone();
            bar.suspend(|| self.take(mail, Clock::system().now()))
                .map_err(|error| error.context(format!("while replaying {origin}")))?;
        }
        self.hand_over().await?;
        bar.finish_and_clear();
        Ok(())
    }

    /// Reads one mail and puts its observation into the batch, or counts why not.
    fn take(&mut self, mail: KeptMail, now: Timestamp) -> anyhow::Result<()> {
        let KeptMail {
            origin,
            sender,
            bytes,
            ..
        } = mail;
        let read = bytes.and_then(|bytes| {
            let reread = self.reader.observe(&bytes, sender.as_deref(), now)?;
            Ok((reread, bytes))
        });
        match read {
            Ok((reread, message)) => {
                self.tell(&origin, &reread.observation.address)?;
                self.summary.add(&reread.observation, reread.came_at);
                if self.line.is_some() {
                    self.batch_bytes = self.batch_bytes.saturating_add(message.len());
                    self.batch.push(Replayed {
                        observation: reread.observation,
                        message,
                        shape: reread.shape,
                    });
                }
            }
            Err(why) => self.skip(&origin, &why)?,
        }
        Ok(())
    }

    fn skip(&mut self, origin: &str, why: &Skip) -> anyhow::Result<()> {
        self.tell(origin, why)?;
        self.summary.skip(origin, why);
        Ok(())
    }

    /// One line about one mail, if asked for.
    fn tell(&self, origin: &str, outcome: &dyn std::fmt::Display) -> anyhow::Result<()> {
        if self.verbose {
            print(format_args!("{origin}: {outcome}"))
        } else {
            Ok(())
        }
    }

    /// Records the batch; it is durable when this returns.
    async fn hand_over(&mut self) -> anyhow::Result<()> {
        let batch = std::mem::take(&mut self.batch);
        self.batch_bytes = 0;
        if let Some(line) = self.line.as_mut().filter(|_| !batch.is_empty()) {
            let asked = line.ask(Request::Observe { batch }).await;
            let Observed { new, known } =
                asked.context("the replay stopped half way; run it again, each mail counts once")?;
            self.observed.new = self.observed.new.saturating_add(new);
            self.observed.known = self.observed.known.saturating_add(known);
        }
        Ok(())
    }
}

/// Judges what was recorded; nothing in a dry run.
async fn settle(line: Option<&mut Line>) -> anyhow::Result<Option<Settled>> {
    match line {
        Some(line) => line.ask(Request::Settle).await.map(Some),
        None => Ok(None),
    }
}

/// A bar on a terminal, nothing elsewhere.
fn progress_bar(bytes: u64) -> ProgressBar {
    let bar = ProgressBar::new(bytes);
    match ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_bad_template) => bar,
    }
}

/// Prints what the replay came to.
fn report(outcome: &Outcome, form: Form) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(&document(outcome));
    }
    print(outcome.summary.to_string().trim_end())?;
    if let Some(Observed { new, known }) = outcome.observed {
        print(format_args!("{:<64}{new:>12}", "kept"))?;
        print(format_args!(
            "{:<64}{known:>12}",
            "known already, counted once only"
        ))?;
    }
    if let Some((before, after)) = outcome.settled {
        let listed = after.listings.saturating_sub(before.listings);
        print(format_args!("{:<64}{listed:>12}", "newly listed"))?;
        print(format_args!("{:<64}{:>12}", "listings now", after.listings))?;
        print(format_args!("{:<64}{:>12}", "serial of the list", after.serial))?;
    }
    print(format_args!(
        "{:<64}{:>12.1}",
        "seconds",
        outcome.took.as_secs_f64()
    ))
}

/// The same as a document.
fn document(outcome: &Outcome) -> Value {
    let Outcome {
        summary,
        observed,
        settled,
        took,
    } = outcome;
    let skipped: Vec<Value> = summary
        .reasons()
        .iter()
        .map(|(reason, skipped)| json!({"reason": reason, "count": skipped.count, "examples": skipped.examples}))
        .collect();
    json!({
        "taken": summary.taken(),
        "old": summary.old(),
        "sources": summary.sources(),
        "backscatter": summary.backscatter(),
        "skipped": skipped,
        "new": observed.map(|observed| observed.new),
        "known": observed.map(|observed| observed.known),
        "listed": settled.map(|(before, after)| after.listings.saturating_sub(before.listings)),
        "listings": settled.map(|(_, after)| after.listings),
        "serial": settled.map(|(_, after)| after.serial),
        "seconds": took.as_secs_f64(),
    })
}
