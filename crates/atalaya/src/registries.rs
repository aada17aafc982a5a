//! The files of the data folder that commands change by themselves and the console by us: traps and reporters. Whoever runs reads a file again within
//! seconds.
//!
//! In: what is asked about one of them. Out: what it holds, or a key that is kept nowhere.

use anyhow::Context;
use atalaya_model::Timestamp;
use atalaya_observe::{TrapAddress, TrapFile};
use atalaya_publish::Key;
use atalaya_web::{
    NewReporter, Quota, ReporterFile, ReporterShown, Reporters, ReportersOrder, TrapShown, TrapsOrder,
};
use serde_json::Value;

use crate::commands::{reporter, trap};
use crate::config::Config;

/// Seconds of a day.
const DAY: i64 = 86_400;

/// Answers about the traps. Another that changes the file is waited for.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer_about_traps(config: &Config, asked: TrapsOrder) -> anyhow::Result<Value> {
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || about_traps(&config, asked));
    work.await.context("it was cut short")?
}

/// The same about those who report.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer_about_reporters(
    config: &Config,
    asked: ReportersOrder,
    now: Timestamp,
) -> anyhow::Result<Value> {
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || about_reporters(&config, asked, now));
    work.await.context("it was cut short")?
}

fn about_traps(config: &Config, asked: TrapsOrder) -> anyhow::Result<Value> {
    match asked {
        TrapsOrder::List => return Ok(serde_json::to_value(traps(config)?)?),
        TrapsOrder::Add {
            address,
            kind,
            since,
            weight,
            note,
        } => {
            trap::refuse_configured(config, &address)?;
            let new = TrapAddress {
                address,
                kind,
                since,
                weight,
            };
            trap::change(config, |file| Ok(file.add(new, &note)?))?;
        }
        TrapsOrder::Remove { address } => trap::change(config, |file| Ok(file.remove(&address)?))?,
    }
    Ok(Value::Null)
}

/// The traps of the configuration, and those that were added.
fn traps(config: &Config) -> anyhow::Result<Vec<TrapShown>> {
    let file = TrapFile::read(&config.in_data(trap::TRAPS))?.unwrap_or_default();
    let shown = |trap: &TrapAddress, note: Option<&str>| TrapShown {
        address: trap.address.clone(),
        kind: trap.kind,
        since: trap.since,
        weight: trap.weight,
        note: note.map(str::to_owned),
    };
    let configured = config.trap.addresses.iter().map(|trap| shown(trap, None));
    let added = file.traps().map(|(trap, note)| shown(trap, Some(note)));
    Ok(configured.chain(added).collect())
}

fn about_reporters(config: &Config, asked: ReportersOrder, now: Timestamp) -> anyhow::Result<Value> {
    let key = Key::random();
    match asked {
        ReportersOrder::List => return Ok(serde_json::to_value(reporters(config, now)?)?),
        ReportersOrder::Add {
            name,
            per_day,
            scopes,
        } => {
            let new = NewReporter {
                name: name.parse()?,
                quota: Quota(per_day),
                scopes: scopes.parse()?,
            };
            reporter::change(config, |file| Ok(file.add(new, &key)?))?;
        }
        ReportersOrder::Rotate { name } => {
            let name = name.parse()?;
            reporter::change(config, |file| Ok(file.rotate(&name, &key)?))?;
        }
        ReportersOrder::Remove { name } => {
            let name = name.parse()?;
            reporter::change(config, |file| Ok(file.remove(&name)?))?;
            return Ok(Value::Null);
        }
    }
    Ok(Value::String(key.to_string()))
}

/// Those who report, with what was used today.
fn reporters(config: &Config, now: Timestamp) -> anyhow::Result<Vec<ReporterShown>> {
    let file = ReporterFile::read(&Reporters::file_in(&config.data))?.unwrap_or_default();
    let (used, today) = (Reporters::used_in(&config.data), now.seconds().div_euclid(DAY));
    let shown = file.reporters().map(|one| ReporterShown {
        name: one.name.clone(),
        per_day: one.quota.0,
        today: used.of(&one.name, today),
        scopes: one.scopes.to_string(),
    });
    Ok(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config() -> (Config, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let config = Config {
            data: folder.path().to_owned(),
            ..Config::default()
        };
        (config, folder)
    }

    #[tokio::test]
    async fn traps_are_listed_added_and_taken_away() {
        let (mut config, _folder) = config();
        config.trap.addresses = vec![TrapAddress::new("@ours.example", atalaya_model::Trap::Pristine)];
        let add = |address: &str| TrapsOrder::Add {
            address: address.to_owned(),
            kind: atalaya_model::Trap::Typo,
            since: None,
            weight: atalaya_model::TrapWeight::FULL,
            note: "bought".to_owned(),
        };
        answer_about_traps(&config, add("@Old.example")).await.unwrap();
        let refused = answer_about_traps(&config, add("@ours.example"))
            .await
            .unwrap_err();
        assert!(refused.to_string().contains("trap.addresses"), "{refused}");
        let listed = answer_about_traps(&config, TrapsOrder::List).await.unwrap();
        let listed: Vec<TrapShown> = serde_json::from_value(listed).unwrap();
        let told: Vec<_> = listed
            .iter()
            .map(|one| (one.address.as_str(), one.note.as_deref()))
            .collect();
        assert_eq!(told, [("@ours.example", None), ("@old.example", Some("bought"))]);
        let remove = || TrapsOrder::Remove {
            address: "@old.example".to_owned(),
        };
        answer_about_traps(&config, remove()).await.unwrap();
        assert!(answer_about_traps(&config, remove()).await.is_err());
    }

    #[tokio::test]
    async fn reporters_get_a_key_another_one_and_none() {
        let (config, _folder) = config();
        let ask = async |asked| answer_about_reporters(&config, asked, Timestamp::EPOCH).await;
        let name = || "mx".to_owned();
        let add = ReportersOrder::Add {
            name: name(),
            per_day: Some(100),
            scopes: "report".to_owned(),
        };
        let key = ask(add).await.unwrap();
        let other = ask(ReportersOrder::Rotate { name: name() }).await.unwrap();
        assert_ne!(key, other);
        let listed = ask(ReportersOrder::List).await.unwrap();
        let listed: Vec<ReporterShown> = serde_json::from_value(listed).unwrap();
        assert_eq!(
            (listed[0].per_day, listed[0].scopes.as_str()),
            (Some(100), "report")
        );
        ask(ReportersOrder::Remove { name: name() }).await.unwrap();
        assert!(ask(ReportersOrder::Rotate { name: name() }).await.is_err());
    }
}
