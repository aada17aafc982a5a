//! Check: everything that can be said about the source without running its tests.
//!
//! In: the workspace. Out: each step by name with its time and every fault that it found. All steps run before the verdict, so that
//! one run tells everything there is to mend.

mod licences;
mod links;
mod paths;
mod sizes;
mod spdx;
mod versions;

use std::process::{Command, ExitCode};

use anyhow::{Result, ensure};

use crate::workspace::Workspace;
use crate::{generate, layers, run};

/// One step: its name, and what lists its faults.
struct Step {
    /// The name, as printed and as typed.
    name: &'static str,
    /// Gives a sentence for each fault; an error is a fault too.
    faults: fn(&Workspace) -> Result<Vec<String>>,
}

/// A row of the table.
const fn step(name: &'static str, faults: fn(&Workspace) -> Result<Vec<String>>) -> Step {
    Step { name, faults }
}

/// Every step, the quick ones first.
const STEPS: &[Step] = &[
    step("format", |_| {
        cargo(&["fmt", "--all", "--check"], "run `cargo fmt --all`")
    }),
    step("layers", layers::check),
    step("sizes", sizes::check),
    step("licences", licences::check),
    step("links", links::check),
    step("versions", versions::check),
    step("paths", paths::check),
    step("lints", |_| cargo(LINTS, "mend what clippy says above")),
    step("documents", |_| documents()),
    step("generated", generate::check),
];

/// Clippy over everything, also over the entry points for libFuzzer, which no other build compiles.
const LINTS: &[&str] = &[
    "clippy",
    "--workspace",
    "--all-targets",
    "--features",
    "atalaya-fuzz/libfuzzer",
    "--",
    "-D",
    "warnings",
];

/// Runs the steps with these names, or all; prints the verdict.
pub(crate) fn run(workspace: &Workspace, names: &[String]) -> Result<ExitCode> {
    let failed = failed(workspace, names)?;
    if failed.is_empty() {
        println!("\nevery check passed");
        return Ok(ExitCode::SUCCESS);
    }
    println!("\nfailed: {}", failed.join(", "));
    Ok(ExitCode::FAILURE)
}

/// Runs the steps and gives the names of those that failed.
pub(crate) fn failed(workspace: &Workspace, names: &[String]) -> Result<Vec<&'static str>> {
    for name in names {
        let known = STEPS.iter().map(|step| step.name).collect::<Vec<_>>();
        ensure!(
            known.contains(&name.as_str()),
            "no step is named `{name}`; there are {}",
            known.join(", ")
        );
    }
    let chosen = STEPS
        .iter()
        .filter(|step| names.is_empty() || names.iter().any(|name| name == step.name));
    Ok(chosen
        .filter(|step| !passes(step, workspace))
        .map(|step| step.name)
        .collect())
}

/// Runs one step and prints what came of it.
fn passes(step: &Step, workspace: &Workspace) -> bool {
    let watch = run::stopwatch();
    let faults = (step.faults)(workspace).unwrap_or_else(|error| vec![format!("{error:#}")]);
    let word = if faults.is_empty() { "ok" } else { "FAILED" };
    println!(
        "check {:<10} {word:<7} {:>6.1} s",
        step.name,
        watch.elapsed().as_secs_f64()
    );
    for fault in &faults {
        println!("    {fault}");
    }
    faults.is_empty()
}

/// Builds the documents of every crate; a broken link is an error.
fn documents() -> Result<Vec<String>> {
    let mut command = run::cargo(&["doc", "--workspace", "--no-deps", "--quiet"]);
    verdict(
        command.env("RUSTDOCFLAGS", "-D warnings"),
        "mend what rustdoc says above",
    )
}

/// A step that cargo does; its own output says what is wrong.
fn cargo(arguments: &[&str], advice: &str) -> Result<Vec<String>> {
    verdict(&mut run::cargo(arguments), advice)
}

/// Runs a command, and turns its failure into a sentence.
fn verdict(command: &mut Command, advice: &str) -> Result<Vec<String>> {
    let good = run::succeeds(command)?;
    let fault = (!good).then(|| format!("{} found faults: {advice}", run::spelled(command)));
    Ok(fault.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_step_is_refused_with_the_known_ones() {
        let error = failed(&Workspace::read().unwrap(), &["smell".to_owned()]).unwrap_err();
        assert!(error.to_string().contains("there are format, layers"), "{error}");
    }
}
