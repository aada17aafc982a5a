//! `notice`: the templates of notices, and what becomes of them, before anybody gets one.

use std::path::PathBuf;

use anyhow::Context;
use atalaya_model::{Clock, MailAddress};
use atalaya_notify::{Language, ListNames, Preview, Templates, preview};
use clap::{Args, Subcommand, ValueEnum};

use super::{config_at, print};
use crate::cli::Place;

/// What to do with notices.
#[derive(Debug, Subcommand)]
pub(crate) enum NoticeCommand {
    /// Print a notice with made-up facts, as the configuration and its templates make it
    Preview(PreviewArgs),
    /// Write the templates that the program brings with it into a folder, to start from
    Templates(TemplatesArgs),
}

/// `notice preview`.
#[derive(Debug, Args)]
pub(crate) struct PreviewArgs {
    #[command(flatten)]
    place: Place,
    /// The mailbox that the notice would go to
    #[arg(long, value_name = "MAILBOX", default_value = "abuse@network.example")]
    contact: MailAddress,
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
pub(crate) fn run(command: NoticeCommand) -> anyhow::Result<()> {
    match command {
        NoticeCommand::Preview(wanted) => show(wanted),
        NoticeCommand::Templates(wanted) => {
            let written = Templates::write(&wanted.folder)?;
            written.iter().try_for_each(|path| print(path.display()))
        }
    }
}

/// Writes a notice that nobody gets.
fn show(wanted: PreviewArgs) -> anyhow::Result<()> {
    let config = config_at(&wanted.place)?;
    let names = ListNames {
        zone: config.publish.zone.clone(),
        public_url: config.public_url(),
    };
    let templates = config.notice.templates()?;
    let asked = Preview {
        contact: wanted.contact,
        language: wanted.language.map(Language::from),
        is_digest: wanted.digest,
    };
    let seen = preview(&config.notice, &names, &templates, &asked, Clock::system().now())?;
    match wanted.eml {
        Some(path) => {
            std::fs::write(&path, &seen.mail).with_context(|| format!("cannot write {}", path.display()))?;
            print(format_args!("{} is written.", path.display()))
        }
        None => print(format_args!(
            "Subject: {}\n\n{}",
            seen.subject,
            seen.text.replace("\r\n", "\n").trim_end()
        )),
    }
}
