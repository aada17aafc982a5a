//! Changes under load: one entry, a hundred thousand, the whole list; and a burst that meets a server standing still.

use std::net::UdpSocket;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::RcvBufForce;

use super::files::{SINGLES, append};
use super::list::octets;
use super::peers::Peer;
use super::running::{Pause, Running};
use super::scratch::{Scratch, probes, put};
use super::watch::{Probe, Seen, watch};

/// Entries of a bulk change.
const BULK: u32 = 100_000;
/// Datagrams of the burst.
const BURST: usize = 2000;
/// How long the answers to the burst may take.
const BURST_ANSWERS: Duration = Duration::from_secs(1);

/// A server with what its changes need.
pub(super) struct Changing<'a> {
    /// Which it is.
    pub(super) peer: Peer,
    /// The server.
    pub(super) running: &'a Running,
    /// Its files.
    pub(super) folder: &'a Path,
    /// The questions of the load.
    pub(super) questions: &'a [Vec<u8>],
}

impl Changing<'_> {
    /// Makes all changes that the server knows, and tells what was seen during each.
    ///
    /// # Errors
    /// A change is not answered.
    pub(super) fn run(&self, scratch: &Scratch, listed: &str) -> anyhow::Result<Vec<(&'static str, Seen)>> {
        let unchanged = Probe {
            name: listed,
            listed: true,
        };
        let mut seen = vec![("none", self.watch(unchanged, || Ok(()))?)];
        match self.peer {
            Peer::Ours => self.ours(scratch, &mut seen)?,
            peer => {
                // A zone server reads all of its zone file again as well: one figure says it.
                if !peer.is_zone_server() {
                    self.append(&mut seen)?;
                }
                let other = scratch.other();
                let replace = || put(&other, self.folder).and_then(|()| self.running.reload());
                let replaced = octets(probes::REPLACEMENT);
                seen.push(("the whole list", self.watch(listing(&replaced), replace)?));
            }
        }
        Ok(seen)
    }

    fn watch(
        &self,
        probe: Probe<'_>,
        change: impl FnOnce() -> anyhow::Result<()> + Send,
    ) -> anyhow::Result<Seen> {
        watch(self.running, self.questions, probe, change)
    }

    /// Ours takes changes while it answers.
    fn ours(&self, scratch: &Scratch, seen: &mut Vec<(&'static str, Seen)>) -> anyhow::Result<()> {
        let command = |words: &str| self.running.command(words);
        let (single, bulk) = (octets(probes::SINGLE), octets(probes::BULK));
        let [address, last] = [probes::SINGLE, probes::BULK].map(std::net::Ipv4Addr::from_bits);
        seen.push((
            "one added",
            self.watch(listing(&single), || command(&format!("add {address}")))?,
        ));
        let removed = Probe {
            name: &single,
            listed: false,
        };
        seen.push((
            "one removed",
            self.watch(removed, || command(&format!("remove {address}")))?,
        ));
        let many = || command(&format!("bulk {BULK}")).and_then(|()| command(&format!("add {last}")));
        seen.push(("100,000 added", self.watch(listing(&bulk), many)?));
        let other = scratch.other();
        let replace = || command(&format!("replace {}", other.display()));
        seen.push((
            "the whole list",
            self.watch(listing(&octets(probes::REPLACEMENT)), replace)?,
        ));
        Ok(())
    }

    /// rbldnsd reads the whole file again, whatever changed in it.
    fn append(&self, seen: &mut Vec<(&'static str, Seen)>) -> anyhow::Result<()> {
        let scattered = (1..=BULK).map(super::ours::scattered);
        let mut change = |name: &'static str, probe: u32, addresses: &mut dyn Iterator<Item = u32>| {
            let new = self.changed_file(addresses)?;
            let apply = || {
                std::fs::rename(&new, self.folder.join(SINGLES))?;
                self.running.reload()
            };
            seen.push((name, self.watch(listing(&octets(probe)), apply)?));
            anyhow::Ok(())
        };
        change("one added", probes::SINGLE, &mut std::iter::once(probes::SINGLE))?;
        change(
            "100,000 added",
            probes::BULK,
            &mut scattered.chain([probes::BULK]),
        )
    }

    /// A copy of the file of single addresses with more of them.
    fn changed_file(&self, addresses: &mut dyn Iterator<Item = u32>) -> anyhow::Result<PathBuf> {
        let new = self.folder.join("changed");
        std::fs::copy(self.folder.join(SINGLES), &new)?;
        append(&new, addresses)?;
        Ok(new)
    }
}

const fn listing(name: &str) -> Probe<'_> {
    Probe { name, listed: true }
}

/// How many of a burst are answered that came while the server stood still: what its receive queue keeps.
///
/// # Errors
/// It ended.
/// Space for all answers of a burst.
const QUEUE: usize = 16 << 20;

pub(super) fn burst(running: &Running, questions: &[Vec<u8>]) -> anyhow::Result<usize> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(running.address)?;
    socket.set_nonblocking(true)?;
    // Its own queue is not what is measured.
    setsockopt(&socket, RcvBufForce, &QUEUE)?;
    running.pause(Pause::Begins)?;
    for question in questions.iter().take(BURST) {
        socket.send(question)?;
    }
    running.pause(Pause::Ends)?;
    let started = Instant::now();
    let (mut answers, mut buffer) = (0, [0; 1500]);
    while answers < BURST && started.elapsed() < BURST_ANSWERS {
        // Nothing there yet, or an answer.
        answers += usize::from(socket.recv(&mut buffer).is_ok());
    }
    Ok(answers)
}
