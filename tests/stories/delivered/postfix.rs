//! A Postfix that takes mail for one domain and lays it into a Maildir.

use std::fs::create_dir;
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;

use atalaya_testkit as testkit;

use crate::harness::{files_in, free_port, run, until};

/// Who owns the mailboxes: `nobody`.
const OWNER: &str = "65534";

/// The Postfix, on a port of its own; ended when dropped.
pub(super) struct Postfix {
    postfix: testkit::Postfix,
    pub(super) port: u16,
}

impl Postfix {
    /// Starts one for a domain; all its mailboxes are one.
    pub(super) fn start(domain: &str) -> Self {
        let (folder, port) = (testkit::Postfix::folder().unwrap(), free_port());
        let mail = folder.path().join("mail");
        create_dir(&mail).unwrap();
        run("chown", &[OWNER, mail.to_str().unwrap()]);
        let settings = format!(
            "myhostname = mx.{domain}\nmydestination =\ninet_interfaces = 127.0.0.1\nmynetworks = 127.0.0.0/8\n\
             smtpd_peername_lookup = no\nvirtual_mailbox_domains = {domain}\nvirtual_mailbox_base = {}\n\
             virtual_mailbox_maps = static:desk/\nvirtual_uid_maps = static:{OWNER}\nvirtual_gid_maps = static:{OWNER}\n",
            mail.display()
        );
        let listener = format!("127.0.0.1:{port} inet n - n - - smtpd\n");
        let command = Command::new("postfix");
        let postfix = testkit::Postfix::start_in(folder, command, &listener, &settings).unwrap();
        until("postfix", || TcpStream::connect(("127.0.0.1", port)).ok());
        Self { postfix, port }
    }

    /// The Maildir.
    pub(super) fn mailbox(&self) -> PathBuf {
        self.postfix.path("mail/desk")
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
