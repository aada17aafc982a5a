//! Several servers on one store: rules that one of them saved are taken up by the others within seconds, into their own files and in force.
//!
//! Each server notes in its data folder the number of the last save that it knows, so that one that was away takes up what it missed, and one whose file
//! somebody edited keeps that file until the next save. A server that meets a store for the first time begins with its own file. One without a file
//! goes by the rules in the program, knows nothing of what was saved, and takes it up when it is given a file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use atalaya_decide::rules::Forwarders;
use atalaya_decide::{Rules, RulesInForce};
use atalaya_store::small_file::{put_in_place, read};
use atalaya_store::{SaveNumber, Store};
use tokio_util::sync::CancellationToken;

use super::{SAVING, replace, text_of};
use crate::config::Config;
use crate::house::House;
use crate::serve::{Parts, put_to_work};

/// The file in the data folder with the number of the last save that this server knows.
pub(crate) const TAKEN: &str = "rules.taken";
/// The longest such file that is read, in bytes: a number has 20 digits at most.
const MOST_BYTES: u64 = 32;
/// How often it is looked for what another server saved: a question for one row.
const LOOK: Duration = Duration::from_secs(2);

/// What became of the last save.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum CaughtUp {
    /// This server knows it.
    Known,
    /// It is of this version, and this server has no file to put it into.
    NoFile(String),
}

/// Takes up, at a start, what other servers saved while this one was away.
///
/// # Errors
/// The store failed, or what this server knows can be neither read nor noted.
pub(crate) async fn begin(
    config: &Config,
    store: &Store,
    in_force: &RulesInForce,
) -> anyhow::Result<CaughtUp> {
    let _saving = SAVING.lock().await;
    catch_up(config, store, in_force).await
}

/// Follows what other servers save, until `stop`.
pub(crate) fn start(house: &Arc<House>, parts: &mut Parts, stop: &CancellationToken) {
    let (house, stop) = (Arc::clone(house), stop.clone());
    put_to_work(parts, "the follower of the rules", async move {
        let mut told = String::new();
        while !stop.is_cancelled() {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            told = match begin(&house.config, &house.store, &house.rules).await {
                Ok(CaughtUp::Known) => String::new(),
                Ok(CaughtUp::NoFile(version)) => tell_of_no_file(&told, version),
                Err(error) => tell_once(&told, format!("{error:#}")),
            };
        }
    });
}

/// Tells of a save that has no file to go into, unless that was told the last time.
fn tell_of_no_file(told: &str, version: String) -> String {
    if told != version {
        tracing::warn!(
            version,
            "another server on this store saved rules, but this one goes on by those in the program: name a file in decide.rules"
        );
    }
    version
}

/// Tells what stands in the way, unless it was told the last time.
fn tell_once(told: &str, error: String) -> String {
    if told != error {
        tracing::error!(error, "rules that another server saved are not in force here");
    }
    error
}

/// Takes up the last save, if this server does not know it. Whoever calls it holds [`SAVING`].
///
/// # Errors
/// The store failed, the rules cannot be used here or written to the file, or what this server knows can be neither read nor noted.
pub(super) async fn catch_up(
    config: &Config,
    store: &Store,
    in_force: &RulesInForce,
) -> anyhow::Result<CaughtUp> {
    let last = store.last_saved_rules().await?;
    let number = last.as_ref().map_or(SaveNumber(0), |(number, _)| *number);
    let taken = config.in_data(TAKEN);
    let Some(known) = known(&taken)? else {
        note(&taken, number)?;
        return Ok(CaughtUp::Known);
    };
    // Another one, not only a later one: a store that was put back from a backup says what is in force on it.
    let Some((_, version)) = last.filter(|_| number != known) else {
        return Ok(CaughtUp::Known);
    };
    // Not noted: a server that is given a file later takes it up then.
    let Some(path) = config.decide.rules.clone() else {
        return Ok(CaughtUp::NoFile(version));
    };
    take_up((config, path), store, in_force, &version).await?;
    note(&taken, number)?;
    Ok(CaughtUp::Known)
}

/// Puts the rules of a version into the file and in force.
async fn take_up(
    (config, path): (&Config, PathBuf),
    store: &Store,
    in_force: &RulesInForce,
    version: &str,
) -> anyhow::Result<()> {
    let book = store.rulebook(version).await?;
    let book = book.with_context(|| format!("the store does not know the rules of version \"{version}\""))?;
    let rules = Rules::parse(&book.text).map_err(|mistakes| {
        anyhow::anyhow!(
            "the rules of version \"{version}\", which another server saved, cannot be used here:\n{mistakes}"
        )
    })?;
    let forwarders = Forwarders::parse(&config.decide.forwarders).map_err(anyhow::Error::msg)?;
    let present = text_of(Some(&path)).unwrap_or_default();
    let writing = tokio::task::spawn_blocking(move || replace(&path, &present, &book.text));
    // In force also where the file cannot be written: all servers on a store judge by the same rules.
    let written = writing.await?;
    if in_force.current().digest != rules.digest {
        in_force.put(Arc::new(rules.with_forwarders(forwarders)));
        tracing::info!(version, "these rules, which another server saved, are in force");
    }
    written.context(
        "the rules that another server saved are in force, but a restart would bring back the former ones",
    )
}

/// The number of the last save that this server knows; none where it has never looked.
fn known(path: &Path) -> anyhow::Result<Option<SaveNumber>> {
    let text = read(path, MOST_BYTES).with_context(|| format!("cannot read {}", path.display()))?;
    let Some(text) = text else { return Ok(None) };
    let number = text.trim().parse().map(SaveNumber);
    let number = number.with_context(|| format!("{} holds no number: delete it", path.display()))?;
    Ok(Some(number))
}

/// Notes the number of the last save that this server knows.
pub(super) fn note(path: &Path, SaveNumber(number): SaveNumber) -> anyhow::Result<()> {
    put_in_place(path, &format!("{number}\n")).with_context(|| format!("cannot write {}", path.display()))
}
