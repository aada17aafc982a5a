//! Sizes and openings: what STYLE.md says under "Files" that shows before anybody has read one.
//!
//! In: the files of the workspace. Out: a sentence for each that is too long, that does not say what it is for, or that misses its
//! README. The length of functions is clippy's matter.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::workspace::Workspace;

/// No source file is longer, its tests included.
const LONGEST_FILE: usize = 600;

/// `lib.rs` is a header, modules and exports; it stays below this.
const LONGEST_LIB: usize = 99;

/// How a source file may open: by saying what it is for, or by the README of its crate, which says it.
const OPENINGS: &[&str] = &["//!", "#![doc = include_str!"];

/// Lists the faults of all files.
pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let mut faults = Vec::new();
    for (file, text) in workspace.texts("rs")? {
        faults.extend(faults_of(file, &text));
    }
    for folder in folders(workspace) {
        let readme = folder.join("README.md");
        if !workspace.has(&readme) {
            faults.push(format!(
                "{} is missing: say in one screen what the folder is for",
                readme.display()
            ));
        }
    }
    Ok(faults)
}

/// The faults of one source file.
fn faults_of(file: &Path, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let name = file.display();
    let lines = text.lines().count();
    let longest = if file.ends_with("src/lib.rs") {
        LONGEST_LIB
    } else {
        LONGEST_FILE
    };
    if lines > longest {
        faults.push(format!(
            "{name} has {lines} lines, more than {longest}: split it by theme"
        ));
    }
    if !OPENINGS.iter().any(|opening| text.starts_with(opening)) {
        faults.push(format!(
            "{name} does not open by saying what it is for: begin with `//!`"
        ));
    }
    faults
}

/// The folders that explain themselves: every package, and every folder of `crates/` that holds packages.
fn folders(workspace: &Workspace) -> BTreeSet<PathBuf> {
    let packages = workspace
        .packages()
        .iter()
        .map(|package| workspace.folder(package));
    let mut folders: BTreeSet<PathBuf> = packages.collect();
    let rings: Vec<PathBuf> = folders
        .iter()
        .filter_map(|folder| folder.parent())
        .map(Path::to_path_buf)
        .collect();
    folders.extend(rings.into_iter().filter(|ring| ring.components().count() > 1));
    folders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> String {
        format!("//! A file.\n{}", "\n".repeat(count - 1))
    }

    #[test]
    fn a_file_may_be_just_long_enough() {
        assert!(faults_of(Path::new("a.rs"), &lines(600)).is_empty());
        assert!(faults_of(Path::new("a.rs"), &lines(601))[0].contains("601 lines"));
    }

    #[test]
    fn a_lib_is_short() {
        assert!(faults_of(Path::new("crates/a/src/lib.rs"), &lines(99)).is_empty());
        assert_eq!(faults_of(Path::new("crates/a/src/lib.rs"), &lines(100)).len(), 1);
    }

    #[test]
    fn a_file_opens_by_saying_what_it_is_for() {
        assert!(faults_of(Path::new("a.rs"), "#![doc = include_str!(\"../README.md\")]\n").is_empty());
        assert!(faults_of(Path::new("a.rs"), "use std::fs;\n")[0].contains("begin with `//!`"));
        assert_eq!(faults_of(Path::new("a.rs"), "").len(), 1);
    }
}
