//! `import`: a list of others into a class, in batches, with a progress bar and a summary.

mod input;
mod replace;
mod report;
mod spool;

use std::io::BufRead;

use anyhow::{Context, bail};
use atalaya_decide::import::{Import as Wish, Imported, Replacement, Width};
use atalaya_formats::lists::{ListReader, next_line};
use atalaya_model::{Clock, Prefix, Timestamp};

use self::input::{open, progress_bar};
use self::spool::Spool;
use super::{Form, config_at};
use crate::cli::Import;
use crate::control::{ImportStep, Line, Request};
use crate::folder::Missing;

/// Prefixes listed in one transaction: enough to share its cost, few enough that others write in between.
const BATCH: usize = 5_000;
/// Wrong lines that are shown; the others are counted.
const MOST_SHOWN: usize = 20;

/// Whether the list is changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doing {
    /// It is.
    Change,
    /// What would change is counted.
    Count,
}

/// A list on its way, and what became of the lines before.
struct Work {
    line: Option<Line>,
    doing: Doing,
    wish: Wish,
    batch: Vec<Prefix>,
    /// All of the list, where it is to replace what stands.
    spool: Option<Spool>,
    lines: u64,
    wrong: u64,
    /// The first of the wrong lines: number and reason.
    shown: Vec<(u64, String)>,
    imported: Imported,
    replaced: Replacement,
}

/// Imports, and prints the summary.
pub(crate) async fn run(command: Import) -> anyhow::Result<()> {
    let form = Form::from(command.json);
    let now = Clock::system().now();
    let bar = progress_bar(&command.file);
    let mut input = open(&command.file, &bar)?;
    let mut work = Work::new(&command, now).await?;
    let mut reader = ListReader::new(command.format, command.column.clone());
    let taken = match work.take_all(&mut input, &mut reader).await {
        Ok(()) if command.list.replace => work.replace().await,
        taken => taken,
    };
    bar.finish_and_clear();
    // What was listed before a failure is told as well: it stays.
    let settled = match (&taken, work.line.as_mut(), work.doing) {
        (Ok(()), Some(line), Doing::Change) => Some(line.ask(Request::Settle).await?),
        _ => None,
    };
    work.report(settled, Clock::system().now().since(now), form)?;
    taken?;
    match work.has_taken_some() {
        true => Ok(()),
        false => bail!("nothing of this list could be imported"),
    }
}

impl Work {
    /// Work that is not begun.
    async fn new(command: &Import, now: Timestamp) -> anyhow::Result<Self> {
        let config = config_at(&command.place)?;
        let spool = command.list.replace.then(|| Spool::new(&config.data));
        let doing = match command.dry_run {
            true => Doing::Count,
            false => Doing::Change,
        };
        let line = match (doing, &spool) {
            (Doing::Change, _) => Some(Line::open(config, Missing::Made).await?),
            (Doing::Count, Some(_)) => Some(Line::open(config, Missing::Refused).await?),
            (Doing::Count, None) => None,
        };
        let wish = Wish {
            class: command.class,
            source: command.list.source.clone(),
            reason: command.reason.clone(),
            until: command.until.as_ref().map(|end| end.moment(now)),
            width: match command.force {
                true => Width::Any,
                false => Width::Ordinary,
            },
        };
        Ok(Self {
            line,
            doing,
            wish,
            batch: Vec::with_capacity(BATCH),
            spool,
            lines: 0,
            wrong: 0,
            shown: Vec::new(),
            imported: Imported::default(),
            replaced: Replacement::default(),
        })
    }

    /// Takes every line. All are listed when this returns, or all are known where they are to replace what stands.
    async fn take_all(&mut self, input: &mut dyn BufRead, reader: &mut ListReader) -> anyhow::Result<()> {
        let mut line = Vec::new();
        while next_line(input, &mut line).context("the list cannot be read to its end")? {
            self.lines = self.lines.saturating_add(1);
            match reader.read(&line) {
                Ok(named) => self.take(named).await?,
                Err(wrong) => self.add_wrong(wrong.to_string()),
            }
        }
        self.hand_over().await
    }

    /// Takes what a line names.
    async fn take(&mut self, named: Vec<Prefix>) -> anyhow::Result<()> {
        if let Some(spool) = &mut self.spool {
            let mut named = named.into_iter();
            return named
                .try_for_each(|prefix| spool.push(prefix))
                .context(replace::UNKEPT);
        }
        self.batch.extend(named);
        match self.batch.len() {
            BATCH.. => self.hand_over().await,
            _ => Ok(()),
        }
    }

    fn add_wrong(&mut self, why: String) {
        self.wrong = self.wrong.saturating_add(1);
        if self.shown.len() < MOST_SHOWN {
            self.shown.push((self.lines, why));
        }
    }

    /// Lists the batch; it is durable when this returns.
    async fn hand_over(&mut self) -> anyhow::Result<()> {
        let prefixes = std::mem::take(&mut self.batch);
        let wish = self.wish.clone();
        let imported = match self.line.as_mut() {
            None => wish.preview(&prefixes),
            Some(_) if prefixes.is_empty() => return Ok(()),
            Some(line) => {
                let step = match self.doing {
                    Doing::Change => ImportStep::List(prefixes),
                    Doing::Count => ImportStep::Preview(prefixes),
                };
                let asked = line.ask(Request::Import { wish, step }).await;
                asked.context("the import stopped half way; run it again, it goes on where it stopped")?
            }
        };
        self.imported.add(&imported);
        Ok(())
    }

    /// Whether the list was of any use: something of it is listed now, or it replaced something.
    fn has_taken_some(&self) -> bool {
        let Imported {
            listed,
            extended,
            unchanged,
            ..
        } = self.imported;
        [listed, extended, unchanged, self.replaced.gone]
            .iter()
            .any(|count| *count > 0)
    }
}
