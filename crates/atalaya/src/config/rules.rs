//! Reading the file of rules that the configuration names.

use std::path::Path;

use anyhow::Context;
use atalaya_decide::Rules;
use atalaya_decide::rules::Forwarders;

use super::Config;

/// The rules that a configuration asks for.
///
/// # Errors
/// The file cannot be read, or holds mistakes.
pub(crate) fn rules_of(config: &Config) -> anyhow::Result<Rules> {
    let rules = match &config.decide.rules {
        Some(path) => read(path)?.0,
        None => Rules::standard()?,
    };
    let forwarders = Forwarders::parse(&config.decide.forwarders).map_err(anyhow::Error::msg)?;
    Ok(rules.with_forwarders(forwarders))
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
