//! The notice, read by programs that others wrote: Python's email package with the published schemas of X-ARF, and a mail reader, notmuch.

use std::path::Path;
use std::process::Command;

use atalaya_model::{ByteSize, Observation};
use atalaya_testkit::{data, skip};

use super::fixture::{SPAM, config, contact, digest, letter, observation};
use super::house::{House, Script, each_alone};
use crate::notice::config::NoticeConfig;

/// Reads a mail from a file: structure, defects, ARF fields, table; validates the X-ARF reports against the schemas in a folder.
const READER: &str = r##"
import csv, email, email.policy, json, pathlib, sys
import jsonschema
mail, schemas, address, spam_type = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4]
message = email.message_from_bytes(open(mail, "rb").read(), policy=email.policy.default)
assert message.get_content_type() == "multipart/report", message.get_content_type()
assert message.get_param("report-type") == "feedback-report"
for part in message.walk():
    assert not part.defects, (part.get_content_type(), part.defects)
parts = list(message.iter_parts())
assert len(parts) == 3, len(parts)
text, *attached = list(parts[0].iter_parts())
tables = [part for part in attached if part.get_content_type() == "text/csv"]
attached = [part for part in attached if part.get_content_type() == "application/json"]
assert len(tables) == (len(attached) > 1), [len(tables), len(attached)]
for table in tables:
    assert table.get_filename() == "addresses.csv"
    rows = list(csv.DictReader(table.get_content().splitlines()))
    assert [row["address"] for row in rows] == [json.loads(part.get_content())["source_identifier"] for part in attached]
assert "Spam from" in message["Subject"]
assert address in text.get_content()
fields = parts[1].get_payload()[0]
assert [fields[name] for name in ("Feedback-Type", "Version", "Source-IP")] == ["abuse", "1", address], fields.items()
assert parts[2].get_content_type() == spam_type, parts[2].get_content_type()
assert "offers@cheap.example" in str(parts[2].get_content())
reports = [json.loads(part.get_content()) for part in attached]
assert reports[0]["source_identifier"] == address
assert attached[0].get_filename() == "xarf.json"
def load(path):
    return json.loads(path.read_text())
def whole(node, path, root):
    """Puts what a reference names in its place, so that nothing is ever fetched."""
    if isinstance(node, list):
        return [whole(item, path, root) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        file, _, place = node["$ref"].partition("#")
        path, root = ((path.parent / file).resolve(), None) if file else (path, root)
        root = root or load(path)
        target = root
        for name in place.strip("/").split("/") if place else []:
            target = target[name]
        return whole(target, path, root)
    return {name: whole(item, path, root) for name, item in node.items() if name not in ("$id", "$schema", "$defs")}
master = schemas / "xarf-v4-master.json"
schema = whole(load(master), master, load(master))
validator = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
for report in reports:
    errors = [error.message for error in validator.iter_errors(report)]
    assert not errors, errors
report = reports[0]
report["type"] = "no such type"
assert list(validator.iter_errors(report)), "the schemas refuse nothing"
print("read")
"##;

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
            .args(["-c", READER])
            .args([&path, &schemas])
            .args([&observation.address.to_string(), spam_type])
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{name}: {told}");
    }
    let path = folder.path().join("digest");
    std::fs::write(&path, digest(&config())).unwrap();
    let output = Command::new("python3")
        .args(["-c", READER])
        .args([&path, &schemas])
        .args(["192.0.2.9", whole])
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
