//! The server: the whole pipeline in one process, from bound sockets to an orderly end.
//!
//! Order of the start: data folder, sockets, store, parts, zone, `ready`. Order of the end: no new work, what was begun is finished,
//! the store is closed. A signal ends it at any of these steps, and so does a part that breaks: whoever supervises the process starts it
//! again whole.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use atalaya_formats::rbldnsd::Options;
use atalaya_model::Clock;
use atalaya_net::bind_tcp;
use atalaya_notify::{ContactWorker, Sender};
use atalaya_observe::logs::LogFollower;
use atalaya_observe::{Trap, TrapFile, TrapTls};
use atalaya_publish::{DnsServer, DnsSockets, FileZones, Follower, LogKeeper, Zone};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::cli::Serve;
use crate::commands::key::KEYS;
use crate::commands::trap::TRAPS;
use crate::commands::{config_at, print};
use crate::config::Config;
use crate::folder::Folder;
use crate::house::{House, Upkeep};
use crate::mail_servers::MailServerSockets;
use crate::{contact_zone, control, feedback, hearing, process, rulebook};

/// The name of the file in the data folder with the key and the certificate that the trap made for itself.
pub(crate) const CERTIFICATE: &str = "trap.pem";
/// The name of the file in the data folder with the positions in the logs that are followed.
pub(crate) const POSITIONS: &str = "logs";
/// How long the parts may take to finish what they began, beyond the grace that the trap gives to messages that are coming in.
const ORDERLY_END: Duration = Duration::from_secs(10);
/// How long the zone may come no further while it loads before `serve` gives up, however long all of it takes.
const LOAD_LIMIT: Duration = Duration::from_secs(300);

/// The bound sockets.
struct Sockets {
    dns: Vec<DnsSockets>,
    smtp: TcpListener,
    /// The further listeners of the trap, in the order of the configuration.
    traps: Vec<TcpListener>,
    http: TcpListener,
    /// The console's own, where it has one.
    console: Option<TcpListener>,
    mail_servers: MailServerSockets,
    control: UnixListener,
}

/// Where a running server can be reached.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    /// DNS, UDP and TCP; at least one.
    pub(crate) dns: Vec<SocketAddr>,
    /// The trap.
    pub(crate) smtp: SocketAddr,
    /// Its further listeners, by name.
    pub(crate) traps: Vec<(String, SocketAddr)>,
    /// Pages and API.
    pub(crate) http: SocketAddr,
    /// The console, where it has a socket of its own.
    pub(crate) console: Option<SocketAddr>,
    /// What mail servers ask, by name.
    pub(crate) mail_servers: Vec<(&'static str, SocketAddr)>,
}

impl Addresses {
    /// Says them, one a line, and that the server is ready.
    fn print(&self) -> anyhow::Result<()> {
        let Self {
            dns,
            smtp,
            traps,
            http,
            console,
            mail_servers,
        } = self;
        dns.iter().try_for_each(|dns| print(format_args!("dns={dns}")))?;
        print(format_args!("smtp={smtp}"))?;
        traps
            .iter()
            .try_for_each(|(name, address)| print(format_args!("smtp.{name}={address}")))?;
        print(format_args!("http={http}"))?;
        console
            .iter()
            .try_for_each(|console| print(format_args!("console={console}")))?;
        mail_servers
            .iter()
            .try_for_each(|(name, address)| print(format_args!("{name}={address}")))?;
        print(format_args!("ready"))
    }
}

/// A server at work.
pub(crate) struct Server {
    /// Where it can be reached.
    pub(crate) addresses: Addresses,
    /// Its parts.
    pub(crate) house: Arc<House>,
    stop: CancellationToken,
    tasks: Parts,
    _folder: Folder,
}

/// Runs `serve` until it is told to end.
pub(crate) async fn run(command: Serve) -> anyhow::Result<()> {
    let mut config = config_at(&command.place)?;
    command.move_sockets(&mut config.listen)?;
    if let Some(zone) = command.zone {
        config.publish.zone = zone;
    }
    let wrong = config.check();
    if !wrong.is_empty() {
        bail!("the configuration cannot be used:\n{}", wrong.join("\n"));
    }
    process::start_logging(&config.log)?;
    process::raise_file_limit();
    let mut end = std::pin::pin!(process::end_signal()?);
    let mut server = tokio::select! {
        () = &mut end => return Ok(()),
        started = Server::start(config, Clock::system()) => started?,
    };
    let ended = tokio::select! {
        () = end => Ok(()),
        failed = server.work() => Err(failed),
    };
    server.end().await;
    ended
}

impl Server {
    /// Starts every part.
    ///
    /// # Errors
    /// The folder, a socket or the store is not to be had; nothing is left running.
    pub(crate) async fn start(config: Config, clock: Clock) -> anyhow::Result<Self> {
        config.contact.check_files().map_err(anyhow::Error::msg)?;
        let folder = Folder::lock(&config.data)?;
        let sockets = Sockets::bind(&config)?;
        let console = sockets
            .console
            .as_ref()
            .map(TcpListener::local_addr)
            .transpose()?;
        let config = config.listening_at(sockets.http.local_addr()?, console);
        let addresses = Addresses {
            dns: sockets.dns.iter().map(DnsSockets::address).collect(),
            smtp: sockets.smtp.local_addr()?,
            traps: sockets.named_traps(&config)?,
            http: sockets.http.local_addr()?,
            console,
            mail_servers: sockets.mail_servers.addresses()?,
        };
        let house = Box::pin(House::open(config, clock, Upkeep::Follower)).await?;
        let stop = CancellationToken::new();
        let mut tasks = Parts::new();
        let files = load_files(&house).await?;
        start_parts(&house, sockets, files, &mut tasks, &stop)?;
        Ok(Self {
            addresses,
            house,
            stop,
            tasks,
            _folder: folder,
        })
    }

    /// Says when it is ready, and works until something breaks.
    async fn work(&mut self) -> anyhow::Error {
        let ready = tokio::select! {
            loaded = until_loaded(&self.house.zone) => match loaded {
                Ok(()) => self.say_ready().await,
                Err(failed) => Err(failed),
            },
            broken = first_to_end(&mut self.tasks) => Err(broken),
        };
        match ready {
            Ok(()) => first_to_end(&mut self.tasks).await,
            Err(failed) => failed,
        }
    }

    /// Says where it can be reached, with the link for the first administrator at the first start, and that it is ready.
    async fn say_ready(&self) -> anyhow::Result<()> {
        if let Some(link) = self.house.first_link().await? {
            print(format_args!("first-administrator={link}"))?;
        }
        self.addresses.print()
    }

    /// Ends every part in an orderly way and closes the store.
    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        let finished = async { while self.tasks.join_next().await.is_some() {} };
        let grace = self.house.config.trap.shutdown_grace.duration();
        if tokio::time::timeout(grace + ORDERLY_END, finished).await.is_err() {
            tracing::warn!("some parts did not end in time and are cut off; nothing acknowledged is lost");
            self.tasks.abort_all();
        }
        self.house.store.close().await;
    }
}

/// Waits until the zone is loaded, so that "not listed" means it.
///
/// # Errors
/// It came no further for longer than any sound store needs for a part of it.
pub(crate) async fn until_loaded(zone: &Zone) -> anyhow::Result<()> {
    let (mut known, mut since) = (zone.size(), Instant::now());
    while !zone.is_loaded() {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let size = zone.size();
        if size != known {
            (known, since) = (size, Instant::now());
        }
        if since.elapsed() > LOAD_LIMIT {
            bail!(
                "the list could not be loaded from the store: {} listings are in, and for {} seconds there were no more",
                size.0,
                LOAD_LIMIT.as_secs()
            );
        }
    }
    Ok(())
}

impl Sockets {
    /// Binds them all, or none.
    fn bind(config: &Config) -> anyhow::Result<Self> {
        let listen = &config.listen;
        let dns: Result<_, _> = listen.dns.iter().map(DnsSockets::bind).collect();
        let further = config.trap.listeners.iter();
        let traps: Result<_, _> = further.map(|listener| bind_tcp(listener.address)).collect();
        let console = config.console.listen.map(bind_tcp);
        Ok(Self {
            dns: dns.context("the DNS server (listen.dns) has no socket")?,
            smtp: bind_tcp(listen.smtp).context("the trap (listen.smtp) has no socket")?,
            traps: traps.context("a further listener of the trap (trap.listeners) has no socket")?,
            http: bind_tcp(listen.http).context("the pages (listen.http) have no socket")?,
            console: console
                .transpose()
                .context("the console (console.listen) has no socket")?,
            mail_servers: MailServerSockets::bind(config)?,
            control: control::bind(&config.data)?,
        })
    }
}

impl Sockets {
    /// Where the further listeners of the trap are, by name.
    fn named_traps(&self, config: &Config) -> anyhow::Result<Vec<(String, SocketAddr)>> {
        let further = config.trap.listeners.iter().zip(&self.traps);
        further
            .map(|(listener, socket)| Ok((listener.name.clone(), socket.local_addr()?)))
            .collect()
    }
}

/// Opens the trap on all its sockets, and follows the file of its traps. Gives the trap, which knows them.
///
/// # Errors
/// The certificate or the file cannot be used.
fn start_trap(
    house: &Arc<House>,
    (smtp, further): (TcpListener, Vec<TcpListener>),
    tasks: &mut Parts,
    stop: &CancellationToken,
) -> anyhow::Result<Arc<Trap>> {
    let config = &house.config;
    let tls =
        TrapTls::open(&config.trap, &config.in_data(CERTIFICATE)).context("STARTTLS cannot be offered")?;
    let trap = Trap::new(
        config.trap.clone(),
        config.complaints.clone(),
        house.store.clone(),
        house.clock.clone(),
        tls,
    )
    .with_ear(hearing::ear(&house.hearer));
    let follower = trap
        .read_traps(&config.in_data(TRAPS))
        .context("the traps that were added cannot be read")?;
    let trap = Arc::new(trap);
    for (listener, socket) in config.trap.listeners.iter().cloned().zip(further) {
        let (trap, ended) = (Arc::clone(&trap), stop.clone());
        put_to_work(tasks, "a further listener of the trap", async move {
            trap.serve_further(&listener, socket, ended).await;
        });
    }
    let (serving, ended) = (Arc::clone(&trap), stop.clone());
    put_to_work(tasks, "the trap", async move { serving.serve(smtp, ended).await });
    let (house, followed, ended) = (Arc::clone(house), Arc::clone(&trap), stop.clone());
    put_to_work(tasks, "the follower of the traps", async move {
        let changed = |added: &TrapFile| house.pages.config.traps.set(house.config.trap_names(added));
        follower.run(&followed, changed, ended).await;
    });
    Ok(trap)
}

/// Follows the logs of mail servers, if there are any.
///
/// # Errors
/// Patterns or a time zone cannot be used.
fn start_logs(house: &House, tasks: &mut Parts, stop: &CancellationToken) -> anyhow::Result<()> {
    let config = &house.config;
    if config.logs.files.is_empty() {
        return Ok(());
    }
    let follower = LogFollower::open(
        &config.logs,
        &config.own_addresses(),
        &config.in_data(POSITIONS),
        house.store.clone(),
        house.clock.clone(),
    )
    .context("logs.files cannot be followed")?;
    put_to_work(tasks, "the follower of the logs", follower.run(stop.clone()));
    Ok(())
}

/// The parts at work, each with the name that it gives when it ends.
pub(crate) type Parts = JoinSet<&'static str>;

/// Puts a part to work on a task of its own.
pub(crate) fn put_to_work(
    parts: &mut Parts,
    name: &'static str,
    work: impl Future<Output = ()> + Send + 'static,
) {
    parts.spawn(async move {
        work.await;
        name
    });
}

/// Waits until one of the parts ends, which none does before it is told to.
async fn first_to_end(parts: &mut Parts) -> anyhow::Error {
    match parts.join_next().await {
        Some(Ok(name)) => anyhow!("{name} ended by itself"),
        Some(Err(error)) => anyhow::Error::new(error).context("a part of the server broke"),
        None => anyhow!("the server has no parts"),
    }
}

/// Loads the zones that are made of files, if there are any.
///
/// # Errors
/// A file cannot be used: nothing older could answer for it.
async fn load_files(house: &House) -> anyhow::Result<Option<Arc<FileZones>>> {
    let zones = &house.config.publish.files;
    if zones.is_empty() {
        return Ok(None);
    }
    let files = Arc::new(FileZones::new(
        zones.clone(),
        Options::default(),
        house.clock.clone(),
    ));
    let loading = Arc::clone(&files);
    match tokio::task::spawn_blocking(move || loading.refresh())
        .await?
        .pop()
    {
        Some(bad) => Err(anyhow::Error::new(bad).context("publish.files cannot be served")),
        None => Ok(Some(files)),
    }
}

/// Lets the server answer from files too, which are looked at now and then.
fn with_files(
    dns: DnsServer,
    files: Arc<FileZones>,
    config: &Config,
    tasks: &mut Parts,
    stop: &CancellationToken,
) -> DnsServer {
    let dns = dns.with_files(Arc::clone(&files));
    let period = config.publish.files_check.duration();
    // Nobody asks for a look at the files.
    let (_ask, asked) = mpsc::channel(1);
    let follow = files.follow(period, asked, stop.clone());
    put_to_work(tasks, "the files of zones", follow);
    dns
}

/// Starts the pages and, where it has a socket of its own, the console.
fn start_pages(
    house: &Arc<House>,
    (http, console): (TcpListener, Option<TcpListener>),
    tasks: &mut Parts,
    stop: &CancellationToken,
) {
    let mut app = house.pages.clone();
    app.operations = Arc::clone(house) as Arc<dyn atalaya_web::Operations>;
    let pages = atalaya_web::serve(http, app.clone(), stop.clone());
    put_to_work(tasks, "the pages", pages);
    if let Some(socket) = console {
        let console = atalaya_web::serve_console(socket, app, stop.clone());
        put_to_work(tasks, "the console", console);
    }
}

/// Puts every part to work.
fn start_parts(
    house: &Arc<House>,
    sockets: Sockets,
    files: Option<Arc<FileZones>>,
    tasks: &mut Parts,
    stop: &CancellationToken,
) -> anyhow::Result<()> {
    let House {
        config,
        clock,
        store,
        zone,
        ..
    } = house.as_ref();
    let follower = Follower::new(store.clone(), Arc::clone(zone)).with_file(config.in_data("list.snapshot"));
    let keys = zone
        .access()
        .read_keys(&config.in_data(KEYS))
        .context("the keys of those who may ask cannot be read")?;
    let dns = DnsServer::new(&config.publish, Arc::clone(zone), clock.clone());
    let dns = match files {
        Some(files) => with_files(dns, files, config, tasks, stop),
        None => dns,
    };
    let dns = contact_zone::answered(dns, house, tasks, stop)?;
    put_to_work(tasks, "the follower of the zone", follower.run(stop.clone()));
    if let Some(log) = &house.pages.log {
        let keeper = LogKeeper::new(Arc::clone(log));
        put_to_work(tasks, "the keeper of the public log", keeper.run(stop.clone()));
    }
    let (access, ended) = (Arc::clone(zone), stop.clone());
    put_to_work(tasks, "the follower of the keys", async move {
        keys.run(access.access(), ended).await;
    });
    put_to_work(tasks, "the DNS server", dns.serve(sockets.dns, stop.clone()));
    start_notices(house, tasks, stop)?;
    feedback::start(house, tasks, stop);
    start_pages(house, (sockets.http, sockets.console), tasks, stop);
    let (reporters, ended) = (Arc::clone(&house.pages.reporters), stop.clone());
    put_to_work(tasks, "the follower of the reporters", async move {
        reporters.run(ended).await;
    });
    let commands = control::serve(sockets.control, Arc::clone(house), stop.clone());
    put_to_work(tasks, "the control socket", commands);
    let trap = start_trap(house, (sockets.smtp, sockets.traps), tasks, stop)?;
    sockets.mail_servers.serve(house, trap, tasks, stop);
    start_logs(house, tasks, stop)?;
    start_judge(house, tasks, stop);
    start_statistics(house, tasks, stop);
    rulebook::start(house, tasks, stop);
    let (protecting, ended) = (Arc::clone(&house.protection), stop.clone());
    put_to_work(tasks, "the keeper of the protected ranges", async move {
        protecting.run(ended).await;
    });
    let (others, ended) = (Arc::clone(&house.others), stop.clone());
    put_to_work(
        tasks,
        "the lists of others",
        async move { others.run(ended).await },
    );
    let (tidying, ended) = (Arc::clone(house), stop.clone());
    put_to_work(tasks, "the tidying of the store", async move {
        tidying.tidy(ended).await;
    });
    Ok(())
}

/// Starts the judge, on a thread of its own: the store waits for each of his steps.
fn start_judge(house: &Arc<House>, tasks: &mut Parts, stop: &CancellationToken) {
    let (judging, ended) = (Arc::clone(house), stop.clone());
    put_to_work(tasks, "the judge", async move {
        let work = async move { judging.judge.run(ended).await };
        if let Err(error) = atalaya_store::apart("judge", work).await {
            tracing::error!(%error, "the judge has no thread to work on");
        }
    });
}

/// Puts those to work who count what is observed, and close the days that are kept long enough.
fn start_statistics(house: &Arc<House>, tasks: &mut Parts, stop: &CancellationToken) {
    let (counting, ended) = (Arc::clone(house), stop.clone());
    put_to_work(tasks, "the counter of the statistics", async move {
        counting.counter.run(ended).await;
    });
    let (closing, ended) = (Arc::clone(&house.statistics), stop.clone());
    put_to_work(tasks, "the closing of days", async move {
        closing.close_days(ended).await;
    });
}

/// Puts those to work who write notices and send them.
fn start_notices(house: &Arc<House>, tasks: &mut Parts, stop: &CancellationToken) -> anyhow::Result<()> {
    let House {
        config,
        clock,
        store,
        finder,
        ..
    } = house.as_ref();
    let writer = house.notice_writer(config.notice.clone())?;
    let folder = config.in_data("notices");
    let sender = Sender::new(config.notice.clone(), store.clone(), clock.clone(), folder)?;
    let contacts = ContactWorker::new(Arc::clone(finder));
    put_to_work(tasks, "the search for contacts", contacts.run(stop.clone()));
    put_to_work(tasks, "the writer of notices", writer.run(stop.clone()));
    put_to_work(tasks, "the sender of notices", sender.run(stop.clone()));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_part_that_ends_or_breaks_before_it_is_told_to_is_a_failure() {
        let mut parts = Parts::new();
        put_to_work(&mut parts, "the judge", async {});
        assert_eq!(
            first_to_end(&mut parts).await.to_string(),
            "the judge ended by itself"
        );
        put_to_work(&mut parts, "the trap", async { panic!("a hole") });
        let told = format!("{:#}", first_to_end(&mut parts).await);
        assert!(
            told.starts_with("a part of the server broke: ") && told.contains("a hole"),
            "{told}"
        );
    }
}
