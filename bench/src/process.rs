//! Servers under load: started, waited for, measured by the processor time that they took, killed.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

/// The argument that names a binary.
pub(crate) const BINARY: &str = "--binary";
/// Clock ticks a second in /proc/PID/stat: fixed at 100 on Linux for programs.
const TICKS: f64 = 100.0;
/// The longest wait for a server to listen.
const START: Duration = Duration::from_secs(30);

/// A server; killed when dropped.
pub(crate) struct Server {
    child: Child,
}

/// Where Atalaya listens.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    /// DNS.
    pub(crate) dns: SocketAddr,
    /// The trap.
    pub(crate) smtp: SocketAddr,
    /// The pages.
    pub(crate) http: SocketAddr,
}

impl Server {
    /// Starts Atalaya on a data folder with this configuration.
    pub(crate) fn atalaya(binary: &Path, data: &Path, config: &str) -> anyhow::Result<(Self, Addresses)> {
        Self::atalaya_by(Command::new(binary), data, config)
    }

    /// The same by a command that runs it somewhere else.
    pub(crate) fn atalaya_by(
        mut command: Command,
        data: &Path,
        config: &str,
    ) -> anyhow::Result<(Self, Addresses)> {
        let file = data.join("atalaya.toml");
        std::fs::write(&file, config)?;
        let mut child = command
            .arg("serve")
            .args(["dns", "smtp", "http"].map(|name| format!("--listen={name}=127.0.0.1:0")))
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start atalaya")?;
        let output = child.stdout.take().context("no output")?;
        let mut told = HashMap::new();
        for line in BufReader::new(output).lines() {
            let line = line?;
            let Some((name, address)) = line.split_once('=') else {
                break;
            };
            // The link for the first administrator is no address.
            if let Ok(address) = address.parse() {
                told.insert(name.to_owned(), address);
            }
        }
        let address = |name| {
            told.get(name)
                .copied()
                .with_context(|| format!("atalaya did not say where {name} is"))
        };
        let addresses = Addresses {
            dns: address("dns")?,
            smtp: address("smtp")?,
            http: address("http")?,
        };
        Ok((Self { child }, addresses))
    }

    /// Starts Postfix's smtp-sink, which takes every mail and keeps nothing.
    /// Tells where it listens.
    pub(crate) fn smtp_sink() -> anyhow::Result<(Self, SocketAddr)> {
        let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let child = Command::new("/usr/sbin/smtp-sink")
            .args(["-u", "nobody", &address.to_string(), "1000"])
            .spawn()
            .context("cannot start smtp-sink; it is part of Debian's package postfix")?;
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            if started.elapsed() > START {
                bail!("smtp-sink does not listen");
            }
            std::thread::yield_now();
        }
        Ok((Self { child }, address))
    }

    /// Seconds of processor time that it took so far, its own and the kernel's for it.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        processor_seconds(self.child.id())
    }
}

/// The binary that `--binary FILE` names among the arguments; else it is built with optimisation.
pub(crate) fn binary(arguments: &[String]) -> anyhow::Result<PathBuf> {
    if let Some(at) = arguments.iter().position(|argument| argument == BINARY) {
        let file = arguments.get(at + 1).context("--binary needs a file")?;
        return Ok(file.into());
    }
    let built = Command::new("cargo")
        .args(["build", "--release", "--package", "atalaya"])
        .status()?;
    ensure!(built.success(), "atalaya does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| PathBuf::from("target"), PathBuf::from);
    Ok(target.join("release/atalaya"))
}

/// Seconds of processor time that a process took so far, its own and the kernel's for it.
pub(crate) fn processor_seconds(process: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .context("odd /proc stat")?
        .1
        .split_whitespace()
        .collect();
    let ticks = |at: usize| {
        fields
            .get(at)
            .and_then(|text| text.parse::<f64>().ok())
            .context("odd /proc stat")
    };
    Ok((ticks(11)? + ticks(12)?) / TICKS)
}

/// The most memory that this process held since [`forget_peak`].
pub(crate) fn peak_bytes() -> anyhow::Result<u64> {
    status_bytes("VmHWM:")
}

/// Begins anew to note the most memory of this process; tells what it holds now.
pub(crate) fn forget_peak() -> anyhow::Result<u64> {
    // 5 is the word for it: proc(5), /proc/PID/clear_refs.
    std::fs::write("/proc/self/clear_refs", "5")?;
    status_bytes("VmRSS:")
}

/// A size that the kernel tells of this process.
fn status_bytes(field: &str) -> anyhow::Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
    Ok(kib.context("odd /proc status")?.trim().parse::<u64>()? * 1_024)
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
