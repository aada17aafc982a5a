//! The whole pipeline on loopback, step by step: spam arrives, its sender is listed, DNS answers, the network is told, the owner leaves.
//!
//! Everything is the real thing: a real server with its real sockets on a scratch folder. Two things stand in for the world outside:
//! loopback addresses stand for documentation addresses (the trap's option `stand_for`), and an RDAP server of the demo's own
//! answers for their networks.

mod ask;
mod mails;
mod network;
mod steps;

use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;

use anyhow::Context;
use atalaya_model::Clock;

use crate::cli::Demo;
use crate::commands::print;
use crate::config::Config;
use crate::process;
use crate::serve::Server;

/// Runs the demo; with `--once` it ends after the last step.
///
/// # Errors
/// A step did not hold.
pub(crate) async fn run(demo: Demo) -> anyhow::Result<()> {
    let end = process::end_signal()?;
    let scratch = Scratch::make()?;
    let network = network::start().await?;
    let config = config(&scratch.0, network.address)?;
    process::start_logging(&config.log)?;
    let server = Server::start(config, Clock::system()).await?;
    server.until_loaded().await?;

    let held = steps::run(&server, &scratch.0).await;
    if held.is_ok() && !demo.once {
        print(format_args!(
            "\nThe demo stays up for you to try: http://{}/ in a browser, the dig commands above.\n\
             Ctrl-C ends it and removes {}.",
            server.addresses.http,
            scratch.0.display()
        ))?;
        end.await;
    }
    server.end().await;
    held
}

/// The configuration of the demo: the defaults, on loopback, with the two stand-ins.
fn config(data: &Path, rdap: SocketAddr) -> anyhow::Result<Config> {
    let mut config = Config {
        data: data.to_owned(),
        ..Config::default()
    };
    config.listen.dns = default_or_free(config.listen.dns)?;
    config.listen.smtp = default_or_free(config.listen.smtp)?;
    config.listen.http = default_or_free(config.listen.http)?;
    config.trap.stand_for = mails::SENDERS
        .iter()
        .map(|sender| (sender.local, sender.stands_for))
        .collect();
    config.contact.rdap_servers = network::served(rdap);
    config.contact.bootstrap_url = String::new();
    config.contact.whois_server = String::new();
    config.log.level = "error".to_owned();
    let wrong = config.check();
    anyhow::ensure!(
        wrong.is_empty(),
        "the demo's own configuration is wrong: {}",
        wrong.join("; ")
    );
    Ok(config)
}

/// The default address, or a free port of it where another program has taken it.
fn default_or_free(address: SocketAddr) -> anyhow::Result<SocketAddr> {
    let is_free = TcpListener::bind(address).is_ok() && std::net::UdpSocket::bind(address).is_ok();
    if is_free {
        return Ok(address);
    }
    let free =
        TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).context("no port of 127.0.0.1 is free")?;
    Ok(free.local_addr()?)
}

/// A folder for the run, removed at its end.
struct Scratch(std::path::PathBuf);

impl Scratch {
    fn make() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("atalaya-demo-{}", uuid::Uuid::new_v4().simple()));
        std::fs::create_dir(&path)
            .with_context(|| format!("cannot make the scratch folder {}", path.display()))?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(%error, folder = %self.0.display(), "the scratch folder could not be removed");
        }
    }
}
