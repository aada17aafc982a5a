//! Rules of one's own, tried before they bite; what they listed taken back; a version that means one content.

use std::path::Path;

use atalaya_decide::rules::STANDARD;

use crate::harness::{Server, atalaya, text, until};

/// A mail from an address to a trap.
fn mail(folder: &Path, address: &str) -> String {
    let path = folder.join(format!("{address}.eml"));
    let received = format!(
        "Received: from mail.sender.example (unknown [{address}])\r\n\tby mx.trap.example with ESMTP id 1\r\n\
         \tfor <a@trap.example>; Thu, 26 Nov 2026 10:00:00 +0000\r\n"
    );
    let rest = "From: somebody@sender.example\r\nTo: a@trap.example\r\nSubject: buy\r\n\r\nNow.\r\n";
    std::fs::write(&path, format!("{received}{rest}")).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Writes rules that differ from the standard ones, and gives their path.
fn rules(folder: &Path, version: &str, list_at: &str) -> String {
    let text = STANDARD
        .replace("version = \"3\"", &format!("version = \"{version}\""))
        .replace("list_at = 1.0", &format!("list_at = {list_at}"));
    let path = folder.join(format!("rules-{version}.toml"));
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn rules_are_tried_put_in_force_and_taken_back() {
    let files = tempfile::tempdir().unwrap();
    let own = rules(files.path(), "ours-1", "0.9");
    let server = Server::start(&format!("[decide]\nrules = \"{own}\"\n"));
    let spam = mail(files.path(), "192.0.2.77");
    server.command(&["replay", &spam]);
    let listing = &server.lookup("192.0.2.77")["listings"][0];
    assert_eq!(listing["rule"], "score/ours-1", "{listing}");

    let stricter = rules(files.path(), "ours-2", "5.0");
    let page = files.path().join("page.html");
    let table = server.command(&["simulate", "--rules", &stricter, "--page", page.to_str().unwrap()]);
    assert!(
        table.contains("dropped: listed by the present rules only"),
        "{table}"
    );
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(html.contains("192.0.2.77") && html.contains("ours-2"), "{html}");
    let report: serde_json::Value =
        serde_json::from_str(&server.command(&["simulate", "--rules", &stricter, "--json"])).unwrap();
    assert_eq!(
        (&report["dropped"]["count"], &report["kept"]["count"]),
        (&1.into(), &0.into())
    );
    let wrong = files.path().join("wrong.toml");
    std::fs::write(&wrong, "version = \"x\"\nlist_att = 1.0\n").unwrap();
    let told = atalaya(&["simulate", "--rules", wrong.to_str().unwrap()], server.data());
    assert_eq!(told.status.code(), Some(1));
    assert!(text(&told.stderr).contains("line 2"), "{}", text(&told.stderr));

    let dry = server.command(&["purge", "--sensor", "replay", "--dry-run"]);
    assert!(dry.contains("192.0.2.77"), "{dry}");
    assert_eq!(server.lookup("192.0.2.77")["listed"], true);
    server.command(&["purge", "--sensor", "replay"]);
    assert_eq!(server.lookup("192.0.2.77")["listed"], false);
    assert!(server.command(&["sources"]).contains("Nothing is known"));
    let nothing = atalaya(&["purge", "--dry-run"], server.data());
    assert_eq!(nothing.status.code(), Some(2));
}

#[test]
fn rules_that_are_saved_judge_what_comes_next_without_a_restart() {
    let files = tempfile::tempdir().unwrap();
    let own = rules(files.path(), "ours-1", "0.9");
    let server = Server::start(&format!("[decide]\nrules = \"{own}\"\n"));
    server.command(&["replay", &mail(files.path(), "192.0.2.77")]);

    let next = rules(files.path(), "ours-2", "0.8");
    let told = server.command(&["rules", "save", &next]);
    assert!(
        told.contains("version \"ours-2\", which is judged by from now on"),
        "{told}"
    );
    server.command(&["replay", &mail(files.path(), "192.0.2.78")]);
    let rule = |address: &str| server.lookup(address)["listings"][0]["rule"].clone();
    assert_eq!(rule("192.0.2.78"), "score/ours-2");
    assert_eq!(rule("192.0.2.77"), "score/ours-1");

    // Taken back by its number, once, behind a look at what that would do.
    let trail: serde_json::Value =
        serde_json::from_str(&server.command(&["audit", "--act", "rules.save", "--json"])).unwrap();
    let number = trail["id"].to_string();
    let former = server.command(&["rules", "back", &number, "--text"]);
    assert!(former.contains("version = \"ours-1\""), "{former}");
    let look = server.command(&["rules", "back", &number]);
    assert!(
        look.contains("Nothing was changed.") && look.contains("ours-1"),
        "{look}"
    );
    assert!(server.command(&["rules", "show"]).contains("ours-2"));
    let told = server.command(&["rules", "back", &number, "--yes"]);
    assert!(told.contains("version \"ours-1\" again"), "{told}");
    let twice = atalaya(&["rules", "back", &number, "--yes"], server.data());
    assert!(
        text(&twice.stderr).contains("was taken back by deed"),
        "{}",
        text(&twice.stderr)
    );
    server.command(&["rules", "save", &next]);

    // Broken where it stands: the old ones are still in force, and the answer says so.
    std::fs::write(&own, "version = \"x\"\nlist_att = 1.0\n").unwrap();
    let shown: serde_json::Value =
        serde_json::from_str(&server.command(&["rules", "show", "--json"])).unwrap();
    assert_eq!(
        (&shown["in_force"], &shown["version"]),
        (&"ours-2".into(), &serde_json::Value::Null)
    );
    assert!(shown["trouble"].as_str().unwrap().contains("line 2"), "{shown}");
}

#[test]
fn a_version_means_one_content_for_good() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("atalaya.toml");
    let own = rules(folder.path(), "ours", "2.0");
    std::fs::write(&config, format!("[decide]\nrules = \"{own}\"\n")).unwrap();
    let add = ["list", "add", "192.0.2.1"];
    assert!(atalaya(&add, folder.path()).status.success());
    rules(folder.path(), "ours", "3.0");
    let refused = atalaya(&add, folder.path());
    assert_eq!(refused.status.code(), Some(1));
    let told = text(&refused.stderr);
    assert!(
        told.contains("give `version` in the file of rules another value"),
        "{told}"
    );
    rules(folder.path(), "ours", "2.0");
    assert!(atalaya(&add, folder.path()).status.success());
}

#[test]
fn what_one_server_saves_the_other_on_its_database_puts_into_its_own_file_and_in_force() {
    let Some(database) = atalaya_testkit::postgres() else {
        return;
    };
    let (store, files) = (
        database.database(),
        [(), ()].map(|()| tempfile::tempdir().unwrap()),
    );
    let [(one, _), (other, file)] = files.each_ref().map(|folder| {
        let own = rules(folder.path(), "ours-1", "0.9");
        let config = format!("[store]\nurl = \"{store}\"\n[decide]\nrules = \"{own}\"\n");
        (Server::start(&config), own)
    });
    one.command(&["rules", "save", &rules(files[0].path(), "ours-2", "0.8")]);
    let shown = |server: &Server| -> serde_json::Value {
        serde_json::from_str(&server.command(&["rules", "show", "--json"])).unwrap()
    };
    let taken = until("the other server to judge by them", || {
        Some(shown(&other)).filter(|shown| shown["in_force"] == "ours-2")
    });
    assert_eq!(taken["is_in_force"], true, "{taken}");
    let own = std::fs::read_to_string(&file).unwrap();
    assert!(own.contains("version = \"ours-2\""), "{own}");
    let before = std::fs::read_to_string(format!("{file}.before")).unwrap();
    assert!(before.contains("version = \"ours-1\""), "{before}");

    // Taken back at the other one: the first goes along.
    let trail: serde_json::Value =
        serde_json::from_str(&other.command(&["audit", "--act", "rules.save", "--json"])).unwrap();
    other.command(&["rules", "back", &trail["id"].to_string(), "--yes"]);
    until("the first server to judge by the former ones", || {
        (shown(&one)["in_force"] == "ours-1").then_some(())
    });
}
