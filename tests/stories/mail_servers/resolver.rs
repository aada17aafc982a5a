//! Resolvers in front: unbound, dnsmasq and named, with what guards against rebinding and with the list exempted from it.

use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{BLOCKED, Daemon, ZONE, list, open_folder, ready, snippet};
use crate::harness::{Server, free_port, run, until};

/// What unbound is told beside the snippet: where it listens, and that the rest of the world has no names.
const FRAME: &str = "server:\n do-daemonize: no\n use-syslog: no\n chroot: \"\"\n username: \"\"\n logfile: \"\"\n\
     do-ip6: no\n num-threads: 1\n access-control: 127.0.0.0/8 allow\n\
     local-zone: \".\" always_nxdomain\n local-zone: \"bl.example.net.\" transparent\n\
     remote-control:\n control-enable: no\n";

/// Where resolvers answer.
const DNS: u16 = 53;

/// A resolver at port 53 of an address of its own, and the file that makes programs ask it.
pub(super) struct Resolver {
    _daemon: Daemon,
    folder: TempDir,
    /// Where it answers.
    pub(super) address: String,
    port: u16,
}

impl Resolver {
    /// unbound with the snippet of the page.
    pub(super) fn start(server: &Server) -> Self {
        Self::unbound(server, &unbound(), "")
    }

    /// unbound with this snippet and these options more.
    fn unbound(server: &Server, snippet: &str, more: &str) -> Self {
        let folder = open_folder();
        let address = own_address();
        let place = folder.path().display();
        let snippet = at_port(snippet, "127.0.0.1@", server);
        let config = format!(
            "{FRAME}server:\n interface: {address}@53\n directory: \"{place}\"\n pidfile: \"{place}/pid\"\n{more}\n{snippet}"
        );
        let file = folder.path().join("unbound.conf");
        std::fs::write(&file, config).unwrap();
        let mut command = Command::new("unbound");
        command.arg("-d").arg("-c").arg(&file);
        Self::launch(&mut command, folder, (address, DNS))
    }

    /// dnsmasq with this snippet.
    fn dnsmasq(server: &Server, snippet: &str) -> Self {
        let folder = open_folder();
        let address = own_address();
        let snippet = at_port(snippet, "127.0.0.1#", server);
        let file = folder.path().join("dnsmasq.conf");
        let frame = format!(
            "listen-address={address}\nbind-interfaces\nno-resolv\nno-hosts\nuser=root\npid-file\nlog-facility=-\n"
        );
        std::fs::write(&file, frame + &snippet).unwrap();
        let mut command = Command::new("dnsmasq");
        command.arg("-k").arg("-C").arg(&file);
        Self::launch(&mut command, folder, (address, DNS))
    }

    /// named with this snippet. It listens only at addresses that an interface has, so that it gets a port of its own.
    fn named(server: &Server, snippet: &str) -> Self {
        let folder = open_folder();
        let port = free_port();
        let place = folder.path().display();
        let snippet = at_port(snippet, "127.0.0.1 port ", server);
        let frame = format!(
            "options {{ directory \"{place}\"; pid-file none; session-keyfile \"{place}/key\"; recursion yes;\n\
             listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};\n\
             validate-except {{ \"{ZONE}\"; }}; }};\ncontrols {{ }};\n"
        );
        let file = folder.path().join("named.conf");
        std::fs::write(&file, frame + &snippet).unwrap();
        let mut command = Command::new("named");
        command.arg("-f").arg("-c").arg(&file);
        Self::launch(&mut command, folder, ("127.0.0.1".to_owned(), port))
    }

    /// Launches it and waits until it answers, whatever it does.
    fn launch(command: &mut Command, folder: TempDir, (address, port): (String, u16)) -> Self {
        let daemon = Daemon(command.stderr(Stdio::null()).spawn().unwrap());
        std::fs::write(
            folder.path().join("resolv.conf"),
            format!("nameserver {address}\n"),
        )
        .unwrap();
        let resolver = Self {
            _daemon: daemon,
            folder,
            address,
            port,
        };
        until("the resolver", || {
            resolver
                .dig(&["+tries=1", "+timeout=1", ZONE, "SOA"])
                .contains("status: NOERROR")
                .then_some(())
        });
        resolver
    }

    /// What dig prints when it asks here.
    fn dig(&self, arguments: &[&str]) -> String {
        let at = format!("@{}", self.address);
        let port = self.port.to_string();
        let mut all = vec![at.as_str(), "-p", &port];
        all.extend(arguments);
        run("dig", &all)
    }

    /// The records of an address in the list, in short.
    fn records(&self, address: &str, record_type: &str) -> String {
        self.dig(&["+short", &name_of(address), record_type])
    }

    /// A command that finds names by this resolver alone: it runs in a mount namespace with its own `resolv.conf`.
    pub(super) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new("unshare");
        command
            .args([
                "-m",
                "sh",
                "-c",
                "mount --bind \"$0\" /etc/resolv.conf && exec \"$@\"",
            ])
            .arg(self.folder.path().join("resolv.conf"))
            .arg(program.as_ref());
        command
    }
}

/// Both snippets for unbound: what lets the answers pass, and where to ask.
fn unbound() -> String {
    snippet("unbound") + &snippet("unbound/stub")
}

/// An address of loopback that nobody else has: made of a port that was free.
fn own_address() -> String {
    let [high, low] = free_port().to_be_bytes();
    format!("127.53.{high}.{low}")
}

/// The snippet with the port of the server in the place of the page's.
fn at_port(snippet: &str, before: &str, server: &Server) -> String {
    let written = format!("{before}5300");
    assert!(snippet.contains(&written), "{snippet}");
    snippet.replace(&written, &format!("{before}{}", server.dns.port()))
}

/// The name of an address in the zone of the page.
fn name_of(address: &str) -> String {
    let reversed: Vec<String> = match address.parse().unwrap() {
        std::net::IpAddr::V4(address) => address.octets().iter().rev().map(u8::to_string).collect(),
        std::net::IpAddr::V6(address) => {
            let octets = address.octets().into_iter().rev();
            let nibbles = octets.flat_map(|octet| [octet & 15, octet >> 4]);
            nibbles.map(|nibble| format!("{nibble:x}")).collect()
        }
    };
    format!("{}.{ZONE}", reversed.join("."))
}

/// The addresses that the resolver must find, with their codes, and one of each family that it must not.
fn finds_the_listings(resolver: &Resolver) {
    for (address, code) in BLOCKED
        .iter()
        .zip(["127.0.0.2", "127.0.0.10", "127.0.0.3", "127.0.0.4"])
    {
        assert_eq!(resolver.records(address, "A"), code, "{address}");
        let text = resolver.records(address, "TXT");
        assert!(text.contains(&super::page_of(address)), "{address}: {text}");
    }
    for address in ["192.0.2.99", "2001:db8:1:3::25", "127.0.0.1", "::ffff:127.0.0.1"] {
        let answer = resolver.dig(&[&name_of(address), "A"]);
        assert!(answer.contains("status: NXDOMAIN"), "{address}: {answer}");
    }
    for test_entry in ["127.0.0.2", "::ffff:127.0.0.2"] {
        assert_eq!(resolver.records(test_entry, "A"), "127.0.0.2", "{test_entry}");
    }
}

#[test]
fn unbound_finds_the_listings() {
    if ready(&[]) {
        finds_the_listings(&Resolver::start(&list()));
    }
}

#[test]
fn unbound_finds_them_label_by_label() {
    if ready(&[]) {
        let strict = " qname-minimisation: yes\n qname-minimisation-strict: yes\n aggressive-nsec: yes\n";
        finds_the_listings(&Resolver::unbound(&list(), &unbound(), strict));
    }
}

#[test]
fn without_the_exemption_unbound_drops_the_answers() {
    if !ready(&[]) {
        return;
    }
    let snippet = unbound();
    let exemption = format!("private-domain: \"{ZONE}\"");
    assert!(snippet.contains(&exemption));
    let server = list();
    let resolver = Resolver::unbound(&server, &snippet.replace(&exemption, ""), "");
    assert_eq!(resolver.records("192.0.2.3", "A"), "");
}

#[test]
fn unbound_keeps_what_is_not_listed_as_long_as_the_zone_says() {
    if !ready(&[]) {
        return;
    }
    let server = list();
    let resolver = Resolver::start(&server);
    let name = name_of("192.0.2.99");
    let answer = resolver.dig(&["+noall", "+authority", &name, "A"]);
    let ttl: u32 = answer.split_whitespace().nth(1).unwrap().parse().unwrap();
    assert!((100..=120).contains(&ttl), "{answer}");
    server.command(&["list", "add", "192.0.2.99"]);
    until("the listing at the server", || {
        let port = server.dns.port().to_string();
        let seen = run("dig", &["+short", "-p", &port, "@127.0.0.1", &name, "A"]);
        (seen == "127.0.0.2").then_some(())
    });
    assert_eq!(resolver.records("192.0.2.99", "A"), "", "it is still kept");
}

#[test]
fn unbound_sees_a_new_listing_and_a_removal_when_their_time_is_over() {
    if !ready(&[]) {
        return;
    }
    let config = "[publish]\nttl = \"1s\"\nnegative_ttl = \"1s\"\n";
    let server = Server::start_with(config, &["--zone", ZONE]);
    let resolver = Resolver::start(&server);
    let shows = |code: &str| {
        until(code, || {
            (resolver.records("192.0.2.3", "A") == code).then_some(())
        });
    };
    shows("");
    server.command(&["list", "add", "192.0.2.3", "--class", "spam"]);
    shows("127.0.0.3");
    server.command(&["list", "remove", "192.0.2.3"]);
    shows("");
}

#[test]
fn dnsmasq_finds_the_listings_and_without_the_exemption_it_drops_them() {
    if !ready(&["dnsmasq"]) {
        return;
    }
    let server = list();
    let snippet = snippet("dnsmasq");
    finds_the_listings(&Resolver::dnsmasq(&server, &snippet));
    let exemption = format!("rebind-domain-ok=/{ZONE}/\n");
    assert!(snippet.contains(&exemption));
    let guarded = Resolver::dnsmasq(&server, &snippet.replace(&exemption, ""));
    assert_eq!(guarded.records("192.0.2.3", "A"), "");
}

#[test]
fn named_finds_the_listings() {
    if ready(&["named"]) {
        finds_the_listings(&Resolver::named(&list(), &snippet("named")));
    }
}
