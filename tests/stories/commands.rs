//! The command line as an operator meets it: exit codes, messages, with and without a server.

use std::process::Command;

use atalaya_testkit::peers::{LinePeer, LineReply};

use crate::harness::{ATALAYA, Server, atalaya, free_port, have, run, text};

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
        "export",
        "fingerprint",
        "import",
        "simulate",
        "purge",
        "sources",
        "data",
        "contact",
        "notice",
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
fn a_notice_is_previewed_from_the_templates_of_the_operator() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (templates, config, mail) = (path("templates"), path("a.toml"), path("a.eml"));
    let (code, written, told) = bare(&["notice", "templates", &templates]);
    assert_eq!((code, written.lines().count()), (Some(0), 8), "{told}");
    let settings = format!("[notice]\ntemplates = \"{templates}\"\n");
    std::fs::write(&config, settings).unwrap();
    let show = |more: &[&str]| bare(&[&["notice", "preview", "--config", &config], more].concat());
    let (code, shown, told) = show(&["--contact", "abuse@net.example"]);
    assert_eq!(code, Some(0), "{told}");
    assert!(
        shown.starts_with("Subject: Spam from 192.0.2.7")
            && shown.contains("no more notices at abuse@net.example"),
        "{shown}"
    );
    let (_, shown, told) = show(&["--language", "es", "--digest"]);
    assert!(shown.contains("3 direcciones de su red"), "{shown}{told}");
    assert_eq!(show(&["--eml", &mail]).0, Some(0));
    assert!(
        std::fs::read_to_string(&mail)
            .unwrap()
            .contains("multipart/report")
    );

    let body = path("templates/body.en.txt");
    std::fs::write(&body, "Our words.\n{{adress}}\n").unwrap();
    for (code, _, told) in [show(&[]), bare(&["check-config", &config])] {
        assert_eq!(code, Some(1));
        assert!(
            told.contains("body.en.txt: line 2: there is no `{{adress}}`"),
            "{told}"
        );
    }
}

#[test]
fn commands_work_on_a_folder_without_a_server() {
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let output = atalaya(arguments, folder.path());
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    assert_eq!(
        run(&["list", "add", "192.0.2.1"]),
        "192.0.2.1 is listed as manual without end (serial 1)."
    );
    assert!(run(&["lookup", "192.0.2.1"]).starts_with("192.0.2.1 is listed."));
    assert!(run(&["lookup", "192.0.2.2"]).starts_with("192.0.2.2 is not listed."));
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
fn a_command_that_only_asks_makes_neither_folder_nor_database() {
    let scratch = tempfile::tempdir().unwrap();
    let missing = scratch.path().join("mistyped");
    for arguments in [
        &["lookup", "192.0.2.1"][..],
        &["list", "show"],
        &["allow", "show"],
        &["list", "remove", "192.0.2.1"],
        &["allow", "remove", "192.0.2.1"],
    ] {
        for (data, told) in [
            (missing.as_path(), "there is no data folder"),
            (scratch.path(), "there is no database"),
        ] {
            let refused = atalaya(arguments, data);
            assert_eq!(refused.status.code(), Some(1), "{arguments:?}");
            assert_eq!(text(&refused.stdout), "", "{arguments:?}");
            let said = text(&refused.stderr);
            assert!(
                said.contains(told) && said.contains(data.to_str().unwrap()),
                "{said}"
            );
        }
    }
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0);
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

#[test]
fn a_command_whose_reader_has_gone_ends_without_a_word() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = Command::new(ATALAYA)
        .args(["config", "example"])
        .stdout(writer)
        .output()
        .unwrap();
    assert_eq!(
        (output.status.code(), text(&output.stderr)),
        (Some(0), String::new())
    );
}

#[test]
fn a_listing_may_end_on_a_date() {
    let folder = tempfile::tempdir().unwrap();
    let listed = atalaya(
        &["list", "add", "192.0.2.1", "--until", "2999-12-31"],
        folder.path(),
    );
    assert_eq!(
        text(&listed.stdout),
        "192.0.2.1 is listed as manual until 2999-12-31T00:00:00Z (serial 1)."
    );
    let over = atalaya(
        &["list", "add", "192.0.2.2", "--until", "2001-12-31"],
        folder.path(),
    );
    assert_eq!(over.status.code(), Some(1), "{}", text(&over.stderr));
    let nonsense = atalaya(&["allow", "add", "192.0.2.2", "--until", "soon"], folder.path());
    assert_eq!(nonsense.status.code(), Some(2), "{}", text(&nonsense.stderr));
}

#[test]
fn a_reason_of_several_lines_is_wrong_use() {
    let refused = bare(&["list", "add", "192.0.2.1", "--reason", "one\ntwo", "--data", "x"]);
    assert_eq!(refused.0, Some(2));
    assert!(refused.2.contains("a reason is one line"), "{}", refused.2);
}

#[test]
fn listings_are_shown_in_columns() {
    let folder = tempfile::tempdir().unwrap();
    for (address, class) in [("192.0.2.1", "bot"), ("192.0.2.2", "hijacked")] {
        atalaya(&["list", "add", address, "--class", class], folder.path());
    }
    let shown = text(&atalaya(&["list", "show"], folder.path()).stdout);
    let columns: Vec<_> = shown.lines().map(|line| line.find("without end")).collect();
    assert_eq!(columns.len(), 2, "{shown}");
    assert!(columns[0].is_some() && columns[0] == columns[1], "{shown}");
}

#[test]
fn a_search_for_a_contact_that_fails_is_a_failure_in_every_form() {
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[contact]\nbootstrap_url = \"\"\nwhois_server = \"{}\"\n",
        format_args!("127.0.0.1:{}", free_port())
    );
    std::fs::write(folder.path().join("atalaya.toml"), config).unwrap();
    let search = |form: &[&str]| {
        let output = atalaya(&[&["contact", "192.0.2.1"], form].concat(), folder.path());
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stdout));
        assert!(
            text(&output.stderr).contains("the search came to no end"),
            "{}",
            text(&output.stderr)
        );
        text(&output.stdout)
    };
    assert_eq!(search(&[]), "");
    assert!(search(&["--explain"]).contains("whois"));
    let answer: serde_json::Value = serde_json::from_str(&search(&["--json"])).unwrap();
    assert!(answer["trouble"].is_string(), "{answer}");
    assert!(!answer["steps"].as_array().unwrap().is_empty(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_contact_is_found_and_its_search_explained() {
    let registry = LinePeer::start(|_question| {
        LineReply::text(
            "inetnum: 192.0.2.0 - 192.0.2.255\r\nnetname: NET-EXAMPLE\r\nabuse-mailbox: abuse@net.example\r\n",
        )
    })
    .await
    .unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = format!(
        "[contact]\nbootstrap_url = \"\"\nwhois_server = \"{}\"\n",
        registry.address()
    );
    std::fs::write(folder.path().join("atalaya.toml"), config).unwrap();
    let search = |form: &[&str]| {
        let output = atalaya(&[&["contact", "192.0.2.1"], form].concat(), folder.path());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let explained = search(&["--explain"]);
    assert!(explained.starts_with(" 1. "), "{explained}");
    assert!(
        explained.contains("whois 127.0.0.1") && explained.contains("abuse@net.example\nfor "),
        "{explained}"
    );
    let answer: serde_json::Value = serde_json::from_str(&search(&["--json"])).unwrap();
    assert_eq!(answer["contact"]["addresses"][0], "abuse@net.example", "{answer}");
    assert_eq!(answer["contact"]["confidence"], 80, "{answer}");
    assert_eq!(answer["trouble"], serde_json::Value::Null);
    let all = search(&["--all"]);
    assert!(
        all.starts_with("abuse@net.example\nfor 192.0.2.0/24 (NET-EXAMPLE), 80 % sure, "),
        "{all}"
    );
    std::fs::write(
        folder.path().join("list"),
        "192.0.2.77\n192.0.7.0/25\n192.0.7.9\n10.0.0.1\n",
    )
    .unwrap();
    let plan = |form: &[&str]| {
        let list = folder.path().join("list");
        let command = ["contact", "plan", list.to_str().unwrap()];
        let output = atalaya(&[&command, form].concat(), folder.path());
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    };
    let planned = plan(&[]);
    assert!(
        planned.starts_with("3 networks: 1 known, 1 reserved, 1 to ask about.\n"),
        "{planned}"
    );
    let queued: serde_json::Value = serde_json::from_str(&plan(&["--run", "--json"])).unwrap();
    assert_eq!(queued["servers"][0]["queries"], 1, "{queued}");
    assert_eq!(queued["queued"], 1);
}
