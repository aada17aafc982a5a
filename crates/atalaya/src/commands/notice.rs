//! `notice`: the templates of notices, and what becomes of them, before anybody gets one.

use std::net::IpAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use atalaya_model::{Clock, MailAddress};
use atalaya_notify::{Language, ListNames, Preview, Templates, preview};
use clap::{Args, Subcommand, ValueEnum};

use super::{config_at, line_to, print};
use crate::cli::Place;
use crate::control::{Bytes, NoticeAnswer, Request};
use crate::folder::Missing;

/// Whom a notice goes to that goes to nobody.
const NOBODY: &str = "abuse@network.example";

/// What to do with notices.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeCommand {
    /// Print a notice as the configuration and its templates make it, with made-up facts or about a listing
    Preview(PreviewArgs),
    /// Write the templates that the program brings with it into a folder, to start from
    Templates(TemplatesArgs),
}

/// `notice preview`.
#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    #[command(flatten)]
    place: Place,
    /// A listed address, for the notice about it as it stands; without one the facts are made up
    #[arg(long, conflicts_with = "digest")]
    address: Option<IpAddr>,
    /// The mailbox that the notice would go to; without it the one that is known for the address
    #[arg(long, value_name = "MAILBOX")]
    contact: Option<MailAddress>,
    /// In which language, whatever the configuration says
    #[arg(long)]
    language: Option<Chosen>,
    /// A notice about several addresses
    #[arg(long)]
    digest: bool,
    /// Write the whole mail into a file, instead of printing subject and text
    #[arg(long, value_name = "FILE")]
    eml: Option<PathBuf>,
}

/// `notice templates`.
#[derive(Debug, Args)]
pub(crate) struct TemplatesArgs {
    /// The folder; it is made where it is missing, and nothing in it is written over
    folder: PathBuf,
}

/// A language that a notice can be in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Chosen {
    /// English
    En,
    /// Spanish
    Es,
    /// English, then Spanish
    Both,
}

impl From<Chosen> for Language {
    fn from(chosen: Chosen) -> Self {
        match chosen {
            Chosen::En => Self::En,
            Chosen::Es => Self::Es,
            Chosen::Both => Self::Both,
        }
    }
}

/// Runs one of the two.
pub(crate) async fn run(command: NoticeCommand) -> anyhow::Result<()> {
    match command {
        NoticeCommand::Preview(wanted) => {
            let seen = match wanted.address {
                Some(address) => listed(&wanted, address).await?,
                None => made_up(&wanted)?,
            };
            deliver(&seen, wanted.eml.as_deref())
        }
        NoticeCommand::Templates(wanted) => {
            let written = Templates::write(&wanted.folder)?;
            written.iter().try_for_each(|path| print(path.display()))
        }
    }
}

/// The notice about a listing.
async fn listed(wanted: &PreviewArgs, address: IpAddr) -> anyhow::Result<NoticeAnswer> {
    let request = Request::Notice {
        address,
        contact: wanted.contact.clone(),
        language: wanted.language.map(Language::from),
    };
    line_to(&wanted.place, Missing::Refused).await?.ask(request).await
}

/// A notice about addresses that never were.
fn made_up(wanted: &PreviewArgs) -> anyhow::Result<NoticeAnswer> {
    let config = config_at(&wanted.place)?;
    let names = ListNames {
        zone: config.publish.zone.clone(),
        public_url: config.public_url(),
    };
    let templates = config.notice.templates()?;
    let asked = Preview {
        contact: wanted.contact.clone().map_or_else(|| NOBODY.parse(), Ok)?,
        language: wanted.language.map(Language::from),
        is_digest: wanted.digest,
    };
    let seen = preview(&config.notice, &names, &templates, &asked, Clock::system().now())?;
    Ok(NoticeAnswer {
        subject: seen.subject,
        text: seen.text,
        mail: Bytes(seen.mail),
    })
}

/// Prints subject and text, or writes the whole mail.
fn deliver(seen: &NoticeAnswer, eml: Option<&Path>) -> anyhow::Result<()> {
    let Some(path) = eml else {
        let text = seen.text.replace("\r\n", "\n");
        return print(format_args!("Subject: {}\n\n{}", seen.subject, text.trim_end()));
    };
    std::fs::write(path, &seen.mail.0).with_context(|| format!("cannot write {}", path.display()))?;
    print(format_args!("{} is written.", path.display()))
}
