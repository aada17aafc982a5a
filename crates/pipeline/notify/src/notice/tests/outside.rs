//! The notice, read by programs that others wrote: Python's email package, and the published schemas of X-ARF.

use std::process::Command;

use atalaya_model::{ByteSize, Observation};
use atalaya_testkit::{data, skip};

use super::fixture::{SPAM, config, letter, observation};
use crate::notice::config::NoticeConfig;

/// Reads a mail from a file: structure, defects, ARF fields; validates xarf.json against the schemas in a folder.
const READER: &str = r##"
import email, email.policy, json, pathlib, sys
import jsonschema
mail, schemas, address, spam_type = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3], sys.argv[4]
message = email.message_from_bytes(open(mail, "rb").read(), policy=email.policy.default)
assert message.get_content_type() == "multipart/report", message.get_content_type()
assert message.get_param("report-type") == "feedback-report"
for part in message.walk():
    assert not part.defects, (part.get_content_type(), part.defects)
parts = list(message.iter_parts())
assert len(parts) == 3, len(parts)
text, attached = list(parts[0].iter_parts())
assert "Spam from" in message["Subject"]
assert address in text.get_content()
fields = parts[1].get_payload()[0]
assert [fields[name] for name in ("Feedback-Type", "Version", "Source-IP")] == ["abuse", "1", address], fields.items()
assert parts[2].get_content_type() == spam_type, parts[2].get_content_type()
assert "offers@cheap.example" in str(parts[2].get_content())
report = json.loads(attached.get_content())
assert report["source_identifier"] == address
assert attached.get_filename() == "xarf.json"
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
errors = [error.message for error in validator.iter_errors(report)]
assert not errors, errors
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
}
