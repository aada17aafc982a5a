//! Which files besides those of the store belong into a backup: what people and this program wrote into the data folder, and what the configuration
//! names. Left out is what is fetched or made again: cached registry files, lists of others, data on places, exports, the list as it was last.

use std::fs;
use std::io::ErrorKind;
use std::path::{Component, Path, PathBuf};

use anyhow::Context;
use atalaya_web::Reporters;

use super::FactorKeyIs;
use crate::commands::key::KEYS;
use crate::commands::trap::TRAPS;
use crate::config::Config;
use crate::evidence::SEALED_LOG;
use crate::factor_key::FACTOR_KEY;
use crate::rulebook;
use crate::serve::{CERTIFICATE, POSITIONS};

/// The folder in a backup with what stood outside of the data folder, by the paths from the root.
pub(super) const ELSEWHERE: &str = "elsewhere";

/// A file to be copied.
#[derive(Debug)]
pub(super) struct Part {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Its path in the backup.
    pub(super) name: PathBuf,
    /// What it is, in a few words.
    pub(super) what: &'static str,
    /// Its size in bytes, when it was looked at.
    pub(super) size: u64,
}

/// All of them that are there.
///
/// # Errors
/// One cannot be looked at.
pub(super) fn parts_of(
    config: &Config,
    config_file: Option<PathBuf>,
    key: FactorKeyIs,
) -> anyhow::Result<Vec<Part>> {
    let mut parts = Vec::new();
    let own = own_files(config, key);
    let named = named_files(config)?;
    let configuration = config_file.map(|path| ("the configuration", path));
    for (what, path) in own.into_iter().chain(configuration).chain(named) {
        parts.extend(part_of(&config.data, path, what)?);
    }
    // One file may be named twice, as a certificate that stands with its key.
    parts.sort_by(|a, b| a.name.cmp(&b.name));
    parts.dedup_by(|a, b| a.name == b.name);
    Ok(parts)
}

/// What the program keeps in the data folder.
fn own_files(config: &Config, key: FactorKeyIs) -> Vec<(&'static str, PathBuf)> {
    let mut files = vec![
        ("places in the logs that are followed", config.in_data(POSITIONS)),
        ("traps that were added", config.in_data(TRAPS)),
        ("keys of those who ask the list", config.in_data(KEYS)),
        ("keys of those who report", Reporters::file_in(&config.data)),
        ("which rules this server knows", config.in_data(rulebook::TAKEN)),
        ("certificate of the trap", config.in_data(CERTIFICATE)),
        ("which evidence left untouched", config.in_data(SEALED_LOG)),
    ];
    if key == FactorKeyIs::Copied {
        files.push(("key of the second factors", config.in_data(FACTOR_KEY)));
    }
    files
}

/// What the configuration names, but for what is fetched from others or renewed by them: data on places and registries, and the logs themselves.
fn named_files(config: &Config) -> anyhow::Result<Vec<(&'static str, PathBuf)>> {
    let trap = &config.trap;
    let one = [
        ("decide.rules", &config.decide.rules),
        ("contact.file", &config.contact.file),
        ("stats.catalogue", &config.stats.catalogue),
        ("trap.certificate", &trap.certificate),
        ("trap.certificate_key", &trap.certificate_key),
    ];
    let mut named: Vec<(&'static str, PathBuf)> = one
        .into_iter()
        .filter_map(|(key, path)| Some((key, path.clone()?)))
        .collect();
    let signatures = trap.signatures.iter().map(|path| ("trap.signatures", path));
    let protected = config.decide.protect.files.iter();
    let dkim = config.notice.dkim.iter().map(|key| ("notice.dkim", &key.key));
    let patterns = config.logs.files.iter().filter_map(|log| log.patterns.as_ref());
    let headers = config.feeds.lists.iter();
    let headers = headers.filter_map(|feed| feed.header_file.as_ref());
    let many = signatures
        .chain(protected.map(|path| ("decide.protect.files", path)))
        .chain(dkim)
        .chain(patterns.map(|path| ("logs.files", path)))
        .chain(headers.map(|path| ("feeds.lists", path)));
    named.extend(many.map(|(key, path)| (key, path.clone())));
    if let Some(folder) = &config.notice.templates {
        named.extend(
            files_in(folder)?
                .into_iter()
                .map(|path| ("notice.templates", path)),
        );
    }
    Ok(named)
}

/// The files of a folder.
fn files_in(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let cannot = || format!("cannot read {}", folder.display());
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).with_context(cannot)? {
        files.push(entry.with_context(cannot)?.path());
    }
    Ok(files)
}

/// The part that a file is; none if there is none, or it is no plain file.
fn part_of(data: &Path, path: PathBuf, what: &'static str) -> anyhow::Result<Option<Part>> {
    let found = match fs::metadata(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        found => found.with_context(|| format!("cannot read {}", path.display()))?,
    };
    if !found.is_file() {
        return Ok(None);
    }
    let from_root = real(&path)?;
    let name = match from_root.strip_prefix(data) {
        Ok(inside) => inside.to_owned(),
        Err(_outside) => Path::new(ELSEWHERE).join(without_root(&from_root)),
    };
    Ok(Some(Part {
        path,
        name,
        what,
        size: found.len(),
    }))
}

/// A path from the root without links on the way. A link at its end stays: the configuration names that.
fn real(path: &Path) -> anyhow::Result<PathBuf> {
    let absolute = std::path::absolute(path)?;
    let Some((around, name)) = absolute.parent().zip(absolute.file_name()) else {
        return Ok(absolute);
    };
    let around = around.canonicalize();
    Ok(around
        .with_context(|| format!("cannot find {}", path.display()))?
        .join(name))
}

fn without_root(path: &Path) -> PathBuf {
    let is_name = |part: &Component<'_>| matches!(part, Component::Normal(_));
    path.components().filter(is_name).collect()
}
