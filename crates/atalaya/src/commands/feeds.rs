//! `feeds`: how the lists of others are, what one would come to, and taking one that changed a lot.

use std::path::Path;

use anyhow::{anyhow, bail};
use atalaya_model::Timestamp;
use atalaya_observe::feeds::{FeedConfig, FeedFormat, FeedStatus, Surroundings, Tried, try_feed};
use atalaya_observe::upstream::UpstreamStatus;
use atalaya_web::OthersShown;
use clap::{Args, Subcommand};
use serde_json::json;

use super::{Form, config_at, line_to, print, print_json};
use crate::cli::Place;
use crate::config::Config;
use crate::control::Request;
use crate::folder::Missing;
use crate::others::{FEEDS, own_ranges};

/// `feeds`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct FeedsCommand {
    #[command(subcommand)]
    what: Option<FeedsWhat>,
    #[command(flatten)]
    place: Place,
    /// Print JSON, one list a line
    #[arg(long)]
    json: bool,
}

/// What to do with one list.
#[derive(Debug, Subcommand)]
enum FeedsWhat {
    /// Fetch a list, say what it would come to, and keep nothing
    Check(FeedsCheck),
    /// Take the next list of a feed however much it grew or shrank, and fetch it at once
    Release(FeedsRelease),
}

/// `feeds check`.
#[derive(Debug, Args)]
struct FeedsCheck {
    #[command(flatten)]
    place: Place,
    /// The name of a feed of the configuration, a URL, or the path of a file from the root
    #[arg(value_name = "NAME|URL")]
    list: String,
    /// The form of a list that the configuration does not name: plain, csv, jsonl or json
    #[arg(long)]
    format: Option<FeedFormat>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `feeds release`.
#[derive(Debug, Args)]
struct FeedsRelease {
    #[command(flatten)]
    place: Place,
    /// The name of the feed
    name: String,
}

/// Runs one of the three.
pub(crate) async fn run(command: FeedsCommand) -> anyhow::Result<()> {
    match command.what {
        None => show(&command.place, Form::from(command.json)).await,
        Some(FeedsWhat::Check(check)) => run_check(&check).await,
        Some(FeedsWhat::Release(release)) => {
            let mut line = line_to(&release.place, Missing::Refused).await?;
            let name = release.name;
            line.ask::<()>(Request::ReleaseFeed { name: name.clone() })
                .await?;
            print(format_args!(
                "The next list of {name} is taken, however long it is."
            ))
        }
    }
}

async fn show(place: &Place, form: Form) -> anyhow::Result<()> {
    let mut line = line_to(place, Missing::Refused).await?;
    let answer: OthersShown = line.ask(Request::Feeds).await?;
    match form {
        Form::Json => show_json(&answer),
        Form::Text => show_text(&answer),
    }
}

fn show_json(answer: &OthersShown) -> anyhow::Result<()> {
    for feed in &answer.feeds {
        print_json(&json!({"feed": feed}))?;
    }
    let mut upstream = answer.upstream.iter();
    upstream.try_for_each(|list| print_json(&json!({"upstream": list})))
}

fn show_text(answer: &OthersShown) -> anyhow::Result<()> {
    if answer.feeds.is_empty() && answer.upstream.is_empty() {
        return print("No list of others is configured (feeds.lists, upstream.lists).");
    }
    if !answer.feeds.is_empty() {
        print(format_args!(
            "{:<20} {:<12} {:<20} {:>9} {:>9} {:>9}  next",
            "feed", "state", "fetched", "entries", "new", "gone"
        ))?;
    }
    answer.feeds.iter().try_for_each(show_feed)?;
    if !answer.upstream.is_empty() {
        print(format_args!(
            "{:<20} {:<12} {:<20} {:>9} {:>9} {:>9}  next",
            "upstream", "state", "tested", "asked", "listed", ""
        ))?;
    }
    answer.upstream.iter().try_for_each(show_upstream)
}

fn show_feed(feed: &FeedStatus) -> anyhow::Result<()> {
    let (name, state) = (&feed.name, &feed.state);
    let word = match (&state.trouble, state.fetched_at) {
        (Some(trouble), _) => trouble.what.name(),
        (None, Some(_)) => "good",
        (None, None) => "waiting",
    };
    print(format_args!(
        "{name:<20} {word:<12} {:<20} {:>9} {:>9} {:>9}  {}",
        moment(state.fetched_at),
        state.entries,
        state.new,
        state.gone,
        moment(state.next_at)
    ))?;
    match &state.trouble {
        Some(trouble) => print(format_args!("  since {}: {}", trouble.since, trouble.why)),
        None => Ok(()),
    }
}

fn show_upstream(list: &UpstreamStatus) -> anyhow::Result<()> {
    print(format_args!(
        "{:<20} {:<12} {:<20} {:>9} {:>9} {:>9}  {}",
        list.name,
        list.state.name(),
        moment(list.tested_at),
        list.asked,
        list.listed,
        "",
        moment(list.next_test_at)
    ))?;
    match (&list.why, list.since) {
        (Some(why), Some(since)) => print(format_args!("  since {since}: {why}")),
        _ => Ok(()),
    }
}

fn moment(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "-".to_owned(), |at| at.to_string())
}

async fn run_check(check: &FeedsCheck) -> anyhow::Result<()> {
    let config = config_at(&check.place)?;
    let list = named(check, &config)?;
    let around = surroundings(&config);
    let timeout = config.feeds.timeout.duration();
    let tried = try_feed(&list, Path::new(&config.in_data(FEEDS)), timeout, around).await;
    let tried = tried.map_err(|why| anyhow!("{} cannot be used: {why}", check.list))?;
    match Form::from(check.json) {
        Form::Json => print_json(&tried)?,
        Form::Text => print_tried(&tried)?,
    }
    match tried.refused {
        Some(why) => bail!("{} would be refused: {why}", check.list),
        None => Ok(()),
    }
}

/// The list that is meant: one of the configuration, or one that only its place is known of.
fn named(check: &FeedsCheck, config: &Config) -> anyhow::Result<FeedConfig> {
    let mut lists = config.feeds.lists.iter();
    if let Some(list) = lists.find(|list| list.name == check.list) {
        return Ok(list.clone());
    }
    let list = FeedConfig {
        format: check.format.unwrap_or_default(),
        ..FeedConfig::new("check", &check.list)
    };
    match list.check() {
        Ok(()) => Ok(list),
        Err(_no_place) => bail!(
            "{} is no feed of the configuration, and no http:// or https:// address or path of a file",
            check.list
        ),
    }
}

/// What no list may name, as far as the configuration alone says: what large domains send from is known to the server only.
fn surroundings(config: &Config) -> Surroundings {
    Surroundings {
        own: own_ranges(config),
        protected: Vec::new(),
    }
}

fn print_tried(tried: &Tried) -> anyhow::Result<()> {
    for (what, count) in [
        ("bytes", tried.bytes),
        ("lines or elements", tried.lines),
        ("of them without an address", tried.wrong),
        ("entries", tried.entries),
        ("IPv4 addresses that they cover", tried.addresses),
    ] {
        print(format_args!("{what:<32}{count:>14}"))?;
    }
    match &tried.first_wrong {
        Some(why) => print(format_args!("  the first without: {why}")),
        None => Ok(()),
    }
}
