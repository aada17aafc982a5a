//! The control socket between a command and its server: what each does when the other misbehaves.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::thread::JoinHandle;

use crate::harness::{PATIENCE, Server, atalaya, text};

/// Plays a server in `data` that gives these answers to the first lines of one command, and hangs up.
fn play_server(data: &Path, answers: &'static [&'static str]) -> JoinHandle<()> {
    let listener = UnixListener::bind(data.join("control.sock")).unwrap();
    std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        for answer in answers {
            stream.read_line(&mut String::new()).unwrap();
            writeln!(stream.get_mut(), "{answer}").unwrap();
        }
    })
}

#[test]
fn a_server_that_ends_while_mail_is_handed_over_is_a_failure_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let mail = folder.path().join("one.eml");
    let header = "Received: from pc.example (pc.example [192.0.2.55]) by mx.example.org (Postfix) with ESMTP id 1;\r\n\
                  \tMon, 23 Nov 2026 12:00:00 +0000\r\nFrom: <a@watches.example>\r\nSubject: Watches\r\n\r\n";
    // Far more than a socket holds, so that the command is still writing when the server hangs up.
    std::fs::write(
        &mail,
        format!("{header}{}", "Watches, cheap.\r\n".repeat(100_000)),
    )
    .unwrap();
    let server = play_server(folder.path(), &[r#"{"ok":{"serial":0,"listings":0}}"#]);
    let failed = atalaya(&["replay", mail.to_str().unwrap()], folder.path());
    server.join().unwrap();
    let told = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{told}");
    assert!(told.contains("the server hung up"), "{told}");
}

#[test]
fn a_server_that_ends_before_it_answers_is_a_failure_and_told() {
    let folder = tempfile::tempdir().unwrap();
    let server = play_server(folder.path(), &[]);
    let failed = atalaya(&["list", "show"], folder.path());
    server.join().unwrap();
    let told = text(&failed.stderr);
    assert_eq!(failed.status.code(), Some(1), "{told}");
    assert!(told.contains("the server"), "{told}");
}

/// A line to the control socket of a server.
fn dial(server: &Server) -> UnixStream {
    let stream = UnixStream::connect(server.data().join("control.sock")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream
}

#[test]
fn the_control_socket_is_open_to_its_owner_only() {
    use std::os::unix::fs::PermissionsExt;
    let server = Server::start("");
    let socket = std::fs::metadata(server.data().join("control.sock")).unwrap();
    assert_eq!(socket.permissions().mode() & 0o777, 0o600);
}

#[test]
fn nonsense_on_the_control_socket_is_answered_and_the_next_line_served() {
    let server = Server::start("");
    let mut line = BufReader::new(dial(&server));
    let mut ask = |words: &str| {
        writeln!(line.get_mut(), "{words}").unwrap();
        let mut answer = String::new();
        line.read_line(&mut answer).unwrap();
        answer
    };
    assert!(ask("make coffee").contains("does not understand this command"));
    assert!(ask(r#"{"do":"settle"}"#).contains(r#""ok""#));
}
