//! Mail servers that send to a trap: Postfix and Exim, each with a configuration and a queue of its own.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use atalaya_testkit::Postfix;

use super::{MAIL, check, feed, have, told};

/// Where `cargo xtask needs` unpacks Exim, which cannot be installed beside Postfix.
const EXIM: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/unpacked/exim4-daemon-light");

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_root = Path::new("/proc/self").metadata().unwrap().uid() == 0;
    if !is_root {
        atalaya_testkit::skip("a mail server of its own needs root");
    }
    is_root
}

/// Starts a Postfix that sends everything to a trap.
fn postfix_that_sends(to: SocketAddr) -> Postfix {
    let settings = format!(
        "myhostname = pc.example.org\nmydestination =\ninet_interfaces = loopback-only\ninet_protocols = ipv4\n\
         relayhost = [127.0.0.1]:{}\nsmtp_host_lookup = native\n",
        to.port()
    );
    Postfix::start("", &settings).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix() {
    if !have("postfix") || !is_root() {
        return;
    }
    let (keep, kept) = std::sync::mpsc::channel();
    check("Postfix smtp", move |to| {
        let postfix = postfix_that_sends(to);
        let mut command = Command::new("sendmail");
        command
            .arg("-C")
            .arg(postfix.path("etc"))
            .args(["-f", "a@b.example", "c@d.example"]);
        let said = told(&feed(command, MAIL));
        keep.send(postfix).unwrap();
        said
    })
    .await;
    drop(kept.recv());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exim() {
    if !Path::new(EXIM).join("usr/sbin/exim4").exists() {
        return atalaya_testkit::skip("exim4 is not unpacked; `cargo xtask needs` does it");
    }
    if !is_root() {
        return;
    }
    let folder = Postfix::folder().unwrap();
    let path = folder.path().to_owned();
    check("Exim smtp", move |to| {
        let libraries: Vec<String> = std::fs::read_dir(format!("{EXIM}/usr/lib"))
            .unwrap()
            .map(|folder| folder.unwrap().path().display().to_string())
            .collect();
        let config = format!(
            "exim_path = {EXIM}/usr/sbin/exim4\nprimary_hostname = pc.example.org\nspool_directory = {0}/spool\n\
             log_file_path = {0}/log/%slog\nexim_user = Debian-exim\nexim_group = Debian-exim\nnever_users =\n\
             keep_environment = LD_LIBRARY_PATH\n\
             domainlist local_domains =\nbegin routers\nall:\n  driver = manualroute\n  route_list = * 127.0.0.1\n  self = send\n  \
             transport = out\nbegin transports\nout:\n  driver = smtp\n  port = {1}\n  allow_localhost\n",
            path.display(),
            to.port()
        );
        for (name, text) in [
            ("passwd", "root:x:0:0::/root:/bin/sh\nDebian-exim:x:65533:65533::/:/bin/false\n"),
            ("group", "root:x:0:\nDebian-exim:x:65533:\n"),
            ("exim.conf", &config),
        ] {
            std::fs::write(path.join(name), text).unwrap();
        }
        for name in ["spool", "log"] {
            std::fs::create_dir(path.join(name)).unwrap();
            let owned = Command::new("chown").arg("65533:65533").arg(path.join(name)).status();
            assert!(owned.unwrap().success());
        }
        // It looks its user up at its start: users of its own have it, the machine's need not.
        let with_users = "for f in passwd group; do mount --bind $0/$f /etc/$f; done && exec \"$@\"";
        let mut command = Command::new("unshare");
        command
            .args(["--mount", "sh", "-c", with_users])
            .arg(&path)
            .arg(format!("{EXIM}/usr/sbin/exim4"))
            .arg("-C")
            .arg(path.join("exim.conf"))
            .args(["-odi", "-f", "a@b.example", "c@d.example"])
            .env("LD_LIBRARY_PATH", libraries.join(":"));
        let said = told(&feed(command, MAIL));
        said + &std::fs::read_to_string(path.join("log/mainlog")).unwrap_or_default()
    })
    .await;
}
