//! `replay`: kept mail into the trap's path, with a progress bar and a summary.

use std::time::Duration;

use anyhow::Context;
use atalaya_model::{Clock, Timestamp};
use atalaya_observe::replay::{KeptMail, Replay as Reader, Skip, Summary, mails};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Form, config_at, print, print_json};
use crate::cli::Replay;
use crate::config::Config;
use crate::control::{Line, Replayed, Request, Settled};
use crate::folder::Missing;

/// Mails handed over together, so that they share a commit.
const BATCH_MAILS: usize = 256;
/// Bytes of mail handed over together at most, so that a batch stays a small part of the memory.
const BATCH_BYTES: usize = 16 << 20;

/// Mails on their way, and what became of those before them.
struct Work {
    reader: Reader,
    line: Option<Line>,
    batch: Vec<Replayed>,
    batch_bytes: usize,
    summary: Summary,
    verbose: bool,
}

/// Replays, and prints the summary.
pub(crate) async fn run(command: Replay) -> anyhow::Result<()> {
    let Replay {
        place,
        paths,
        trust,
        dry_run,
        verbose,
        json,
    } = command;
    let mut config = if dry_run && place.config.is_none() && place.data.is_none() {
        Config::default()
    } else {
        config_at(&place)?
    };
    config.replay.trusted_relays.extend(trust);
    let found = mails(&paths, config.replay.max_message_size.bytes())?;
    let bar = progress_bar(found.total_bytes());
    let reader = Reader::new(&config.replay, &config.trap);
    let mut line = if dry_run {
        None
    } else {
        Some(Line::open(config, Missing::Made).await?)
    };
    let before = settle(line.as_mut()).await?;

    let started = Clock::system().now();
    let mut work = Work {
        reader,
        line,
        batch: Vec::new(),
        batch_bytes: 0,
        summary: Summary::default(),
        verbose: verbose && !json,
    };
    for mail in found {
        bar.inc(mail.consumed);
        let origin = mail.origin.clone();
        bar.suspend(|| work.take(mail, Clock::system().now()))
            .map_err(|error| error.context(format!("while replaying {origin}")))?;
        if work.batch.len() >= BATCH_MAILS || work.batch_bytes >= BATCH_BYTES {
            work.hand_over().await?;
        }
    }
    work.hand_over().await?;
    let took = Clock::system().now().since(started);
    bar.finish_and_clear();
    let after = settle(work.line.as_mut()).await?;
    report(&work.summary, took, before.zip(after), Form::from(json))
}

impl Work {
    /// Reads one mail and puts its observation into the batch, or counts why not.
    fn take(&mut self, mail: KeptMail, now: Timestamp) -> anyhow::Result<()> {
        let KeptMail { origin, bytes, .. } = mail;
        let read = bytes.and_then(|bytes| Ok((self.reader.observe(&bytes, now)?, bytes)));
        match read {
            Ok((observation, message)) => {
                self.tell(&origin, &observation.address)?;
                self.summary.add(&observation);
                if self.line.is_some() {
                    self.batch_bytes = self.batch_bytes.saturating_add(message.len());
                    self.batch.push(Replayed { observation, message });
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
            line.ask::<u64>(Request::Observe { batch })
                .await
                .context("the replay stopped half way; run it again, each mail counts once")?;
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
fn report(
    summary: &Summary,
    took: Duration,
    settled: Option<(Settled, Settled)>,
    form: Form,
) -> anyhow::Result<()> {
    if form == Form::Json {
        return print_json(&document(summary, took, settled));
    }
    print(summary.to_string().trim_end())?;
    if let Some((before, after)) = settled {
        let listed = after.listings.saturating_sub(before.listings);
        print(format_args!("{:<64}{listed:>12}", "newly listed"))?;
        print(format_args!("{:<64}{:>12}", "listings now", after.listings))?;
        print(format_args!("{:<64}{:>12}", "serial of the list", after.serial))?;
    }
    print(format_args!("{:<64}{:>12.1}", "seconds", took.as_secs_f64()))
}

/// The same as a document.
fn document(summary: &Summary, took: Duration, settled: Option<(Settled, Settled)>) -> Value {
    let skipped: Vec<Value> = summary
        .reasons()
        .iter()
        .map(|(reason, skipped)| json!({"reason": reason, "count": skipped.count, "examples": skipped.examples}))
        .collect();
    json!({
        "taken": summary.taken(),
        "sources": summary.sources(),
        "backscatter": summary.backscatter(),
        "skipped": skipped,
        "listed": settled.map(|(before, after)| after.listings.saturating_sub(before.listings)),
        "listings": settled.map(|(_, after)| after.listings),
        "serial": settled.map(|(_, after)| after.serial),
        "seconds": took.as_secs_f64(),
    })
}
