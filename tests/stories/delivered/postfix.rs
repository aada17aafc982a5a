//! A Postfix that takes mail for one domain and lays it into a Maildir.

use std::fs::create_dir;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

use crate::harness::{files_in, free_port, run, until};
use crate::mail_servers::open_folder;

/// Who owns the mailboxes: `nobody`.
const OWNER: &str = "65534";
/// The services that taking and delivering need.
const SERVICES: &str = "cleanup unix n - n - 0 cleanup\nrewrite unix - - n - - trivial-rewrite\nanvil unix - - n - 1 anvil\n\
     proxymap unix - - n - - proxymap\nerror unix - - n - - error\nvirtual unix - n n - - virtual\n\
     qmgr unix n - n 300 1 qmgr\nbounce unix - - n - 0 bounce\ndefer unix - - n - 0 bounce\ntrace unix - - n - 0 bounce\n\
     postlog unix-dgram n - n - 1 postlogd\n";

/// The Postfix, with folders of its own; stopped when dropped.
pub(super) struct Postfix {
    child: Child,
    folder: TempDir,
    pub(super) port: u16,
}

impl Postfix {
    /// Starts one for a domain; all its mailboxes are one.
    pub(super) fn start(domain: &str) -> Self {
        let (folder, port) = (open_folder(), free_port());
        let inside = |name: &str| folder.path().join(name);
        for name in ["etc", "queue", "data", "mail"] {
            create_dir(inside(name)).unwrap();
        }
        run("chown", &["postfix", inside("data").to_str().unwrap()]);
        run("chown", &[OWNER, inside("mail").to_str().unwrap()]);
        let place = folder.path().display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {place}/queue\ndata_directory = {place}/data\n\
             maillog_file = {place}/data/maillog\nmaillog_file_prefixes = {place}\nmyhostname = mx.{domain}\n\
             mydestination =\ninet_interfaces = 127.0.0.1\nmynetworks = 127.0.0.0/8\nalias_maps =\n\
             smtpd_peername_lookup = no\nvirtual_mailbox_domains = {domain}\nvirtual_mailbox_base = {place}/mail\n\
             virtual_mailbox_maps = static:desk/\nvirtual_uid_maps = static:{OWNER}\nvirtual_gid_maps = static:{OWNER}\n"
        );
        std::fs::write(inside("etc/main.cf"), main).unwrap();
        let master = format!("127.0.0.1:{port} inet n - n - - smtpd\n{SERVICES}");
        std::fs::write(inside("etc/master.cf"), master).unwrap();
        let child = Command::new("postfix")
            .arg("-c")
            .arg(inside("etc"))
            .arg("start-fg")
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let postfix = Self { child, folder, port };
        until("postfix", || TcpStream::connect(("127.0.0.1", port)).ok());
        postfix
    }

    /// The Maildir.
    pub(super) fn mailbox(&self) -> PathBuf {
        self.folder.path().join("mail/desk")
    }

    /// What lies in it, once there are so many, in the order of their coming.
    pub(super) fn delivered(&self, count: usize) -> Vec<PathBuf> {
        let arrived = |file: &Path| file.metadata().and_then(|about| about.modified()).unwrap();
        let mut files = until("the delivery", || {
            let files = files_in(&self.mailbox().join("new"));
            (files.len() >= count).then_some(files)
        });
        files.sort_by_key(|file| arrived(file));
        files
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // The child is the script that waits for Postfix's own first process.
        let file = self.folder.path().join("queue/pid/master.pid");
        if let Ok(master) = std::fs::read_to_string(file) {
            run("kill", &[master.trim()]);
            drop(self.child.wait());
        }
    }
}
