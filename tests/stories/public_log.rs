//! The public log as somebody outside checks it, with the program itself: honest, then put back from a backup.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::{ATALAYA, Server, text, until};

/// Runs `verify-log`; gives whether it found all right, and what it said.
fn verify(arguments: &[&str]) -> (bool, String) {
    let output = Command::new(ATALAYA)
        .arg("verify-log")
        .args(arguments)
        .output()
        .unwrap();
    (
        output.status.success(),
        text(&output.stdout) + &text(&output.stderr),
    )
}

/// Waits until the log has so many entries; gives the line with its key.
pub(crate) fn until_logged(server: &Server, entries: u64) -> String {
    until("the log to have its entries", || {
        let shown: serde_json::Value =
            serde_json::from_str(&server.command(&["public-log", "show", "--json"])).unwrap();
        (shown["entries"] == entries).then(|| shown["key"].as_str().unwrap().to_owned())
    })
}

/// The files of the store in a data folder.
fn store_files(data: &Path) -> Vec<PathBuf> {
    let files = fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let is_of_store = |path: &PathBuf| {
        path.file_name()
            .unwrap()
            .to_str()
            .unwrap()
            .starts_with("atalaya.db")
    };
    files.filter(is_of_store).collect()
}

fn copy_store(from: &Path, to: &Path) {
    for file in store_files(from) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

#[test]
fn a_stranger_follows_the_log_and_notices_that_the_store_was_put_back() {
    let server = Server::start("");
    server.command(&["list", "add", "192.0.2.1", "--reason", "seen by hand"]);
    let key = until_logged(&server, 1);
    let url = format!("http://{}/log", server.http);
    let outside = tempfile::tempdir().unwrap();
    let state = outside.path().join("state");
    let state = state.to_str().unwrap();
    assert_eq!(
        verify(&[&url, "--key", &key, "--state", state]),
        (
            true,
            format!(
                "Right: the 1 entries of {} lead to its signed head.",
                key.split('+').next().unwrap()
            )
        )
    );
    for last in 2..9 {
        server.command(&["list", "add", &format!("192.0.2.{last}")]);
    }
    until_logged(&server, 8);
    let (right, told) = verify(&[&url, "--state", state]);
    assert!(
        right && told.contains("has 8 entries, goes on from the 1 that were known, and the 7 new ones"),
        "{told}"
    );
    let (right, told) = verify(&[&url, "--key", &key.replace("127.0.0.1", "127.0.0.2")]);
    assert!(!right && told.contains("--key"), "{told}");

    let (_, proof) = server.http("GET", "/api/v1/ip/192.0.2.1/proof/1");
    let file = outside.path().join("1.tlog-proof");
    fs::write(&file, &proof).unwrap();
    let file = file.to_str().unwrap();
    let (right, told) = verify(&["--proof", file, "--key", &key]);
    assert!(
        right && told.contains("It is about 192.0.2.1: seen by hand"),
        "{told}"
    );
    fs::write(file, proof.replace("index 0", "index 1")).unwrap();
    let (right, told) = verify(&["--proof", file, "--key", &key]);
    assert!(
        !right && told.contains("does not lead to the signed root"),
        "{told}"
    );

    assert_eq!(
        server.command(&["public-log", "forget", "2"]),
        "1 entry tells no more whom it is about."
    );
    assert_eq!(
        server.command(&["public-log", "forget", "2"]),
        "Nothing was to be forgotten."
    );
    assert!(verify(&[&url, "--key", &key]).0);
    assert!(server.command(&["audit"]).contains("log.forget"));
    put_back(server, &key, state);
}

/// The store goes back to the day before, and others saw more.
fn put_back(mut server: Server, key: &str, state: &str) {
    let backup = tempfile::tempdir().unwrap();
    server.kill_and_restart_after("", |data| copy_store(data, backup.path()));
    server.command(&["list", "add", "192.0.2.77"]);
    until_logged(&server, 9);
    let url = format!("http://{}/log", server.http);
    let (right, told) = verify(&[&url, "--state", state]);
    assert!(right, "{told}");
    server.kill_and_restart_after("", |data| {
        for entry in store_files(data) {
            fs::remove_file(entry).unwrap();
        }
        copy_store(backup.path(), data);
    });
    let shown = until("the log to stand still", || {
        let shown = server.command(&["public-log", "show"]);
        shown.contains("trouble").then_some(shown)
    });
    assert!(shown.contains("others were shown a head of 9 entries"), "{shown}");
    assert_eq!(server.http("GET", "/log/checkpoint").0, 503);
    assert!(server.http("GET", "/log").1.contains("stands still"));
    // The list itself goes on.
    server.command(&["list", "add", "192.0.2.78"]);
    let name = key.split('+').next().unwrap();
    let refused = crate::harness::atalaya(&["public-log", "restart", name], server.data());
    assert!(text(&refused.stderr).contains("another log needs another name"));
    let begun = server.command(&["public-log", "restart", "127.0.0.1/log2"]);
    assert!(begun.starts_with("The log 127.0.0.1/log2 begins"), "{begun}");
    let key = until_logged(&server, 9);
    let url = format!("http://{}/log", server.http);
    let (right, told) = verify(&[&url, "--key", &key]);
    assert!(right, "{told}");
    let (right, told) = verify(&[&url, "--state", state]);
    assert!(!right && told.contains("not signed with the key"), "{told}");
}
