//! fail2ban, run for real: its own actions for AbuseIPDB and blocklist.de with another URL, and the one that we ship.
//!
//! A line in a log makes a ban, and the ban an observation. Its whole configuration is a copy in a scratch folder.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use atalaya_store::{Store, StoreUrl};

use crate::harness::{Server, have, run, until};

/// Where the package has its configuration.
pub(crate) const STOCK: &str = "/etc/fail2ban";
/// The action that is shipped.
const OURS: &str = include_str!("../../packaging/fail2ban/atalaya.conf");

/// A server of fail2ban; asked to end when dropped.
pub(crate) struct Fail2ban(Child);

impl Drop for Fail2ban {
    fn drop(&mut self) {
        run("kill", &[&self.0.id().to_string()]);
        drop(self.0.wait());
    }
}

/// Replaces something in a stock action, which must have it.
pub(crate) fn redirected(action: &str, theirs: &str, ours: &str) -> String {
    let text = fs::read_to_string(Path::new(STOCK).join("action.d").join(action)).unwrap();
    assert!(text.contains(theirs), "{action} has no {theirs}");
    text.replace(theirs, ours)
}

/// A jail that reads one log and has one action.
pub(crate) fn jail(name: &str, log: &Path, action: &str) -> String {
    format!(
        "[{name}]\nenabled = true\nfilter = sshd\nlogpath = {}\nbackend = polling\nusedns = no\nmaxretry = 1\n\
         findtime = 1d\nbantime = 1d\naction = {action}\n\n",
        log.display()
    )
}

/// Starts it on a configuration of these jails.
pub(crate) fn start(folder: &Path, jails: &str) -> Fail2ban {
    let file = |name: &str| folder.join(name).display().to_string();
    fs::write(file("jail.conf"), jails).unwrap();
    // It would remember the bans of the last run, and not report them again.
    fs::write(file("fail2ban.local"), "[Definition]\ndbfile = None\n").unwrap();
    let child = Command::new("fail2ban-server")
        .args(["-f", "-x", "-c", &folder.display().to_string()])
        .args([
            "-s",
            &file("socket"),
            "-p",
            &file("pid"),
            "--logtarget",
            &file("log"),
        ])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    Fail2ban(child.unwrap())
}

/// What the store keeps against an address: sensor, source, kind and handshake.
fn kept(server: &Server, address: &str) -> Option<String> {
    let url = StoreUrl::Sqlite(server.data().join("atalaya.db"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let store = Store::open(&url, atalaya_model::Clock::system()).await.unwrap();
        let seen = store
            .observations_of(&address.parse().unwrap(), 10)
            .await
            .unwrap();
        store.close().await;
        let seen = seen.into_iter().next()?;
        Some(format!(
            "{} {} {} {}",
            seen.sensor, seen.source, seen.kind, seen.handshake
        ))
    })
}

/// The key of a new reporter, which the server knows: it reads new keys within seconds, and fail2ban reports a ban once.
fn known_key(server: &Server, name: &str) -> String {
    let answer = server.command(&["reporter", "add", name, "--json"]);
    let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
    let key = answer["key"].as_str().unwrap().to_owned();
    let check = format!(
        "http://{}/api/v2/check?ipAddress=192.0.2.1&key={key}",
        server.http
    );
    until("the key is known", || {
        run("curl", &["-sS", &check]).contains("\"data\"").then_some(())
    });
    key
}

/// Fills a folder with the configuration of Debian and the three actions, turned to `url`.
fn prepare(folder: &Path, url: &str) {
    run(
        "cp",
        &["-r", &format!("{STOCK}/."), &folder.display().to_string()],
    );
    drop(fs::remove_dir_all(folder.join("jail.d")));
    let abuseipdb = redirected("abuseipdb.conf", "https://api.abuseipdb.com", url);
    let blocklist_de = redirected("blocklist_de.conf", "https://www.blocklist.de", url);
    for (name, text) in [
        ("abuseipdb", &abuseipdb[..]),
        ("blocklist_de", &blocklist_de),
        ("atalaya", OURS),
    ] {
        fs::write(folder.join("action.d").join(format!("{name}.conf")), text).unwrap();
    }
}

#[test]
fn a_ban_becomes_an_observation_by_each_of_three_actions() {
    if !have(&["fail2ban-server", "curl"]) {
        return;
    }
    let server = Server::start("");
    let key = |name: &str| known_key(&server, name);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let url = format!("http://{}", server.http);
    prepare(folder.path(), &url);
    let logs = ["one", "two", "three"].map(|name| at(&format!("{name}.auth.log")));
    for log in &logs {
        fs::write(log, "").unwrap();
    }
    let [one, two, three] = &logs;
    let actions = [
        format!(
            "abuseipdb[abuseipdb_apikey=\"{}\", abuseipdb_category=\"18,22\"]",
            key("one")
        ),
        format!(
            "blocklist_de[email=\"mx@example.org\", apikey=\"{}\", service=\"sshd\", agent=\"fail2ban\"]",
            key("two")
        ),
        format!(
            "atalaya[url=\"{url}\", key=\"{}\", categories=\"11\"]",
            key("three")
        ),
    ];
    let jails: String = [("one", one), ("two", two), ("three", three)]
        .iter()
        .zip(&actions)
        .map(|((name, log), action)| jail(name, log, action))
        .collect();
    let _fail2ban = start(folder.path(), &jails);
    let socket = at("socket").display().to_string();
    until("fail2ban has three jails", || {
        let status = run("fail2ban-client", &["-s", &socket, "status"]);
        status.contains("Number of jail:\t3").then_some(())
    });
    let addresses = ["192.0.2.31", "192.0.2.32", "192.0.2.33"];
    let stamp = run("date", &["+%b %e %H:%M:%S"]);
    for (log, address) in logs.iter().zip(addresses) {
        let line =
            format!("{stamp} host sshd[4711]: Failed password for root from {address} port 4711 ssh2\n");
        fs::write(log, line.repeat(2)).unwrap();
    }
    for (address, expected) in addresses.iter().zip([
        "report one login-attack reported",
        "report two login-attack reported",
        "report three spam reported",
    ]) {
        let found = until(address, || kept(&server, address));
        assert_eq!(found, expected);
        // The word of one alone lists nobody.
        assert_eq!(server.lookup(address)["listed"], false);
    }
}

#[test]
fn what_csf_and_crowdsec_send_is_taken() {
    if !have(&["curl"]) {
        return;
    }
    let server = Server::start("");
    let answer: serde_json::Value =
        serde_json::from_str(&server.command(&["reporter", "add", "host", "--json"])).unwrap();
    let key = format!("Key: {}", answer["key"].as_str().unwrap());
    let url = |call: &str| format!("http://{}/api/v2/{call}", server.http);
    let report = url("report");
    let csf = [
        "-sS",
        &report,
        "-H",
        &key,
        "--data-urlencode",
        "ip=192.0.2.41",
        "--data",
        "categories=18",
    ];
    let csf = [&csf[..], &["--data-urlencode", "comment=(sshd) Failed\nlines"]].concat();
    // The server reads a new key within seconds.
    until("the key is known", || {
        run("curl", &csf).contains("192.0.2.41").then_some(())
    });
    let table = "192.0.2.42,18,,crowdsecurity/ssh-bf\n192.0.2.43,21,,crowdsecurity/http-probing\n";
    let bulk = url("bulk-report");
    let told = run(
        "curl",
        &[
            "-sS",
            &bulk,
            "-H",
            &key,
            "-H",
            "Content-Type: text/csv",
            "--data-binary",
            table,
        ],
    );
    assert!(told.contains("\"savedReports\":2"), "{told}");
    assert_eq!(
        kept(&server, "192.0.2.43").unwrap(),
        "report host web-attack reported"
    );
}
