//! Reading the catalogue of botnets that the configuration, or a command, names.

use std::path::Path;

use anyhow::{Context, bail};
use atalaya_stats::Catalogue;

use super::Config;

/// The catalogue that a configuration asks for.
///
/// # Errors
/// The file cannot be read, or holds mistakes.
pub(crate) fn catalogue_of(config: &Config) -> anyhow::Result<Catalogue> {
    let path = config.stats.catalogue.as_deref();
    path.map_or_else(|| Ok(Catalogue::default()), read_catalogue)
}

/// Reads a catalogue.
///
/// # Errors
/// The file cannot be read, or holds mistakes, each of which is told with its line.
pub(crate) fn read_catalogue(path: &Path) -> anyhow::Result<Catalogue> {
    let name = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the catalogue {name}"))?;
    match Catalogue::read(&text) {
        Ok(catalogue) => Ok(catalogue),
        Err(mistakes) => bail!("the catalogue {name} cannot be used:\n{}", mistakes.join("\n")),
    }
}
