//! The command line as an operator meets it: exit codes, messages, with and without a server.

use std::process::Command;

use crate::harness::{ATALAYA, Server, atalaya, have, run, text};

/// Runs the binary without a data folder; gives exit code, standard output, standard error.
fn bare(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(ATALAYA).args(arguments).output().unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn help_lists_every_command_and_each_has_its_own() {
    let (code, help, _) = bare(&["--help"]);
    assert_eq!(code, Some(0));
    for command in [
        "demo",
        "serve",
        "replay",
        "lookup",
        "list",
        "allow",
        "contact",
        "config",
        "check-config",
    ] {
        assert!(help.contains(command), "{command} is missing in:\n{help}");
        assert_eq!(bare(&[command, "--help"]).0, Some(0), "{command}");
    }
}

#[test]
fn wrong_use_ends_with_2_and_failure_with_1() {
    assert_eq!(bare(&["dance"]).0, Some(2));
    assert_eq!(bare(&["lookup", "not-an-address", "--data", "x"]).0, Some(2));
    let (code, _, told) = bare(&["lookup", "192.0.2.1"]);
    assert_eq!(code, Some(2));
    assert!(told.contains("--data DIR"), "{told}");
    let (code, _, told) = bare(&["check-config", "missing.toml"]);
    assert_eq!(code, Some(1));
    assert!(
        told.contains("cannot read the configuration file missing.toml"),
        "{told}"
    );
}

#[test]
fn commands_work_on_a_folder_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = atalaya(arguments, folder.path());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert!(run(&["lookup", "192.0.2.1"]).starts_with("192.0.2.1 is not listed."));
    assert_eq!(
        run(&["list", "add", "192.0.2.1"]),
        "192.0.2.1 is listed as manual without end (serial 1)."
    );
    assert!(run(&["lookup", "192.0.2.1"]).starts_with("192.0.2.1 is listed."));
    assert!(run(&["list", "show"]).starts_with("192.0.2.1 "));
    assert_eq!(
        run(&["allow", "add", "192.0.2.0/24"]).lines().count(),
        2,
        "the allow list acts backwards"
    );
    assert_eq!(run(&["list", "show"]), "Nothing is listed (serial 3).");
    assert!(run(&["allow", "show"]).starts_with("192.0.2.0/24 "));
    let refused = atalaya(&["list", "add", "192.0.2.9"], folder.path());
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        text(&refused.stderr).contains("192.0.2.0/24 is on the allow list"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn reserved_addresses_are_refused_with_their_purpose() {
    let folder = tempfile::tempdir().unwrap();
    for (prefix, purpose) in [
        ("127.0.0.1", "loopback"),
        ("10.0.0.0/8", "private use"),
        ("0.0.0.0/0", "this network"),
    ] {
        let refused = atalaya(&["list", "add", prefix], folder.path());
        assert_eq!(refused.status.code(), Some(1), "{prefix}");
        assert!(
            text(&refused.stderr).contains(purpose),
            "{}",
            text(&refused.stderr)
        );
    }
}

#[test]
fn a_second_server_on_the_same_folder_is_refused() {
    let server = Server::start("");
    let second = atalaya(
        &[
            "serve",
            "--listen",
            "dns=127.0.0.1:0",
            "--listen",
            "smtp=127.0.0.1:0",
        ],
        server.data(),
    );
    assert_eq!(second.status.code(), Some(1));
    assert!(
        text(&second.stderr).contains("another atalaya is at work"),
        "{}",
        text(&second.stderr)
    );
}

#[test]
fn a_server_says_each_address_at_which_it_answers_dns() {
    if !have(&["dig"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (_server, addresses) = Server::start_at(folder, "", &["127.0.0.1", "127.0.0.2"]);
    for address in &addresses {
        let (at, port) = (format!("@{}", address.ip()), address.port().to_string());
        let answer = run(
            "dig",
            &["+short", "-p", &port, &at, "2.0.0.127.bl.atalaya.test", "A"],
        );
        assert_eq!(answer, "127.0.0.2", "{address}");
    }
    assert_eq!(addresses.len(), 2);
}

#[test]
fn a_second_address_for_the_pages_is_wrong_use() {
    let folder = tempfile::tempdir().unwrap();
    let twice = [
        "serve",
        "--listen",
        "http=127.0.0.1:0",
        "--listen",
        "http=127.0.0.1:0",
    ];
    let refused = atalaya(&twice, folder.path());
    assert_eq!(refused.status.code(), Some(2));
    assert!(
        text(&refused.stderr).contains("--listen http= can be given once only"),
        "{}",
        text(&refused.stderr)
    );
}

#[test]
fn a_taken_port_is_named() {
    let server = Server::start("");
    let folder = tempfile::tempdir().unwrap();
    let taken = format!("smtp={}", server.smtp);
    let second = atalaya(
        &["serve", "--listen", "dns=127.0.0.1:0", "--listen", &taken],
        folder.path(),
    );
    assert_eq!(second.status.code(), Some(1));
    let told = text(&second.stderr);
    assert!(
        told.contains("the trap") && told.contains(&server.smtp.to_string()),
        "{told}"
    );
}

#[test]
fn a_configuration_with_errors_is_answered_with_line_and_nearest_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.toml");
    std::fs::write(&file, "[trap]\nmax_recipiants = 5\n").unwrap();
    let (code, _, told) = bare(&["check-config", file.to_str().unwrap()]);
    assert_eq!(code, Some(1));
    assert!(
        told.contains("line 2: unknown key `trap.max_recipiants`; did you mean `trap.max_recipients`?"),
        "{told}"
    );
    let (code, _, again) = bare(&["serve", "--config", file.to_str().unwrap()]);
    assert_eq!((code, again), (Some(1), told));
}

#[test]
fn the_example_configuration_can_be_used_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("example.toml");
    std::fs::write(&file, bare(&["config", "example"]).1).unwrap();
    let (code, told, _) = bare(&["check-config", file.to_str().unwrap()]);
    assert_eq!(code, Some(0));
    assert!(told.ends_with("can be used."), "{told}");
}
