//! rspamd: its own configuration as Debian ships it, with the two files of the page in `local.d`.

use std::io::Write;
use std::net::TcpStream;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::resolver::Resolver;
use super::{Daemon, LISTED, list, open_folder, ready, snippet};
use crate::harness::{free_port, run, text, until};

/// The symbol of each class, and its weight.
const SYMBOLS: &[(&str, &str)] = &[
    ("manual", "RBL_ATALAYA_MANUAL (15.00)"),
    ("spam", "RBL_ATALAYA_SPAM (8.00)"),
    ("bot", "RBL_ATALAYA_BOT (8.00)"),
    ("hijacked", "RBL_ATALAYA_HIJACKED (15.00)"),
    ("policy-declared", "RBL_ATALAYA_DECLARED (5.00)"),
    ("policy", "RBL_ATALAYA_POLICY (2.00)"),
];

/// A running rspamd with folders of its own.
struct Rspamd {
    _daemon: Daemon,
    folder: TempDir,
    server: String,
}

impl Rspamd {
    fn start(resolver: &Resolver) -> Self {
        let folder = open_folder();
        let server = format!("127.0.0.1:{}", free_port());
        let local = folder.path().join("local.d");
        std::fs::create_dir(&local).unwrap();
        let write = |name: &str, text: &str| std::fs::write(local.join(name), text).unwrap();
        for name in ["rbl.conf", "rbl_group.conf"] {
            write(name, &snippet(&format!("rspamd/{name}")));
        }
        // The full list of public suffixes takes it half a minute to compile.
        let suffixes = folder.path().join("suffixes");
        std::fs::write(&suffixes, "example\ntest\n").unwrap();
        let options = format!(
            "dns {{ nameserver = [\"{}:53\"]; }}\nurl_tld = \"{}\";",
            resolver.address,
            suffixes.display()
        );
        write("options.inc", &options);
        write("worker-normal.inc", &format!("bind_socket = \"{server}\";"));
        for worker in ["controller", "proxy"] {
            write(&format!("worker-{worker}.inc"), "enabled = false;");
        }
        let place = folder.path().display();
        run("chown", &["_rspamd:", &place.to_string()]);
        let folders = ["DBDIR", "RUNDIR", "LOGDIR", "LOCAL_CONFDIR"];
        let child = resolver
            .command("rspamd")
            .args([
                "-f",
                "-c",
                "/etc/rspamd/rspamd.conf",
                "-u",
                "_rspamd",
                "-g",
                "_rspamd",
            ])
            .args(folders.map(|name| format!("--var={name}={place}")))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let daemon = Daemon(child);
        until("rspamd", || TcpStream::connect(&server).ok());
        Self {
            _daemon: daemon,
            folder,
            server,
        }
    }

    /// What it says of a mail from this address.
    fn verdict(&self, address: &str) -> String {
        let mut child = Command::new("rspamc")
            .args([
                "-h",
                &self.server,
                "--ip",
                address,
                "--from",
                "a@watches.example",
                "symbols",
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mail =
            b"From: <a@watches.example>\r\nTo: <b@trap.example>\r\nSubject: Watches\r\n\r\nWatches.\r\n";
        child.stdin.take().unwrap().write_all(mail).unwrap();
        text(&child.wait_with_output().unwrap().stdout)
    }

    /// Its log so far.
    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("rspamd.log")).unwrap_or_default()
    }
}

#[test]
fn rspamd_gives_each_class_its_symbol_and_others_none() {
    if !ready(&["rspamd", "rspamc"]) {
        return;
    }
    let server = list();
    let resolver = Resolver::start(&server);
    let rspamd = Rspamd::start(&resolver);
    for (prefix, class) in LISTED {
        let address = prefix.replace("::/64", "::25").replace("0/24", "77");
        let said = rspamd.verdict(&address);
        let (_, symbol) = SYMBOLS.iter().find(|(of, _)| of == class).unwrap();
        assert!(said.contains(symbol), "{address}: {said}\n{}", rspamd.log());
        assert_eq!(said.matches("_ATALAYA_").count(), 1, "{address}: {said}");
    }
    for address in ["192.0.2.99", "2001:db8:1:3::25"] {
        let said = rspamd.verdict(address);
        assert!(
            said.contains("Action: ") && !said.contains("_ATALAYA"),
            "{address}: {said}"
        );
    }
}
