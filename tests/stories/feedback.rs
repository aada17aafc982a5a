//! The feedback loop: a network enrols, a spam reaches the trap, and it is told in every way; also after the server was killed.

use std::path::Path;
use std::process::Command;

use atalaya_testkit::peers::{HttpReply, Receiver};
use data_encoding::BASE64;
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::harness::{Server, files_in, have, run, swaks, text, until};

/// Checks a call with the tools of others: HMAC by Python, of what was received.
const VERIFY: &str = "import sys, hmac, hashlib, base64\n\
    secret, ident, at, want = sys.argv[1:5]\n\
    body = open(sys.argv[5], 'rb').read()\n\
    key = base64.b64decode(secret.removeprefix('whsec_'))\n\
    code = hmac.new(key, ident.encode() + b'.' + at.encode() + b'.' + body, hashlib.sha256).digest()\n\
    print('signed' if hmac.compare_digest('v1,' + base64.b64encode(code).decode(), want) else 'forged')";

/// Reads a report by mail as Python does.
const READ: &str = "import sys, email, email.policy\n\
    mail = email.message_from_binary_file(open(sys.argv[1], 'rb'), policy=email.policy.SMTP)\n\
    parts = [part.get_content_type() for part in mail.iter_parts()]\n\
    report = mail.get_payload(1).get_payload(0) if mail.get_payload(1).is_multipart() else \\\n\
        email.message_from_string(mail.get_payload(1).get_payload())\n\
    print(mail.get_content_type(), mail.get_param('report-type'), ' '.join(parts))\n\
    print(report['Feedback-Type'], report['Source-IP'], report['Version'], mail['To'], mail['Auto-Submitted'])\n\
    print(mail.get_payload(2).get_payload(0)['From'], len(mail.defects))";

fn config(webhook: std::net::SocketAddr) -> String {
    format!(
        "[[trap.addresses]]\naddress = \"@trap.example\"\nkind = \"pristine\"\n\
         [trap.stand_for]\n\"127.0.0.31\" = \"192.0.2.31\"\n\"127.0.0.32\" = \"198.51.100.32\"\n\
         [feedback]\nwebhook_servers = [\"{webhook}\"]\n"
    )
}

/// Enrols, and gives the answer.
fn enrol(server: &Server, scope: &str, more: &[&str]) -> Value {
    let mut arguments = vec![
        "feedback",
        "add",
        scope,
        "--mailbox",
        "abuse@cheap.example",
        "--json",
    ];
    arguments.extend(more);
    serde_json::from_str(&server.command(&arguments)).unwrap()
}

/// What the feed of a key tells after a cursor.
fn pull(server: &Server, key: &str, after: u64) -> Value {
    let url = format!("http://{}/api/v1/feedback/events?after={after}", server.http);
    let header = format!("Authorization: Bearer {key}");
    serde_json::from_str(&run("curl", &["-sS", "-H", &header, &url])).unwrap()
}

/// The file of the report by mail, once it is written.
fn report_in(data: &Path) -> std::path::PathBuf {
    until("the report by mail", || {
        let mut files = files_in(&data.join("notices")).into_iter();
        files.find(|file| {
            let mail = std::fs::read(file).unwrap_or_default();
            String::from_utf8_lossy(&mail).contains("\r\nSubject: Feedback: a message from 192.0.2.31")
        })
    })
}

fn python(script: &str, arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .args(["-c", script])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The webhook was called once with X-ARF, which others find signed; gives the name of the event.
fn called_with_a_signature(receiver: &Receiver, secret: &str, data: &Path) -> String {
    let posted = until("the call of the webhook", || receiver.posted().pop());
    let body = data.join("body");
    std::fs::write(&body, &posted.body).unwrap();
    let said = |name| posted.header(name).unwrap().to_owned();
    let (id, at, signature) = (
        said("webhook-id"),
        said("webhook-timestamp"),
        said("webhook-signature"),
    );
    let verified = python(VERIFY, &[secret, &id, &at, &signature, body.to_str().unwrap()]);
    assert_eq!(verified, "signed");
    let xarf: Value = serde_json::from_slice(&posted.body).unwrap();
    assert_eq!(xarf["source_identifier"], "192.0.2.31");
    let evidence = BASE64
        .decode(xarf["evidence"][0]["payload"].as_str().unwrap().as_bytes())
        .unwrap();
    assert!(!text(&evidence).contains("old.friend"), "the trap is hidden");
    id
}

/// A report came by mail, which others can read.
fn reported_by_mail(data: &Path) {
    let report = report_in(data);
    let read = python(READ, &[report.to_str().unwrap()]);
    let lines: Vec<&str> = read.lines().collect();
    assert_eq!(
        lines[0],
        "multipart/report feedback-report text/plain message/feedback-report message/rfc822"
    );
    assert_eq!(lines[1], "abuse 192.0.2.31 1 abuse@cheap.example auto-generated");
    assert!(
        lines[2].contains("seller@watches.example") && lines[2].ends_with(" 0"),
        "{read}"
    );
}

#[test]
fn a_network_that_enrolled_is_told_in_every_way_and_after_a_kill() {
    if !have(&["swaks", "curl", "python3"]) {
        return;
    }
    let runtime = Runtime::new().unwrap();
    let receiver = runtime
        .block_on(Receiver::start(|_| HttpReply::status(202)))
        .unwrap();
    let config = config(receiver.address());
    let mut server = Server::start(&config);
    let hook = format!("http://{}/feedback", receiver.address());
    let answer = enrol(&server, "192.0.2.0/24", &["--mail", "--webhook", &hook]);
    let (key, secret) = (
        &answer["secrets"]["pull_key"],
        &answer["secrets"]["webhook_secret"],
    );
    let (key, secret) = (key.as_str().unwrap(), secret.as_str().unwrap());
    for local in ["127.0.0.31", "127.0.0.32"] {
        assert!(swaks(server.smtp, local, &[]).contains("250"));
    }

    let id = called_with_a_signature(&receiver, secret, server.data());
    reported_by_mail(server.data());
    let first = pull(&server, key, 0);
    assert_eq!(
        first["events"].as_array().unwrap().len(),
        1,
        "the other network is not theirs"
    );
    assert_eq!(first["events"][0]["id"], id.as_str(), "one event has one name");
    server.kill_and_restart(&config);
    assert!(swaks(server.smtp, "127.0.0.31", &[]).contains("250"));
    let next = first["next"].as_u64().unwrap();
    let second = until("the event after the kill", || {
        let page = pull(&server, key, next);
        (page["events"].as_array().unwrap().len() == 1).then_some(page)
    });
    assert_ne!(second["events"][0]["id"], id.as_str());
    until("the call after the kill", || {
        (receiver.posted().len() == 2).then_some(())
    });
    let shown = server.command(&["feedback", "list"]);
    assert!(
        shown.contains("192.0.2.0/24") && shown.contains("active"),
        "{shown}"
    );
}
