//! A list that is imported again and again: what it names no more is withdrawn, and a list that was cut changes nothing.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{ATALAYA, Server, atalaya, have, text};

const ARGUMENTS: [&str; 8] = [
    "import",
    "-",
    "--class",
    "bot",
    "--reason",
    "On a list.",
    "--replace",
    "--json",
];

/// Imports from standard input; gives the exit code, the summary and what was complained of.
fn replace(data: &Path, list: &[u8], more: &[&str]) -> (Option<i32>, Value, String) {
    let mut child = Command::new(ATALAYA)
        .args(ARGUMENTS)
        .args(more)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // It may have refused before it read all.
    drop(child.stdin.take().unwrap().write_all(list));
    let output = child.wait_with_output().unwrap();
    let told = text(&output.stdout);
    let summary = serde_json::from_str(&told).unwrap_or_else(|_| panic!("{told} {}", text(&output.stderr)));
    (output.status.code(), summary, text(&output.stderr))
}

/// Listed, listed for longer, unchanged, withdrawn.
fn counts(summary: &Value) -> [u64; 4] {
    ["listed", "extended", "unchanged", "withdrawn"].map(|what| summary[what].as_u64().unwrap())
}

fn listed(data: &Path) -> Vec<String> {
    let output = atalaya(&["export", "plain"], data);
    let text = text(&output.stdout);
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect()
}

/// The same with a server and without one.
fn a_list_replaces_what_it_had_listed(data: &Path) {
    atalaya(
        &["list", "add", "203.0.113.1", "--class", "bot", "--reason", "seen"],
        data,
    );
    let first = b"192.0.2.1\n192.0.2.2\n198.51.100.0/24\n2001:db8::/64\n";
    let second = b"192.0.2.2\n198.51.100.0/25\n198.51.100.0/24\n2001:db8::/64\n192.0.2.2\n";
    assert_eq!(counts(&replace(data, first, &[]).1), [4, 0, 0, 0]);
    let (_, foreseen, _) = replace(data, second, &["--dry-run"]);
    let (code, done, _) = replace(data, second, &[]);
    assert_eq!((code, counts(&done)), (Some(0), [1, 0, 3, 1]), "{done}");
    assert_eq!(counts(&foreseen), counts(&done));
    let (_, again, _) = replace(data, second, &[]);
    assert_eq!(
        (counts(&again), &again["serial"]),
        ([0, 0, 4, 0], &done["serial"])
    );
    let standing = ["192.0.2.2", "198.51.100.0/24", "203.0.113.1", "2001:db8::/64"];
    assert_eq!(listed(data), standing, "the entry by hand is left alone");

    for cut in [&b""[..], b"<html>\n", b"192.0.2.2\n"] {
        for more in [&["--dry-run"][..], &[]] {
            let (code, summary, told) = replace(data, cut, more);
            assert_eq!((code, &summary["serial"]), (Some(1), &Value::Null), "{summary}");
            assert!(
                told.contains("of the 4 prefixes") && told.contains("--force"),
                "{told}"
            );
        }
        assert_eq!(listed(data), standing);
    }
    let (code, emptied, told) = replace(data, b"", &["--force"]);
    assert_eq!((code, counts(&emptied)), (Some(0), [0, 0, 0, 4]), "{told}");
    assert_eq!(listed(data), ["203.0.113.1"]);
}

#[test]
fn a_list_replaces_what_it_had_listed_with_a_server() {
    let server = Server::start("");
    a_list_replaces_what_it_had_listed(server.data());
    assert_eq!(server.dig("192.0.2.2", "A"), "");
    assert_eq!(server.dig("203.0.113.1", "A"), "127.0.0.4");
}

#[test]
fn a_list_replaces_what_it_had_listed_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    a_list_replaces_what_it_had_listed(folder.path());
}

#[test]
fn lists_with_names_leave_each_other_alone_and_ends_only_move_back() {
    let folder = tempfile::tempdir().unwrap();
    let one = ["--source", "one", "--until", "2d"];
    let longer = ["--source", "one", "--until", "9d"];
    let two = ["--source", "two"];
    assert_eq!(
        counts(&replace(folder.path(), b"192.0.2.1\n", &one).1),
        [1, 0, 0, 0]
    );
    assert_eq!(
        counts(&replace(folder.path(), b"192.0.2.2\n", &two).1),
        [1, 0, 0, 0]
    );
    assert_eq!(
        counts(&replace(folder.path(), b"192.0.2.1\n", &longer).1),
        [0, 1, 0, 0]
    );
    assert_eq!(
        counts(&replace(folder.path(), b"192.0.2.1\n", &one).1),
        [0, 0, 1, 0]
    );
    assert_eq!(listed(folder.path()), ["192.0.2.1", "192.0.2.2"]);
}

#[test]
fn packed_lists_are_read_from_files_and_pipes_and_cut_ones_change_nothing() {
    if !have(&["gzip", "zstd"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let line = |number: u32| format!("203.0.{}.{}\n", number / 250, number % 250);
    let list: String = (0..2_000).map(line).collect();
    for program in ["gzip", "zstd"] {
        let packed = pack(program, list.as_bytes());
        let cut = &packed[..packed.len() / 2];
        let (code, summary, told) = replace(folder.path(), cut, &["--source", program]);
        assert_eq!((code, counts(&summary)), (Some(1), [0; 4]), "{told}");
        let (code, summary, told) = replace(folder.path(), &packed, &["--source", program]);
        let [new, _, old, _] = counts(&summary);
        assert_eq!((code, new + old), (Some(0), 2_000), "{told}");
        let file = folder.path().join(program);
        std::fs::write(&file, packed).unwrap();
        let file = file.display().to_string();
        let output = atalaya(
            &["import", &file, "--class", "bot", "--reason", "x", "--json"],
            folder.path(),
        );
        let summary: Value = serde_json::from_str(&text(&output.stdout)).unwrap();
        assert_eq!(summary["unchanged"], 2_000);
    }
}

/// Packs bytes with a program.
fn pack(program: &str, bytes: &[u8]) -> Vec<u8> {
    let mut child = Command::new(program)
        .arg("-c")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    child.wait_with_output().unwrap().stdout
}
