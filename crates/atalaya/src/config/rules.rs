//! Reading the file of rules that the configuration names.

use std::path::Path;

use anyhow::Context;
use atalaya_decide::Rules;

use super::Config;

/// The rules that a configuration asks for.
///
/// # Errors
/// The file cannot be read, or holds mistakes.
pub(crate) fn rules_of(config: &Config) -> anyhow::Result<Rules> {
    match &config.decide.rules {
        Some(path) => read(path).map(|(rules, _text)| rules),
        None => Ok(Rules::standard()?),
    }
}

/// Reads a file of rules; gives its text too.
///
/// # Errors
/// The file cannot be read, or holds mistakes.
pub(crate) fn read(path: &Path) -> anyhow::Result<(Rules, String)> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read the rules in {}", path.display()))?;
    let rules = Rules::parse(&text)
        .map_err(|error| anyhow::anyhow!("the rules in {} cannot be used:\n{error}", path.display()))?;
    Ok((rules, text))
}
