//! Postfix: `reject_rbl_client` in smtpd, and postscreen's weights. A PROXY header lets one client come from any address.

use std::fs::create_dir;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::resolver::Resolver;
use super::{BLOCKED, WELCOME, list, open_folder, page_of, ready, snippet};
use crate::harness::{free_port, run, swaks, text, until};

/// The services that smtpd and postscreen need, without their addresses.
const SERVICES: &str = "smtpd pass - - n - - smtpd\ndnsblog unix - - n - 0 dnsblog\ntlsproxy unix - - n - 0 tlsproxy\n\
     cleanup unix n - n - 0 cleanup\nrewrite unix - - n - - trivial-rewrite\nanvil unix - - n - 1 anvil\n\
     proxymap unix - - n - - proxymap\ndiscard unix - - n - - discard\nerror unix - - n - - error\n\
     qmgr unix n - n 300 1 qmgr\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
     postlog unix-dgram n - n - 1 postlogd\n";

/// A Postfix with folders of its own; stopped when dropped.
struct Postfix {
    folder: TempDir,
    _resolver: Resolver,
    server: SocketAddr,
}

impl Postfix {
    /// Starts one whose port is served by this program, with this snippet and these settings.
    fn start(resolver: Resolver, program: &str, settings: &str) -> Self {
        let folder = open_folder();
        let port = free_port();
        let inside = |name: &str| folder.path().join(name);
        for name in ["etc", "queue", "data"] {
            create_dir(inside(name)).unwrap();
        }
        run("chown", &["postfix", inside("data").to_str().unwrap()]);
        let place = folder.path().display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {place}/queue\ndata_directory = {place}/data\n\
             maillog_file = {place}/data/maillog\nmaillog_file_prefixes = {place}\nmyhostname = mx.trap.example\n\
             mydestination = trap.example\ninet_interfaces = 127.0.0.1\ninet_protocols = all\nlocal_recipient_maps =\n\
             local_transport = discard:\nalias_maps =\nsmtpd_peername_lookup = no\n{settings}"
        );
        let master = format!("127.0.0.1:{port} inet n - n - 1 {program}\n{SERVICES}");
        std::fs::write(inside("etc/main.cf"), main).unwrap();
        std::fs::write(inside("etc/master.cf"), master).unwrap();
        let started = resolver
            .command("postfix")
            .arg("-c")
            .arg(inside("etc"))
            .arg("start")
            .output()
            .unwrap();
        assert!(started.status.success(), "{}", text(&started.stderr));
        let postfix = Self {
            folder,
            _resolver: resolver,
            server: ([127, 0, 0, 1], port).into(),
        };
        until("postfix", || TcpStream::connect(postfix.server).ok());
        postfix
    }

    /// What a client from this address is told when it names a recipient.
    fn told(&self, address: &str) -> String {
        let family = if address.contains(':') { "TCP6" } else { "TCP4" };
        let destination = if address.contains(':') { "::1" } else { "127.0.0.1" };
        let proxied = [
            ["--proxy-family", family],
            ["--proxy-source", address],
            ["--proxy-source-port", "40025"],
            ["--proxy-dest", destination],
            ["--proxy-dest-port", "25"],
            ["--quit-after", "RCPT"],
        ];
        swaks(self.server, "127.0.0.1", proxied.as_flattened())
    }

    /// Its log so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("data/maillog")).unwrap_or_default()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        let file = self.folder.path().join("queue/pid/master.pid");
        let Ok(master) = std::fs::read_to_string(file) else {
            return;
        };
        run("kill", &[master.trim()]);
        let process: PathBuf = Path::new("/proc").join(master.trim());
        until("the end of postfix", || (!process.exists()).then_some(()));
    }
}

#[test]
fn postfix_turns_a_listed_address_away_and_lets_others_in() {
    if !ready(&["postfix", "unbound", "dig", "swaks", "unshare"]) {
        return;
    }
    let server = list();
    let settings = snippet("postfix") + "smtpd_upstream_proxy_protocol = haproxy\n";
    let postfix = Postfix::start(Resolver::start(&server), "smtpd", &settings);
    for address in BLOCKED {
        let told = postfix.told(address);
        let refused =
            format!("554 5.7.1 Service unavailable; Client host [{address}] blocked using bl.example.net; ");
        assert!(
            told.contains(&refused) && told.contains(&page_of(address)),
            "{told}\n{}",
            postfix.log()
        );
    }
    for address in WELCOME {
        let told = postfix.told(address);
        assert!(told.contains("250 2.1.5 Ok"), "{told}\n{}", postfix.log());
    }
}

#[test]
fn postscreen_turns_a_listed_address_away_and_lets_others_in() {
    if !ready(&["postfix", "unbound", "dig", "swaks", "unshare"]) {
        return;
    }
    let server = list();
    let settings = snippet("postscreen")
        + "postscreen_upstream_proxy_protocol = haproxy\npostscreen_greet_wait = 1s\npostscreen_cache_map =\n";
    let postfix = Postfix::start(Resolver::start(&server), "postscreen", &settings);
    for address in BLOCKED {
        let told = postfix.told(address);
        let refused =
            format!("550 5.7.1 Service unavailable; client [{address}] blocked using bl.example.net");
        assert!(
            told.contains(&refused) && told.contains(&page_of(address)),
            "{told}\n{}",
            postfix.log()
        );
    }
    for address in WELCOME {
        let told = postfix.told(address);
        assert!(told.contains("250 2.1.5 Ok"), "{told}\n{}", postfix.log());
    }
    let log = postfix.log();
    assert!(
        log.contains("addr 192.0.2.11 listed by domain bl.example.net as 127.0.0.11"),
        "weighed, and found too light: {log}"
    );
}
