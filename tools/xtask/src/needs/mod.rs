//! Needs: gets the outside programs of the tests from Debian's packages, where it may.
//!
//! In: the table of needs. Out: the packages that were missing installed, or unpacked in the build directory, and a plain line for
//! each that could not be. This never fails: a test whose program is missing skips, and the skip is reported.

mod install;
mod table;
mod unpack;

use std::path::Path;
use std::process::{Command, Stdio};

use table::{NEEDS, Need, Proof};

/// Where programs stand that are not on everybody's path.
const SYSTEM_FOLDERS: &[&str] = &["/usr/sbin", "/sbin", "/usr/local/sbin"];

/// Where Debian keeps the server programs of each version of PostgreSQL.
const POSTGRESQL_FOLDER: &str = "/usr/lib/postgresql";

/// Installs what is missing, and says what is still missing after that.
pub(crate) fn provide(target: &Path) {
    let missing = missing(target);
    if missing.is_empty() {
        println!("needs: every program that the tests use is there");
        return;
    }
    println!("needs: {} missing", names(&missing));
    let trouble = match install::possible() {
        Ok(()) => obtain(target, &missing),
        Err(why) => vec![why],
    };
    for line in trouble {
        println!("needs: {line}");
    }
    for need in self::missing(target) {
        println!(
            "needs: {} is not here ({}); tests that need it are skipped",
            need.package, need.reason
        );
    }
}

/// Installs or unpacks them, as their rows say; gives a line for each thing that went wrong.
fn obtain(target: &Path, missing: &[Need]) -> Vec<String> {
    let mut trouble = Vec::new();
    let mut to_install = Vec::new();
    for need in missing {
        match need.proof {
            Proof::Unpacked { libraries, .. } => {
                trouble.extend(unpack::unpack(target, need.package, libraries).err());
            }
            Proof::Program(_) | Proof::Python(_) | Proof::Perl(_) => to_install.push(*need),
        }
    }
    if !to_install.is_empty() {
        trouble.extend(install::install(&to_install));
    }
    trouble
}

/// The rows whose proof fails.
fn missing(target: &Path) -> Vec<Need> {
    NEEDS
        .iter()
        .copied()
        .filter(|need| !is_present(target, need))
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

/// Whether the proof of a need holds.
fn is_present(target: &Path, need: &Need) -> bool {
    match need.proof {
        Proof::Program(name) => folders()
            .iter()
            .any(|folder| Path::new(folder).join(name).is_file()),
        // As the tests look: the first one found may be somebody's own, to which Debian's packages bring nothing.
        Proof::Python(module) => ["python3", "/usr/bin/python3"]
            .into_iter()
            .any(|python| succeeds(python, &["-c", &format!("import {module}")])),
        Proof::Perl(module) => succeeds("perl", &[&format!("-M{module}"), "-e", "1"]),
        Proof::Unpacked { program, .. } => unpack::folder(target, need.package).join(program).is_file(),
    }
}

/// Whether a program says that all is well.
fn succeeds(program: &str, arguments: &[&str]) -> bool {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
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
        let target = tempfile::tempdir().unwrap();
        let is_present = |proof| {
            let package = "a-package";
            let reason = "";
            is_present(
                target.path(),
                &Need {
                    package,
                    proof,
                    reason,
                },
            )
        };
        assert!(is_present(Proof::Program("cargo")));
        assert!(!is_present(Proof::Program("no-such-program-anywhere")));
        assert!(!is_present(Proof::Python("no_such_module_anywhere")));
        let unpacked = Proof::Unpacked {
            program: "usr/sbin/program",
            libraries: &[],
        };
        assert!(!is_present(unpacked));
        let folder = unpack::folder(target.path(), "a-package").join("usr/sbin");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("program"), "").unwrap();
        assert!(is_present(unpacked));
    }

    #[test]
    fn every_need_says_why() {
        for need in NEEDS {
            assert!(need.reason.len() > 20, "{}", need.package);
        }
    }
}
