//! The logs of real mail servers: that of a Postfix is followed across its own rotation and a kill, that of an Exim is read.

use std::path::Path;

use serde_json::Value;

use super::postfix::Postfix;
use super::resolver::Resolver;
use super::{LISTED, ZONE, exim, open_folder, ready};
use crate::harness::{Server, run, swaks, until};

/// Who writes to mailboxes that there are not.
const GUESSER: &str = "192.0.2.77";

/// A server that follows the log of a Postfix.
fn follower(log: &Path) -> (Server, String) {
    let config = format!(
        "[logs]\nfiles = [{{ name = \"mx\", path = \"{}\", server = \"postfix\" }}]\n\
         [publish]\nzone = \"{ZONE}\"\n[complaints]\nown = [\"198.51.100.0/24\"]\n\
         [trap]\naddresses = [{{ address = \"@trap.example\", kind = \"typo\" }}]\n\
         [trap.stand_for]\n\"127.0.0.77\" = \"{GUESSER}\"\n",
        log.display()
    );
    let server = Server::start(&config);
    // The resolver waits until it finds what the page's list has.
    for (prefix, class) in LISTED {
        server.command(&["list", "add", prefix, "--class", class]);
    }
    (server, config)
}

/// Waits until so many observations are kept against an address; there must never be more.
fn observed(server: &Server, address: &str, expected: u64) {
    let found = until("the log is read", || {
        let found = server.lookup(address)["observations"].as_u64()?;
        (found >= expected).then_some(found)
    });
    assert_eq!(found, expected);
}

#[test]
fn what_a_postfix_writes_against_a_client_is_evidence_once() {
    if !ready(&["postfix", "swaks", "gzip"]) {
        return;
    }
    let folder = open_folder();
    run("chown", &["postfix", folder.path().to_str().unwrap()]);
    let log = folder.path().join("mail.log");
    let (mut server, config) = follower(&log);
    let settings = format!(
        "maillog_file = {}\nmaillog_file_prefixes = {}\n\
         local_recipient_maps = inline:{{nobody=x}}\nsmtpd_upstream_proxy_protocol = haproxy\n\
         smtpd_peername_lookup = no\n",
        log.display(),
        folder.path().display()
    );
    let postfix = Postfix::start(Resolver::start(&server), "smtpd", &settings);
    // Lines that do not differ at all are one, so each names another mailbox.
    let guess = |address: &str, mailbox: u32| {
        let told = postfix.told_of(address, &format!("{mailbox}@trap.example"));
        assert!(told.contains("550 5.1.1"), "{told}");
    };
    for mailbox in 0..8 {
        guess(GUESSER, mailbox);
    }
    guess("198.51.100.9", 8);
    guess("192.0.2.78", 9);
    observed(&server, GUESSER, 8);
    observed(&server, "192.0.2.78", 1);
    // One of ours makes nothing, though its line came before.
    observed(&server, "198.51.100.9", 0);

    let configuration = postfix.configuration();
    server.kill_and_restart(&config);
    run("postfix", &["-c", configuration.to_str().unwrap(), "logrotate"]);
    let files = std::fs::read_dir(folder.path()).unwrap();
    let mut names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
    assert!(
        names.any(|name| name.starts_with("mail.log.2")),
        "Postfix has rotated its log"
    );
    for mailbox in 10..12 {
        guess(GUESSER, mailbox);
    }
    observed(&server, GUESSER, 10);
    // However often one log says it, it is one witness.
    assert_eq!(server.lookup(GUESSER)["listed"], false);

    for to in ["one@trap.example", "two@trap.example"] {
        swaks(server.smtp, "127.0.0.77", &["--to", to]);
    }
    let listing = until("three witnesses list it", || {
        let found = server.lookup(GUESSER);
        found["listings"].get(0).cloned()
    });
    assert_eq!(listing["class"], "spam", "{listing}");
}

#[test]
fn what_an_exim_writes_against_a_client_is_read() {
    if !ready(&[]) || !exim::is_unpacked() {
        return;
    }
    let folder = open_folder();
    // Exim writes as a user of its own.
    run("chmod", &["1777", folder.path().to_str().unwrap()]);
    let (server, _config) = follower(&folder.path().join("mail.log"));
    let resolver = Resolver::start(&server);
    exim::configure(
        folder.path(),
        "acl_smtp_rcpt = acl_check_rcpt\nlog_selector = +smtp_protocol_error\nbegin acl\nacl_check_rcpt:\n  require verify = recipient\n  accept\n",
    );
    let (told, explained) = exim::session(&resolver, folder.path(), &["-bs", "-oMa"], GUESSER);
    assert!(told.contains("550 Unrouteable address"), "{told}\n{explained}");
    let log = folder.path().join("mainlog");
    let shown = server.command(&["logs", "--json", "--server", "exim", log.to_str().unwrap()]);
    let shown: Value = serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let seen = &shown["observation"];
    assert_eq!(seen["address"], GUESSER, "{shown}");
    assert_eq!(seen["kind"], "unknown-recipient");
    assert_eq!(seen["envelope"]["helo"], "pc.example");
    assert_eq!(seen["envelope"]["recipients"][0], "b@trap.example");
}
