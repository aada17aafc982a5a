//! `atalaya rbldnsd` in the place of rbldnsd, and its zone files beside the list.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use crate::harness::{ATALAYA, PATIENCE, Server, run};

/// A zone file with one listed address.
fn zone_file(listed: &str) -> String {
    format!(
        "$SOA 300 ns.example.org hostmaster.example.org 0 600 300 86400 300\n:127.0.0.2:listed, see $\n{listed}\n"
    )
}

/// Puts a file in the place of another in one step, as its users do.
fn put(folder: &Path, name: &str, text: &str) {
    let new = folder.join("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(new, folder.join(name)).unwrap();
}

/// What dig prints of a name.
fn dig(at: SocketAddr, name: &str, rtype: &str) -> String {
    let port = at.port().to_string();
    run(
        "dig",
        &["+short", "+tries=3", "-p", &port, "@127.0.0.1", name, rtype],
    )
}

/// Waits until dig prints this.
fn until(at: SocketAddr, name: &str, expected: &str) {
    let started = Instant::now();
    while dig(at, name, "A").trim() != expected {
        assert!(started.elapsed() < PATIENCE, "{name} never became `{expected}`");
    }
}

/// Starts the command in a folder; gives the process and where it listens.
fn start(folder: &Path, options: &[&str]) -> (Child, SocketAddr) {
    let mut child = Command::new(ATALAYA)
        .args(["rbldnsd", "-n", "-b", "127.0.0.1/0", "-w"])
        .arg(folder)
        .args(options)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = || lines.next().unwrap().unwrap();
    let address = line().strip_prefix("dns=").unwrap().parse().unwrap();
    assert_eq!(line(), "ready");
    (child, address)
}

#[test]
fn it_takes_the_place_of_rbldnsd_and_changes_its_files_at_a_signal() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), "list", &zone_file("192.0.2.9"));
    let pid_file = folder.path().join("pid");
    let options = [
        "-p",
        pid_file.to_str().unwrap(),
        "-c",
        "0",
        "bl.example.org:ip4set:list",
    ];
    let (mut child, at) = start(folder.path(), &options);
    let (old, new) = ("9.2.0.192.bl.example.org", "8.2.0.192.bl.example.org");
    assert_eq!(dig(at, old, "A").trim(), "127.0.0.2");
    assert_eq!(dig(at, old, "TXT").trim(), "\"listed, see 192.0.2.9\"");
    assert_eq!(dig(at, new, "A").trim(), "");
    let pid = std::fs::read_to_string(&pid_file).unwrap();
    assert_eq!(pid.trim(), child.id().to_string());

    put(folder.path(), "list", &zone_file("192.0.2.8"));
    run("kill", &["-HUP", pid.trim()]);
    until(at, new, "127.0.0.2");
    assert_eq!(dig(at, old, "A").trim(), "");

    run("kill", &["-TERM", pid.trim()]);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn what_it_cannot_do_it_says() {
    let folder = tempfile::tempdir().unwrap();
    let fails = |arguments: &[&str]| {
        let output = Command::new(ATALAYA)
            .args(["rbldnsd", "-b", "127.0.0.1/0", "-w"])
            .arg(folder.path())
            .args(arguments)
            .output()
            .unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, told) = fails(&["bl.example.org:ip4set:missing"]);
    assert!(code == Some(1) && told.contains("missing"), "{code:?} {told}");
    let (code, told) = fails(&["-l", "log", "bl.example.org:ip4set:missing"]);
    assert!(
        code.is_some_and(|code| code != 0) && told.contains("-l"),
        "{code:?} {told}"
    );
    let (code, told) = fails(&["bl.example.org:ip5set:missing"]);
    assert!(code == Some(2) && told.contains("ip5set"), "{code:?} {told}");
}

#[test]
fn serve_answers_from_such_files_beside_the_list() {
    let folder = tempfile::tempdir().unwrap();
    put(
        folder.path(),
        "names",
        ":127.0.1.2:a domain of spammers\nbad.example\n",
    );
    let config = format!(
        "[publish]\nfiles = [\"dbl.example.org:dnset:{}\"]\nfiles_check = \"1s\"\n",
        folder.path().join("names").display()
    );
    let server = Server::start(&config);
    server.command(&[
        "list",
        "add",
        "192.0.2.7",
        "--class",
        "spam",
        "--reason",
        "a test",
    ]);
    assert_eq!(server.dig("192.0.2.7", "A").trim(), "127.0.0.3");
    assert_eq!(
        dig(server.dns, "bad.example.dbl.example.org", "A").trim(),
        "127.0.1.2"
    );
    // Those of every domain list (RFC 5782 section 5).
    assert_ne!(dig(server.dns, "test.dbl.example.org", "A").trim(), "");
    assert_eq!(dig(server.dns, "invalid.dbl.example.org", "A").trim(), "");
    put(
        folder.path(),
        "names",
        ":127.0.1.2:a domain of spammers\nworse.example\n",
    );
    until(server.dns, "worse.example.dbl.example.org", "127.0.1.2");
    assert_eq!(server.end(), Some(0));
}
