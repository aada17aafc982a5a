//! The servers that are measured: started alike, on the same processor, each with the same list.

use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Command, Stdio};

use super::files::{IPV6, RANGES, SINGLES, ZONE_FILE};
use super::running::Running;

/// The zone of the lists.
pub(crate) const ZONE: &str = "bl.bench.test";
/// Folders for programs, on the path or not.
const FOLDERS: [&str; 4] = ["/usr/sbin", "/usr/bin", "/usr/local/sbin", "/usr/local/bin"];

/// A server to be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Peer {
    /// The floor.
    Echo,
    /// Ours.
    Ours,
    /// rbldnsd with its smallest form: a sorted array.
    RbldnsdTset,
    /// rbldnsd with the form that most lists use.
    RbldnsdSet,
    /// The same, answering from a fork while it reads a changed file.
    RbldnsdForking,
    /// rbldnsd with its tree.
    RbldnsdTrie,
    /// NSD.
    Nsd,
    /// Knot DNS.
    Knot,
}

impl Peer {
    /// All, in the order of the tables.
    pub(super) const ALL: [Self; 8] = [
        Self::Echo,
        Self::Ours,
        Self::RbldnsdTset,
        Self::RbldnsdSet,
        Self::RbldnsdForking,
        Self::RbldnsdTrie,
        Self::Nsd,
        Self::Knot,
    ];

    /// Its name in the tables.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Echo => "echo (the floor)",
            Self::Ours => "atalaya",
            Self::RbldnsdTset => "rbldnsd ip4tset",
            Self::RbldnsdSet => "rbldnsd ip4set",
            Self::RbldnsdForking => "rbldnsd ip4set -f",
            Self::RbldnsdTrie => "rbldnsd ip4trie",
            Self::Nsd => "NSD",
            Self::Knot => "Knot DNS",
        }
    }

    /// The word that chooses it, for `--peers`.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Echo => "echo",
            Self::Ours => "ours",
            Self::RbldnsdTset | Self::RbldnsdSet | Self::RbldnsdForking | Self::RbldnsdTrie => "rbldnsd",
            Self::Nsd => "nsd",
            Self::Knot => "knot",
        }
    }

    /// Whether it knows names only, and keeps some 440 bytes for each.
    pub(super) const fn is_zone_server(self) -> bool {
        matches!(self, Self::Nsd | Self::Knot)
    }

    /// Whether its program is there; Debian's packages have the words for names.
    pub(super) fn is_installed(self) -> bool {
        let program = match self {
            Self::Echo | Self::Ours => return true,
            Self::Knot => "knotd",
            _ => self.word(),
        };
        FOLDERS
            .iter()
            .any(|folder| Path::new(folder).join(program).exists())
    }

    /// Starts it on these processors and on the list whose files stand in `folder`; waits until it answers for `listed`.
    ///
    /// # Errors
    /// It does not answer.
    pub(super) fn start(self, folder: &Path, listed: &str, processors: &str) -> anyhow::Result<Running> {
        let address = free_address()?;
        let command = self.command(folder, address, processors)?;
        Running::start(command, address, (self != Self::Echo).then_some(listed))
    }

    fn command(self, folder: &Path, address: SocketAddr, processors: &str) -> anyhow::Result<Command> {
        let mut command = Command::new("taskset");
        command.args(["-c", processors]);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        match self {
            Self::Echo => {
                command
                    .arg(std::env::current_exe()?)
                    .args(["dns", "serve-echo", &address.to_string()]);
            }
            Self::Ours => {
                let threads = processors.split(',').count().to_string();
                command
                    .arg(std::env::current_exe()?)
                    .args(["dns", "serve-list", &address.to_string()]);
                command.arg(folder).arg(threads);
                command
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::inherit());
            }
            Self::RbldnsdTset | Self::RbldnsdSet | Self::RbldnsdForking | Self::RbldnsdTrie => {
                self.rbldnsd(&mut command, folder, address);
            }
            Self::Nsd => {
                let config = folder.join("nsd.conf");
                std::fs::write(&config, nsd_config(folder, address))?;
                command.args(["nsd", "-d", "-c"]).arg(config);
            }
            Self::Knot => {
                let config = folder.join("knot.conf");
                std::fs::write(&config, knot_config(folder, address))?;
                command.args(["knotd", "-c"]).arg(config);
            }
        }
        Ok(command)
    }

    /// rbldnsd in the foreground, which looks at its files only when it gets a signal.
    fn rbldnsd(self, command: &mut Command, folder: &Path, address: SocketAddr) {
        command.args(["rbldnsd", "-n", "-c", "0"]);
        if self == Self::RbldnsdForking {
            command.arg("-f");
        }
        command
            .arg("-b")
            .arg(format!("{}/{}", address.ip(), address.port()))
            .arg("-w")
            .arg(folder);
        match self {
            // This form takes single addresses only.
            Self::RbldnsdTset => {
                command
                    .arg(format!("{ZONE}:ip4tset:{SINGLES}"))
                    .arg(format!("{ZONE}:ip4trie:{RANGES}"));
            }
            Self::RbldnsdTrie => {
                command.arg(format!("{ZONE}:ip4trie:{SINGLES},{RANGES}"));
            }
            _ => {
                command.arg(format!("{ZONE}:ip4set:{SINGLES},{RANGES}"));
            }
        }
        command.arg(format!("{ZONE}:ip6trie:{IPV6}"));
    }
}

fn free_address() -> anyhow::Result<SocketAddr> {
    Ok(UdpSocket::bind("127.0.0.1:0")?.local_addr()?)
}

/// One worker, no rate limit, which would cut off the load.
fn nsd_config(folder: &Path, address: SocketAddr) -> String {
    let (ip, port, folder) = (address.ip(), address.port(), folder.display());
    format!(
        "server:\n ip-address: {ip}@{port}\n server-count: 1\n username: \"\"\n chroot: \"\"\n database: \"\"\n \
         zonesdir: \"{folder}\"\n pidfile: \"{folder}/nsd.pid\"\n xfrdfile: \"{folder}/xfrd.state\"\n \
         zonelistfile: \"{folder}/nsd.list\"\n xfrdir: \"{folder}\"\n rrl-ratelimit: 0\n do-ip6: no\n\
         remote-control:\n control-enable: no\n\
         zone:\n name: {ZONE}\n zonefile: {ZONE_FILE}\n"
    )
}

/// One worker of each kind, no journal.
fn knot_config(folder: &Path, address: SocketAddr) -> String {
    let (ip, port, folder) = (address.ip(), address.port(), folder.display());
    format!(
        "server:\n  listen: {ip}@{port}\n  udp-workers: 1\n  tcp-workers: 1\n  background-workers: 1\n  \
         rundir: {folder}\n\
         database:\n  storage: {folder}/db\n\
         zone:\n  - domain: {ZONE}\n    storage: {folder}\n    file: {ZONE_FILE}\n    zonefile-load: whole\n    \
         journal-content: none\n"
    )
}
