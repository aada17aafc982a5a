//! Running other programs.
//!
//! In: a command. Out: whether it succeeded, or what it printed; an error names the command line. Nothing here goes through a
//! shell.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

/// The root of the repository, two folders above this package.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_path_buf()
}

/// A cargo command in the root of the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    program("cargo", arguments)
}

/// A command in the root of the repository.
pub(crate) fn program(name: &str, arguments: &[&str]) -> Command {
    let mut command = Command::new(name);
    command.args(arguments).current_dir(root());
    command
}

/// Runs a command whose output goes where ours goes; gives whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> Result<bool> {
    let status = command
        .status()
        .with_context(|| format!("{} did not start", spelled(command)))?;
    Ok(status.success())
}

/// Runs a command and gives what it wrote on standard output; its standard error stays visible.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    command.stderr(std::process::Stdio::inherit());
    let output = command
        .output()
        .with_context(|| format!("{} did not start", spelled(command)))?;
    ensure!(
        output.status.success(),
        "{} ended with {}",
        spelled(command),
        output.status
    );
    String::from_utf8(output.stdout).with_context(|| format!("{} did not write UTF-8", spelled(command)))
}

/// The command as one would type it, for messages.
pub(crate) fn spelled(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Starts a stopwatch.
#[expect(
    clippy::disallowed_methods,
    reason = "a chore tells how long it took; nothing is decided by it"
)]
pub(crate) fn stopwatch() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_holds_the_workspace() {
        assert!(root().join("Cargo.toml").is_file());
        assert!(root().join("tools/xtask").is_dir());
    }

    #[test]
    fn a_failing_command_is_named() {
        let error = output(&mut program("git", &["no-such-command"])).unwrap_err();
        assert!(
            error.to_string().starts_with("git no-such-command ended with"),
            "{error}"
        );
    }
}
