//! A notice to its end, among programs of others: spam reaches the trap, a Postfix delivers the notice, and what lies in the mailbox is read by
//! mutt, put into its thread by notmuch, verified by dkimpy with keys from DNS, judged by the schemas of X-ARF, and read as a feedback report by
//! Sisimai. Its link opens the page.

mod postfix;

use std::path::Path;
use std::process::{Command, Stdio};

use atalaya_testkit::peers::{DnsPeer, DnsRecord, DnsReply};
use atalaya_testkit::{NOTICE_READER, data, skip};
use tokio::runtime::Runtime;

use crate::first_light::serve_recorded_rdap;
use crate::harness::{ATALAYA, Server, have, swaks, text, until};
use crate::network_page::link;
use postfix::Postfix;

/// Loopback addresses of the senders, and what they stand for: the network of a recorded RDAP answer.
const SENDERS: [(&str, &str); 2] = [("127.0.0.41", "62.239.237.1"), ("127.0.0.42", "62.239.237.9")];
/// Where that answer says complaints go.
const CONTACT: &str = "zzdnsr@bt.com";

/// Verifies the signatures of a mail with the keys that a name server at this port has.
const VERIFY: &str = "\
import sys, dkim, nacl, dns.resolver
asked = dns.resolver.Resolver(configure=False)
asked.nameservers, asked.port = ['127.0.0.1'], int(sys.argv[2])
def key(name, timeout=5):
    return b''.join(asked.resolve(name.decode(), 'TXT')[0].strings)
mail = open(sys.argv[1], 'rb').read()
count = mail.count(b'DKIM-Signature:')
print(*[dkim.DKIM(mail).verify(idx=index, dnsfunc=key) for index in range(count)])";

/// Reads the report of a mail as those do who count complaints.
const REPORT: &str = "\
my $reports = Sisimai->make($ARGV[0]) || [];
print join(' ', $_->reason, $_->feedbacktype, $_->rhost, $_->addresser->address), qq(\\n) for @$reports;";

/// What mutt shows of the header, and what it does with the first mail.
const MUTTRC: &str = "set mbox_type=Maildir folder=. pipe_decode=yes wait_key=no\nignore *\n\
     unignore from to subject list-unsubscribe auto-submitted\n\
     folder-hook . 'push \"<pipe-message>tee shown.txt<enter><exit>\"'\n";

/// The first Python that has these modules.
fn python_with(modules: &str) -> Option<&'static str> {
    let has_them = |python: &&str| {
        let asked = Command::new(python)
            .args(["-c", &format!("import {modules}")])
            .output();
        asked.is_ok_and(|output| output.status.success())
    };
    ["python3", "/usr/bin/python3"].into_iter().find(has_them)
}

/// What a program prints; it must succeed.
fn told_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// Makes a key; gives the name and the text of its record.
fn dkim_key(folder: &Path, kind: &str) -> (String, String) {
    let file = folder.join(kind);
    let named = ["dkim", "new", "--domain", "atalaya.example", "--selector", kind];
    let option = format!("--{kind}");
    let record = told_by(
        ATALAYA,
        &[&named[..], &[&option, file.to_str().unwrap()]].concat(),
    );
    let (name, text) = record.split_once(". IN TXT ").unwrap();
    (name.to_owned(), text.split('"').skip(1).step_by(2).collect())
}

/// What mutt shows of the only mail of a mailbox.
fn shown_by_mutt(mailbox: &Path) -> String {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("muttrc"), MUTTRC).unwrap();
    // mutt wants a terminal, and somebody at it: the input stays open.
    let mut mutt = Command::new("script")
        .args([
            "-qec",
            &format!("mutt -n -F muttrc -R -f {}", mailbox.display()),
            "/dev/null",
        ])
        .current_dir(folder.path())
        .env("TERM", "vt100")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let input = mutt.stdin.take();
    let ended = until("mutt", || mutt.try_wait().unwrap());
    drop(input);
    assert!(ended.success());
    std::fs::read_to_string(folder.path().join("shown.txt")).unwrap()
}

/// How many mails and threads notmuch counts in a mailbox.
fn counted_by_notmuch(mailbox: &Path) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config");
    let config = format!(
        "[database]\npath={}\nmail_root={}\n[user]\nname=Desk\nprimary_email={CONTACT}\n",
        folder.path().display(),
        mailbox.display()
    );
    std::fs::write(&file, config).unwrap();
    let notmuch = |arguments: &[&str]| {
        let config = ["--config", file.to_str().unwrap()];
        told_by("notmuch", &[&config[..], arguments].concat())
    };
    notmuch(&["new", "--quiet"]);
    let count = |what: &str| notmuch(&["count", &format!("--output={what}"), "*"]);
    (count("messages"), count("threads"))
}

/// Whether mutt shows what a person needs.
fn is_shown_by_mutt(mailbox: &Path, address: &str) {
    let shown = shown_by_mutt(mailbox);
    for expected in [
        format!("To: {CONTACT}"),
        format!("Subject: Spam from {address}, listed in bl.atalaya.test"),
        "Auto-Submitted: auto-generated".to_owned(),
        "List-Unsubscribe: <https://list.atalaya.example/notices/stop/".to_owned(),
        "WHAT WE SAW".to_owned(),
    ] {
        assert!(shown.contains(&expected), "{expected:?} is missing in\n{shown}");
    }
}

/// Whether dkimpy finds both signatures right, with the keys that a name server gives it.
fn are_signatures_right(verifier: &str, file: &str, records: [(String, String); 2]) {
    let runtime = Runtime::new().unwrap();
    let script = move |name: &str| match records.iter().find(|(owner, _)| owner == name) {
        Some((owner, text)) => DnsReply::Records(vec![DnsRecord::txt(owner, text)]),
        None => DnsReply::Status(3),
    };
    let peer = runtime.block_on(DnsPeer::start(script)).unwrap();
    let port = peer.address().port().to_string();
    assert_eq!(told_by(verifier, &["-c", VERIFY, file, &port]), "True True");
    assert_eq!(peer.asked().len(), 2, "both keys came from the name server");
}

/// Whether the programs and data are there.
fn ready() -> bool {
    let has_sisimai = Command::new("perl").args(["-MSisimai", "-e", "1"]).output();
    if !has_sisimai.is_ok_and(|output| output.status.success()) {
        skip("libsisimai-perl is not installed");
        return false;
    }
    have(&["swaks", "postfix", "mutt", "script", "notmuch", "openssl"])
}

#[test]
fn a_notice_that_postfix_delivers_is_what_programs_of_others_expect() {
    let Some(verifier) = python_with("dkim, nacl, dns.resolver") else {
        return skip("python3-dkim, python3-nacl or python3-dnspython is not installed");
    };
    let Some(reader) = python_with("jsonschema") else {
        return skip("python3-jsonschema is not installed");
    };
    let Some(schemas) = data("xarf-iodef/xarf-v4-spec/schemas/v4") else {
        return skip("the schemas of X-ARF are not here (shared/data/xarf-iodef)");
    };
    let Some(rdap) = serve_recorded_rdap().filter(|_| ready()) else {
        return;
    };
    let postfix = Postfix::start("bt.com");
    let keys = tempfile::tempdir().unwrap();
    let records = ["ed25519", "rsa"].map(|kind| dkim_key(keys.path(), kind));
    let server = server(keys.path(), rdap, postfix.port);

    let (local, address) = SENDERS[0];
    swaks(server.smtp, local, &["--header", "Subject: Cheap watches"]);
    let mail = postfix.delivered(1).remove(0);
    let file = mail.to_str().unwrap();

    is_shown_by_mutt(&postfix.mailbox(), address);
    are_signatures_right(verifier, file, records);

    let schemas = schemas.to_str().unwrap();
    let spammer = "seller@watches.example";
    let reading = [
        "-c",
        NOTICE_READER,
        file,
        schemas,
        address,
        "message/rfc822",
        spammer,
    ];
    assert_eq!(told_by(reader, &reading), "read");
    let report = told_by("perl", &["-MSisimai", "-e", REPORT, file]);
    assert_eq!(report, format!("feedback abuse {address} {spammer}"));

    let (status, page) = server.http("GET", &link(&std::fs::read_to_string(&mail).unwrap()));
    assert_eq!(status, 200, "{page}");
    assert!(page.contains(CONTACT) && page.contains(address), "{page}");

    swaks(
        server.smtp,
        SENDERS[1].0,
        &["--header", "Subject: Cheaper watches"],
    );
    let second = postfix.delivered(2).remove(1);
    let second = std::fs::read_to_string(second).unwrap();
    assert!(
        second.contains(&format!("Subject: Spam from {}", SENDERS[1].1)),
        "{second}"
    );
    let counted = counted_by_notmuch(&postfix.mailbox());
    assert_eq!(
        counted,
        ("2".to_owned(), "1".to_owned()),
        "one thread for the network"
    );
}

/// A server that tells each incident alone, by this Postfix, signed with both keys.
fn server(keys: &Path, rdap: std::net::SocketAddr, postfix: u16) -> Server {
    let stands = SENDERS.map(|(local, address)| format!("\"{local}\" = \"{address}\"\n"));
    let dkim = ["ed25519", "rsa"].map(|kind| {
        let key = keys.join(kind);
        format!(
            "{{ selector = \"{kind}\", domain = \"atalaya.example\", key = \"{}\" }}",
            key.display()
        )
    });
    Server::start(&format!(
        "public_url = \"https://list.atalaya.example\"\n[trap.stand_for]\n{}\
         [contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\nrdap_servers = {{ \"62.0.0.0/8\" = \"http://{rdap}/\" }}\n\
         [notice]\nrelay = \"127.0.0.1:{postfix}\"\ntls = \"none\"\nsender = \"list@atalaya.example\"\n\
         digest_window = \"0s\"\ndkim = [{}]\n",
        stands.concat(),
        dkim.join(", ")
    ))
}
