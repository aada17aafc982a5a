//! `fingerprint`: what the SYNs of a capture tell about the network stacks that sent them.

mod report;
mod summary;

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use anyhow::{Context, bail};
use atalaya_formats::capture::{Capture, Frame, Packet};
use atalaya_formats::signatures::{MOST_FILE_BYTES, Matcher, Signatures};
use atalaya_formats::syn::Syn;

use self::report::Report;
use self::summary::Summary;
use crate::cli::Fingerprint;
use crate::commands::{Form, print, print_json};

/// Reads, names and prints. What was whole is printed before a broken file is told.
pub(crate) fn run(command: &Fingerprint) -> anyhow::Result<()> {
    let matcher = matcher(&command.signatures)?;
    let path = &command.capture;
    let told = || format!("{}", path.display());
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let capture = Capture::new(BufReader::new(file)).with_context(told)?;
    let mut output = Output {
        form: Form::from(command.json),
        matcher: &matcher,
        summary: command.summary.then(Summary::default),
    };
    let mut unknown = None;
    let mut failure = None;
    for packet in capture {
        match packet {
            Ok(packet) => unknown = unknown.or(output.packet(&packet)?),
            Err(error) => failure = Some(error),
        }
    }
    output.finish()?;
    if let Some(error) = failure {
        return Err(error).with_context(told);
    }
    if let Some(number) = unknown {
        bail!(
            "{}: frames of link type {number} cannot be read, and were left out",
            told()
        );
    }
    Ok(())
}

/// What names the stacks: the files that were given, then our own signatures.
fn matcher(paths: &[std::path::PathBuf]) -> anyhow::Result<Matcher> {
    let sets = paths.iter().map(|path| read_signatures(path));
    Ok(Matcher::new(sets.collect::<anyhow::Result<_>>()?))
}

/// Reads a signature file; it is called by its path.
fn read_signatures(path: &Path) -> anyhow::Result<(String, Signatures)> {
    let name = path.display().to_string();
    let mut bytes = Vec::new();
    let read = |bytes: &mut Vec<u8>| File::open(path)?.take(MOST_FILE_BYTES + 1).read_to_end(bytes);
    let length = read(&mut bytes).with_context(|| format!("cannot read the signatures in {name}"))?;
    if length as u64 > MOST_FILE_BYTES {
        bail!("{name} is larger than any file of signatures");
    }
    let signatures = Signatures::read(&bytes).with_context(|| format!("{name} has wrong lines"))?;
    Ok((name, signatures))
}

/// Where the SYNs go.
struct Output<'a> {
    form: Form,
    matcher: &'a Matcher,
    /// Counts instead of lines.
    summary: Option<Summary>,
}

impl Output<'_> {
    /// Takes a packet; gives the number of its kind of frame if that is unknown.
    fn packet(&mut self, packet: &Packet) -> anyhow::Result<Option<u16>> {
        if let Frame::Other(number) = packet.frame {
            return Ok(Some(number));
        }
        let found = packet.ip().and_then(|ip| Some((ip, Syn::read(ip).ok()?)));
        let Some((ip, syn)) = found else {
            return Ok(None);
        };
        let names = self.matcher.all(&syn);
        if let Some(summary) = &mut self.summary {
            summary.count(&syn, names.first());
            return Ok(None);
        }
        let report = Report::new(packet.time, ip, &syn, &names);
        match self.form {
            Form::Json => print_json(&report),
            Form::Text => print(&report),
        }?;
        Ok(None)
    }

    fn finish(self) -> anyhow::Result<()> {
        self.summary.map_or(Ok(()), |summary| summary.print(self.form))
    }
}
