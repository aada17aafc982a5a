//! The story of the house: spam reaches the trap, the address answers, the notice leaves, the owner delists, the answer is gone.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::harness::{Server, ZONE, files_in, free_port, have, run, swaks, until};
use crate::mail_servers::spamassassin::SpamAssassin;

/// Senders of the story: a loopback address, and the address of a recorded RDAP answer that it stands for.
const SENDER: (&str, &str) = ("127.0.0.21", "62.239.237.1");
/// Where the recorded RDAP answer for the sender says complaints go.
const CONTACT: &str = "zzdnsr@bt.com";

/// The configuration: stand-in address, recorded registry, relay.
fn config(rdap: SocketAddr, relay: u16, more: &str) -> String {
    let (local, stands_for) = SENDER;
    format!(
        "public_url = \"https://list.atalaya.example\"\n{more}\n[trap.stand_for]\n\"{local}\" = \"{stands_for}\"\n[contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\n\
         rdap_servers = {{ \"62.0.0.0/8\" = \"http://{rdap}/\" }}\n\
         [notice]\nrelay = \"127.0.0.1:{relay}\"\ntls = \"none\"\nsender = \"list@atalaya.example\"\n"
    )
}

#[test]
fn one_spam_in_one_listing_out() {
    if !have(&["swaks", "dig", "smtp-sink"]) {
        return;
    }
    let Some(rdap) = serve_recorded_rdap() else { return };
    let sink = Sink::start();
    tell(&Server::start(&config(rdap, sink.port, "")), &sink);
}

#[test]
fn the_same_story_on_postgresql() {
    if !have(&["swaks", "dig", "smtp-sink"]) {
        return;
    }
    let Some(rdap) = serve_recorded_rdap() else { return };
    let Some(database) = atalaya_testkit::postgres() else {
        return;
    };
    let sink = Sink::start();
    let store = format!("[store]\nurl = \"{}\"\n", database.database());
    tell(&Server::start(&config(rdap, sink.port, &store)), &sink);
}

/// The story, step by step.
fn tell(server: &Server, sink: &Sink) {
    let (local, address) = SENDER;

    // Observe: a program that we did not write sends, and gets its 250.
    let transcript = swaks(server.smtp, local, &["--header", "Subject: Cheap watches"]);
    assert!(
        transcript.contains("<-  250 2.0.0") || transcript.contains("<-  250 "),
        "{transcript}"
    );

    // Decide and publish: dig sees the listing.
    until("the listing in DNS", || {
        (server.dig(address, "A") == "127.0.0.3").then_some(())
    });
    assert!(
        server.dig(address, "TXT").contains(&format!("/ip/{address}")),
        "{}",
        server.dig(address, "TXT")
    );
    ask_spamassassin(server, address);

    // Notify: a real mail server takes the notice for the recorded contact.
    let notice = until("the notice", || sink.mails().into_iter().next());
    assert!(notice.contains(&format!("<{CONTACT}>")), "{notice}");
    assert!(
        notice.contains("message/feedback-report") && notice.contains("Source-IP: 62.239.237.1"),
        "{notice}"
    );
    assert!(
        !notice.contains("old.friend@trap.example"),
        "the notice shows the trap:\n{notice}"
    );

    // The page and the API say the same, and hide the trap.
    let (status, page) = server.http("GET", &format!("/ip/{address}"));
    assert_eq!(status, 200);
    assert!(page.contains(address) && !page.contains("old.friend"), "{page}");
    let (status, body) = server.http("GET", &format!("/api/v1/ip/{address}"));
    let answer: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(status, 200);
    assert_eq!(answer["listed"], true);
    assert_eq!(answer["listings"][0]["code"], "127.0.0.3");
    assert_eq!(server.lookup(address)["observations"], 1);

    // Delist: one press, no questions, gone at once.
    let (status, body) = server.leave(address);
    assert_eq!(status, 201, "{body}");
    assert_eq!(server.dig(address, "A"), "");
    assert_eq!(server.lookup(address)["listed"], false);

    // It comes back: listed again, and now it has to wait.
    swaks(server.smtp, local, &["--header", "Subject: Even cheaper watches"]);
    until("the second listing", || {
        (server.dig(address, "A") == "127.0.0.3").then_some(())
    });
    let (status, body) = server.leave(address);
    assert_eq!(status, 409, "{body}");
    assert_eq!(server.dig(address, "A"), "127.0.0.3");
}

/// SpamAssassin's own `check_rbl` asks the list about a mail that came from the address.
fn ask_spamassassin(server: &Server, address: &str) {
    if !have(&["spamassassin"]) {
        return;
    }
    let spamassassin = SpamAssassin::new(ZONE, &server.dns.to_string());
    let listed = spamassassin.verdict(address);
    assert!(listed.contains("RCVD_IN_ATALAYA_SENDER"), "{listed}");
    let clean = spamassassin.verdict("192.0.2.200");
    assert!(!clean.contains("RCVD_IN_ATALAYA"), "{clean}");
}

/// Serves the recorded RDAP answers of real registries on loopback; reports a skip where the recordings are absent.
pub(crate) fn serve_recorded_rdap() -> Option<SocketAddr> {
    let Some(folder) = atalaya_testkit::data("rdap-whois/ipwhois-v4") else {
        atalaya_testkit::skip("no recorded RDAP answers");
        return None;
    };
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = String::new();
            BufReader::new(stream.try_clone().unwrap())
                .read_line(&mut request)
                .unwrap();
            let asked = request
                .split(' ')
                .nth(1)
                .unwrap_or_default()
                .trim_start_matches("/ip/")
                .to_owned();
            let body = std::fs::read(folder.join(format!("{asked}.rdap.json")));
            let status = if body.is_ok() { "200 OK" } else { "404 Not Found" };
            let body = body.unwrap_or_default();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/rdap+json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                body.len()
            );
            // A client that went away is not this server's trouble.
            drop(
                stream
                    .write_all(head.as_bytes())
                    .and_then(|()| stream.write_all(&body)),
            );
        }
    });
    Some(address)
}

/// Postfix's smtp-sink, keeping each mail in a file.
pub(crate) struct Sink {
    child: Child,
    folder: TempDir,
    pub(crate) port: u16,
}

impl Sink {
    pub(crate) fn start() -> Self {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
        let port = free_port();
        let program = if Path::new("/usr/sbin/smtp-sink").exists() {
            "/usr/sbin/smtp-sink"
        } else {
            "smtp-sink"
        };
        let child = Command::new(program)
            .args(["-u", "nobody", "-d", "mail."])
            .arg(format!("127.0.0.1:{port}"))
            .arg("16")
            .current_dir(folder.path())
            .spawn()
            .unwrap();
        until("smtp-sink", || {
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { child, folder, port }
    }

    /// The mails that it took whole.
    pub(crate) fn mails(&self) -> Vec<String> {
        let read =
            |path: PathBuf| std::fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        let mails = files_in(self.folder.path())
            .into_iter()
            .filter_map(|path| read(path).ok());
        mails
            .filter(|mail| mail.contains("--\n") || mail.contains("--\r\n"))
            .collect()
    }
}

impl Drop for Sink {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn listed_by_hand_and_removed_again() {
    if !have(&["dig"]) {
        return;
    }
    let server = Server::start("");
    server.command(&[
        "list",
        "add",
        "192.0.2.7",
        "--class",
        "bot",
        "--reason",
        "seen in a botnet",
        "--until",
        "7d",
    ]);
    assert_eq!(server.dig("192.0.2.7", "A"), "127.0.0.4");
    server.command(&["list", "add", "198.51.100.0/24", "--class", "policy"]);
    assert_eq!(server.dig("198.51.100.77", "A"), "127.0.0.11");
    server.command(&[
        "allow",
        "add",
        "198.51.100.77",
        "--reason",
        "a mail server of ours",
    ]);
    assert_eq!(server.dig("198.51.100.77", "A"), "");
    assert_eq!(server.dig("198.51.100.78", "A"), "127.0.0.11");
    server.command(&["list", "remove", "192.0.2.7"]);
    assert_eq!(server.dig("192.0.2.7", "A"), "");
    assert_eq!(
        run(
            "dig",
            &[
                "+short",
                "-p",
                &server.dns.port().to_string(),
                "@127.0.0.1",
                "2.0.0.127.bl.atalaya.test"
            ]
        ),
        "127.0.0.2"
    );
    assert_eq!(server.end(), Some(0));
}
