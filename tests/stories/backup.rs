//! A backup of a server at work, put back into a new data folder for a new server.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use atalaya_store::StoreUrl;

use crate::harness::{Server, atalaya, have, text, until};
use crate::kill::{CONFIG, Sender, read_kept, set_to_work};

/// Mails before the backup, and at least as many after it.
const MAILS: u64 = 50;

#[test]
fn a_backup_of_a_server_at_work_makes_a_server_that_knows_what_it_knew() {
    if !have(&["cp", "dig"]) {
        return;
    }
    let server = Server::start(CONFIG);
    server.command(&["list", "add", "192.0.2.9"]);
    server.command(&["trap", "add", "@old.example", "--kind", "recycled"]);
    let backups = tempfile::tempdir().unwrap();
    let monday = backups.path().join("monday");
    let folder = monday.to_str().unwrap();
    let (before, handed_over) = back_up_under_load(&server, folder);
    let refused = atalaya(&["backup", folder], server.data());
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("is there already"));
    // What was decided after the backup, others have seen.
    server.command(&["list", "add", "192.0.2.10"]);
    assert_eq!(server.end(), Some(0));

    let data = tempfile::tempdir().unwrap();
    crate::harness::run(
        "cp",
        &["-a", &format!("{folder}/."), data.path().to_str().unwrap()],
    );
    let list = StoreUrl::Sqlite(data.path().join("atalaya.db"));
    let kept = read_kept(&list);
    assert!(kept.len() as u64 >= before, "{} of {before}", kept.len());
    assert!(kept.keys().all(|mail| handed_over.contains(mail)));

    let server = Server::start_in(data, CONFIG);
    assert_eq!(server.dig("192.0.2.9", "A"), "127.0.0.2");
    until("what was observed to be judged", || {
        (server.dig("192.0.2.66", "A") == "127.0.0.3").then_some(())
    });
    assert_eq!(server.dig("192.0.2.10", "A"), "", "nobody knows of it here");
    assert!(server.command(&["trap", "list"]).contains("old.example"));
    let shown = until("the public log to stand still", || {
        let shown = server.command(&["public-log", "show"]);
        shown.contains("trouble").then_some(shown)
    });
    assert!(shown.contains("put back from a backup"), "{shown}");
    server.command(&["list", "add", "192.0.2.11"]);
    let begun = server.command(&["public-log", "restart", "127.0.0.1/log2"]);
    assert!(begun.starts_with("The log 127.0.0.1/log2 begins"), "{begun}");
}

/// Makes a backup while mail comes in. Gives how many mails were acknowledged before, and the names of all that were handed over.
fn back_up_under_load(server: &Server, folder: &str) -> (u64, HashSet<String>) {
    let stop = Arc::new(AtomicBool::new(false));
    let acknowledged = Arc::new(AtomicU64::new(0));
    let senders = set_to_work(server.smtp, &stop, &acknowledged);
    let so_many = |more: u64| {
        until("mail to come in", || {
            let now = acknowledged.load(Ordering::SeqCst);
            (now >= more).then_some(now)
        })
    };
    let before = so_many(MAILS);
    let told = server.command(&["backup", folder]);
    so_many(acknowledged.load(Ordering::SeqCst) + MAILS);
    stop.store(true, Ordering::SeqCst);
    let senders: Vec<Sender> = senders.into_iter().map(|sender| sender.join().unwrap()).collect();
    for name in ["atalaya.db ", "atalaya.db-facts ", "atalaya.toml ", "traps "] {
        assert!(told.contains(&format!("  {name}")), "{name}: {told}");
    }
    assert!(told.contains("To put it back"), "{told}");
    assert!(!Path::new(&format!("{folder}.part")).exists());
    let handed_over = senders.into_iter().flat_map(|sender| sender.handed_over);
    (before, handed_over.collect())
}
