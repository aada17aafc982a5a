//! `key add`, `key remove`, `key show`: who may ask from anywhere.
//!
//! They change the file of the keys in the data folder and need no server; one that runs reads the file again within seconds.

use atalaya_model::Act;
use atalaya_publish::{Key, KeyFile, KeyName};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::note::noted;
use super::{Form, config_at, print, print_json};
use crate::cli::Place;
use crate::config::Config;
use crate::folder::turn;

/// The name of the file in the data folder.
pub(crate) const KEYS: &str = "keys";
/// The name of what keeps two commands from changing it at once.
const LOCK: &str = "keys.lock";

/// `key`.
#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Make a key; it is shown once and kept nowhere
    Add(KeyAdd),
    /// Take a key away; questions with it are refused from then on
    Remove(KeyRemove),
    /// Show who has a key
    Show(KeyShow),
}

/// `key add`.
#[derive(Debug, Args)]
pub(crate) struct KeyAdd {
    #[command(flatten)]
    place: Place,
    /// Who gets it: a name for your own use, of letters, digits, dots, hyphens and underscores
    name: KeyName,
    /// Questions that are answered with it on one day (UTC); without this, any number
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    per_day: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `key remove`.
#[derive(Debug, Args)]
pub(crate) struct KeyRemove {
    #[command(flatten)]
    place: Place,
    /// Whose key
    name: KeyName,
}

/// `key show`.
#[derive(Debug, Args)]
pub(crate) struct KeyShow {
    #[command(flatten)]
    place: Place,
    /// Print JSON, one key a line
    #[arg(long)]
    json: bool,
}

/// Runs one of the three.
pub(crate) async fn run(command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Add(add) => run_add(add).await,
        KeyCommand::Remove(remove) => {
            let config = config_at(&remove.place)?;
            let planned = (Act::RevokeKey, remove.name.as_str().to_owned(), Value::Null);
            noted(&config, planned, || {
                change(&config, |file| Ok(file.remove(&remove.name)?))
            })
            .await?;
            print(format_args!("{} has no key any more.", remove.name.as_str()))
        }
        KeyCommand::Show(show) => run_show(&show),
    }
}

async fn run_add(add: KeyAdd) -> anyhow::Result<()> {
    let KeyAdd {
        place,
        name,
        per_day,
        json,
    } = add;
    let config = config_at(&place)?;
    let key = Key::random();
    let holder = name.as_str().to_owned();
    let planned = (Act::MakeKey, holder.clone(), json!({ "per_day": per_day }));
    noted(&config, planned, || {
        change(&config, |file| Ok(file.add(name, &key, per_day)?))
    })
    .await?;
    match Form::from(json) {
        Form::Json => print_json(&json!({"name": holder, "key": key.to_string(), "per_day": per_day})),
        Form::Text => print(format_args!(
            "Key of {holder}: {key}\nIt stands in front of the zone: 2.0.0.127.{key}.{}\nIt is kept nowhere and cannot be shown again.",
            config.publish.zone
        )),
    }
}

fn run_show(show: &KeyShow) -> anyhow::Result<()> {
    let config = config_at(&show.place)?;
    let file = KeyFile::read(&config.in_data(KEYS))?.unwrap_or_default();
    for (name, per_day) in file.names() {
        match (Form::from(show.json), per_day) {
            (Form::Json, per_day) => print_json(&json!({"name": name, "per_day": per_day}))?,
            (Form::Text, Some(per_day)) => print(format_args!("{name:<30} {per_day} questions a day"))?,
            (Form::Text, None) => print(format_args!("{name:<30} any number of questions"))?,
        }
    }
    match (Form::from(show.json), file.names().count()) {
        (Form::Text, 0) => print("Nobody has a key."),
        _ => Ok(()),
    }
}

/// Changes the file, and keeps others from changing it meanwhile.
fn change(config: &Config, change: impl FnOnce(&mut KeyFile) -> anyhow::Result<()>) -> anyhow::Result<()> {
    let _turn = turn(config, LOCK)?;
    let path = config.in_data(KEYS);
    let mut file = KeyFile::read(&path)?.unwrap_or_default();
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

    async fn add(folder: &tempfile::TempDir, name: &str, per_day: Option<u64>) -> anyhow::Result<()> {
        run(KeyCommand::Add(KeyAdd {
            place: place(folder),
            name: name.parse()?,
            per_day,
            json: true,
        }))
        .await
    }

    #[tokio::test]
    async fn keys_are_added_and_taken_away_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let file = KeyFile::read(&folder.path().join(KEYS)).unwrap().unwrap();
            file.names()
                .map(|(name, per_day)| (name.to_owned(), per_day))
                .collect::<Vec<_>>()
        };
        add(&folder, "mx", Some(1000)).await.unwrap();
        add(&folder, "partner", None).await.unwrap();
        assert!(
            add(&folder, "mx", None)
                .await
                .unwrap_err()
                .to_string()
                .contains("named mx")
        );
        assert_eq!(
            names(),
            [("mx".to_owned(), Some(1000)), ("partner".to_owned(), None)]
        );
        let remove = |name: &str| {
            run(KeyCommand::Remove(KeyRemove {
                place: place(&folder),
                name: name.parse().unwrap(),
            }))
        };
        remove("mx").await.unwrap();
        assert!(remove("mx").await.is_err());
        assert_eq!(names(), [("partner".to_owned(), None)]);
    }

    #[tokio::test]
    async fn a_folder_that_is_missing_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place {
            config: None,
            data: Some(folder.path().join("none")),
        };
        let add = KeyAdd {
            place,
            name: "mx".parse().unwrap(),
            per_day: None,
            json: false,
        };
        let error = run(KeyCommand::Add(add)).await.unwrap_err().to_string();
        assert!(error.starts_with("there is no data folder"), "{error}");
    }
}
