//! The server: the whole pipeline in one process, from bound sockets to an orderly end.
//!
//! Order of the start: data folder, sockets, store, parts, zone, `ready`. Order of the end: no new work, what was begun is finished,
//! the store is closed.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use atalaya_model::Clock;
use atalaya_net::{bind_tcp, bind_udp};
use atalaya_notify::{NoticeConfig, NoticeWriter, Sender};
use atalaya_observe::Trap;
use atalaya_publish::{DnsServer, Follower};
use tokio::net::{TcpListener, UdpSocket, UnixListener};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::cli::{Listener, Serve};
use crate::commands::{config_at, print};
use crate::config::Config;
use crate::folder::Folder;
use crate::house::{House, Upkeep};
use crate::{control, process};

/// How long the parts may take to finish what they began.
const ORDERLY_END: Duration = Duration::from_secs(10);
/// How long the zone may take to load before `serve` gives up: a store that answers loads millions of listings in less.
const LOAD_LIMIT: Duration = Duration::from_secs(300);

/// The bound sockets.
struct Sockets {
    udp: UdpSocket,
    tcp: TcpListener,
    smtp: TcpListener,
    http: TcpListener,
    control: UnixListener,
}

/// Where a running server can be reached.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Addresses {
    /// DNS, UDP and TCP.
    pub(crate) dns: SocketAddr,
    /// The trap.
    pub(crate) smtp: SocketAddr,
    /// Pages and API.
    pub(crate) http: SocketAddr,
}

/// A server at work.
pub(crate) struct Server {
    /// Where it can be reached.
    pub(crate) addresses: Addresses,
    /// Its parts.
    pub(crate) house: Arc<House>,
    stop: CancellationToken,
    tasks: JoinSet<()>,
    _folder: Folder,
}

/// Runs `serve` until it is told to end.
pub(crate) async fn run(command: Serve) -> anyhow::Result<()> {
    let mut config = config_at(&command.place)?;
    for (listener, address) in command.listen {
        match listener {
            Listener::Dns => config.listen.dns = address,
            Listener::Smtp => config.listen.smtp = address,
            Listener::Http => config.listen.http = address,
        }
    }
    if let Some(zone) = command.zone {
        config.publish.zone = zone;
    }
    let wrong = config.check();
    if !wrong.is_empty() {
        bail!("the configuration cannot be used:\n{}", wrong.join("\n"));
    }
    process::start_logging(&config.log)?;
    process::raise_file_limit();
    let end = process::end_signal()?;
    let server = Server::start(config, Clock::system()).await?;
    server.until_loaded().await?;
    let Addresses { dns, smtp, http } = server.addresses;
    print(format_args!("dns={dns}\nsmtp={smtp}\nhttp={http}\nready"))?;
    end.await;
    server.end().await;
    Ok(())
}

impl Server {
    /// Starts every part.
    ///
    /// # Errors
    /// The folder, a socket or the store is not to be had; nothing is left running.
    pub(crate) async fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        let folder = Folder::lock(&config.data)?;
        let sockets = Sockets::bind(&config)?;
        let config = config.listening_at(sockets.http.local_addr()?);
        let addresses = Addresses {
            dns: sockets.tcp.local_addr()?,
            smtp: sockets.smtp.local_addr()?,
            http: sockets.http.local_addr()?,
        };
        let house = House::open(config, clock, Upkeep::Follower).await?;
        let stop = CancellationToken::new();
        let mut tasks = JoinSet::new();
        start_parts(&house, sockets, &mut tasks, &stop)?;
        Ok(Self {
            addresses,
            house,
            stop,
            tasks,
            _folder: folder,
        })
    }

    /// Waits until the zone is loaded, so that "not listed" means it.
    ///
    /// # Errors
    /// It takes longer than any sound store needs.
    pub(crate) async fn until_loaded(&self) -> anyhow::Result<()> {
        let loaded = async {
            while !self.house.zone.is_loaded() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(LOAD_LIMIT, loaded)
            .await
            .context("the list could not be loaded from the store")
    }

    /// Ends every part in an orderly way and closes the store.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        if tokio::time::timeout(ORDERLY_END, finished).await.is_err() {
            tracing::warn!("some parts did not end in time and are cut off; nothing acknowledged is lost");
            self.tasks.abort_all();
        }
        self.house.store.close().await;
    }
}

impl Sockets {
    /// Binds them all, or none.
    fn bind(config: &Config) -> anyhow::Result<Self> {
        let (udp, tcp) = bind_dns(config.listen.dns)?;
        Ok(Self {
            udp,
            tcp,
            smtp: bind_tcp(config.listen.smtp).context("the trap (listen.smtp) has no socket")?,
            http: bind_tcp(config.listen.http).context("the pages (listen.http) have no socket")?,
            control: control::bind(&config.data)?,
        })
    }
}

/// Binds UDP and TCP to the same port; a free one where 0 was asked for.
fn bind_dns(address: SocketAddr) -> anyhow::Result<(UdpSocket, TcpListener)> {
    /// Free ports tried: one that is free for TCP is nearly always free for UDP too.
    const TRIES: u32 = 16;
    let whole = "the DNS server (listen.dns) has no socket";
    if address.port() != 0 {
        return Ok((
            bind_udp(address).context(whole)?,
            bind_tcp(address).context(whole)?,
        ));
    }
    for _ in 0..TRIES {
        let tcp = bind_tcp(address).context(whole)?;
        if let Ok(udp) = bind_udp(tcp.local_addr()?) {
            return Ok((udp, tcp));
        }
    }
    bail!("{whole}: no port is free for both UDP and TCP")
}

/// Puts every part to work on a task of its own.
fn start_parts(
    house: &Arc<House>,
    sockets: Sockets,
    tasks: &mut JoinSet<()>,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let House {
        config,
        clock,
        store,
        zone,
        finder,
        ..
    } = house.as_ref();
    let trap = Trap::new(config.trap.clone(), store.clone(), clock.clone());
    let follower = Follower::new(store.clone(), Arc::clone(zone));
    let dns = DnsServer::new(&config.publish, Arc::clone(zone), clock.clone());
    let writer = NoticeWriter::new(
        NoticeConfig {
            trap_names: config.trap_names(),
            ..config.notice.clone()
        },
        house.names(),
        store.clone(),
        Arc::clone(finder),
        clock.clone(),
    );
    let sender = Sender::new(
        config.notice.clone(),
        store.clone(),
        clock.clone(),
        config.in_data("notices"),
    )?;

    tasks.spawn(follower.run(stop.clone()));
    tasks.spawn(dns.serve(sockets.udp, sockets.tcp, stop.clone()));
    tasks.spawn(writer.run(stop.clone()));
    tasks.spawn(sender.run(stop.clone()));
    tasks.spawn(atalaya_web::serve(
        sockets.http,
        house.pages.clone(),
        stop.clone(),
    ));
    tasks.spawn(control::serve(sockets.control, Arc::clone(house), stop.clone()));
    let (smtp, ended) = (sockets.smtp, stop.clone());
    tasks.spawn(async move { trap.serve(smtp, ended).await });
    let (house, ended) = (Arc::clone(house), stop.clone());
    tasks.spawn(async move { house.judge.run(ended).await });
    Ok(())
}
