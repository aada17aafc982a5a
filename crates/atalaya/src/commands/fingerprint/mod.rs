//! `fingerprint`: what the SYNs of a capture tell about the network stacks that sent them.

mod report;
mod summary;

use std::fs::File;
use std::io::BufReader;

use anyhow::{Context, bail};
use atalaya_formats::capture::{Capture, Frame, Packet};
use atalaya_formats::signatures::Matcher;
use atalaya_formats::syn::Syn;

use self::report::Report;
use self::summary::Summary;
use crate::cli::Fingerprint;
use crate::commands::{Form, config_at, print, print_json};
use crate::config::{Config, matcher_of};

/// Reads, names and prints. What was whole is printed before a broken file is told.
pub(crate) fn run(command: &Fingerprint) -> anyhow::Result<()> {
    let place = &command.place;
    let config = if place.config.is_none() && place.data.is_none() {
        Config::default()
    } else {
        config_at(place)?
    };
    let signatures = [command.signatures.as_slice(), &config.trap.signatures].concat();
    let matcher = matcher_of(&signatures)?;
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
