//! Needs: gets the outside programs of the tests from Debian's packages, where it may.
//!
//! In: the table of needs. Out: the packages that were missing installed, and a plain line for each that could not be. This never
//! fails: a test whose program is missing skips, and the skip is reported.

mod install;
mod table;

use std::path::Path;
use std::process::{Command, Stdio};

use table::{NEEDS, Need, Proof};

/// Where programs stand that are not on everybody's path.
const SYSTEM_FOLDERS: &[&str] = &["/usr/sbin", "/sbin", "/usr/local/sbin"];

/// Where Debian keeps the server programs of each version of PostgreSQL.
const POSTGRESQL_FOLDER: &str = "/usr/lib/postgresql";

/// Installs what is missing, and says what is still missing after that.
pub(crate) fn provide() {
    let missing: Vec<Need> = missing();
    if missing.is_empty() {
        println!("needs: every program that the tests use is there");
        return;
    }
    println!("needs: {} missing", names(&missing));
    let trouble = match install::possible() {
        Ok(()) => install::install(&missing),
        Err(why) => vec![why],
    };
    for line in trouble {
        println!("needs: {line}");
    }
    for need in self::missing() {
        println!(
            "needs: {} is not here ({}); tests that need it are skipped",
            need.package, need.reason
        );
    }
}

/// The rows whose proof fails.
fn missing() -> Vec<Need> {
    NEEDS
        .iter()
        .copied()
        .filter(|need| !is_present(need.proof))
        .collect()
}

/// The packages by name, for a message.
fn names(needs: &[Need]) -> String {
    needs
        .iter()
        .map(|need| need.package)
        .collect::<Vec<_>>()
        .join(", ")
}

/// Whether a proof holds.
fn is_present(proof: Proof) -> bool {
    match proof {
        Proof::Program(name) => folders()
            .iter()
            .any(|folder| Path::new(folder).join(name).is_file()),
        Proof::Python(module) => {
            let mut python = Command::new("python3");
            python
                .args(["-c", &format!("import {module}")])
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            python.status().is_ok_and(|status| status.success())
        }
    }
}

/// Where programs are looked for.
#[expect(
    clippy::disallowed_methods,
    reason = "the path of programs is the machine's, not a part of our configuration"
)]
fn folders() -> Vec<String> {
    let path = std::env::var("PATH").unwrap_or_default();
    let versions = std::fs::read_dir(POSTGRESQL_FOLDER)
        .into_iter()
        .flatten()
        .flatten();
    let servers = versions.map(|version| version.path().join("bin").to_string_lossy().into_owned());
    path.split(':')
        .chain(SYSTEM_FOLDERS.iter().copied())
        .map(str::to_owned)
        .chain(servers)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn presence_is_proved() {
        assert!(is_present(Proof::Program("cargo")));
        assert!(!is_present(Proof::Program("no-such-program-anywhere")));
        assert!(!is_present(Proof::Python("no_such_module_anywhere")));
    }

    #[test]
    fn every_need_says_why() {
        for need in NEEDS {
            assert!(need.reason.len() > 20, "{}", need.package);
        }
    }
}
