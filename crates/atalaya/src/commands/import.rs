//! `import`: a list of others into a class, in batches, with a progress bar and a summary.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_decide::import::{Import as Wish, Imported, Width};
use atalaya_formats::lists::{ListReader, MAX_LINE};
use atalaya_model::{Clock, Prefix};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};

use super::{Form, line_to, print, print_json};
use crate::cli::Import;
use crate::control::{Line, Request, Settled};
use crate::folder::Missing;

/// Prefixes listed in one transaction: enough to share its cost, few enough that others write in between.
const BATCH: usize = 5_000;
/// Wrong lines that are shown; the others are counted.
const MOST_SHOWN: usize = 20;
/// What a file begins with that was packed with zstd, and with gzip.
const PACKED: ([u8; 4], [u8; 2]) = ([0x28, 0xb5, 0x2f, 0xfd], [0x1f, 0x8b]);

/// A list on its way, and what became of the lines before.
struct Work {
    line: Option<Line>,
    wish: Wish,
    batch: Vec<Prefix>,
    lines: u64,
    wrong: u64,
    /// The first of the wrong lines: number and reason.
    shown: Vec<(u64, String)>,
    imported: Imported,
}

/// Imports, and prints the summary.
pub(crate) async fn run(command: Import) -> anyhow::Result<()> {
    let form = Form::from(command.json);
    let now = Clock::system().now();
    let bar = progress_bar(&command.file);
    let mut input = open(&command.file, &bar)?;
    let line = match command.dry_run {
        true => None,
        false => Some(line_to(&command.place, Missing::Made).await?),
    };
    let mut work = Work {
        line,
        wish: Wish {
            class: command.class,
            reason: command.reason,
            until: command.until.map(|end| end.moment(now)),
            width: if command.force {
                Width::Any
            } else {
                Width::Ordinary
            },
        },
        batch: Vec::with_capacity(BATCH),
        lines: 0,
        wrong: 0,
        shown: Vec::new(),
        imported: Imported::default(),
    };
    let mut reader = ListReader::new(command.format, command.column);
    let taken = work.take_all(&mut input, &mut reader).await;
    bar.finish_and_clear();
    // What was listed before a failure is told as well: it stays.
    let settled = match (&taken, work.line.as_mut()) {
        (Ok(()), Some(line)) => Some(line.ask(Request::Settle).await?),
        _ => None,
    };
    work.report(settled, Clock::system().now().since(now), form)?;
    taken?;
    match work.imported.listed.saturating_add(work.imported.unchanged) {
        0 => bail!("nothing of this list could be imported"),
        _ => Ok(()),
    }
}

impl Work {
    /// Takes every line; all are listed when this returns.
    async fn take_all(&mut self, input: &mut dyn BufRead, reader: &mut ListReader) -> anyhow::Result<()> {
        let mut line = Vec::new();
        while next_line(input, &mut line).context("the list cannot be read to its end")? {
            self.lines = self.lines.saturating_add(1);
            match reader.read(&line) {
                Ok(named) => self.batch.extend(named),
                Err(wrong) => self.add_wrong(wrong.to_string()),
            }
            if self.batch.len() >= BATCH {
                self.hand_over().await?;
            }
        }
        self.hand_over().await
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
                let asked = line.ask(Request::Import { wish, prefixes }).await;
                asked.context("the import stopped half way; run it again, it goes on where it stopped")?
            }
        };
        self.imported.add(&imported);
        Ok(())
    }

    /// Prints what the import came to.
    fn report(&self, settled: Option<Settled>, took: Duration, form: Form) -> anyhow::Result<()> {
        if form == Form::Json {
            return print_json(&self.document(settled, took));
        }
        for (number, why) in &self.shown {
            print(format_args!("line {number}: {why}"))?;
        }
        let hidden = self.wrong.saturating_sub(self.shown.len() as u64);
        if hidden > 0 {
            print(format_args!("and {hidden} more wrong lines"))?;
        }
        let Imported {
            listed,
            unchanged,
            allowed,
            reserved,
            too_wide,
            ..
        } = self.imported;
        let done = if self.line.is_some() {
            "listed"
        } else {
            "would be listed"
        };
        for (what, count) in [
            ("lines", self.lines),
            (done, listed),
            ("listed already, unchanged", unchanged),
            ("on the allow list, left out", allowed),
            ("reserved, left out", reserved),
            ("too wide, left out (--force takes them)", too_wide),
            ("wrong lines, left out", self.wrong),
        ] {
            print(format_args!("{what:<64}{count:>12}"))?;
        }
        if let Some(Settled { serial, listings }) = settled {
            print(format_args!("{:<64}{listings:>12}", "listings now"))?;
            print(format_args!("{:<64}{serial:>12}", "serial of the list"))?;
        }
        print(format_args!("{:<64}{:>12.1}", "seconds", took.as_secs_f64()))
    }

    /// The same as a document.
    fn document(&self, settled: Option<Settled>, took: Duration) -> Value {
        let wrong: Vec<Value> = self
            .shown
            .iter()
            .map(|(number, why)| json!({"line": number, "why": why}))
            .collect();
        json!({
            "lines": self.lines,
            "listed": self.imported.listed,
            "unchanged": self.imported.unchanged,
            "allowed": self.imported.allowed,
            "reserved": self.imported.reserved,
            "too_wide": self.imported.too_wide,
            "wrong": self.wrong,
            "wrong_lines": wrong,
            "listings": settled.map(|settled| settled.listings),
            "serial": settled.map(|settled| settled.serial),
            "seconds": took.as_secs_f64(),
        })
    }
}

/// Opens a list and unpacks it where it is packed.
fn open(path: &Path, bar: &ProgressBar) -> anyhow::Result<Box<dyn BufRead>> {
    let cannot = || format!("cannot read {}", path.display());
    let plain: Box<dyn Read> = if path == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(path).with_context(cannot)?)
    };
    let mut plain = BufReader::new(bar.wrap_read(plain));
    let first = plain.fill_buf().with_context(cannot)?;
    if first.starts_with(&PACKED.1) {
        bail!(
            "{} is packed with gzip: `zcat FILE | atalaya import -` takes it",
            path.display()
        );
    }
    if first.starts_with(&PACKED.0) {
        let unpacked = zstd::stream::read::Decoder::with_buffer(plain).with_context(cannot)?;
        return Ok(Box::new(BufReader::new(unpacked)));
    }
    Ok(Box::new(plain))
}

/// Reads the next line; false at the end. Of a line that is too long just so much is kept that it is seen to be.
fn next_line(input: &mut dyn BufRead, line: &mut Vec<u8>) -> std::io::Result<bool> {
    line.clear();
    let longest = (MAX_LINE as u64).saturating_add(2);
    let read = input.take(longest).read_until(b'\n', line)?;
    if read as u64 == longest && line.last() != Some(&b'\n') {
        input.skip_until(b'\n')?;
    }
    Ok(read > 0)
}

/// A bar on a terminal, nothing elsewhere; what comes from standard input has no known length.
fn progress_bar(path: &Path) -> ProgressBar {
    let Ok(file) = std::fs::metadata(path) else {
        return ProgressBar::hidden();
    };
    let bar = ProgressBar::new(file.len());
    match ProgressStyle::with_template("{wide_bar} {bytes}/{total_bytes}, {eta} left") {
        Ok(style) => bar.with_style(style),
        Err(_bad_template) => bar,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lines_are_cut_and_the_next_begins_where_it_should() {
        let text = format!("one\n{}\ntwo", "x".repeat(MAX_LINE * 3));
        let (mut input, mut line) = (text.as_bytes(), Vec::new());
        let mut lengths = Vec::new();
        while next_line(&mut input, &mut line).unwrap() {
            lengths.push(line.len());
        }
        assert_eq!(lengths, [4, MAX_LINE + 2, 3]);
    }
}
