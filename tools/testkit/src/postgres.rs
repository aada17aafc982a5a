//! A PostgreSQL server of the tests' own: one per test process, one database per test.
//!
//! Its files stand in a temporary folder, it listens on a socket in there only, and it does not care about durability. A shell watches
//! over it: when the test process ends in whatever way, the pipe between them breaks, and the shell ends the server and removes the
//! folder.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "this runs in tests only: what is missing for them should end them"
)]

use std::io::{BufRead, BufReader};
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex, mpsc};
use std::time::Duration;

/// The longest wait for the server to be ready; a loaded machine takes some seconds.
const MAX_START: Duration = Duration::from_secs(120);
/// How often it is looked whether somebody waits for a lock; each look starts a program, which takes some milliseconds.
const MAX_LOOKS: u32 = 2_000;
/// What the server says once it takes connections.
const READY: &str = "database system is ready to accept connections";
/// Runs the server, which alone keeps the standard error, until the test process is gone, which ends the standard input.
const WATCH: &str = r#"
    "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c full_page_writes=off \
        -c synchronous_commit=off -c max_connections=200 </dev/null &
    exec 2>&-
    read -r end
    kill -INT $!
    wait $!
    rm -rf "$2"
"#;

/// A running server.
#[derive(Debug)]
pub struct Postgres {
    programs: PathBuf,
    folder: PathBuf,
    databases: AtomicU32,
    /// Holds the pipe that keeps the server alive.
    _watch: Mutex<Child>,
}

/// The user who runs the server: PostgreSQL refuses to run as root.
#[derive(Debug, Clone, Copy)]
struct Owner {
    user: u32,
    group: u32,
}

/// The server of this test process; started at the first call. None where PostgreSQL is not installed.
#[must_use]
pub fn postgres() -> Option<&'static Postgres> {
    static SERVER: LazyLock<Option<Postgres>> = LazyLock::new(|| programs().map(Postgres::start));
    SERVER.as_ref()
}

impl Postgres {
    /// Makes an empty database and returns its URL.
    ///
    /// # Panics
    /// The server does not make it.
    pub fn database(&self) -> String {
        let name = format!("test{}", self.databases.fetch_add(1, Ordering::Relaxed));
        let mut create = Command::new(self.programs.join("createdb"));
        create.args(["-U", "postgres", "-h"]).arg(&self.folder).arg(&name);
        run(create);
        format!("postgres:///{name}?user=postgres&host={}", self.folder.display())
    }

    fn start(programs: PathBuf) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("atalaya-pg-")
            .tempdir()
            .expect("a temporary folder");
        // The shell that watches removes it.
        let folder = folder.keep();
        let owner = owner(&folder);
        if let Some(Owner { user, group }) = owner {
            chown(&folder, Some(user), Some(group)).expect("the folder changes hands");
        }
        let mut create = as_owner(Command::new(programs.join("initdb")), owner);
        create.args([
            "--no-sync",
            "-A",
            "trust",
            "-U",
            "postgres",
            "-E",
            "UTF8",
            "--locale=C",
            "-D",
        ]);
        create.arg(folder.join("data"));
        run(create);

        let mut watch = as_owner(Command::new("sh"), owner);
        watch
            .args(["-c", WATCH, "watch"])
            .arg(&programs)
            .arg(&folder)
            .current_dir(&folder);
        let watch = watch
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut watch = watch.spawn().expect("the shell that watches starts");
        wait_until_ready(&mut watch);
        Self {
            programs,
            folder,
            databases: AtomicU32::new(0),
            _watch: Mutex::new(watch),
        }
    }
}

/// Waits until a connection to the database `url` waits for a lock that another one holds: the moment in which a race is decided.
///
/// # Panics
/// Nobody waits for long, or the server does not answer.
pub fn until_somebody_waits(url: &str) {
    let server = postgres().expect("whoever has a URL has a server");
    let question =
        "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..MAX_LOOKS {
        let mut ask = Command::new(server.programs.join("psql"));
        let said = ask.args([url, "-AtXc", question]).current_dir("/").output();
        let said = said.expect("psql runs");
        assert!(
            said.status.success(),
            "psql: {}",
            String::from_utf8_lossy(&said.stderr)
        );
        if !said.stdout.is_empty() {
            return;
        }
    }
    panic!("nobody waited for a lock");
}

/// The folder of PostgreSQL's programs, of the newest version that is installed.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let folders = versions.flatten().map(|version| version.path().join("bin"));
    folders.filter(|folder| folder.join("initdb").exists()).max()
}

/// Whom to run the server as: nobody else, or, where the tests run as root, `postgres` or `nobody`.
fn owner(folder: &Path) -> Option<Owner> {
    use std::os::unix::fs::MetadataExt;
    let is_root = folder.metadata().expect("the folder is there").uid() == 0;
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let find = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some(Owner {
            user: fields.next()?.parse().ok()?,
            group: fields.next()?.parse().ok()?,
        })
    };
    is_root.then(|| {
        find("postgres")
            .or_else(|| find("nobody"))
            .expect("a user for the server")
    })
}

fn as_owner(mut command: Command, owner: Option<Owner>) -> Command {
    if let Some(Owner { user, group }) = owner {
        command.uid(user).gid(group);
    }
    command
}

/// Runs a program to its end, which must be a good one.
fn run(mut command: Command) {
    let done = command.current_dir("/").output().expect("the program runs");
    assert!(
        done.status.success(),
        "{command:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Waits for the server to say that it is ready, and goes on reading what it says, so that it never blocks.
fn wait_until_ready(watch: &mut Child) {
    let said = BufReader::new(watch.stderr.take().expect("the server's words are piped"));
    let (sender, ready) = mpsc::channel();
    std::thread::spawn(move || {
        let mut lines = Vec::new();
        for line in said.lines().map_while(Result::ok) {
            if line.contains(READY) {
                sender.send(Ok(())).unwrap_or_default();
                lines.clear();
            } else if lines.len() < 100 {
                lines.push(line);
            }
        }
        sender.send(Err(lines.join("\n"))).unwrap_or_default();
    });
    match ready.recv_timeout(MAX_START) {
        Ok(Ok(())) => {}
        Ok(Err(said)) => panic!("PostgreSQL ended: {said}"),
        Err(_) => panic!("PostgreSQL was not ready after {MAX_START:?}"),
    }
}
