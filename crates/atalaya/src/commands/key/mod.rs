//! `key add`, `key renew`, `key remove`, `key back`, `key show`: who may ask from anywhere.
//!
//! They change the file of the keys in the data folder and need no server; one that runs reads the file again within seconds.

mod back;
mod show;

use atalaya_model::{Act, Clock};
use atalaya_publish::{KeptKey, Key, KeyFile, KeyName, KeyTerms};
use clap::{Args, Subcommand};
use serde_json::json;

use self::back::KeyBack;
use self::show::KeyShow;
use super::note::noted;
use super::{Form, config_at, print, print_json, until_text};
use crate::cli::{End, Place};
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
    /// Give a holder another key, which is shown once; the old one ends at once, and is good again after `key back`
    Renew(KeyRenew),
    /// Take a key away; questions with it are refused from then on
    Remove(KeyRemove),
    /// Take a renewal or a removal back: the key before is good again, and one that came in its place ends
    Back(KeyBack),
    /// Show who has a key, and what was used of it today
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
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 365d; without it, for good
    #[arg(long, value_name = "TIME")]
    until: Option<End>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `key renew`.
#[derive(Debug, Args)]
pub(crate) struct KeyRenew {
    #[command(flatten)]
    place: Place,
    /// Whose key
    name: KeyName,
    /// The end: 2026-12-31, 2026-12-31T18:00:00Z, or a length of time such as 365d; without it, the end of the old key
    #[arg(long, value_name = "TIME")]
    until: Option<End>,
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

/// Runs one of the five.
pub(crate) async fn run(command: KeyCommand) -> anyhow::Result<()> {
    match command {
        KeyCommand::Add(add) => run_add(add).await,
        KeyCommand::Renew(renew) => run_renew(renew).await,
        KeyCommand::Remove(remove) => {
            let config = config_at(&remove.place)?;
            let details = json!({ "before": kept_for(&config, &remove.name)? });
            let planned = (Act::RevokeKey, remove.name.as_str().to_owned(), details);
            noted(&config, planned, || {
                change(&config, |file| Ok(file.remove(&remove.name)?))
            })
            .await?;
            print(format_args!("{} has no key any more.", remove.name.as_str()))
        }
        KeyCommand::Back(back) => back::run(back).await,
        KeyCommand::Show(show) => show::run(&show).await,
    }
}

async fn run_add(add: KeyAdd) -> anyhow::Result<()> {
    let KeyAdd {
        place,
        name,
        per_day,
        until,
        json,
    } = add;
    let config = config_at(&place)?;
    let (key, now) = (Key::random(), Clock::system().now());
    let terms = KeyTerms {
        per_day,
        since: Some(now),
        until: until.map(|end| end.moment(now)),
    };
    let details = json!({ "per_day": per_day, "until": terms.until });
    let planned = (Act::MakeKey, name.to_string(), details);
    noted(&config, planned, || {
        change(&config, |file| Ok(file.add(name.clone(), &key, terms)?))
    })
    .await?;
    show_once(&config, (&name, &key), Form::from(json))
}

async fn run_renew(renew: KeyRenew) -> anyhow::Result<()> {
    let KeyRenew {
        place,
        name,
        until,
        json,
    } = renew;
    let config = config_at(&place)?;
    let (key, now) = (Key::random(), Clock::system().now());
    let until = until.map(|end| end.moment(now));
    let details = json!({ "key": "made anew", "until": until, "before": kept_for(&config, &name)? });
    noted(&config, (Act::ChangeKey, name.to_string(), details), || {
        change(&config, |file| Ok(file.renew(&name, &key, (now, until))?))
    })
    .await?;
    show_once(&config, (&name, &key), Form::from(json))
}

/// Prints a key that was just made, and what it is good for.
fn show_once(config: &Config, (name, key): (&KeyName, &Key), form: Form) -> anyhow::Result<()> {
    let kept = kept_for(config, name)?;
    let terms = kept.map_or_else(KeyTerms::default, |kept| kept.terms);
    match form {
        Form::Json => print_json(&json!({
            "name": name, "key": key.to_string(), "per_day": terms.per_day, "until": terms.until,
        })),
        Form::Text => print(format_args!(
            "Key of {name}: {key}\nIt is good {} and stands in front of the zone: 2.0.0.127.{key}.{}\nIt is kept nowhere and cannot be shown again.",
            until_text(terms.until),
            config.publish.zone
        )),
    }
}

/// What is kept of a holder's key, as taking back needs it.
fn kept_for(config: &Config, name: &KeyName) -> anyhow::Result<Option<KeptKey>> {
    let file = KeyFile::read(&config.in_data(KEYS))?.unwrap_or_default();
    Ok(file.keys().iter().find(|kept| kept.name == *name).cloned())
}

/// Changes the file, and keeps others from changing it meanwhile.
///
/// # Errors
/// The change was refused, or the file cannot be read or written.
pub(crate) fn change(
    config: &Config,
    change: impl FnOnce(&mut KeyFile) -> anyhow::Result<()>,
) -> anyhow::Result<()> {
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
            until: None,
            json: true,
        }))
        .await
    }

    #[tokio::test]
    async fn keys_are_added_and_taken_away_in_the_folder() {
        let folder = tempfile::tempdir().unwrap();
        let names = || {
            let file = KeyFile::read(&folder.path().join(KEYS)).unwrap().unwrap();
            let keys = file.keys().iter();
            keys.map(|kept| (kept.name.to_string(), kept.terms.per_day))
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
        let digest = || {
            let file = KeyFile::read(&folder.path().join(KEYS)).unwrap().unwrap();
            file.keys()[0].digest
        };
        let before = digest();
        let renew = KeyCommand::Renew(KeyRenew {
            place: place(&folder),
            name: "mx".parse().unwrap(),
            until: Some("30d".parse().unwrap()),
            json: true,
        });
        run(renew).await.unwrap();
        assert_ne!(digest(), before);
        assert_eq!(names()[0], ("mx".to_owned(), Some(1000)));
        remove("mx").await.unwrap();
        assert!(remove("mx").await.is_err());
        assert_eq!(names(), [("partner".to_owned(), None)]);
    }

    #[tokio::test]
    async fn a_renewal_and_a_removal_are_taken_back_by_their_numbers_once() {
        let folder = tempfile::tempdir().unwrap();
        // Something is kept in the folder, so that there is a trail.
        let config = config_at(&place(&folder)).unwrap();
        let opened = crate::house::House::open(config, Clock::system(), crate::house::Upkeep::OnDemand);
        drop(Box::pin(opened).await.unwrap());
        let text = || std::fs::read_to_string(folder.path().join(KEYS)).unwrap();
        let back = |deed| {
            let place = place(&folder);
            run(KeyCommand::Back(KeyBack { place, deed }))
        };
        add(&folder, "mx", Some(1000)).await.unwrap();
        let first = text();
        let renew = KeyRenew {
            place: place(&folder),
            name: "mx".parse().unwrap(),
            until: None,
            json: true,
        };
        run(KeyCommand::Renew(renew)).await.unwrap();
        let second = text();
        assert_ne!(first, second);
        back(2).await.unwrap();
        assert_eq!(text(), first);
        let twice = back(2).await.unwrap_err().to_string();
        assert!(twice.contains("taken back by deed 3"), "{twice}");
        back(3).await.unwrap();
        assert_eq!(text(), second, "the undoing is undone");
        let remove = KeyRemove {
            place: place(&folder),
            name: "mx".parse().unwrap(),
        };
        run(KeyCommand::Remove(remove)).await.unwrap();
        back(5).await.unwrap();
        assert_eq!(text(), second);
        for none in [1, 99] {
            let told = back(none).await.unwrap_err().to_string();
            assert!(told.contains("no key was renewed or removed"), "{told}");
        }
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
            until: None,
            json: false,
        };
        let error = run(KeyCommand::Add(add)).await.unwrap_err().to_string();
        assert!(error.starts_with("there is no data folder"), "{error}");
    }
}
