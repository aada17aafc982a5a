//! Postfix: `reject_rbl_client` in smtpd, and postscreen's weights. A PROXY header lets one client come from any address.

use std::fs::create_dir_all;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;

use atalaya_testkit as testkit;

use super::resolver::Resolver;
use super::{BLOCKED, WELCOME, list, page_of, ready, snippet};
use crate::harness::{free_port, swaks, until};

/// A Postfix on a port of its own, and the resolver that it asks; ended when dropped.
pub(super) struct Postfix {
    postfix: testkit::Postfix,
    _resolver: Resolver,
    server: SocketAddr,
}

impl Postfix {
    /// Starts one whose port is served by this program, with this snippet and these settings.
    pub(super) fn start(resolver: Resolver, program: &str, settings: &str) -> Self {
        let (folder, port) = (testkit::Postfix::folder().unwrap(), free_port());
        let place = folder.path().display();
        let settings = format!(
            "myhostname = mx.trap.example\nmydestination = trap.example\ninet_interfaces = 127.0.0.1\ninet_protocols = all\n\
             local_recipient_maps =\nlocal_transport = discard:\nsmtpd_peername_lookup = no\n{settings}"
        );
        // Where Debian's Postfix looks who may log in, if it asks.
        let sasl = format!(
            "pwcheck_method: auxprop\nauxprop_plugin: sasldb\nmech_list: PLAIN\nsasldb_path: {place}/users\n"
        );
        create_dir_all(folder.path().join("etc/sasl")).unwrap();
        std::fs::write(folder.path().join("etc/sasl/smtpd.conf"), sasl).unwrap();
        let listener = format!("127.0.0.1:{port} inet n - n - 1 {program}\n");
        let command = resolver.command("postfix");
        let postfix = Self {
            postfix: testkit::Postfix::start_in(folder, command, &listener, &settings).unwrap(),
            _resolver: resolver,
            server: ([127, 0, 0, 1], port).into(),
        };
        until("postfix", || TcpStream::connect(postfix.server).ok());
        postfix
    }

    /// A file in its folder.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.postfix.path(name)
    }

    /// Where its configuration is.
    pub(super) fn configuration(&self) -> PathBuf {
        self.path("etc")
    }

    /// What a client from this address is told when it names a recipient.
    pub(super) fn told(&self, address: &str) -> String {
        self.hears(address, &["--quit-after", "RCPT"])
    }

    /// What a client from this address is told when it names this recipient.
    pub(super) fn told_of(&self, address: &str, recipient: &str) -> String {
        self.hears(address, &["--quit-after", "RCPT", "--to", recipient])
    }

    /// What a client from this address hears, with these arguments of swaks.
    pub(super) fn hears(&self, address: &str, more: &[&str]) -> String {
        let family = if address.contains(':') { "TCP6" } else { "TCP4" };
        let destination = if address.contains(':') { "::1" } else { "127.0.0.1" };
        let proxied = [
            ["--proxy-family", family],
            ["--proxy-source", address],
            ["--proxy-source-port", "40025"],
            ["--proxy-dest", destination],
            ["--proxy-dest-port", "25"],
        ];
        swaks(self.server, "127.0.0.1", &[proxied.as_flattened(), more].concat())
    }

    /// What clients from these addresses are told, all at the same time: postscreen makes each wait six seconds.
    pub(super) fn told_at_once<'a>(&self, addresses: &[&'a str]) -> Vec<(&'a str, String)> {
        std::thread::scope(|scope| {
            let clients: Vec<_> = addresses
                .iter()
                .map(|address| (*address, scope.spawn(|| self.told(address))))
                .collect();
            clients
                .into_iter()
                .map(|(address, client)| (address, client.join().unwrap()))
                .collect()
        })
    }

    /// Its log so far.
    pub(super) fn log(&self) -> String {
        self.postfix.log()
    }
}

/// Whether the listed are told this and the page of their address, and the others are let in.
fn turns_the_listed_away(postfix: &Postfix, refusal: impl Fn(&str) -> String) {
    for (address, told) in postfix.told_at_once(&[BLOCKED, WELCOME].concat()) {
        let is_right = if BLOCKED.contains(&address) {
            told.contains(&refusal(address)) && told.contains(&page_of(address))
        } else {
            told.contains("250 2.1.5 Ok")
        };
        assert!(is_right, "{address}: {told}\n{}", postfix.log());
    }
}

#[test]
fn postfix_turns_a_listed_address_away_and_lets_others_in() {
    if !ready(&["postfix", "swaks"]) {
        return;
    }
    let server = list();
    let settings = snippet("postfix") + "smtpd_upstream_proxy_protocol = haproxy\n";
    let postfix = Postfix::start(Resolver::start(&server), "smtpd", &settings);
    turns_the_listed_away(&postfix, |address| {
        format!("554 5.7.1 Service unavailable; Client host [{address}] blocked using bl.example.net; ")
    });
}

#[test]
fn postscreen_turns_a_listed_address_away_and_lets_others_in() {
    if !ready(&["postfix", "swaks"]) {
        return;
    }
    let server = list();
    let proxied = "postscreen_upstream_proxy_protocol = haproxy\npostscreen_cache_map =\n";
    let settings = snippet("postscreen") + proxied;
    let postfix = Postfix::start(Resolver::start(&server), "postscreen", &settings);
    turns_the_listed_away(&postfix, |address| {
        format!("550 5.7.1 Service unavailable; client [{address}] blocked using bl.example.net")
    });
    let log = postfix.log();
    assert!(
        log.contains("addr 192.0.2.11 listed by domain bl.example.net as 127.0.0.11"),
        "weighed, and found too light: {log}"
    );
}
