//! A notice to a mailbox that does not exist: a real Postfix brings it, is refused, and its report comes back to the trap and is understood.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};

use atalaya_testkit::Postfix;
use serde_json::Value;

use crate::first_light::serve_recorded_rdap;
use crate::harness::{ATALAYA, Server, free_port, have, swaks, until};

/// Whom the recorded answer names for the address of the story.
const CONTACT: &str = "zzdnsr@bt.com";
/// The sender of the story: a loopback address, and the one that it stands for.
const SENDER: (&str, &str) = ("127.0.0.22", "62.239.237.1");

/// Starts a Postfix that brings mail of each domain to a port of loopback.
fn relay(port: u16, routes: &[(&str, u16)]) -> Postfix {
    let routes: Vec<String> = routes
        .iter()
        .map(|(domain, port)| format!("{{ {domain} = smtp:[127.0.0.1]:{port} }}"))
        .collect();
    let settings = format!(
        "myhostname = relay.example\nmydestination =\ninet_interfaces = 127.0.0.1\ninet_protocols = ipv4\nmynetworks = 127.0.0.0/8\n\
         local_recipient_maps =\nsmtpd_relay_restrictions = permit_mynetworks, reject\nsmtpd_peername_lookup = no\n\
         smtp_dns_support_level = disabled\nsmtp_tls_security_level = none\nsmtpd_tls_security_level = none\nnotify_classes =\n\
         transport_maps = inline:{{ {} }}\n",
        routes.join(" ")
    );
    let relay = Postfix::start(&format!("127.0.0.1:{port} inet n - n - - smtpd\n"), &settings).unwrap();
    until("the relay", || TcpStream::connect(("127.0.0.1", port)).ok());
    relay
}

#[test]
fn a_real_report_comes_back_and_its_contact_is_marked() {
    if !have(&["swaks", "postfix"]) {
        return;
    }
    let Some(rdap) = serve_recorded_rdap() else { return };
    let port = free_port();
    let (local, stands_for) = SENDER;
    let server = Server::start(&format!(
        "public_url = \"https://list.atalaya.example\"\n[trap.stand_for]\n\"{local}\" = \"{stands_for}\"\n\
         [[trap.listeners]]\nname = \"refuses\"\naddress = \"127.0.0.1:0\"\nmode = \"refuse-recipients\"\n\
         [contact]\nbootstrap_url = \"\"\nwhois_server = \"\"\nrdap_servers = {{ \"62.0.0.0/8\" = \"http://{rdap}/\" }}\n\
         [notice]\nrelay = \"127.0.0.1:{port}\"\ntls = \"none\"\nsender = \"list@atalaya.example\"\n\
         [hearing]\naddresses = [\"list@atalaya.example\"]\n"
    ));
    let refusing = server.rest["smtp.refuses"].port();
    let relay = relay(
        port,
        &[("bt.com", refusing), ("atalaya.example", server.smtp.port())],
    );
    swaks(server.smtp, local, &["--header", "Subject: Cheap watches"]);

    let heard: Value = until("the report", || {
        let told = server.command(&["replies", "list", "--all", "--json"]);
        told.lines()
            .next()
            .map(|line| serde_json::from_str(line).unwrap())
    });
    let log = || relay.log();
    assert_eq!(
        (&heard["kind"], &heard["action"], &heard["contact"]),
        (&"bounce".into(), &"counted".into(), &CONTACT.into()),
        "{heard}\n{}",
        log()
    );
    let failure = &heard["details"]["failures"][0];
    assert_eq!(failure["status"], "5.1.1", "{heard}");
    assert_eq!(failure["recipient"], CONTACT);
    assert_eq!(server.command(&["replies", "list"]), "Nothing waits for you.");

    // The trap observed the spam, and nobody who brought the report.
    assert_eq!(server.lookup(stands_for)["observations"], 1);
    assert_eq!(server.lookup(stands_for)["listed"], true);

    // The same report through a pipe is known.
    let id = heard["id"].as_str().unwrap();
    let shown: Value = serde_json::from_str(&server.command(&["replies", "show", id, "--json"])).unwrap();
    let mail = decoded(shown["mail"].as_str().unwrap());
    let again = hear(&server, &mail);
    assert_eq!(
        (&again["known"], &again["id"]),
        (&true.into(), &heard["id"]),
        "{again}"
    );

    // What nobody can classify waits for a person, who settles it.
    let unclear = hear(
        &server,
        b"From: noc@bt.com\nSubject: hello\n\nWho are you, then\n",
    );
    assert_eq!(unclear["action"], "person");
    let unclear = unclear["id"].as_str().unwrap();
    assert!(server.command(&["replies", "list"]).contains(unclear));
    server.command(&["replies", "settle", unclear, "--as", "ignore"]);
    assert_eq!(server.command(&["replies", "list"]), "Nothing waits for you.");
}

/// Gives a mail to `hear` on its standard input.
fn hear(server: &Server, mail: &[u8]) -> Value {
    let mut child = Command::new(ATALAYA)
        .args([
            "hear",
            "-",
            "--json",
            "--recipient",
            "list@atalaya.example",
            "--data",
        ])
        .arg(server.data())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(mail).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Base64 undone, by a program of others.
fn decoded(text: &str) -> Vec<u8> {
    let mut child = Command::new("base64")
        .arg("-d")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap().stdout
}
