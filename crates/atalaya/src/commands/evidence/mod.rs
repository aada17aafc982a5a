//! `evidence`: what was seen of an address, and one observation in the view of whoever is to see it.

mod sealed;
mod text;

use std::fs::OpenOptions;
use std::io::Write;
use std::net::IpAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use atalaya_formats::view::{Shown, View};
use atalaya_model::ObservationId;
use clap::Args;
use uuid::Uuid;

use super::{Form, line_to, print, print_json};
use crate::cli::Place;
use crate::control::{AskedBy, EvidenceRequest, Line, ObservationLine, Request, Sealed};
use crate::folder::Missing;

/// `evidence`.
#[derive(Debug, Args)]
pub(crate) struct EvidenceCommand {
    #[command(flatten)]
    place: Place,
    /// An address, for a list of what was seen of it (the newest 200); or the name of an observation, for that one
    what: What,
    /// Who is to see it: public, network (of the address), desk (your own people) or sealed (a court: untouched)
    #[arg(long, default_value = "desk")]
    view: View,
    /// Print JSON
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Write to this file, or with the sealed view into this folder; neither may be there before
    #[arg(long, value_name = "PATH")]
    output: Option<PathBuf>,
    /// Who asked for the sealed view and why, such as the court and the number of the case; it is written down in sealed.log
    #[arg(long, value_name = "TEXT", value_parser = crate::cli::reason)]
    asked_by: Option<String>,
}

/// What is asked about.
#[derive(Debug, Clone, Copy)]
enum What {
    Address(IpAddr),
    Observation(ObservationId),
}

impl FromStr for What {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let address = text.parse().map(Self::Address).ok();
        address
            .or_else(|| {
                Uuid::parse_str(text)
                    .ok()
                    .map(|id| Self::Observation(ObservationId(id)))
            })
            .ok_or(
                "neither an address nor the name of an observation, such as 01a2179142fd79b6b6203b61b5d7acbd",
            )
    }
}

/// Lists, shows, or gives out untouched.
pub(crate) async fn run(command: EvidenceCommand) -> anyhow::Result<()> {
    // What cannot be done is said before anything is asked or written down.
    let unsealing = match (command.what, command.view) {
        (What::Observation(id), View::Sealed) => Some((id, sealed::wanted(&command)?)),
        (What::Address(_), View::Sealed) => bail!("the sealed view is of one observation: name it"),
        (_, View::Public | View::Network | View::Desk) => None,
    };
    let mut line = line_to(&command.place, Missing::Refused).await?;
    if let Some((id, (folder, reason))) = unsealing {
        let uid = rustix::process::getuid().as_raw();
        let asked = AskedBy {
            reason,
            uid: Some(uid),
            account: None,
        };
        let request = EvidenceRequest::Sealed {
            id,
            asked: asked.clone(),
        };
        let evidence: Sealed = line.ask(Request::Evidence(request)).await?;
        return sealed::write(&folder, &evidence, &asked);
    }
    match command.what {
        What::Address(address) => list(&mut line, address, &command).await,
        What::Observation(id) => show(&mut line, id, &command).await,
    }
}

async fn list(line: &mut Line, address: IpAddr, command: &EvidenceCommand) -> anyhow::Result<()> {
    let view = command.view;
    let seen: Vec<ObservationLine> = line
        .ask(Request::Evidence(EvidenceRequest::List { address, view }))
        .await?;
    if Form::from(command.json) == Form::Json {
        return seen.iter().try_for_each(print_json);
    }
    let text = text::list(&seen, address);
    deliver(&text, command.output.as_deref())
}

async fn show(line: &mut Line, id: ObservationId, command: &EvidenceCommand) -> anyhow::Result<()> {
    let view = command.view;
    let shown: Shown = line
        .ask(Request::Evidence(EvidenceRequest::One { id, view }))
        .await?;
    if Form::from(command.json) == Form::Json {
        return print_json(&shown);
    }
    deliver(&text::shown(&shown)?, command.output.as_deref())
}

/// Prints a text, or writes it to a file that is new and open to its owner only.
fn deliver(text: &str, output: Option<&Path>) -> anyhow::Result<()> {
    match output {
        None => print(text.trim_end()),
        Some(path) => write_new(path, text.as_bytes()),
    }
}

/// Writes a file that was not there before.
fn write_new(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().with_context(|| format!("cannot write {}", path.display()))
}
