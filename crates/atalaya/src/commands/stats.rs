//! `stats`: what was counted, by day.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};
use atalaya_model::Clock;
use atalaya_stats::{
    BadDay, Day, Language, Measure, Part, Picture, Taken, View, WIDE, chart, json, report, table, title,
    warnings, words,
};
use clap::{Args, Subcommand, ValueEnum};

use super::{Form, OutputClosed, config_at, line_to, print, print_json};
use crate::cli::Place;
use crate::config::{catalogue_of, read_catalogue};
use crate::control::{Bytes, Line, Request};
use crate::folder::Missing;
use crate::statistics::StatsRequest;

/// The columns of a terminal that does not tell, and the least that a table is cut to.
const USUAL_COLUMNS: usize = 120;
const NARROWEST: usize = 60;
/// Largest file of another machine, in bytes: it travels in one line.
const MOST_FILE: u64 = 64 << 20;

/// `stats`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct StatsCommand {
    #[command(subcommand)]
    what: Option<StatsWhat>,
    #[command(flatten)]
    shown: Shown,
}

/// What to do with days as a whole.
#[derive(Debug, Subcommand)]
enum StatsWhat {
    /// Write what this machine has counted of a day, for `stats import` on another
    Export(Export),
    /// Take in what another machine has counted of a day; a later file of the same day takes its place
    Import(Import),
    /// Say what a catalogue of botnets holds, or what is wrong with it
    Catalogue(CatalogueArgs),
    /// Say of which days something is known
    Known(Known),
}

/// What to show of which days.
#[derive(Debug, Args)]
struct Shown {
    #[command(flatten)]
    place: Place,
    /// What to show: botnets, days, hours, botnet-hours, countries, botnet-countries, networks, prefixes, systems, pairs (stacks that bots may
    /// have brought along), dialects, helo, headers, traps, sensors
    #[arg(default_value = "botnets", value_name = "WHAT")]
    part: Part,
    /// The day: 2026-12-31, today or yesterday; without it the last one of which something is known
    #[arg(long, conflicts_with_all = ["from", "to"])]
    day: Option<NamedDay>,
    /// The first of several days
    #[arg(long, requires = "to", value_name = "DAY")]
    from: Option<NamedDay>,
    /// The last of several days
    #[arg(long, requires = "from", value_name = "DAY")]
    to: Option<NamedDay>,
    /// What says who comes first: addresses, connections, envelopes, recipients or bytes
    #[arg(long, default_value = "addresses", value_name = "COUNT")]
    by: Measure,
    /// The form: table, csv, json, svg, png; html is the report of all of it, picture the JSON of all of it
    #[arg(long, default_value = "table")]
    format: ShownAs,
    /// The language of people: en or es
    #[arg(long, default_value = "en")]
    language: SpokenLanguage,
    /// Write to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// In which form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ShownAs {
    /// For a terminal.
    Table,
    /// Comma-separated values (RFC 4180).
    Csv,
    /// The part as JSON.
    Json,
    /// The chart as SVG.
    Svg,
    /// The chart as PNG.
    Png,
    /// The report in one file.
    Html,
    /// All figures as JSON.
    Picture,
}

/// In which language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SpokenLanguage {
    /// English.
    En,
    /// Spanish.
    Es,
}

/// A day as it may be written on the command line.
#[derive(Debug, Clone, Copy)]
struct NamedDay(Day);

impl FromStr for NamedDay {
    type Err = BadDay;

    fn from_str(text: &str) -> Result<Self, BadDay> {
        let today = || Day::of(Clock::system().now());
        match text {
            "today" => Ok(Self(today())),
            "yesterday" => Ok(Self(today().plus(-1))),
            day => day.parse().map(Self),
        }
    }
}

/// `stats known`.
#[derive(Debug, Args)]
struct Known {
    #[command(flatten)]
    place: Place,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `stats export`.
#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    place: Place,
    /// The day: 2026-12-31, today, yesterday
    #[arg(long)]
    day: NamedDay,
    /// The file to write; it may not be there before
    #[arg(long, value_name = "FILE")]
    output: PathBuf,
}

/// `stats import`.
#[derive(Debug, Args)]
struct Import {
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
struct CatalogueArgs {
    #[command(flatten)]
    place: Place,
    /// A catalogue; without it the one of the configuration, or the one that comes with Atalaya
    file: Option<PathBuf>,
}

/// Runs one of them.
pub(crate) async fn run(command: StatsCommand) -> anyhow::Result<()> {
    match command.what {
        None => show(&command.shown).await,
        Some(StatsWhat::Export(export)) => run_export(&export).await,
        Some(StatsWhat::Import(import)) => run_import(&import).await,
        Some(StatsWhat::Catalogue(args)) => show_catalogue(&args),
        Some(StatsWhat::Known(known)) => {
            let days = days(&mut line_to(&known.place, Missing::Refused).await?).await?;
            match Form::from(known.json) {
                Form::Json => print_json(&days),
                Form::Text if days.is_empty() => print("Nothing was counted yet."),
                Form::Text => days.iter().try_for_each(print),
            }
        }
    }
}

async fn days(line: &mut Line) -> anyhow::Result<Vec<String>> {
    line.ask(Request::Stats(StatsRequest::Days)).await
}

/// The picture that was asked for.
async fn picture(shown: &Shown) -> anyhow::Result<Picture> {
    let mut line = line_to(&shown.place, Missing::Refused).await?;
    let named = match (shown.day, shown.from, shown.to) {
        (Some(day), ..) => Some((day, day)),
        (None, Some(first), Some(last)) => Some((first, last)),
        _ => None,
    };
    let mut known = days(&mut line).await?;
    let (first, last) = match named {
        Some((first, last)) => (first.0.to_string(), last.0.to_string()),
        None => match known.pop() {
            Some(day) => (day.clone(), day),
            None => bail!("nothing was counted yet"),
        },
    };
    // The form of a day sorts as days do.
    if named.is_some() && !known.iter().any(|day| (&first..=&last).contains(&day)) {
        bail!("nothing is known of {first} to {last}; `atalaya stats known` says of which days something is");
    }
    line.ask(Request::Stats(StatsRequest::Picture { first, last }))
        .await
}

async fn show(shown: &Shown) -> anyhow::Result<()> {
    let picture = picture(shown).await?;
    let language = match shown.language {
        SpokenLanguage::En => Language::English,
        SpokenLanguage::Es => Language::Spanish,
    };
    let view = View {
        words: words(language),
        by: shown.by,
    };
    let bytes = match shown.format {
        ShownAs::Table => as_table(&picture, shown.part, view),
        ShownAs::Csv => table(&picture, shown.part, view).csv().into_bytes(),
        ShownAs::Json => line_of(&json(&picture, shown.part, view)?)?,
        ShownAs::Picture => line_of(&picture)?,
        ShownAs::Svg => chart(&picture, shown.part, view, WIDE).file().into_bytes(),
        ShownAs::Png => chart(&picture, shown.part, view, WIDE)
            .png()
            .context("the chart cannot be made a picture")?,
        ShownAs::Html => report(&picture, view, &organisation(&shown.place)?)?.into_bytes(),
    };
    write(&bytes, shown.output.as_deref())
}

/// Who makes the report, as pages have it.
fn organisation(place: &Place) -> anyhow::Result<String> {
    Ok(config_at(place)?.web.organisation)
}

/// A heading and a table, as wide as the terminal.
fn as_table(picture: &Picture, part: Part, view: View) -> Vec<u8> {
    let head = format!("{} · {}", title(picture, view.words), view.words.part(part));
    let mut text = format!(
        "{head}\n\n{}",
        table(picture, part, view).text(view.words, columns())
    );
    let warnings = warnings(picture, view.words);
    for warning in &warnings {
        text.push('\n');
        text.push_str(warning);
    }
    if !warnings.is_empty() {
        text.push('\n');
    }
    text.into_bytes()
}

/// The columns of the terminal; as many as anybody wants where it is none.
fn columns() -> usize {
    let out = std::io::stdout();
    if !out.is_terminal() {
        return usize::from(u16::MAX);
    }
    rustix::termios::tcgetwinsize(out).map_or(USUAL_COLUMNS, |size| usize::from(size.ws_col).max(NARROWEST))
}

/// A document as a line of JSON.
fn line_of(document: &impl serde::Serialize) -> anyhow::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(document)?;
    line.push(b'\n');
    Ok(line)
}

/// Writes to a file, or to standard output.
fn write(bytes: &[u8], output: Option<&Path>) -> anyhow::Result<()> {
    if let Some(path) = output {
        return std::fs::write(path, bytes).with_context(|| format!("cannot write {}", path.display()));
    }
    if std::str::from_utf8(bytes).is_err() && std::io::stdout().is_terminal() {
        bail!("a picture is nothing for a terminal: name a file with --output");
    }
    match std::io::stdout().lock().write_all(bytes) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Err(OutputClosed.into()),
        written => written.context("cannot write the answer"),
    }
}

async fn run_export(export: &Export) -> anyhow::Result<()> {
    let mut line = line_to(&export.place, Missing::Refused).await?;
    let day = export.day.0.to_string();
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
