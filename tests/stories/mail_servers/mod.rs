//! The guide to mail servers, tried: each snippet of the page is run by the program that it is for, against a real server.
//!
//! The snippets are read out of `docs/guide/mail-servers.md`; only ports and folders are replaced. The programs find the list by a
//! resolver of their own, at an address of loopback that nobody else has, so that they run side by side.

mod exim;
mod logs;
mod milter;
mod policy;
mod postfix;
mod resolver;
mod rspamd;
pub(crate) mod spamassassin;

use std::os::unix::fs::PermissionsExt;
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::harness::{Server, have, run};

/// The page.
const PAGE: &str = include_str!("../../../docs/guide/mail-servers.md");
/// The comment before a snippet that a test runs.
const MARK: &str = "<!-- tried: ";
/// The zone of the page.
const ZONE: &str = "bl.example.net";

/// Listed with its class, as the list has it.
const LISTED: &[(&str, &str)] = &[
    ("192.0.2.2", "manual"),
    ("192.0.2.3", "spam"),
    ("192.0.2.4", "bot"),
    ("192.0.2.9", "hijacked"),
    ("192.0.2.10", "policy-declared"),
    ("192.0.2.11", "policy"),
    ("198.51.100.0/24", "spam"),
    ("2001:db8:1:2::/64", "bot"),
];
/// Addresses to be turned away, of both families.
const BLOCKED: &[&str] = &["192.0.2.2", "192.0.2.10", "198.51.100.77", "2001:db8:1:2::25"];
/// Addresses to be let in: the second is listed, with a code that the page does not reject.
const WELCOME: &[&str] = &["192.0.2.99", "192.0.2.11", "2001:db8:1:3::25"];

/// The snippet of this name.
fn snippet(name: &str) -> String {
    snippet_of(PAGE, name)
}

/// The snippet of this name on a page.
fn snippet_of(page: &str, name: &str) -> String {
    let mark = format!("{MARK}{name} -->");
    let (_, behind) = page.split_once(&mark).expect("the page has the snippet");
    let (_, behind) = behind.split_once("```text\n").expect("a snippet is fenced");
    let (snippet, _) = behind.split_once("```").expect("a fence ends");
    snippet.to_owned()
}

#[test]
fn every_snippet_of_the_page_is_tried() {
    const TRIED: &[&str] = &[
        "unbound",
        "unbound/stub",
        "named",
        "dnsmasq",
        "postfix",
        "postscreen",
        "exim",
        "rspamd/rbl.conf",
        "rspamd/rbl_group.conf",
        "spamassassin",
    ];
    let marked: Vec<&str> = PAGE
        .split(MARK)
        .skip(1)
        .filter_map(|rest| rest.split(" -->\n```text\n").next())
        .collect();
    assert_eq!(marked, TRIED);
    assert_eq!(PAGE.matches("```text\n").count(), TRIED.len());
}

/// Whether these programs can be run behind a resolver of their own: that takes port 53 and a mount namespace, so it takes root.
fn ready(programs: &[&str]) -> bool {
    if !have(&["unshare", "dig", "unbound"]) || !have(programs) {
        return false;
    }
    let namespace = Command::new("unshare").args(["-m", "true"]).output().unwrap();
    if !namespace.status.success() {
        atalaya_testkit::skip("this user can make no mount namespace for a mail server");
    }
    namespace.status.success()
}

/// A server of the page's zone, with something listed of each class.
fn list() -> Server {
    list_with("")
}

/// The same, configured like this.
fn list_with(config: &str) -> Server {
    let config = format!("public_url = \"https://list.example.net\"\n{config}");
    let server = Server::start_with(&config, &["--zone", ZONE]);
    for (prefix, class) in LISTED {
        server.command(&["list", "add", prefix, "--class", class]);
    }
    server
}

/// The page of an address, as programs tell it to the client.
fn page_of(address: &str) -> String {
    format!("https://list.example.net/ip/{address}")
}

/// A scratch folder that a program may enter when it is no longer root.
pub(crate) fn open_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

/// A program in the foreground; asked to end when dropped, so that it ends its own children.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        run("kill", &[&self.0.id().to_string()]);
        drop(self.0.wait());
    }
}
