//! How a server starts and ends, as whoever supervises it sees it.

use std::net::TcpListener;
use std::process::{Command, Stdio};

use crate::harness::{ATALAYA, Server, have, run, text, until};

/// Starts a server whose database takes the call and never answers; gives it once it has called.
fn start_before_a_mute_database() -> (std::process::Child, tempfile::TempDir, std::net::TcpStream) {
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let url = format!("postgres://atalaya@{}/atalaya", database.local_addr().unwrap());
    let config = format!("[store]\nurl = \"{url}\"\n");
    std::fs::write(folder.path().join("atalaya.toml"), config).unwrap();
    let listen = ["dns", "smtp", "http"].map(|name| format!("--listen={name}=127.0.0.1:0"));
    let child = Command::new(ATALAYA)
        .arg("serve")
        .args(listen)
        .arg("--data")
        .arg(folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (called, _) = database.accept().unwrap();
    (child, folder, called)
}

#[test]
fn a_signal_ends_a_server_that_is_still_starting() {
    for signal in ["-TERM", "-INT"] {
        let (mut child, _folder, _called) = start_before_a_mute_database();
        run("kill", &[signal, &child.id().to_string()]);
        let status = until("the end", || child.try_wait().unwrap());
        assert_eq!(status.code(), Some(0), "{signal}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stdout), "", "it was never ready");
    }
}

#[test]
fn the_zone_can_be_named_on_the_command_line() {
    if !have(&["dig"]) {
        return;
    }
    let server = Server::start_with("", &["--zone", "bl.list.example"]);
    server.command(&["list", "add", "192.0.2.1"]);
    let port = server.dns.port().to_string();
    let ask = |name: &str| {
        run(
            "dig",
            &["+short", "+tries=3", "-p", &port, "@127.0.0.1", name, "A"],
        )
    };
    assert_eq!(ask("1.2.0.192.bl.list.example"), "127.0.0.2");
    assert_eq!(ask("1.2.0.192.bl.atalaya.test"), "");
}
