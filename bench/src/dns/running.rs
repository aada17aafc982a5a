//! A server at work: its processor time and memory with all its processes, its commands, its end.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, UdpSocket};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use super::load::{question, says_listed};

/// The longest wait for a first answer: a zone server that reads a hundred million names.
const START: Duration = Duration::from_secs(600);

/// A server at work; killed when dropped.
#[derive(Debug)]
pub(super) struct Running {
    child: Child,
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// From its start to the first right answer.
    pub(super) start: Duration,
    /// Where ours takes commands, and answers each.
    commands: Option<Mutex<(ChildStdin, BufReader<ChildStdout>)>>,
}

impl Running {
    /// Starts a server and waits until it answers about this name, as its list says: `listed` is none for the floor, which lists nothing.
    ///
    /// # Errors
    /// It cannot be started, or does not answer.
    pub(super) fn start(
        mut command: Command,
        address: SocketAddr,
        listed: Option<&str>,
    ) -> anyhow::Result<Self> {
        let started = Instant::now();
        let mut child = command.spawn().context("it cannot be started")?;
        let commands = child.stdin.take().zip(child.stdout.take());
        let mut running = Self {
            child,
            address,
            start: Duration::ZERO,
            commands: commands.map(|(input, output)| Mutex::new((input, BufReader::new(output)))),
        };
        running.wait_for_answer(listed, started)?;
        running.start = started.elapsed();
        Ok(running)
    }

    fn wait_for_answer(&mut self, listed: Option<&str>, started: Instant) -> anyhow::Result<()> {
        let socket = UdpSocket::bind("127.0.0.1:0")?;
        socket.set_read_timeout(Some(Duration::from_millis(20)))?;
        socket.connect(self.address)?;
        let ask = question(listed.unwrap_or("1.0.0.127"));
        while started.elapsed() < START {
            if let Some(status) = self.child.try_wait()? {
                bail!("it ended: {status}");
            }
            let mut answer = [0; 512];
            // Refused while it does not listen yet.
            let length = socket.send(&ask).and_then(|_sent| socket.recv(&mut answer));
            match length {
                Ok(_length) if listed.is_none() || says_listed(&answer) => return Ok(()),
                // No list yet: it is not to spend its time on refusing.
                Ok(_) | Err(_) => std::thread::sleep(Duration::from_millis(1)),
            }
        }
        bail!("it does not answer")
    }

    /// Seconds of processor time that it took so far, the kernel's for it included.
    ///
    /// # Errors
    /// It ended.
    pub(super) fn processor_seconds(&self) -> anyhow::Result<f64> {
        let mut seconds = 0.0;
        for process in self.processes() {
            for thread in std::fs::read_dir(format!("/proc/{process}/task"))? {
                seconds += thread_seconds(&thread?.path())?;
            }
        }
        Ok(seconds)
    }

    /// Memory that it holds, in bytes: shared pages are counted by their share (PSS).
    ///
    /// # Errors
    /// It ended.
    pub(super) fn bytes(&self) -> anyhow::Result<f64> {
        let mut kibibytes = 0.0;
        for process in self.processes() {
            let rollup = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup"))?;
            let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:"));
            kibibytes += line
                .context("no Pss")?
                .trim()
                .trim_end_matches(" kB")
                .parse::<f64>()?;
        }
        Ok(kibibytes * 1024.0)
    }

    /// Gives ours a command and waits until it is done.
    ///
    /// # Errors
    /// It takes no commands, or could not do this one.
    pub(super) fn command(&self, words: &str) -> anyhow::Result<()> {
        let commands = self.commands.as_ref().context("it takes no commands")?;
        let mut commands = commands.lock().unwrap_or_else(PoisonError::into_inner);
        writeln!(commands.0, "{words}")?;
        let mut answer = String::new();
        commands.1.read_line(&mut answer)?;
        ensure!(answer.trim() == "done", "{words}: {answer}");
        Ok(())
    }

    /// Tells its first process to read its list again.
    ///
    /// # Errors
    /// It ended.
    pub(super) fn reload(&self) -> anyhow::Result<()> {
        signal("HUP", &[self.child.id()])
    }

    /// Stops all its processes, or lets them go on.
    ///
    /// # Errors
    /// It ended.
    pub(super) fn pause(&self, pause: Pause) -> anyhow::Result<()> {
        let name = match pause {
            Pause::Begins => "STOP",
            Pause::Ends => "CONT",
        };
        signal(name, &self.processes())
    }

    /// Its process and all below.
    fn processes(&self) -> Vec<u32> {
        let mut found = vec![self.child.id()];
        let mut at = 0;
        while let Some(process) = found.get(at).copied() {
            let children = format!("/proc/{process}/task/{process}/children");
            let children = std::fs::read_to_string(children).unwrap_or_default();
            found.extend(
                children
                    .split_whitespace()
                    .filter_map(|text| text.parse::<u32>().ok()),
            );
            at += 1;
        }
        found
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(signal("KILL", &self.processes()));
        drop(self.child.wait());
    }
}

/// Whether a server is to stand still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// From now on.
    Begins,
    /// No longer.
    Ends,
}

fn signal(name: &str, processes: &[u32]) -> anyhow::Result<()> {
    let numbers = processes.iter().map(u32::to_string);
    let sent = Command::new("kill").args(["-s", name]).args(numbers).status()?;
    ensure!(sent.success(), "it takes no signal");
    Ok(())
}

/// Seconds of processor time that a thread took so far, by its folder in /proc; the kernel counts them a few milliseconds late.
///
/// # Errors
/// It ended.
pub(super) fn thread_seconds(thread: &Path) -> anyhow::Result<f64> {
    let time = std::fs::read_to_string(thread.join("schedstat"))?;
    let nanoseconds = time.split(' ').next().unwrap_or_default();
    Ok(nanoseconds.parse::<f64>().context("odd schedstat")? / 1e9)
}
