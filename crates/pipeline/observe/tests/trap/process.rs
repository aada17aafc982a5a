//! A trap as a process of its own, so that it has its own limit of open files. The test program starts itself again as that process.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};

use atalaya_model::Clock;
use atalaya_net::bind_tcp;
use atalaya_observe::complaints::ComplaintsConfig;
use atalaya_observe::{Trap, TrapConfig};
use atalaya_store::{Store, StoreUrl};
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

/// Hands the process its folder.
const FOLDER: &str = "ATALAYA_TEST_TRAP_FOLDER";
/// What the process writes in front of its address.
const ADDRESS: &str = "smtp=";

/// A running trap; killed when dropped.
pub(crate) struct TrapProcess {
    pub(crate) address: SocketAddr,
    child: Child,
    _folder: TempDir,
}

impl TrapProcess {
    /// Starts a trap that may have so many files open.
    pub(crate) fn start(open_files: u32) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -n {open_files} && exec \"$0\" \"$@\"")])
            .arg(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "process::a_trap_in_a_process_of_its_own",
                "--nocapture",
            ])
            .env(FOLDER, folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once(ADDRESS)?.1.parse().unwrap()))
            .expect("the trap tells its address");
        Self {
            address,
            child,
            _folder: folder,
        }
    }

    /// The number of files that the process has open.
    pub(crate) fn open_files(&self) -> usize {
        std::fs::read_dir(format!("/proc/{}/fd", self.child.id()))
            .unwrap()
            .count()
    }
}

impl Drop for TrapProcess {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The soft limit of open files of this process.
#[expect(clippy::panic, reason = "Linux always tells")]
pub(crate) fn most_open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    let Some(soft) = line.and_then(|line| line.split_whitespace().nth(3)) else {
        panic!("no limit in {limits}");
    };
    soft.parse().unwrap_or(usize::MAX)
}

/// Does nothing as a test; as the process, serves until its standard input ends.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[expect(
    clippy::disallowed_methods,
    reason = "this is how the folder reaches the other process"
)]
async fn a_trap_in_a_process_of_its_own() {
    let Ok(folder) = std::env::var(FOLDER) else { return };
    let url = StoreUrl::Sqlite(std::path::Path::new(&folder).join("store.db"));
    let store = Store::open(&url, Clock::system()).await.unwrap();
    let config = TrapConfig {
        max_connections: 20_000,
        max_connections_per_address: 20_000,
        ..TrapConfig::default()
    };
    let listener = bind_tcp(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    println!("{ADDRESS}{}", listener.local_addr().unwrap());
    let trap = Trap::new(config, ComplaintsConfig::default(), store, Clock::system(), None);
    let stop = CancellationToken::new();
    let ending = stop.clone();
    std::thread::spawn(move || {
        let ended = std::io::stdin().read(&mut [0]);
        ending.cancel();
        ended
    });
    trap.serve(listener, stop).await;
}
