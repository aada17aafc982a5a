//! The files of the data folder that commands change by themselves and the console by us: traps, reporters, keys for asking the list. Whoever runs
//! reads a file again within seconds.
//!
//! In: what is asked about one of them. Out: what it holds, or a key that is kept nowhere.

use anyhow::Context;
use atalaya_model::Timestamp;
use atalaya_observe::{TrapAddress, TrapFile};
use atalaya_publish::{KeptKey, Key, KeyFile, KeyTerms, KeyUse};
use atalaya_web::{
    KeyShown, KeysOrder, NewReporter, Quota, ReporterFile, ReporterShown, Reporters, ReportersOrder,
    TrapShown, TrapsOrder,
};
use serde_json::Value;

use crate::commands::{key, reporter, trap};
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

/// The same about the keys for asking the list, of which `used` tells what was asked today.
///
/// # Errors
/// What was refused or failed, as a sentence for the operator.
pub(crate) async fn answer_about_keys(
    config: &Config,
    used: Vec<KeyUse>,
    (asked, now): (KeysOrder, Timestamp),
) -> anyhow::Result<Value> {
    let config = config.clone();
    let work = tokio::task::spawn_blocking(move || about_keys(&config, &used, asked, now));
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

fn about_keys(config: &Config, used: &[KeyUse], asked: KeysOrder, now: Timestamp) -> anyhow::Result<Value> {
    let new = Key::random();
    match asked {
        KeysOrder::List => return Ok(serde_json::to_value(keys(config, used)?)?),
        KeysOrder::Add { name, per_day, until } => {
            let since = Some(now);
            let terms = KeyTerms {
                per_day,
                since,
                until,
            };
            key::change(config, |file| Ok(file.add(name, &new, terms)?))?;
        }
        KeysOrder::Renew { name, until } => {
            key::change(config, |file| Ok(file.renew(&name, &new, (now, until))?))?;
        }
        KeysOrder::Remove { name } => {
            key::change(config, |file| Ok(file.remove(&name)?))?;
            return Ok(Value::Null);
        }
        KeysOrder::PutBack(kept) => {
            key::change(config, |file| Ok(file.put_back(kept)?))?;
            return Ok(Value::Null);
        }
        KeysOrder::GoBack(former) => {
            key::change(config, |file| Ok(file.go_back(former, now)?))?;
            return Ok(Value::Null);
        }
    }
    Ok(Value::String(new.to_string()))
}

/// The keys for asking the list, with what was used today.
fn keys(config: &Config, used: &[KeyUse]) -> anyhow::Result<Vec<KeyShown>> {
    let file = KeyFile::read(&config.in_data(key::KEYS))?.unwrap_or_default();
    let shown = |kept: &KeptKey| KeyShown {
        kept: kept.clone(),
        today: used
            .iter()
            .find(|one| one.name == kept.name.as_str())
            .map(|one| one.today),
    };
    Ok(file.keys().iter().map(shown).collect())
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

    #[tokio::test]
    async fn keys_for_asking_come_end_and_come_back() {
        let (config, _folder) = config();
        let at = Timestamp::from_seconds;
        let used = || {
            vec![KeyUse {
                name: "mx".to_owned(),
                today: 7,
                per_day: Some(100),
            }]
        };
        let ask = async |asked, now| answer_about_keys(&config, used(), (asked, at(now))).await;
        let name = || "mx".parse().unwrap();
        let add = |until| KeysOrder::Add {
            name: name(),
            per_day: Some(100),
            until: Some(at(until)),
        };
        let past = ask(add(5), 10).await.unwrap_err();
        assert!(past.to_string().contains("has passed"), "{past}");
        let key = ask(add(50), 10).await.unwrap();
        let renew = |until: Option<i64>| KeysOrder::Renew {
            name: name(),
            until: until.map(at),
        };
        assert_ne!(ask(renew(None), 20).await.unwrap(), key);
        assert!(ask(renew(None), 60).await.is_err());
        ask(renew(Some(90)), 60).await.unwrap();
        let listed = ask(KeysOrder::List, 60).await.unwrap();
        let listed: Vec<KeyShown> = serde_json::from_value(listed).unwrap();
        assert_eq!((listed.len(), listed[0].today), (1, Some(7)));
        let (former, renewed) = (listed[0].kept.clone(), ask(renew(None), 60).await.unwrap());
        ask(KeysOrder::GoBack(former.clone()), 61).await.unwrap();
        let undone = ask(KeysOrder::List, 61).await.unwrap();
        let undone: Vec<KeyShown> = serde_json::from_value(undone).unwrap();
        assert!(renewed.is_string() && undone == listed, "{undone:?}");
        let late = ask(KeysOrder::GoBack(former), 90).await.unwrap_err();
        assert!(late.to_string().contains("has passed"), "{late}");
        let terms = listed[0].kept.terms;
        assert_eq!((terms.since, terms.until), (Some(at(60)), Some(at(90))));
        let remove = || KeysOrder::Remove { name: name() };
        ask(remove(), 61).await.unwrap();
        assert!(ask(remove(), 61).await.is_err());
        let back = KeysOrder::PutBack(listed[0].kept.clone());
        ask(back, 62).await.unwrap();
        let again = ask(KeysOrder::List, 62).await.unwrap();
        assert_eq!(serde_json::from_value::<Vec<KeyShown>>(again).unwrap(), listed);
    }
}
