//! Generated files: text of the documentation that the program itself prints.
//!
//! In: a table of files and of the commands that print them. Out: the files written again, or a complaint about a stale one. A
//! generated file is never edited by hand; the text is changed where the program has it.

use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::run;
use crate::workspace::Workspace;

/// Each generated file, and the arguments with which `atalaya` prints it. A new one is one more row.
const GENERATED: &[(&str, &[&str])] = &[
    ("docs/reference/atalaya.toml", &["config", "example"]),
    ("docs/reference/commands.md", &["reference"]),
];

/// Writes every generated file.
pub(crate) fn write(workspace: &Workspace) -> Result<ExitCode> {
    for (file, arguments) in GENERATED {
        let path = workspace.root().join(file);
        let fresh = printed(arguments)?;
        if std::fs::read_to_string(&path).is_ok_and(|kept| kept == fresh) {
            println!("{file} is fresh");
            continue;
        }
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of {file}"))?;
        }
        std::fs::write(&path, fresh).with_context(|| format!("cannot write {file}"))?;
        println!("{file} written");
    }
    Ok(ExitCode::SUCCESS)
}

/// The step of `cargo xtask check`: a sentence for each file that is not what the program prints today.
pub(crate) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, arguments) in GENERATED {
        let kept = std::fs::read_to_string(workspace.root().join(file)).unwrap_or_default();
        if let Some(line) = first_difference(&kept, &printed(arguments)?) {
            faults.push(format!(
                "{file} is stale from line {line}: run `cargo xtask generate`"
            ));
        }
    }
    Ok(faults)
}

/// What the program prints.
fn printed(arguments: &[&str]) -> Result<String> {
    let mut command = run::cargo(&["run", "--quiet", "--package", "atalaya", "--"]);
    run::output(command.args(arguments))
}

/// The number of the first line in which two texts differ.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    let same = one
        .lines()
        .zip(other.lines())
        .take_while(|(left, right)| left == right)
        .count();
    Some(same.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_difference_is_a_line_number() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a", "a\n"), Some(2));
    }
}
