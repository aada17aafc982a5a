//! What an operator does about mail that leaves, by commands, with and without a server.

use crate::harness::{Server, atalaya, have, text};

#[test]
fn addresses_are_suppressed_by_a_command_and_the_server_answers_it_too() {
    let server = Server::start("");
    assert_eq!(server.command(&["suppress", "show"]), "No address is suppressed.");
    let added = server.command(&[
        "suppress",
        "add",
        "Desk@network.example",
        "--reason",
        "a list, not a desk",
    ]);
    assert_eq!(added, "No mail goes to Desk@network.example without end.");
    let shown = server.command(&["suppress", "show"]);
    assert!(
        shown.starts_with("desk@network.example") && shown.ends_with("without end: a list, not a desk"),
        "{shown}"
    );
    let removed = server.command(&["suppress", "remove", "desk@network.example"]);
    assert_eq!(removed, "Mail may go to desk@network.example again.");
    let again = atalaya(&["suppress", "remove", "desk@network.example"], server.data());
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("is not suppressed"));
}

#[test]
fn an_empty_outbox_has_nothing_to_show_to_try_or_to_drop() {
    let server = Server::start("");
    assert_eq!(
        server.command(&["outbox", "show"]),
        "No such mail is in the outbox."
    );
    assert_eq!(server.command(&["outbox", "show", "--json"]), "");
    assert_eq!(
        server.command(&["outbox", "retry", "--all-failed"]),
        "Mails that are tried anew: 0."
    );
    let id = "01234567-89ab-4def-8123-456789abcdef";
    for what in ["retry", "drop"] {
        let refused = atalaya(&["outbox", what, id], server.data());
        assert_eq!(refused.status.code(), Some(1), "{what}");
        assert!(text(&refused.stderr).contains("the outbox"), "{what}");
    }
}

#[test]
fn keys_of_both_kinds_are_made_and_their_records_shown() {
    if !have(&["openssl"]) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for (kind, letters) in [("--ed25519", 60), ("--rsa", 400)] {
        let file = folder.path().join(kind);
        let file = file.to_str().unwrap();
        let dkim = |what: &str, more: &[&str]| {
            let named = ["dkim", what, "--selector", "a1", "--domain", "list.example", file];
            let output = std::process::Command::new(crate::harness::ATALAYA)
                .args(named)
                .args(more)
                .output()
                .unwrap();
            assert!(output.status.success(), "{}", text(&output.stderr));
            text(&output.stdout)
        };
        let record = dkim("new", &[kind]);
        assert!(
            record.starts_with("a1._domainkey.list.example. IN TXT ( \"v=DKIM1; k="),
            "{record}"
        );
        assert!(record.len() > letters);
        assert_eq!(dkim("show", &[]), record);
    }
}
