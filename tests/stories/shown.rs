//! A server with something on every page: what came, what was told, what came back, and the links that open what is not for everybody.

use std::io::Write;
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::enrolling::word_after;
use crate::evidence;
use crate::harness::{ATALAYA, Server, files_in, until};

/// Who reads what comes back to the notices.
const OURS: &str = "list@atalaya.example";

/// The server, and what stands in the paths of pages that only a link or an id leads to.
pub(crate) struct Shown {
    pub(crate) server: Server,
    /// Names in the tables of pages, and what is put there.
    names: Vec<(&'static str, String)>,
}

impl Shown {
    /// Starts the server; its first mail is a spam, its first notice tells of it, and somebody answers.
    pub(crate) fn start() -> Self {
        let config = format!("{}[hearing]\naddresses = [\"{OURS}\"]\n", evidence::CONFIG);
        let mut server = server_with(&config);
        let first = server.first_link.take().unwrap();
        let seen = evidence::send(&server);
        let notice = notice(&server);
        let reply = hear(&server, "Who are you, then? We see nothing of it.");
        let invited = server.command(&["account", "invite", "ines", "--role", "operator"]);
        let names = vec![
            ("{first}", word_after(&first, "/console/welcome/")),
            ("{invited}", word_after(&invited, "/console/welcome/")),
            ("{ticket}", word_after(&notice, "/network/")),
            ("{token}", word_after(&notice, "/notices/stop/")),
            ("{seen}", seen),
            ("{mail}", first_mail(&server)),
            ("{reply}", reply),
        ];
        Self { server, names }
    }

    /// The path of a page of the tables.
    pub(crate) fn path(&self, page: &str) -> String {
        let named = self.names.iter();
        named.fold(page.to_owned(), |path, (name, value)| path.replace(name, value))
    }
}

/// A server with an entry in each of its lists.
pub(crate) fn server_with(config: &str) -> Server {
    let server = Server::start(config);
    for command in [
        "list add 192.0.2.7 --class spam --reason",
        "allow add 192.0.2.64/28 --reason",
        "suppress add noc@network.example --reason",
        "contact set 192.0.2.0/24 abuse@network.example --reason",
        "trap add @old.example --kind recycled --note",
    ] {
        let words = command.split(' ').chain(["Tried in a browser."]);
        server.command(&words.collect::<Vec<_>>());
    }
    for command in [
        "reporter add mx1",
        "feedback add 192.0.2.0/24 --mailbox abuse@network.example --mail",
    ] {
        server.command(&command.split(' ').collect::<Vec<_>>());
    }
    crate::public_log::until_logged(&server, 2);
    server
}

/// The notice to the network, once it lies in the folder; its lines are whole.
fn notice(server: &Server) -> String {
    until("the notice", || {
        let files = files_in(&server.data().join("notices")).into_iter();
        let mut mails = files.map(|file| String::from_utf8_lossy(&std::fs::read(file).unwrap()).into_owned());
        let told = mails.find(|mail| mail.contains("/notices/stop/"))?;
        Some(told.replace("=\r\n", ""))
    })
}

/// The id of a mail in the outbox.
fn first_mail(server: &Server) -> String {
    let told = server.command(&["outbox", "show", "--json"]);
    let mail: Value = serde_json::from_str(told.lines().next().unwrap()).unwrap();
    mail["id"].as_str().unwrap().to_owned()
}

/// Has an answer to a notice read; gives its id.
fn hear(server: &Server, words: &str) -> String {
    let mail = format!(
        "From: Abuse desk <noc@network.example>\r\nTo: {OURS}\r\nSubject: Re: Spam from 192.0.2.11\r\n\
         Message-ID: <1@network.example>\r\n\r\n{words}\r\n"
    );
    let mut child = Command::new(ATALAYA)
        .args(["hear", "-", "--json", "--recipient", OURS, "--data"])
        .arg(server.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let heard: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(heard["action"], "person", "{heard}");
    heard["id"].as_str().unwrap().to_owned()
}
