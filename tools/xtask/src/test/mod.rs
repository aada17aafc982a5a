//! Test: what CI runs.
//!
//! Installs what the tests need, runs every check, then every test of the workspace with its documentation examples. Out: the
//! output of cargo as it comes, the list of skips, and a last line `N passed, M failed, K skipped`.

mod tally;

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{ExitCode, Stdio};

use anyhow::{Context, Result};

use crate::workspace::Workspace;
use crate::{check, needs, run};
use tally::Tally;

/// The variable that tells a test where to write that it was skipped, one line each.
const SKIPS: &str = "ATALAYA_SKIPS";

/// Runs everything; a failed check does not keep the tests from running.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    needs::provide(workspace.target());
    let failed_checks = check::failed(workspace, &[])?;
    let tally = test(workspace.target())?;
    report(&tally, &failed_checks);
    Ok(if tally.is_good() && failed_checks.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// Runs all tests, each package's own and its documentation examples. Benchmarks are not tests, and cargo leaves them out.
fn test(target: &Path) -> Result<Tally> {
    let skips = target.join("skips.txt");
    std::fs::create_dir_all(target).with_context(|| format!("cannot make {}", target.display()))?;
    File::create(&skips).with_context(|| format!("cannot write {}", skips.display()))?;

    let mut command = run::cargo(&["test", "--workspace", "--no-fail-fast"]);
    command
        .env(SKIPS, &skips)
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    println!("\n{}", run::spelled(&command));
    let mut cargo = command.spawn().context("cargo test did not start")?;
    let mut tally = Tally::default();
    for line in cargo
        .stdout
        .take()
        .map(BufReader::new)
        .into_iter()
        .flat_map(lines)
    {
        println!("{line}");
        tally.read(&line);
    }
    let status = cargo.wait().context("cargo test was lost")?;
    let skips = std::fs::read(&skips).with_context(|| format!("cannot read {}", skips.display()))?;
    tally.read_skips(&String::from_utf8_lossy(&skips));
    tally.end(status);
    Ok(tally)
}

/// The lines of a stream; bytes that are not UTF-8 do not end it, for tests may print what they like.
fn lines(mut stream: impl BufRead) -> impl Iterator<Item = String> {
    std::iter::from_fn(move || {
        let mut line = Vec::new();
        let count = stream.read_until(b'\n', &mut line).ok()?;
        (count > 0).then(|| String::from_utf8_lossy(&line).trim_end_matches('\n').to_owned())
    })
}

/// Prints the skips, the failed checks, and the last line.
fn report(tally: &Tally, failed_checks: &[&str]) {
    println!();
    for (reason, count) in tally.skips() {
        println!("skipped {count} x: {reason}");
    }
    if !failed_checks.is_empty() {
        println!(
            "checks that failed, each counted once below: {}",
            failed_checks.join(", ")
        );
    }
    if let Some(trouble) = tally.trouble() {
        println!("{trouble}");
    }
    println!("{}", tally.last_line(failed_checks.len()));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_that_is_not_text_is_read_to_its_end() {
        let read: Vec<String> = lines(&b"one\n\xff\xfe\nlast"[..]).collect();
        assert_eq!(read, ["one", "\u{fffd}\u{fffd}", "last"]);
    }
}
