//! `reporter add`, `rotate`, `remove`, `list`: who reports addresses to the API.
//!
//! They change the file of the reporters in the data folder and need no server; one that runs reads it again within seconds.

use atalaya_model::{Act, Clock, Timestamp};
use atalaya_publish::{Key, KeyName};
use atalaya_web::{NewReporter, Quota, ReporterFile, Reporters, Scopes};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::note::noted;
use super::{Form, config_at, print, print_json};
use crate::cli::Place;
use crate::config::Config;
use crate::folder::turn;

/// The name of what keeps two commands from changing the file at once.
const LOCK: &str = "reporters.lock";
/// Seconds of a day.
const DAY: i64 = 86_400;

/// `reporter`.
#[derive(Debug, Subcommand)]
pub(crate) enum ReporterCommand {
    /// Give somebody a key to report with; it is shown once and kept nowhere
    Add(ReporterAdd),
    /// Give a reporter another key; the old one ends
    Rotate(ReporterName),
    /// Take a reporter's key away; what it reported stays
    Remove(ReporterName),
    /// Show who may report, and what was used today
    List(ReporterList),
}

/// `reporter add`.
#[derive(Debug, Args)]
pub(crate) struct ReporterAdd {
    #[command(flatten)]
    place: Place,
    /// Its name, of letters, digits, dots, hyphens and underscores; its observations have it as source
    name: KeyName,
    /// Calls, and rows of tables, on one day (UTC): `1000/day`, or `-` for any number
    #[arg(long, value_name = "N/day", default_value = "1000/day")]
    quota: Quota,
    /// What the key is good for: `report`, `read`, or `report,read`
    #[arg(long, default_value = "report,read")]
    scopes: Scopes,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `reporter rotate`, `reporter remove`.
#[derive(Debug, Args)]
pub(crate) struct ReporterName {
    #[command(flatten)]
    place: Place,
    /// Which reporter
    name: KeyName,
}

/// `reporter list`.
#[derive(Debug, Args)]
pub(crate) struct ReporterList {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one reporter a line
    #[arg(long)]
    json: bool,
}

/// Runs one of the four.
pub(crate) async fn run(command: ReporterCommand) -> anyhow::Result<()> {
    match command {
        ReporterCommand::Add(add) => run_add(add).await,
        ReporterCommand::Rotate(ReporterName { place, name }) => {
            let key = Key::random();
            let config = config_at(&place)?;
            let planned = (
                Act::ChangeReporter,
                name.as_str().to_owned(),
                json!({ "key": "made anew" }),
            );
            noted(&config, planned, || {
                change(&config, |file| Ok(file.rotate(&name, &key)?))
            })
            .await?;
            print(format_args!("New key of {}: {key}", name.as_str()))
        }
        ReporterCommand::Remove(ReporterName { place, name }) => {
            let config = config_at(&place)?;
            let planned = (Act::RevokeReporter, name.as_str().to_owned(), Value::Null);
            noted(&config, planned, || {
                change(&config, |file| Ok(file.remove(&name)?))
            })
            .await?;
            print(format_args!("{} may report no more.", name.as_str()))
        }
        ReporterCommand::List(list) => run_list(&list, Clock::system().now()),
    }
}

async fn run_add(add: ReporterAdd) -> anyhow::Result<()> {
    let ReporterAdd {
        place,
        name,
        quota,
        scopes,
        json,
    } = add;
    let config = config_at(&place)?;
    let key = Key::random();
    let holder = name.as_str().to_owned();
    let new = NewReporter { name, quota, scopes };
    let planned = (Act::MakeReporter, holder.clone(), Value::Null);
    noted(&config, planned, || {
        change(&config, |file| Ok(file.add(new, &key)?))
    })
    .await?;
    match Form::from(json) {
        Form::Json => print_json(&json!({"name": holder, "key": key.to_string()})),
        Form::Text => print(format_args!(
            "Key of {holder}: {key}\nIt is kept nowhere and cannot be shown again."
        )),
    }
}

fn run_list(list: &ReporterList, now: Timestamp) -> anyhow::Result<()> {
    let data = config_at(&list.place)?.data;
    let file = ReporterFile::read(&Reporters::file_in(&data))?.unwrap_or_default();
    let (used, today) = (Reporters::used_in(&data), now.seconds().div_euclid(DAY));
    for reporter in file.reporters() {
        let (name, calls) = (&reporter.name, used.of(&reporter.name, today));
        let (quota, scopes) = (reporter.quota, reporter.scopes);
        match Form::from(list.json) {
            Form::Json => print_json(&json!({
                "name": name, "per_day": quota.0, "today": calls, "scopes": scopes.to_string(),
            }))?,
            Form::Text => print(format_args!("{name:<30} {calls} of {quota} today, {scopes}"))?,
        }
    }
    match (Form::from(list.json), file.reporters().count()) {
        (Form::Text, 0) => print("Nobody may report."),
        _ => Ok(()),
    }
}

/// Changes the file, and keeps others from changing it meanwhile.
///
/// # Errors
/// The change was refused, or the file cannot be read or written.
pub(crate) fn change(
    config: &Config,
    change: impl FnOnce(&mut ReporterFile) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let _turn = turn(config, LOCK)?;
    let path = Reporters::file_in(&config.data);
    let mut file = ReporterFile::read(&path)?.unwrap_or_default();
    change(&mut file)?;
    Ok(file.write(&path)?)
}
