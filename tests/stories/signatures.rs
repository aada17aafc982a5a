//! Signed mail that reaches the trap: the domain that enrolled is told of it, and so is the address that the mail names. The mail is signed by dkimpy,
//! its key stands in a name server on loopback, and the reports are read by Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply};
use atalaya_testkit::skip;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::harness::{Server, files_in, have, swaks, text, until};

/// Writes a signed mail to a file, and prints the record of its key.
const SIGN: &str = r#"
import sys, base64, dkim, nacl.signing
key = nacl.signing.SigningKey(bytes(32))
mail = (b"From: News <news@news.example>\r\nTo: old.friend@trap.example\r\nSubject: Offers\r\n"
    b"Message-ID: <1@news.example>\r\nDate: Fri, 27 Nov 2026 00:00:00 +0000\r\n"
    b"CFBL-Address: fbl@news.example; report=arf\r\nCFBL-Feedback-ID: 1:2:3\r\n\r\nHello old.friend@trap.example!\r\n")
fields = [b"From", b"To", b"Subject", b"Message-ID", b"Date", b"CFBL-Address", b"CFBL-Feedback-ID"]
sign = dkim.sign(mail, b"s1", b"news.example", base64.b64encode(bytes(key)), canonicalize=(b"relaxed", b"relaxed"),
    include_headers=fields, signature_algorithm=b"ed25519-sha256")
open(sys.argv[1], "wb").write(sign + mail)
open(sys.argv[2], "wb").write(sign + mail.replace(b"Offers", b"Better offers"))
print("v=DKIM1; k=ed25519; p=" + base64.b64encode(bytes(key.verify_key)).decode())
"#;
/// Reads a report as Python does.
const READ: &str = r#"
import sys, email, email.policy
mail = email.message_from_binary_file(open(sys.argv[1], "rb"), policy=email.policy.SMTP)
about = mail.get_payload(2).get_payload(0)
print(mail["To"], mail.get_content_type(), mail.get_param("report-type"), len(mail.defects))
print(about["CFBL-Feedback-ID"], about["Message-ID"])
"#;

/// A Python that has dkimpy and `PyNaCl`.
fn python() -> Option<&'static str> {
    let has_both = |python: &&str| {
        let asked = Command::new(python).args(["-c", "import dkim, nacl"]).output();
        asked.is_ok_and(|output| output.status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_both)
}

fn told(mut command: Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The report to an address, once it is written.
fn report_to(data: &Path, address: &str) -> PathBuf {
    until(&format!("the report to {address}"), || {
        let mut files = files_in(&data.join("notices")).into_iter();
        files.find(|file| {
            let mail = String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
            // A file under another name is still being written.
            let is_whole = file.extension().is_some_and(|kind| kind == "eml");
            is_whole && mail.contains("\r\nSubject: Feedback: ") && mail.contains(address)
        })
    })
}

fn events(server: &Server, key: &str) -> usize {
    let mut curl = Command::new("curl");
    let header = format!("Authorization: Bearer {key}");
    let url = format!("http://{}/api/v1/feedback/events?after=0", server.http);
    curl.args(["-sS", "-H", &header, &url]);
    let page: Value = serde_json::from_str(&told(curl)).unwrap();
    page["events"].as_array().unwrap().len()
}

#[test]
fn a_domain_and_the_address_in_a_mail_are_told_of_what_the_domain_signed() {
    let Some(python) = python().filter(|_| have(&["swaks", "curl"])) else {
        return skip("python3-dkim and python3-nacl are not installed");
    };
    let folder = tempfile::tempdir().unwrap();
    let [good, bad] = ["good.eml", "bad.eml"].map(|name| folder.path().join(name));
    let mut sign = Command::new(python);
    sign.args(["-c", SIGN]).args([&good, &bad]);
    let record = told(sign);
    let runtime = Runtime::new().unwrap();
    let dns = DnsPeer::start(move |name| match name {
        "s1._domainkey.news.example" => DnsReply::Records(vec![DnsRecord::txt(name, &record)]),
        _ => DnsReply::Status(3),
    });
    let dns = runtime.block_on(dns).unwrap();
    let server = Server::start(&format!(
        "[[trap.addresses]]\naddress = \"@trap.example\"\nkind = \"pristine\"\n\
         [trap.stand_for]\n\"127.0.0.31\" = \"192.0.2.31\"\n\
         [feedback]\nresolvers = [\"{}\"]\ncfbl = true\n",
        dns.address()
    ));
    let enrolled = server.command(&[
        "feedback",
        "add",
        "dkim:news.example",
        "--mailbox",
        "abuse@news.example",
        "--mail",
        "--json",
    ]);
    let enrolled: Value = serde_json::from_str(&enrolled).unwrap();
    let key = enrolled["secrets"]["pull_key"].as_str().unwrap();
    for file in [&bad, &good] {
        let data = format!("@{}", file.display());
        assert!(swaks(server.smtp, "127.0.0.31", &["--data", &data]).contains("250"));
    }
    for (address, name) in [("abuse@news.example", "enrolled"), ("fbl@news.example", "named")] {
        let report = report_to(server.data(), &format!("To: <{address}>"));
        let mut read = Command::new(python);
        read.args(["-c", READ]).arg(&report);
        let read = told(read);
        let lines: Vec<&str> = read.lines().collect();
        assert!(
            lines[0].contains(address) && lines[0].ends_with("multipart/report feedback-report 0"),
            "{name}: {read}"
        );
        assert_eq!(lines[1..], ["1:2:3 <1@news.example>"], "{name}");
        let mail = std::fs::read_to_string(&report).unwrap();
        assert!(!mail.contains("old.friend"), "the trap is hidden");
    }
    assert_eq!(events(&server, key), 1, "the changed mail is nobody's");
}
