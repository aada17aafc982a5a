//! `trap add`, `trap remove`, `trap show`, `trap list`: the registry of traps.
//!
//! They change the file of the traps in the data folder and need no server; one that runs reads the file again within seconds.

use anyhow::{Context, bail};
use atalaya_model::{Act, Timestamp, Trap, TrapWeight};
use atalaya_observe::{TrapAddress, TrapFile};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::note::noted;
use super::{Form, config_at, print, print_json};
use crate::cli::Place;
use crate::config::Config;
use crate::folder::turn;

/// The name of the file in the data folder.
pub(crate) const TRAPS: &str = "traps";
/// The name of what keeps two commands from changing it at once.
const LOCK: &str = "traps.lock";

/// `trap`.
#[derive(Debug, Subcommand)]
pub(crate) enum TrapCommand {
    /// Say that an address or a domain is a trap
    Add(TrapAdd),
    /// Say that it is none any more
    Remove(TrapRemove),
    /// Show one trap
    Show(TrapShow),
    /// Show all traps, those of the configuration too
    List(TrapList),
}

/// `trap add`.
#[derive(Debug, Args)]
pub(crate) struct TrapAdd {
    #[command(flatten)]
    place: Place,
    /// The address (name@domain), or the domain with all its addresses (@domain)
    address: String,
    /// The kind: pristine (never was a person's), recycled (was, long ago), typo (looks like a real domain, misspelt) or role (anybody may
    /// write there; never counts)
    #[arg(long, value_name = "KIND")]
    kind: Trap,
    /// The date since which it is a trap (2026-12-31); what came earlier does not count. Without this, always
    #[arg(long, value_name = "DATE")]
    since: Option<Timestamp>,
    /// What hitting it weighs, from 0 to 1, as a part of what its kind weighs; below 1 it never lists alone
    #[arg(long, value_name = "WEIGHT", default_value = "1")]
    weight: TrapWeight,
    /// A note for yourself, such as where the address was put out
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
}

/// `trap remove`.
#[derive(Debug, Args)]
pub(crate) struct TrapRemove {
    #[command(flatten)]
    place: Place,
    /// The address or domain
    address: String,
}

/// `trap show`.
#[derive(Debug, Args)]
pub(crate) struct TrapShow {
    #[command(flatten)]
    place: Place,
    /// The address or domain
    address: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `trap list`.
#[derive(Debug, Args)]
pub(crate) struct TrapList {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one trap a line
    #[arg(long)]
    json: bool,
}

/// Runs one of the four.
pub(crate) async fn run(command: TrapCommand) -> anyhow::Result<()> {
    match command {
        TrapCommand::Add(add) => run_add(&add).await,
        TrapCommand::Remove(remove) => {
            let config = config_at(&remove.place)?;
            let planned = (Act::RemoveTrap, remove.address.clone(), Value::Null);
            noted(&config, planned, || {
                change(&config, |file| Ok(file.remove(&remove.address)?))
            })
            .await?;
            print(format_args!("{} is no trap any more.", remove.address))
        }
        TrapCommand::Show(show) => run_show(&show),
        TrapCommand::List(list) => run_list(&list),
    }
}

async fn run_add(add: &TrapAdd) -> anyhow::Result<()> {
    let config = config_at(&add.place)?;
    refuse_configured(&config, &add.address)?;
    let trap = TrapAddress {
        address: add.address.clone(),
        kind: add.kind,
        since: add.since,
        weight: add.weight,
    };
    let details = json!({ "kind": add.kind.to_string(), "since": add.since });
    let planned = (Act::AddTrap, add.address.clone(), details);
    noted(&config, planned, || {
        change(&config, |file| Ok(file.add(trap, &add.note)?))
    })
    .await?;
    print(format_args!(
        "{} is a trap: {}, {}.",
        add.address,
        add.kind,
        when(add.since)
    ))
}

fn run_show(show: &TrapShow) -> anyhow::Result<()> {
    let config = config_at(&show.place)?;
    let file = TrapFile::read(&config.in_data(TRAPS))?.unwrap_or_default();
    let is_it = |(trap, _): &(&TrapAddress, &str)| trap.address.eq_ignore_ascii_case(&show.address);
    let found = all(&config, &file).find(is_it);
    let (trap, note) = found.with_context(|| format!("{} is no trap that was named", show.address))?;
    tell(trap, note, Form::from(show.json))
}

fn run_list(list: &TrapList) -> anyhow::Result<()> {
    let config = config_at(&list.place)?;
    let file = TrapFile::read(&config.in_data(TRAPS))?.unwrap_or_default();
    let form = Form::from(list.json);
    for (trap, note) in all(&config, &file) {
        tell(trap, note, form)?;
    }
    match (form, all(&config, &file).count()) {
        (Form::Text, 0) => print("No trap is named: every recipient is pristine."),
        _ => Ok(()),
    }
}

/// The traps of the configuration, and those that were added.
fn all<'a>(config: &'a Config, file: &'a TrapFile) -> impl Iterator<Item = (&'a TrapAddress, &'a str)> {
    let configured = config.trap.addresses.iter();
    configured
        .map(|trap| (trap, "in the configuration"))
        .chain(file.traps())
}

fn tell(trap: &TrapAddress, note: &str, form: Form) -> anyhow::Result<()> {
    let TrapAddress {
        address,
        kind,
        since,
        weight,
    } = trap;
    match form {
        Form::Json => print_json(
            &json!({"address": address, "kind": kind, "weight": weight, "since": since, "note": note}),
        ),
        Form::Text => {
            let line = format!("{address:<40} {kind:<9} {weight:<4} {:<17} {note}", when(*since));
            print(line.trim_end())
        }
    }
}

fn when(since: Option<Timestamp>) -> String {
    since.map_or_else(|| "always".to_owned(), |since| format!("since {}", since.date()))
}

/// Refuses what the configuration names already.
///
/// # Errors
/// It does.
pub(crate) fn refuse_configured(config: &Config, address: &str) -> anyhow::Result<()> {
    let is_it = |entry: &&TrapAddress| entry.address.eq_ignore_ascii_case(address);
    if let Some(known) = config.trap.addresses.iter().find(is_it) {
        bail!(
            "{} is a trap already, by trap.addresses of the configuration: {}",
            known.address,
            known.kind
        );
    }
    Ok(())
}

/// Changes the file, and keeps others from changing it meanwhile.
///
/// # Errors
/// The change was refused, or the file cannot be read or written.
pub(crate) fn change(
    config: &Config,
    change: impl FnOnce(&mut TrapFile) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    let _turn = turn(config, LOCK)?;
    let path = config.in_data(TRAPS);
    let mut file = TrapFile::read(&path)?.unwrap_or_default();
    change(&mut file)?;
    Ok(file.write(&path)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(folder: &tempfile::TempDir) -> Place {
        Place {
            config: None,
            data: Some(folder.path().to_owned()),
        }
    }

    async fn add(folder: &tempfile::TempDir, address: &str) -> anyhow::Result<()> {
        run(TrapCommand::Add(TrapAdd {
            place: place(folder),
            address: address.to_owned(),
            kind: Trap::Recycled,
            since: Some("2025-11-01".parse()?),
            weight: "0.5".parse()?,
            note: "left in 2023".to_owned(),
        }))
        .await
    }

    #[tokio::test]
    async fn traps_are_added_and_taken_away_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        add(&folder, "@old.example").await.unwrap();
        assert!(
            add(&folder, "@OLD.example")
                .await
                .unwrap_err()
                .to_string()
                .contains("is a trap already")
        );
        let file = TrapFile::read(&folder.path().join(TRAPS)).unwrap().unwrap();
        let (trap, note) = file.traps().next().unwrap();
        assert_eq!((trap.kind, note), (Trap::Recycled, "left in 2023"));
        assert_eq!(trap.weight.to_string(), "0.5");
        let show = |address: &str| {
            run(TrapCommand::Show(TrapShow {
                place: place(&folder),
                address: address.to_owned(),
                json: true,
            }))
        };
        assert!(show("@Old.example").await.is_ok());
        assert!(show("@other.example").await.is_err());
        let remove = || {
            run(TrapCommand::Remove(TrapRemove {
                place: place(&folder),
                address: "@old.example".to_owned(),
            }))
        };
        remove().await.unwrap();
        assert!(remove().await.is_err());
    }

    #[tokio::test]
    async fn what_the_configuration_names_is_not_added_again() {
        let folder = tempfile::tempdir().unwrap();
        let text =
            "[trap]\naddresses = [{ address = \"@old.example\", kind = \"typo\", since = \"2026-01-01\" }]\n";
        std::fs::write(folder.path().join("atalaya.toml"), text).unwrap();
        let told = add(&folder, "@old.example").await.unwrap_err().to_string();
        assert!(
            told.contains("trap.addresses") && told.ends_with("typo"),
            "{told}"
        );
    }
}
