//! Exim with `dnslists`: a session played from any address by `-bh`, so no daemon is needed.
//!
//! Debian's package cannot stand beside Postfix, so `cargo xtask needs` unpacks it instead.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;

use super::resolver::Resolver;
use super::{BLOCKED, WELCOME, list, open_folder, page_of, ready, snippet};
use crate::harness::text;

/// Where `cargo xtask needs` unpacks the package and its libraries.
const UNPACKED: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/unpacked/exim4-daemon-light");

/// Whether the package is there.
pub(super) fn is_unpacked() -> bool {
    let is_there = Path::new(UNPACKED).join("usr/sbin/exim4").exists();
    if !is_there {
        atalaya_testkit::skip("exim4 is not unpacked; `cargo xtask needs` does it");
    }
    is_there
}

/// Writes a configuration, and users that Exim looks up.
pub(super) fn configure(folder: &Path, rules: &str) {
    let place = folder.display();
    let frame = format!(
        "primary_hostname = mx.trap.example\nlog_file_path = {place}/%slog\nspool_directory = {place}\nhost_lookup =\n"
    );
    std::fs::write(folder.join("exim.conf"), frame + rules).unwrap();
    for (file, line) in [
        ("passwd", "Debian-exim:x:65533:65533::/:/bin/false\n"),
        ("group", "Debian-exim:x:65533:\n"),
    ] {
        let known = std::fs::read_to_string(Path::new("/etc").join(file)).unwrap();
        std::fs::write(folder.join(file), known + line).unwrap();
    }
}

/// Plays a session that names one recipient from this address, and gives what the client reads and what Exim explains. `mode` stands before the
/// address: with `-bh` nothing is written, with `-bs` and `-oMa` it is as if the client had connected.
pub(super) fn session(resolver: &Resolver, folder: &Path, mode: &[&str], address: &str) -> (String, String) {
    // It looks its user up at its start: users of its own have it, the machine's need not.
    let with_users = "for f in passwd group; do mount --bind $0/$f /etc/$f; done && exec \"$@\"";
    let mut child = resolver
        .command("sh")
        .args(["-c", with_users])
        .arg(folder)
        .arg(format!("{UNPACKED}/usr/sbin/exim4"))
        .arg("-C")
        .arg(folder.join("exim.conf"))
        .args(mode)
        .arg(address)
        .env("LD_LIBRARY_PATH", libraries())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let words = b"EHLO pc.example\r\nMAIL FROM:<a@watches.example>\r\nRCPT TO:<b@trap.example>\r\nQUIT\r\n";
    child.stdin.take().unwrap().write_all(words).unwrap();
    let output = child.wait_with_output().unwrap();
    (text(&output.stdout), text(&output.stderr))
}

/// The folders of the unpacked libraries: that of the architecture is among them.
fn libraries() -> String {
    let folders = std::fs::read_dir(format!("{UNPACKED}/usr/lib")).unwrap();
    let folders: Vec<_> = folders
        .map(|folder| folder.unwrap().path().display().to_string())
        .collect();
    folders.join(":")
}

#[test]
fn exim_turns_a_listed_address_away_and_lets_others_in() {
    if !ready(&[]) || !is_unpacked() {
        return;
    }
    let server = list();
    let resolver = Resolver::start(&server);
    let folder = open_folder();
    let rules = format!(
        "acl_smtp_rcpt = acl_check_rcpt\nbegin acl\nacl_check_rcpt:\n{}  accept\n",
        snippet("exim")
    );
    configure(folder.path(), &rules);
    let play = |address| session(&resolver, folder.path(), &["-bh"], address);

    for address in BLOCKED {
        let (told, explained) = play(address);
        assert!(
            told.contains("550-Listed at bl.example.net: ") && told.contains(&page_of(address)),
            "{told}\n{explained}"
        );
    }
    for address in WELCOME {
        let (told, explained) = play(address);
        assert!(told.contains("250 Accepted"), "{told}\n{explained}");
    }
    let (_, explained) = play("192.0.2.11");
    let header = "= X-Listed: bl.example.net 127.0.0.11";
    assert!(explained.contains(header), "{explained}");
}
