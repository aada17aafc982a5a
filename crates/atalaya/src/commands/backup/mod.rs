//! `backup`: the store, and what else of a data folder cannot be made again, in a new folder.
//!
//! In: a data folder, with a server at work on it or without. Out: a folder that can take its place, and the words how. This process reads the files itself: a
//! server need not have the right to write where a backup goes, and one of an older version is copied too. It never writes over anything.

mod folder;
mod parts;
mod told;

use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use atalaya_model::Clock;
use atalaya_publish::HEAD_IN_BACKUP;
use atalaya_store::{StoreFiles, StoreUrl};
use clap::Args;

use self::folder::Unfinished;
use self::parts::{Part, parts_of};
use self::told::Told;
use super::{config_at, config_file, print};
use crate::cli::Place;
use crate::config::Config;
use crate::control::Line;
use crate::folder::{Folder, require};
use crate::process::end_signal;
use crate::public_log::HEAD_FILE;

/// The file of the list in a backup, as in a data folder; that of the facts is named after it.
const LIST: &str = "atalaya.db";
/// The file that says what a backup is and how it is put back.
const WORDS: &str = "BACKUP.txt";
/// So much space must be left beside the copies, in bytes: the disk may be the one that the store is on, and its log grows while it is copied.
const SPARE: u64 = 64 << 20;

/// `backup`.
#[derive(Debug, Args)]
pub(crate) struct Backup {
    #[command(flatten)]
    place: Place,
    /// The folder that the backup becomes. It must not be there yet, and not be in the data folder
    folder: PathBuf,
    /// Copy factor.key too, which opens the second factors of the console
    #[arg(long)]
    factor_key: bool,
}

/// What becomes of the key of the second factors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FactorKeyIs {
    /// In the backup.
    Copied,
    /// Somewhere else, so that who finds the backup cannot open them.
    Apart,
}

/// Makes it. Whoever interrupts it leaves nothing behind.
pub(crate) async fn run(command: Backup) -> anyhow::Result<()> {
    let interrupted = end_signal()?;
    tokio::select! {
        made = make(command) => print(made?),
        () = interrupted => bail!("it was interrupted: there is no backup"),
    }
}

async fn make(command: Backup) -> anyhow::Result<Told> {
    let mut config = config_at(&command.place)?;
    let folder = target(&command.folder, &config)?;
    let _held = hold(&config).await?;
    // Whatever way leads to it: the files in it are told from those elsewhere by their paths.
    let data = config.data.canonicalize();
    config.data = data.with_context(|| format!("cannot find {}", config.data.display()))?;
    let key = match command.factor_key {
        true => FactorKeyIs::Copied,
        false => FactorKeyIs::Apart,
    };
    let parts = parts_of(&config, config_file(&command.place), key)?;
    let store = match config.store_url().context("store.url cannot be used")? {
        StoreUrl::Sqlite(list) => Some(list),
        StoreUrl::Postgres(_) => None,
    };
    check_space(&folder, &parts, store.as_deref()).await?;
    let mut told = Told::new(&folder, &config.data, Clock::system().now());
    let copy = Unfinished::begin(&folder)?;
    // The places in followed logs before what was read up to them: read again, a line counts once, but one that is passed over is lost.
    for part in &parts {
        told.add(&part.name, copy.copy(part)?, part.what);
    }
    copy_store(store.as_deref(), &copy, &mut told).await?;
    copy.write(HEAD_FILE, HEAD_IN_BACKUP)?;
    told.tell_key(key);
    copy.write(WORDS, &told.to_string())?;
    copy.finish()?;
    Ok(told)
}

/// Where the folder will be.
///
/// # Errors
/// Something is there, or it would be inside of the data folder, or in a folder that is not there.
fn target(folder: &Path, config: &Config) -> anyhow::Result<PathBuf> {
    if folder.symlink_metadata().is_ok() {
        bail!(
            "{} is there already, and nothing is written over: name a folder that is not there",
            folder.display()
        );
    }
    let Some(name) = folder.file_name() else {
        bail!("{} is no name of a folder", folder.display());
    };
    let absolute = std::path::absolute(folder)?;
    let around = absolute.parent().unwrap_or(Path::new("/"));
    let around = around
        .canonicalize()
        .with_context(|| format!("cannot make a folder in {}", around.display()))?;
    ensure!(around.is_dir(), "{} is no folder", around.display());
    if config
        .data
        .canonicalize()
        .is_ok_and(|data| around.starts_with(data))
    {
        bail!(
            "{} is in the data folder and would be lost with it: name one outside, best on another disk",
            folder.display()
        );
    }
    Ok(around.join(name))
}

/// Makes sure that nobody brings the store to other tables meanwhile: without a server the folder is ours, and a server that runs has done so. One that is just
/// starting may be at it, which the copy finds out at its end.
async fn hold(config: &Config) -> anyhow::Result<Option<Folder>> {
    require(config)?;
    match Line::to_server(config).await {
        Some(_server) => Ok(None),
        None => Folder::lock(&config.data).map(Some),
    }
}

/// Makes sure that all of it has space: a disk that a backup fills may be the one that a server writes to.
async fn check_space(folder: &Path, parts: &[Part], store: Option<&Path>) -> anyhow::Result<()> {
    let mut needed: u64 = parts.iter().map(|part| part.size).sum();
    if let Some(list) = store {
        needed = needed.saturating_add(StoreFiles::new(list.to_owned()).size().await?);
    }
    let around = folder.parent().unwrap_or(folder);
    let disk = rustix::fs::statvfs(around).with_context(|| format!("cannot look at {}", around.display()))?;
    let free = disk.f_bavail.saturating_mul(disk.f_frsize);
    ensure!(
        free >= needed.saturating_add(SPARE),
        "the backup takes {}, and {} are to be left beside it, but {} has {} free: free some space, or name a folder on another disk",
        told::size(needed),
        told::size(SPARE),
        around.display(),
        told::size(free)
    );
    Ok(())
}

/// Copies the files of the store, where it has files.
async fn copy_store(store: Option<&Path>, copy: &Unfinished, told: &mut Told) -> anyhow::Result<()> {
    let Some(list) = store else {
        told.tell_server();
        return Ok(());
    };
    let copied = StoreFiles::new(list.to_owned()).copy(&copy.path(LIST)).await;
    let copied = copied.with_context(|| format!("{} was not copied", list.display()))?;
    let whats = [
        "the list, and all that people did",
        "what was observed, with its evidence",
    ];
    for (file, what) in copied.iter().zip(whats) {
        let size = file.metadata()?.len();
        told.add(Path::new(file.file_name().unwrap_or_default()), size, what);
    }
    told.tell_files(list);
    Ok(())
}

#[cfg(test)]
mod tests;
