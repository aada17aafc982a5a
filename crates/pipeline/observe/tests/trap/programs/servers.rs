//! Mail servers that send to a trap: Postfix and Exim, each with a configuration and a queue of its own.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::{MAIL, check, feed, have, told};

/// Where `cargo xtask needs` unpacks Exim, which cannot be installed beside Postfix.
const EXIM: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/unpacked/exim4-daemon-light");

/// The files of a mail server, which its own user may read.
fn open_folder() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    folder
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    let is_root = Path::new("/proc/self").metadata().unwrap().uid() == 0;
    if !is_root {
        atalaya_testkit::skip("a mail server of its own needs root");
    }
    is_root
}

/// A Postfix that sends everything to a trap; ended when dropped.
struct Postfix {
    folder: TempDir,
    child: std::process::Child,
}

impl Postfix {
    fn start(to: SocketAddr) -> Self {
        let folder = open_folder();
        let path = folder.path();
        for name in ["etc", "queue", "data"] {
            std::fs::create_dir(path.join(name)).unwrap();
        }
        let owned = Command::new("chown")
            .arg("postfix")
            .arg(path.join("data"))
            .status();
        assert!(owned.unwrap().success());
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {0}/queue\ndata_directory = {0}/data\nmyhostname = pc.example.org\n\
             mydestination =\ninet_interfaces = loopback-only\ninet_protocols = ipv4\nrelayhost = [127.0.0.1]:{1}\n\
             smtp_host_lookup = native\nmaillog_file = {0}/data/maillog\nmaillog_file_prefixes = {0}\nalias_maps =\n\
             alias_database =\n",
            path.display(),
            to.port()
        );
        let master = "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n\
                      rewrite unix - - n - - trivial-rewrite\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\n\
                      trace unix - - n - 0 bounce\nproxymap unix - - n - - proxymap\nsmtp unix - - n - - smtp\n\
                      error unix - - n - - error\nretry unix - - n - - error\nscache unix - - n - 1 scache\n\
                      postlog unix-dgram n - n - 1 postlogd\n";
        std::fs::write(path.join("etc/main.cf"), main).unwrap();
        std::fs::write(path.join("etc/master.cf"), master).unwrap();
        let child = Command::new("postfix")
            .arg("-c")
            .arg(path.join("etc"))
            .arg("start-fg")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { folder, child }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // The child is the script that waits for Postfix's own first process.
        if let Ok(master) = std::fs::read_to_string(self.path("queue/pid/master.pid")) {
            drop(Command::new("kill").arg(master.trim()).status());
        }
        drop(self.child.wait());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postfix() {
    if !have("postfix") || !is_root() {
        return;
    }
    let (keep, kept) = std::sync::mpsc::channel();
    check("Postfix smtp", move |to| {
        let postfix = Postfix::start(to);
        let mut command = Command::new("sendmail");
        command
            .arg("-C")
            .arg(postfix.path("etc"))
            .args(["-f", "a@b.example", "c@d.example"]);
        // Until the queue has its folders, the program has nowhere to put the mail, and says so.
        while !postfix.path("queue/maildrop").exists() || !postfix.path("queue/pid/master.pid").exists() {
            std::thread::yield_now();
        }
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
    let folder = open_folder();
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
