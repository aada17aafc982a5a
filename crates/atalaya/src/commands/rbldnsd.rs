//! `rbldnsd`: serves zone files as rbldnsd does, with its options, so that a start script works after one word is changed.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_formats::rbldnsd::{Everything, HostBits, Options};
use atalaya_model::Clock;
use atalaya_publish::{BadFile, DnsServer, DnsSockets, FileZones, PublishConfig};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::cli::{Rbldnsd, TtlLimits};
use crate::commands::print;
use crate::config::LogConfig;
use crate::process;

/// The port where none is given.
const PORT: &str = "53";

/// Serves until it is told to end.
pub(crate) async fn run(command: Rbldnsd) -> anyhow::Result<()> {
    refuse(&command)?;
    let level = if command.quiet { "warn" } else { "info" };
    process::start_logging(&LogConfig {
        level: level.to_owned(),
        ..LogConfig::default()
    })?;
    process::raise_file_limit();
    // Addresses and the pid are read from outside the folder that files are named from.
    let sockets = bind(&command)?;
    if let Some(path) = &command.pidfile {
        std::fs::write(path, format!("{}\n", std::process::id()))
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    for folder in command.rootdir.iter().chain(&command.workdir) {
        enter(folder)?;
    }
    let clock = Clock::system();
    let files = Arc::new(FileZones::new(
        command.zones.clone(),
        options(&command),
        clock.clone(),
    ));
    let load = command.quick();
    let end = process::end_signal()?;
    let (ask, asked) = mpsc::channel(1);
    spawn_hangup(ask)?;
    load_first(&files, load).await?;

    let stop = CancellationToken::new();
    let addresses: Vec<SocketAddr> = sockets.iter().map(DnsSockets::address).collect();
    let period = Duration::from_secs(u64::from(command.check));
    tokio::spawn(Arc::clone(&files).follow(period, asked, stop.clone()));
    let server = DnsServer::of_files(&PublishConfig::default(), files, clock);
    let serving = tokio::spawn(server.serve(sockets, stop.clone()));
    for address in addresses {
        print(format_args!("dns={address}"))?;
    }
    print("ready")?;
    end.await;
    stop.cancel();
    serving.await.context("the DNS server broke")
}

/// Says which options cannot be had, and what to do instead.
fn refuse(command: &Rbldnsd) -> anyhow::Result<()> {
    for (is_given, reason) in [
        (
            command.logfile.is_some(),
            "-l: queries are not logged; the metrics of `atalaya serve` count them",
        ),
        (
            command.statsfile.is_some(),
            "-s: the metrics of `atalaya serve` take the place of the statistics file",
        ),
        (
            command.dump,
            "-d: zones are not written as BIND zones; transfer the zone of `atalaya serve` instead",
        ),
        (command.extension.is_some(), "-x: there are no extensions"),
    ] {
        if is_given {
            bail!("{reason}");
        }
    }
    Ok(())
}

/// How files are read.
fn options(command: &Rbldnsd) -> Options {
    let TtlLimits { default, least, most } = command.ttl;
    let plain = Options::default();
    Options {
        ttl_seconds: default.unwrap_or(plain.ttl_seconds),
        ttl_limits: (least, if most == 0 { u32::MAX } else { most }),
        host_bits: if command.accept_host_bits {
            HostBits::Cleared
        } else {
            HostBits::Refused
        },
        everything: if command.list_everything {
            Everything::Listed
        } else {
            Everything::Refused
        },
        ..plain
    }
}

/// What the first load must bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstLoad {
    /// Every file, or the start fails.
    Whole,
    /// What there is; the rest is tried again.
    Partial,
}

/// Loads all files for the first time.
async fn load_first(files: &Arc<FileZones>, load: FirstLoad) -> anyhow::Result<()> {
    let zones = Arc::clone(files);
    let bad: Vec<BadFile> = tokio::task::spawn_blocking(move || zones.refresh()).await?;
    for bad in bad {
        match load {
            FirstLoad::Whole => return Err(anyhow::Error::new(bad)),
            FirstLoad::Partial => {
                let error = anyhow::Error::new(bad);
                tracing::error!("{error:#}; its zones fail until it can be used");
            }
        }
    }
    Ok(())
}

/// Binds all addresses.
fn bind(command: &Rbldnsd) -> anyhow::Result<Vec<DnsSockets>> {
    let mut sockets = Vec::new();
    for text in &command.bind {
        for address in resolve(text, command)? {
            let bound = DnsSockets::bind(address).with_context(|| format!("cannot listen at {text}"))?;
            sockets.push(bound);
        }
    }
    Ok(sockets)
}

/// The addresses of `HOST/PORT`, of the family that is wanted.
fn resolve(text: &str, command: &Rbldnsd) -> anyhow::Result<Vec<SocketAddr>> {
    let (host, port) = text.rsplit_once('/').unwrap_or((text, PORT));
    let port: u16 = match port {
        "domain" => 53,
        port => port
            .parse()
            .with_context(|| format!("-b {text}: `{port}` is no port"))?,
    };
    let found = (host, port).to_socket_addrs();
    let found = found.with_context(|| format!("-b {text}: `{host}` is no address"))?;
    let is_wanted = |address: &SocketAddr| match (command.only_ipv4, command.only_ipv6) {
        (true, _) => address.is_ipv4(),
        (_, true) => address.is_ipv6(),
        _ => true,
    };
    let mut wanted: Vec<SocketAddr> = found.filter(is_wanted).collect();
    wanted.sort_unstable();
    wanted.dedup();
    if wanted.is_empty() {
        bail!("-b {text}: no address of the family that is asked for");
    }
    Ok(wanted)
}

/// Makes a folder the one that files are named from.
fn enter(folder: &Path) -> anyhow::Result<()> {
    std::env::set_current_dir(folder).with_context(|| format!("cannot enter {}", folder.display()))
}

/// Asks for a look at the files at each SIGHUP.
fn spawn_hangup(ask: mpsc::Sender<()>) -> anyhow::Result<()> {
    let mut hangup = signal(SignalKind::hangup()).context("cannot catch SIGHUP")?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // One that waits already is enough.
            if let Err(mpsc::error::TrySendError::Closed(())) = ask.try_send(()) {
                return;
            }
        }
    });
    Ok(())
}
