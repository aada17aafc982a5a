//! Every call of the API under the calls that schemathesis makes up from our own document: none breaks the server, and each answer is one that the
//! document promises.
//!
//! The document itself is held against the specification first, by a validator that others wrote. Calls are made up three times: as a stranger with a
//! reporter's key, as the program of an operator with a token that opens everything, and as nobody.
//!
//! Both programs come from `PyPI`, in these versions, into a Python of their own in the folder of the build; without pip or its registry that is reported
//! as a skip.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{Server, have, text};

/// The version of schemathesis whose verdict counts.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";
/// The version of the validator whose verdict counts.
const VALIDATOR: &str = "openapi-spec-validator==0.9.0";
/// All that a token can be for.
const SCOPES: [&str; 6] = ["read", "list", "allow", "evidence", "notices", "administer"];
/// The seconds that a run may take; it needs ten on a quiet machine.
const LONGEST: &str = "90";
/// What it is not asked: whether we refuse whatever the document does not name, as the services that we stand in for do not either.
const NOT_ASKED: &str = "negative_data_rejection,positive_data_acceptance";
/// No limit is met, so that each call is judged by what it does.
const CONFIG: &str =
    "[web]\nposts_per_minute = 1000000\nlookups_per_minute = 1000000\nwrong_keys_per_minute = 1000000\n";

/// A program out of a package of `PyPI`; none, and a skip, where it cannot be had.
fn program_of(package: &str, name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(package.replace("==", "-"));
    let program = folder.join("bin").join(name);
    if !program.exists() {
        let is_made = succeeds(Command::new("python3").args(["-m", "venv"]).arg(&folder));
        let mut pip = Command::new(folder.join("bin/pip"));
        pip.args(["install", "--quiet", "--disable-pip-version-check", package]);
        if !is_made || !succeeds(&mut pip) {
            atalaya_testkit::skip(&format!("{package} cannot be installed from PyPI"));
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

/// A server whose limits nobody meets, with somebody on its list.
fn server() -> Server {
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
    server
}

/// Tries the calls of the document whose paths match, or all, with a header.
fn try_calls(program: &Path, server: &Server, paths: Option<&str>, header: Option<&str>) {
    // It writes what it learns into the folder that it runs in.
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut tried = Command::new(program);
    tried
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
        .args(["--exclude-checks", NOT_ASKED, "--warnings", "off"]);
    if let Some(paths) = paths {
        tried.args(["--include-path-regex", paths]);
    }
    if let Some(header) = header {
        tried.args(["--header", header]);
    }
    let url = format!("http://{}/api/openapi.json", server.http);
    let output = tried.arg(url).output().unwrap();
    let told = text(&output.stdout);
    assert!(output.status.success(), "{told}{}", text(&output.stderr));
    assert!(
        told.contains("Coverage") && !told.contains(" 0 generated"),
        "{told}"
    );
}

#[test]
fn the_document_is_one_that_a_validator_of_others_takes() {
    if !have(&["python3"]) {
        return;
    }
    let Some(program) = program_of(VALIDATOR, "openapi-spec-validator") else {
        return;
    };
    let server = Server::start("");
    let (status, document) = server.http("GET", "/api/openapi.json");
    assert_eq!(status, 200);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("openapi.json");
    let judge = |document: &str| {
        std::fs::write(&file, document).unwrap();
        let output = Command::new(&program)
            .args(["--schema", "3.1"])
            .arg(&file)
            .output()
            .unwrap();
        (
            output.status.success(),
            text(&output.stdout) + &text(&output.stderr),
        )
    };
    let (is_right, told) = judge(&document);
    assert!(is_right, "{told}");
    // It does look: an answer without its description is none.
    let (is_right, told) = judge(&document.replace("\"description\"", "\"descripcion\""));
    assert!(!is_right, "{told}");
}

#[test]
fn no_call_that_follows_from_the_document_breaks_the_server_or_the_document() {
    if !have(&["python3"]) {
        return;
    }
    let Some(program) = program_of(SCHEMATHESIS, "schemathesis") else {
        return;
    };
    let server = server();
    let key = made(
        &server,
        &["reporter", "add", "stranger", "--quota", "-", "--json"],
        "key",
    );
    try_calls(&program, &server, None, Some(&format!("Key: {key}")));
}

#[test]
fn nor_does_one_of_the_console_with_a_token_that_opens_everything() {
    if !have(&["python3"]) {
        return;
    }
    let Some(program) = program_of(SCHEMATHESIS, "schemathesis") else {
        return;
    };
    let server = server();
    let mut create = vec!["token", "create", "wanderer", "--json"];
    for scope in SCOPES {
        create.extend(["--scope", scope]);
    }
    let token = made(&server, &create, "token");
    let header = format!("Authorization: Bearer {token}");
    try_calls(&program, &server, Some("^/api/v1/console/"), Some(&header));
    // The token was one, and what was tried is written down.
    let listed = server.command(&["audit"]);
    assert!(
        listed.contains("wanderer") && listed.contains("list.add"),
        "{listed}"
    );
    try_calls(&program, &server, Some("^/api/v1/console/"), None);
}
