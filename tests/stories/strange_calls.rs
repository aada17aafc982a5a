//! Every call of the API under the calls that schemathesis makes up from our own document: none breaks the server, and each answer is one that the
//! document promises.
//!
//! schemathesis comes from `PyPI`, in this version, into a Python of its own in the folder of the build; without pip or its registry that is reported
//! as a skip.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Server, have, text};

/// The version of schemathesis whose verdict counts.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// The seconds that a run may take; it needs ten on a quiet machine.
const LONGEST: &str = "90";
/// What it is not asked: whether we refuse whatever the document does not name, as the services that we stand in for do not either.
const NOT_ASKED: &str = "negative_data_rejection,positive_data_acceptance";
/// No limit is met, so that each call is judged by what it does.
const CONFIG: &str =
    "[web]\nposts_per_minute = 1000000\nlookups_per_minute = 1000000\nwrong_keys_per_minute = 1000000\n";

/// The program that makes up calls; none, and a skip, where it cannot be had.
fn schemathesis() -> Option<PathBuf> {
    let name = SCHEMATHESIS.replace("==", "-");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let program = folder.join("bin/schemathesis");
    if !program.exists() {
        let is_made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", SCHEMATHESIS]);
        if !is_made || !succeeds(&mut pip) {
            atalaya_testkit::skip("schemathesis cannot be installed from PyPI");
            return None;
        }
    }
    Some(program)
}

/// Runs a program, and says whether it could.
fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

/// What a command prints as JSON under a name.
fn made(server: &Server, arguments: &[&str], name: &str) -> String {
    let told: serde_json::Value = serde_json::from_str(&server.command(arguments)).unwrap();
    told[name].as_str().unwrap().to_owned()
}

#[test]
fn no_call_that_follows_from_the_document_breaks_the_server_or_the_document() {
    if !have(&["python3"]) {
        return;
    }
    let Some(program) = schemathesis() else { return };
    let server = Server::start(CONFIG);
    server.command(&[
        "list",
        "add",
        "192.0.2.7",
        "--class",
        "spam",
        "--reason",
        "Tried.",
    ]);
    let key = made(
        &server,
        &["reporter", "add", "stranger", "--quota", "-", "--json"],
        "key",
    );
    // It writes what it learns into the folder that it runs in.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let output = Command::new(program)
        .current_dir(folder.path())
        .args([
            "--no-color",
            "run",
            "--phases",
            "examples,coverage",
            "--max-examples",
            "5",
        ])
        .args(["--seed", "1", "--max-time", LONGEST, "--request-timeout", "30"])
        .args(["--exclude-checks", NOT_ASKED, "--warnings", "off", "--header"])
        .arg(format!("Key: {key}"))
        .arg(format!("http://{}/api/openapi.json", server.http))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}{}",
        text(&output.stdout),
        text(&output.stderr)
    );
    let told = text(&output.stdout);
    assert!(
        told.contains("Coverage") && !told.contains(" 0 generated"),
        "{told}"
    );
}
