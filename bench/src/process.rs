//! Servers under load: started, waited for, measured by the processor time that they took, killed.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// Clock ticks a second in /proc/PID/stat: fixed at 100 on Linux for programs.
const TICKS: f64 = 100.0;
/// The longest wait for a server to listen.
const START: Duration = Duration::from_secs(30);

/// A server; killed when dropped.
pub(crate) struct Server {
    child: Child,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts Atalaya on a data folder and gives its trap.
    pub(crate) fn atalaya(binary: &Path, data: &Path) -> anyhow::Result<Self> {
        let config = data.join("atalaya.toml");
        std::fs::write(&config, "[trap]\nmax_connections_per_address = 1000\n")?;
        let mut child = Command::new(binary)
            .args([
                "serve",
                "--listen",
                "dns=127.0.0.1:0",
                "--listen",
                "smtp=127.0.0.1:0",
                "--listen",
                "http=127.0.0.1:0",
            ])
            .arg("--data")
            .arg(data)
            .stdout(Stdio::piped())
            .spawn()
            .context("cannot start atalaya")?;
        let output = child.stdout.take().context("no output")?;
        let mut trap = None;
        for line in BufReader::new(output).lines() {
            let line = line?;
            if let Some(address) = line.strip_prefix("smtp=") {
                trap = Some(address.parse()?);
            }
            if line == "ready" {
                break;
            }
        }
        let address = trap.context("atalaya did not say where its trap is")?;
        Ok(Self { child, address })
    }

    /// Starts Postfix's smtp-sink, which takes every mail and keeps nothing.
    pub(crate) fn smtp_sink() -> anyhow::Result<Self> {
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
        Ok(Self { child, address })
    }

    /// Seconds of processor time that it took so far, its own and the kernel's for it.
    pub(crate) fn processor_seconds(&self) -> anyhow::Result<f64> {
        processor_seconds(self.child.id())
    }
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

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already; then there is nothing to kill.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
