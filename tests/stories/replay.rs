//! Kept mail through the trap's path: real corpora in, summary and listings out.
//!
//! The corpus is of 2002. Replayed as if it came now it lists its senders; by its date it lists nobody.

use std::path::Path;

use crate::harness::{Server, atalaya, text, unpack};

/// Replays a folder and gives the summary.
fn replay(folder: &Path, arguments: &[&str], data: &Path) -> serde_json::Value {
    let folder = folder.to_str().unwrap();
    let output = atalaya(&[&["replay", "--json", folder], arguments].concat(), data);
    assert!(output.status.success(), "{}", text(&output.stderr));
    serde_json::from_str(&text(&output.stdout)).unwrap()
}

/// A number of a summary.
fn number(summary: &serde_json::Value, key: &str) -> u64 {
    summary[key]
        .as_u64()
        .unwrap_or_else(|| panic!("no {key} in {summary}"))
}

#[test]
fn real_spam_is_replayed_into_listings_without_a_server() {
    let Some(mails) = unpack("mails/spamassassin-part.tar.zst") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let summary = replay(mails.path(), &["--single"], folder.path());
    assert!(number(&summary, "taken") > 500, "{summary}");
    assert_eq!(number(&summary, "old"), number(&summary, "taken"), "{summary}");
    assert_eq!(
        number(&summary, "taken"),
        number(&summary, "new") + number(&summary, "known"),
        "{summary}"
    );
    assert!(number(&summary, "listed") > 100, "{summary}");
    assert_eq!(
        number(&summary, "serial"),
        number(&summary, "listed"),
        "every decision of a first replay lists: {summary}"
    );

    // A second replay of the same mails changes nothing: each mail counts once.
    let again = replay(mails.path(), &["--single"], folder.path());
    assert_eq!(again["serial"], summary["serial"]);
    assert_eq!(
        (number(&again, "new"), number(&again, "known")),
        (0, number(&summary, "taken"))
    );
}

#[test]
fn by_its_date_old_mail_is_kept_and_lists_nobody() {
    let Some(mails) = unpack("mails/spamassassin-part.tar.zst") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let summary = replay(mails.path(), &["--by-date"], folder.path());
    assert!(number(&summary, "new") > 500, "{summary}");
    assert_eq!(number(&summary, "old"), number(&summary, "taken"), "{summary}");
    assert_eq!((number(&summary, "listed"), number(&summary, "serial")), (0, 0));
}

#[test]
fn a_running_server_takes_the_replay_and_shows_it_in_dns() {
    if !crate::harness::have(&["dig"]) {
        return;
    }
    let server = Server::start("");
    let mail = "Received: from pc.example (pc.example [192.0.2.55]) by mx.example.org (Postfix) with ESMTP id 1;\r\n\
                \tMon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <a@watches.example>\r\nTo: <trap@example.org>\r\n\
                Subject: Watches\r\n\r\nWatches.\r\n";
    let file = server.data().join("one.eml");
    std::fs::write(&file, mail).unwrap();
    let told = server.command(&["replay", file.to_str().unwrap()]);
    assert!(told.contains('1'), "{told}");
    assert_eq!(server.dig("192.0.2.55", "A"), "127.0.0.3");
    assert_eq!(server.lookup("192.0.2.55")["observations"], 1);
}

#[test]
fn a_dry_run_says_what_would_be_taken_and_keeps_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.eml");
    let mail = "Received: from relay.example (relay.example [192.0.2.25]) by mx.example.org (Postfix) with ESMTP id 2;\r\n\
                \tMon, 23 Nov 2026 12:00:01 +0000\r\n\
                Received: from pc.example (pc.example [192.0.2.55]) by relay.example (Postfix) with ESMTP id 1;\r\n\
                \tMon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <a@watches.example>\r\nSubject: Watches\r\n\r\nWatches.\r\n";
    std::fs::write(&file, mail).unwrap();
    let file = file.to_str().unwrap();
    let data = folder.path().join("data");
    let replay = |arguments: &[&str]| {
        let output = atalaya(&[&["replay", file], arguments].concat(), &data);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let told = replay(&["--dry-run", "--verbose"]);
    assert!(told.starts_with(&format!("{file}: 192.0.2.25\n")), "{told}");
    let told = replay(&["--dry-run", "--verbose", "--trust", "192.0.2.25"]);
    assert!(told.starts_with(&format!("{file}: 192.0.2.55\n")), "{told}");
    assert!(!data.exists(), "a dry run made the data folder");
    let told = replay(&["--trust", "192.0.2.25", "--json"]);
    let summary: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&summary["taken"], &summary["listed"]), (&1.into(), &1.into()));
    assert!(text(&atalaya(&["list", "show"], &data).stdout).starts_with("192.0.2.55 "));
}
