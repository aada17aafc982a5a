//! `stats`: what was counted, by day.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use atalaya_stats::{Day, Picture, Taken};
use clap::{Args, Subcommand};

use super::{config_at, line_to, print, print_json};
use crate::cli::Place;
use crate::config::{catalogue_of, read_catalogue};
use crate::control::{Bytes, Line, Request};
use crate::folder::Missing;
use crate::statistics::StatsRequest;

/// Largest file of another machine, in bytes: it travels in one line.
const MOST_FILE: u64 = 64 << 20;

/// `stats`.
#[derive(Debug, Subcommand)]
pub(crate) enum StatsCommand {
    /// The days of which something is known
    Days(PlaceOnly),
    /// All figures of some days as JSON
    Picture(Shown),
    /// Write what this machine has counted of a day, for `stats import` on another
    Export(Export),
    /// Take in what another machine has counted of a day; a later file of the same day takes its place
    Import(Import),
    /// Say what a catalogue of botnets holds, or what is wrong with it
    Catalogue(CatalogueArgs),
}

/// Only where the data is.
#[derive(Debug, Args)]
pub(crate) struct PlaceOnly {
    #[command(flatten)]
    place: Place,
}

/// Which days.
#[derive(Debug, Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    place: Place,
    /// The day: 2026-12-31, today, yesterday; without it the last one of which something is known
    #[arg(long, conflicts_with_all = ["from", "to"])]
    day: Option<String>,
    /// The first of several days
    #[arg(long, requires = "to")]
    from: Option<String>,
    /// The last of several days
    #[arg(long, requires = "from")]
    to: Option<String>,
}

/// `stats export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    #[command(flatten)]
    place: Place,
    /// The day: 2026-12-31, today, yesterday
    #[arg(long)]
    day: String,
    /// The file to write; it may not be there before
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// `stats import`.
#[derive(Debug, Args)]
pub(crate) struct Import {
    #[command(flatten)]
    place: Place,
    /// A file of `stats export`
    file: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `stats catalogue`.
#[derive(Debug, Args)]
pub(crate) struct CatalogueArgs {
    #[command(flatten)]
    place: Place,
    /// A catalogue; without it the one of the configuration, or the one that comes with Atalaya
    file: Option<PathBuf>,
}

/// Runs one of them.
pub(crate) async fn run(command: StatsCommand) -> anyhow::Result<()> {
    match command {
        StatsCommand::Days(PlaceOnly { place }) => {
            let mut line = line_to(&place, Missing::Refused).await?;
            days(&mut line).await?.iter().try_for_each(print)
        }
        StatsCommand::Picture(shown) => print_json(&picture(&shown).await?),
        StatsCommand::Export(export) => run_export(&export).await,
        StatsCommand::Import(import) => run_import(&import).await,
        StatsCommand::Catalogue(args) => show_catalogue(&args),
    }
}

async fn days(line: &mut Line) -> anyhow::Result<Vec<String>> {
    line.ask(Request::Stats(StatsRequest::Days)).await
}

/// The picture that was asked for.
async fn picture(shown: &Shown) -> anyhow::Result<Picture> {
    let mut line = line_to(&shown.place, Missing::Refused).await?;
    let (first, last) = match (&shown.day, &shown.from, &shown.to) {
        (Some(day), ..) => (named(day)?, named(day)?),
        (None, Some(first), Some(last)) => (named(first)?, named(last)?),
        _ => match days(&mut line).await?.pop() {
            Some(day) => (day.clone(), day),
            None => bail!("nothing was counted yet"),
        },
    };
    line.ask(Request::Stats(StatsRequest::Picture { first, last }))
        .await
}

/// A day as it may be written on the command line.
fn named(day: &str) -> anyhow::Result<String> {
    let today = Day::of(atalaya_model::Clock::system().now());
    Ok(match day {
        "today" => today.to_string(),
        "yesterday" => today.plus(-1).to_string(),
        day => day.parse::<Day>()?.to_string(),
    })
}

async fn run_export(export: &Export) -> anyhow::Result<()> {
    let mut line = line_to(&export.place, Missing::Refused).await?;
    let day = named(&export.day)?;
    let file: Bytes = line
        .ask(Request::Stats(StatsRequest::Export { day: day.clone() }))
        .await?;
    let name = export.output.display();
    let mut out = std::fs::File::create_new(&export.output).with_context(|| format!("cannot make {name}"))?;
    out.write_all(&file.0)
        .and_then(|()| out.sync_all())
        .with_context(|| format!("cannot write {name}"))?;
    print(format_args!("{day} is in {name} ({} bytes).", file.0.len()))
}

async fn run_import(import: &Import) -> anyhow::Result<()> {
    let file = Bytes(read(&import.file)?);
    let mut line = line_to(&import.place, Missing::Refused).await?;
    let taken: Taken = line.ask(Request::Stats(StatsRequest::Import { file })).await?;
    if import.json {
        return print_json(&taken);
    }
    let Taken {
        day,
        origin,
        cells,
        is_again,
    } = taken;
    let again = if is_again {
        ", in the place of what it counted before"
    } else {
        ""
    };
    print(format_args!(
        "{day} of the machine {origin} counts too: {cells} cells{again}."
    ))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let name = path.display();
    let size = std::fs::metadata(path)
        .with_context(|| format!("cannot read {name}"))?
        .len();
    if size > MOST_FILE {
        bail!("{name} is larger than any file of `stats export`");
    }
    std::fs::read(path).with_context(|| format!("cannot read {name}"))
}

fn show_catalogue(args: &CatalogueArgs) -> anyhow::Result<()> {
    let has_place = args.place.config.is_some() || args.place.data.is_some();
    let catalogue = match &args.file {
        Some(file) => read_catalogue(file)?,
        None if has_place => catalogue_of(&config_at(&args.place)?)?,
        None => atalaya_stats::Catalogue::default(),
    };
    print(format_args!(
        "version {}, {} botnets",
        catalogue.version(),
        catalogue.botnets().len()
    ))?;
    for botnet in catalogue.botnets() {
        let aliases = if botnet.aliases.is_empty() {
            String::new()
        } else {
            format!(" ({})", botnet.aliases.join(", "))
        };
        print(format_args!(
            "{}{aliases}: {}. {}",
            botnet.name, botnet.confidence, botnet.provenance
        ))?;
    }
    Ok(())
}
