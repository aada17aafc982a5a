//! Evidence of one spam in each view: what its sender said to show a trap and a password stays with the operator.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::harness::{PATIENCE, Server, atalaya, run, text};

pub(crate) const CONFIG: &str = "[trap]\nhostname = \"mx.trap.example\"\naddresses = [{ address = \"@trap.example\", kind = \"pristine\" }]\n\
    [trap.stand_for]\n\"127.0.0.1\" = \"192.0.2.11\"\n";
const SOURCE: &str = "192.0.2.11";
const MESSAGE: &str = "From: seller@watches.example\r\nTo: maria.trap@trap.example\r\nSubject: For maria.trap\r\n\r\n\
    Hola maria.trap, \x1b[31mred\x1b[0m watches.\r\n";
/// What no view but the sealed one may show: the trap, its domain, the password, and both in base64.
const GONE: [&str; 5] = ["maria", "trap.example", "hunter2", "aHVudGVyMg", "AGFuYQ"];

/// Says these lines one by one, each after the answer to the one before.
fn say(server: &Server, lines: &[&str]) {
    let mut stream = TcpStream::connect(server.smtp).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut answers = BufReader::new(stream.try_clone().unwrap());
    let mut wait = || loop {
        let mut answer = String::new();
        answers.read_line(&mut answer).unwrap();
        if answer.as_bytes().get(3) != Some(&b'-') {
            break;
        }
    };
    wait();
    for line in lines {
        // In two pieces, as a slow client sends it.
        let (one, two) = line.split_at(line.len() / 2);
        stream.write_all(one.as_bytes()).unwrap();
        stream.write_all(format!("{two}\r\n").as_bytes()).unwrap();
        wait();
    }
}

/// Sends a mail to a trap; gives the name of what was seen.
pub(crate) fn send(server: &Server) -> String {
    let text = format!("{MESSAGE}.");
    say(
        server,
        &[
            "EHLO pc.example",
            "AUTH PLAIN AGFuYQBodW50ZXIy",
            "AUTH LOGIN",
            "aHVudGVyMg==",
            "MAIL FROM:<seller@watches.example>",
            "RCPT TO:<maria.trap@trap.example>",
            "DATA",
            &text,
            "QUIT",
        ],
    );
    let list = server.command(&["evidence", SOURCE, "--json"]);
    let seen: serde_json::Value = serde_json::from_str(list.lines().next().unwrap()).unwrap();
    seen["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_spam_is_shown_to_each_as_far_as_he_may_see_it() {
    let server = Server::start(CONFIG);
    let id = send(&server);
    let pseudonym = |text: &str| {
        let start = text.find("RCPT TO:<").unwrap() + "RCPT TO:<".len();
        text[start..].split('>').next().unwrap().to_owned()
    };
    let desk = server.command(&["evidence", &id]);
    let network = server.command(&["evidence", &id.replace('-', ""), "--view", "network"]);
    for shown in [&desk, &network] {
        for words in [
            "C  EHLO pc.example\n",
            "C  AUTH PLAIN [left out]\n",
            "C  [left out]\n",
            "C  MAIL FROM:<seller@watches.example>\n",
            "Sender           <seller@watches.example>\n",
            "\\u{1b}[31mred",
        ] {
            assert!(shown.contains(words), "{words:?} is not in {shown}");
        }
        assert!(shown.matches(&pseudonym(shown)).count() >= 3, "{shown}");
    }
    assert_eq!(pseudonym(&desk), pseudonym(&network));
    let public = server.command(&["evidence", &id, "--view", "public"]);
    let list = server.command(&["evidence", SOURCE]);
    let json = server.command(&["evidence", &id, "--json"]);
    server.command(&["list", "add", SOURCE, "--class", "spam"]);
    let page = server.http("GET", &format!("/ip/{SOURCE}")).1;
    let answer = server.http("GET", &format!("/api/v1/ip/{SOURCE}")).1;
    let local = pseudonym(&desk).split_once('@').unwrap().0.to_owned();
    assert!(
        page.contains(&format!("For {local}")) && public.contains(&local),
        "{page}"
    );
    for shown in [&desk, &network, &public, &list, &json, &page, &answer] {
        for gone in GONE {
            assert!(!shown.contains(gone), "{gone} is in {shown}");
        }
        assert!(!shown.contains('\x1b'), "{shown}");
    }
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let seen = &answer["listings"][0]["evidence"][0];
    assert!(
        seen["dialect"]["id"].is_string() && seen.get("system").is_some(),
        "{seen}"
    );
}

#[test]
fn what_leaves_untouched_is_whole_checked_and_written_down_first() {
    let server = Server::start(CONFIG);
    let id = send(&server);
    let folder = server.data().join("case");
    let path = folder.to_str().unwrap();
    let ask = |more: &[&str]| {
        let command = [&["evidence", id.as_str(), "--view", "sealed"], more].concat();
        atalaya(&command, server.data())
    };
    for (more, missing) in [
        (&["--output", path][..], "--asked-by"),
        (&["--asked-by", "Court 3"], "--output"),
        (&["--asked-by", "Court 3", "--output", "/"], "is there already"),
    ] {
        let refused = ask(more);
        assert!(
            !refused.status.success() && text(&refused.stderr).contains(missing),
            "{refused:?}"
        );
    }
    assert!(!server.data().join("sealed.log").exists(), "nothing left");
    let case = ["--asked-by", "Court 3, case 123/2026", "--output", path];
    let given = ask(&case);
    assert!(given.status.success(), "{}", text(&given.stderr));
    let message = std::fs::read(folder.join("message.eml")).unwrap();
    assert_eq!(String::from_utf8(message).unwrap(), MESSAGE);
    let conversation = std::fs::read_to_string(folder.join("conversation.txt")).unwrap();
    // In two pieces, as it came.
    assert!(conversation.contains("W50ZXIy\\r\\n"), "{conversation}");
    let sums = run(
        "sh",
        &[
            "-c",
            &format!("cd {path} && sha256sum -c SHA256SUMS && echo whole"),
        ],
    );
    assert!(
        sums.ends_with("whole") && sums.matches(": OK").count() == 4,
        "{sums}"
    );
    let observation = std::fs::read_to_string(folder.join("observation.json")).unwrap();
    let sum = run("sh", &["-c", &format!("sha256sum < {path}/message.eml")]);
    assert!(
        observation.contains(sum.split(' ').next().unwrap()),
        "{observation}"
    );
    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join("message.eml"))), (0o700, 0o600));
    assert!(text(&ask(&case).stderr).contains("is there already"));
    let log = std::fs::read_to_string(server.data().join("sealed.log")).unwrap();
    assert_eq!(log.lines().count(), 1, "{log}");
    assert!(log.contains("case 123/2026") && log.contains(&id), "{log}");
    assert_eq!(mode(&server.data().join("sealed.log")), 0o600);
}
