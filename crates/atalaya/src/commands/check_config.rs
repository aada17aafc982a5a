//! `check-config` and `config example`.

use crate::cli::CheckConfig;
use crate::config::{load, matcher_of, rules_of};
use crate::mail_servers::check_sockets;

/// Checks a file.
pub(crate) fn run(command: &CheckConfig) -> anyhow::Result<()> {
    let Some(path) = command.config.as_ref().or(command.file.as_ref()) else {
        return Err(super::NoPlace.into());
    };
    let config = load(path)?;
    rules_of(&config)?;
    matcher_of(&config.trap.signatures)?;
    check_sockets(&config)?;
    config.notice.templates()?;
    config.contact.check_files().map_err(anyhow::Error::msg)?;
    super::print(format_args!("{} can be used.", path.display()))
}

/// Prints the commented example.
pub(crate) fn example() -> anyhow::Result<()> {
    super::print(crate::config::example().trim_end())
}
