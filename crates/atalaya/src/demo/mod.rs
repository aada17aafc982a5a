//! The whole pipeline on loopback, step by step: spam arrives, its sender is listed, DNS answers, the network is told, the owner leaves.
//!
//! Everything is the real thing: a real server with its real sockets on a scratch folder. Two things stand in for the world outside:
//! loopback addresses stand for documentation addresses (the trap's option `stand_for`), and an RDAP server of the demo's own
//! answers for their networks.

mod ask;
mod mails;
mod network;
mod steps;

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;

use anyhow::Context;
use atalaya_model::Clock;
use atalaya_web::SecondFactor;

use crate::cli::Demo;
use crate::config::{Config, DnsAddresses, ListenConfig};
use crate::process;
use crate::serve::{Server, until_loaded};

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
    let server = Box::pin(start(config)).await?;
    until_loaded(&server.house.zone).await?;

    let held = steps::run(&server, &scratch.0).await;
    if held.is_ok() && !demo.once {
        steps::invite(&server).await?;
        end.await;
    }
    server.end().await;
    held
}

/// Starts the server; where another program took a port since it was looked at, on free ports.
async fn start(config: Config) -> anyhow::Result<Server> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let mut elsewhere = config.clone();
    elsewhere.listen = ListenConfig {
        dns: DnsAddresses::one(free),
        smtp: free,
        http: free,
        ..ListenConfig::default()
    };
    match Box::pin(Server::start(config, Clock::system())).await {
        Ok(server) => Ok(server),
        Err(_taken) => Box::pin(Server::start(elsewhere, Clock::system())).await,
    }
}

/// The configuration of the demo: the defaults, on loopback, with the two stand-ins.
fn config(data: &Path, rdap: SocketAddr) -> anyhow::Result<Config> {
    let mut config = Config {
        data: data.to_owned(),
        ..Config::default()
    };
    let ListenConfig { dns, smtp, http, .. } = config.listen;
    config.listen = ListenConfig {
        dns: dns.map(or_free),
        smtp: or_free(smtp),
        http: or_free(http),
        ..ListenConfig::default()
    };
    config.trap.stand_for = mails::SENDERS
        .iter()
        .map(|sender| (sender.local, sender.stands_for))
        .collect();
    config.contact.rdap_servers = network::served(rdap);
    config.contact.bootstrap_url = String::new();
    config.contact.whois_server = String::new();
    // Nobody sets up an authenticator for a demo.
    config.console.second_factor = SecondFactor::Nobody;
    config.log.level = "error".to_owned();
    let wrong = config.check();
    anyhow::ensure!(
        wrong.is_empty(),
        "the demo's own configuration is wrong: {}",
        wrong.join("; ")
    );
    Ok(config)
}

/// The address, or any free port of it where another program has taken it.
fn or_free(address: SocketAddr) -> SocketAddr {
    let is_free = TcpListener::bind(address).is_ok() && UdpSocket::bind(address).is_ok();
    if is_free {
        address
    } else {
        SocketAddr::new(address.ip(), 0)
    }
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
