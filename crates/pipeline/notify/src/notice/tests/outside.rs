//! The notice, read by programs that others wrote: Python's email package with the published schemas of X-ARF, and a mail reader, notmuch.

use std::path::Path;
use std::process::Command;

use atalaya_model::{ByteSize, Observation};
use atalaya_testkit::{NOTICE_READER, data, skip};

use super::fixture::{SPAM, config, contact, digest, letter, observation};
use super::house::{House, Script, each_alone};
use crate::notice::config::NoticeConfig;

/// Who sent the spam of the fixture.
const SPAMMER: &str = "offers@cheap.example";

fn has_python() -> bool {
    Command::new("python3")
        .args(["-c", "import jsonschema; jsonschema.Draft202012Validator"])
        .output()
        .is_ok_and(|output| output.status.success())
}

#[test]
fn python_reads_the_mail_and_the_schemas_accept_the_report() {
    let Some(schemas) = data("xarf-iodef/xarf-v4-spec/schemas/v4") else {
        return skip("the schemas of X-ARF are not here (shared/data/xarf-iodef)");
    };
    if !has_python() {
        return skip("python3 with python3-jsonschema is not installed");
    }
    let folder = tempfile::tempdir().unwrap();
    let mut null_sender = observation(1);
    null_sender.envelope.mail_from = String::new();
    let replayed = Observation {
        source_port: None,
        ..observation(1)
    };
    let of_ipv6 = Observation {
        address: "2001:db8::7".parse().unwrap(),
        ..observation(1)
    };
    let small = NoticeConfig {
        max_evidence: ByteSize(200),
        ..config()
    };
    let in_8bit = "From: offers@cheap.example\r\nSubject: x\r\n\r\nolé\r\n";
    let (whole, header) = ("message/rfc822", "text/rfc822-headers");
    for (name, observation, raw, config, spam_type) in [
        ("usual", observation(1), SPAM, config(), whole),
        ("null sender", null_sender, SPAM, config(), whole),
        ("replayed", replayed, SPAM, config(), whole),
        ("IPv6", of_ipv6, SPAM, config(), whole),
        ("8bit", observation(1), in_8bit, config(), whole),
        ("header only", observation(1), SPAM, small, header),
    ] {
        let path = folder.path().join(name);
        std::fs::write(&path, letter(&observation, raw.as_bytes(), &config, 1)).unwrap();
        let output = Command::new("python3")
            .args(["-c", NOTICE_READER])
            .args([&path, &schemas])
            .args([&observation.address.to_string(), spam_type, SPAMMER])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {told}");
    }
    let path = folder.path().join("digest");
    std::fs::write(&path, digest(&config())).unwrap();
    let output = Command::new("python3")
        .args(["-c", NOTICE_READER])
        .args([&path, &schemas])
        .args(["192.0.2.9", whole, SPAMMER])
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "digest: {told}");
}

/// Runs notmuch on the mails of a folder.
fn notmuch(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("notmuch")
        .args(arguments)
        .env("NOTMUCH_CONFIG", folder.join("config"))
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {told}");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
async fn a_mail_reader_shows_all_notices_about_a_network_as_one_thread() {
    if Command::new("notmuch").arg("--version").output().is_err() {
        return skip("notmuch is not installed");
    }
    let house = House::new().await;
    let folder = tempfile::tempdir().unwrap();
    let mails = folder.path().join("mails");
    for kept in ["cur", "new", "tmp"] {
        std::fs::create_dir_all(mails.join(kept)).unwrap();
    }
    let (theirs, others) = (contact("abuse@cheap.example"), contact("abuse@other.example"));
    let mut written = 0;
    for (number, contact) in [(1, &theirs), (2, &theirs), (3, &others)] {
        house.list(number).await;
        let script = Script::Contact(Box::new(contact.clone()));
        for mail in house.mails(&house.writer_with(each_alone(), script)).await {
            std::fs::write(mails.join(format!("cur/{written}:2,S")), mail.message).unwrap();
            written += 1;
        }
    }
    assert_eq!(written, 3);
    let config = format!(
        "[database]\npath={}\n[user]\nname=Abuse\nprimary_email=abuse@cheap.example\n",
        mails.display()
    );
    std::fs::write(folder.path().join("config"), config).unwrap();
    notmuch(folder.path(), &["new", "--quiet"]);
    let count =
        |what: &str, query: &str| notmuch(folder.path(), &["count", &format!("--output={what}"), query]);
    assert_eq!(count("messages", "*").trim(), "3");
    assert_eq!(count("threads", "*").trim(), "2");
    assert_eq!(count("threads", "to:abuse@cheap.example").trim(), "1");
    let shown = notmuch(
        folder.path(),
        &["show", "--format=text", "to:abuse@other.example"],
    );
    for seen in [
        "Subject: Spam from 192.0.2.3",
        "WHAT WE SAW",
        "xarf.json",
        "message/feedback-report",
    ] {
        assert!(shown.contains(seen), "{seen:?} is missing in\n{shown}");
    }
}
