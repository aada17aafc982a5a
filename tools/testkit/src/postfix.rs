//! A Postfix with configuration, queue and log of its own; ended when dropped.

use std::collections::HashSet;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;

/// The services behind those that listen.
const SERVICES: &str = "\
pickup unix n - n 60 1 pickup
smtpd pass - - n - - smtpd
dnsblog unix - - n - 0 dnsblog
tlsproxy unix - - n - 0 tlsproxy
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
";
/// How often it is looked whether it is up, and how long between two looks.
const MAX_LOOKS: u32 = 3_000;
const LOOK: Duration = Duration::from_millis(20);

/// A Postfix that runs.
#[derive(Debug)]
pub struct Postfix {
    folder: TempDir,
    child: Child,
}

impl Postfix {
    /// Starts one; it needs root. `listeners` are lines of `master.cf` for what listens; `settings` are lines of `main.cf`.
    ///
    /// # Errors
    /// It cannot be started, or does not come up.
    pub fn start(listeners: &str, settings: &str) -> io::Result<Self> {
        Self::start_in(Self::folder()?, Command::new("postfix"), listeners, settings)
    }

    /// A folder for it, which its own user may read.
    ///
    /// # Errors
    /// There is no place for temporary folders.
    pub fn folder() -> io::Result<TempDir> {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir()?;
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755))?;
        Ok(folder)
    }

    /// The same in a folder that may hold other files, by a command that runs `postfix`.
    ///
    /// # Errors
    /// It cannot be started, or does not come up.
    pub fn start_in(
        folder: TempDir,
        mut postfix: Command,
        listeners: &str,
        settings: &str,
    ) -> io::Result<Self> {
        let inside = |name: &str| folder.path().join(name);
        for name in ["etc", "queue", "data"] {
            std::fs::create_dir_all(inside(name))?;
        }
        let owned = Command::new("chown")
            .arg("postfix")
            .arg(inside("data"))
            .status()?;
        if !owned.success() {
            return Err(io::Error::other("only root starts a Postfix"));
        }
        let place = folder.path().display();
        let main = format!(
            "compatibility_level = 3.6\nqueue_directory = {place}/queue\ndata_directory = {place}/data\n\
             maillog_file = {place}/data/maillog\nmaillog_file_prefixes = {place}\nalias_maps =\nalias_database =\n{settings}"
        );
        std::fs::write(inside("etc/main.cf"), last_of_each(&main))?;
        std::fs::write(inside("etc/master.cf"), format!("{listeners}{SERVICES}"))?;
        let child = postfix
            .arg("-c")
            .arg(inside("etc"))
            .arg("start-fg")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        let started = Self { folder, child };
        started.wait_until_up()?;
        Ok(started)
    }

    /// Waits until it has its queue, and its first process runs.
    #[expect(clippy::disallowed_methods, reason = "Postfix tells nobody when it is up")]
    fn wait_until_up(&self) -> io::Result<()> {
        let is_there = |name: &&str| self.path(name).exists();
        for _ in 0..MAX_LOOKS {
            if ["queue/maildrop", "queue/pid/master.pid"].iter().all(is_there) {
                return Ok(());
            }
            std::thread::sleep(LOOK);
        }
        Err(io::Error::other(format!(
            "Postfix does not start: {}",
            self.log()
        )))
    }

    /// A file of its folder: `etc` is its configuration.
    #[must_use]
    pub fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its log so far.
    #[must_use]
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.path("data/maillog")).unwrap_or_default()
    }
}

/// The settings, each once, as it stands last: Postfix warns of others so much that the pipe of its log fills before anybody reads it.
fn last_of_each(settings: &str) -> String {
    let key = |line: &str| line.split('=').next().map(|key| key.trim().to_owned());
    let mut seen = HashSet::new();
    let mut lines: Vec<&str> = settings
        .lines()
        .rev()
        .filter(|line| line.starts_with(' ') || seen.insert(key(line)))
        .collect();
    lines.reverse();
    lines.join("\n") + "\n"
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
