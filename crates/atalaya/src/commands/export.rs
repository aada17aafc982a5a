//! `export`: the list in the words of another program, to a file or to standard output.

use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

use super::{OutputClosed, line_to};
use crate::cli::Export;
use crate::control::Line;
use crate::folder::Missing;

/// Writes it.
pub(crate) async fn run(command: Export) -> anyhow::Result<()> {
    let mut line = line_to(&command.place, Missing::Refused).await?;
    match command.output.clone() {
        Some(path) => write_file(&mut line, &command, &path).await,
        None => {
            let mut out = BufWriter::new(std::io::stdout());
            match write(&mut line, &command, &mut out).await {
                Err(error) if is_closed(&error) => Err(OutputClosed.into()),
                written => written.context("the export is not whole"),
            }
        }
    }
}

/// Writes beside the file and puts it in its place when all is there: readers see the old one or the new one.
async fn write_file(line: &mut Line, command: &Export, path: &Path) -> anyhow::Result<()> {
    let beside = beside(path);
    let cannot = || format!("cannot write {}", path.display());
    // What a run before left behind when it was cut short.
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error).with_context(cannot),
        _ => {}
    }
    let file = OpenOptions::new().write(true).create_new(true).open(&beside);
    let mut out = BufWriter::new(file.with_context(cannot)?);
    let written = match write(line, command, &mut out).await {
        Ok(()) => put_in_place(out.get_ref(), &beside, path).with_context(cannot),
        Err(error) => Err(error),
    };
    if written.is_err() {
        drop(std::fs::remove_file(&beside));
    }
    written
}

/// Makes the file durable under its name.
fn put_in_place(file: &File, beside: &Path, path: &Path) -> std::io::Result<()> {
    file.sync_all()?;
    std::fs::rename(beside, path)
}

/// The file as it is while it is written.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}

async fn write(line: &mut Line, command: &Export, out: &mut dyn Write) -> anyhow::Result<()> {
    line.export(command.format, &command.class, command.family, out)
        .await?;
    Ok(out.flush()?)
}

/// Whether our own reader has gone: a server that hangs up is told apart by its context.
fn is_closed(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<std::io::Error>();
    error.is_some_and(|error| error.kind() == std::io::ErrorKind::BrokenPipe)
}
