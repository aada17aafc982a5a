//! The DNS server: binds sockets, any number of them, and answers on all until it is stopped.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use atalaya_model::{Clock, Timestamp};
use atalaya_net::{Datagrams, NetError, bind_tcp, bind_udp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::answer::{Answered, Client, Transport, truncated};
use crate::config::PublishConfig;
use crate::meters::{Meters, TopShard};
use crate::rate::RateLimiter;
use crate::tcp::TcpLimits;
use crate::transfer::{self, Response, Teller};
use crate::zone::Zone;
use crate::{tcp, udp};

/// The DNS server of one zone.
#[derive(Debug)]
pub struct DnsServer {
    zone: Arc<Zone>,
    clock: Clock,
    config: PublishConfig,
    tcp_limits: TcpLimits,
}

/// Free ports tried where any will do: one that is free for TCP is nearly always free for UDP too.
const PORTS_TRIED: u32 = 16;

/// The UDP sockets at work. Their threads wait in the kernel; dropping this brings them back, also where nobody waits for their end.
#[derive(Debug, Default)]
struct Wake(Vec<Arc<Datagrams>>);

impl Wake {
    fn watch(&mut self, socket: Datagrams) -> Arc<Datagrams> {
        let socket = Arc::new(socket);
        self.0.push(Arc::clone(&socket));
        socket
    }
}

impl Drop for Wake {
    fn drop(&mut self) {
        self.0.iter().for_each(|socket| socket.stop());
    }
}

/// How many threads answer over UDP at one address.
fn threads(config: &PublishConfig) -> usize {
    let as_configured = config.udp_threads.map(usize::from);
    as_configured.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// A socket for each thread, with room for the queries that wait. What the kernel refuses costs speed and nothing else.
fn one_for_each_thread(first: Datagrams, config: &PublishConfig) -> Vec<Datagrams> {
    let others: Vec<_> = (1..threads(config)).map(|_| first.another()).collect();
    let mut sockets = vec![first];
    for other in others {
        match other {
            Ok(other) => sockets.push(other),
            Err(error) => tracing::warn!(%error, "one thread less answers DNS over UDP"),
        }
    }
    for socket in &sockets {
        if let Err(error) = socket.set_queue(config.udp_queue.bytes()) {
            tracing::warn!(%error, "the queue of DNS queries stays short");
        }
    }
    sockets
}

/// The sockets of one address: the same port over UDP and over TCP.
#[derive(Debug)]
pub struct DnsSockets {
    address: SocketAddr,
    udp: Datagrams,
    tcp: TcpListener,
}

impl DnsSockets {
    /// Binds them; port 0 takes one that is free for both. Must be called inside a tokio runtime.
    ///
    /// # Errors
    /// The address is not ours, is taken, or needs privileges.
    pub fn bind(address: SocketAddr) -> Result<Self, NetError> {
        let mut tried = Self::bind_once(address);
        for _again in 1..PORTS_TRIED {
            if address.port() != 0 || tried.is_ok() {
                break;
            }
            tried = Self::bind_once(address);
        }
        tried
    }

    fn bind_once(address: SocketAddr) -> Result<Self, NetError> {
        let tcp = bind_tcp(address)?;
        let address = tcp
            .local_addr()
            .map_err(|source| NetError::Bind { address, source })?;
        let udp = bind_udp(address)?;
        Ok(Self { address, udp, tcp })
    }

    /// Where they are reached.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// What answers the queries of one transport.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) zone: Arc<Zone>,
    pub(crate) clock: Clock,
    transport: Transport,
    /// What is counted for it.
    pub(crate) meters: Meters,
    top: TopShard,
}

impl Service {
    fn new(zone: Arc<Zone>, clock: Clock, transport: Transport) -> Arc<Self> {
        let name = match transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        };
        let meters = Meters::new(name, zone.published());
        let top = zone.top_shard();
        Arc::new(Self {
            zone,
            clock,
            transport,
            meters,
            top,
        })
    }

    /// Tells one client to ask over TCP, and counts it.
    pub(crate) fn truncate(&self, query: &[u8]) -> Option<Vec<u8>> {
        let answered = truncated(query);
        self.meters.count(answered.as_ref());
        answered.map(|answered| answered.bytes)
    }

    /// Answers one query that one message answers, and counts it.
    pub(crate) fn answer(&self, query: &[u8], address: IpAddr) -> Option<Vec<u8>> {
        match self.respond(query, address) {
            Response::Message(answered) => answered.map(|answered| answered.bytes),
            // Copies go over TCP only.
            Response::Copy(_) => None,
        }
    }

    /// Answers one query, or says which copy of the zone it gets, and counts it.
    pub(crate) fn respond(&self, query: &[u8], address: IpAddr) -> Response {
        let client = Client {
            address,
            transport: self.transport,
        };
        let now = self.clock.now();
        let response = transfer::respond(query, &self.zone, client, now);
        // Over UDP a whole batch is timed at once.
        if self.transport == Transport::Tcp {
            self.meters.latency(self.clock.now().since(now), 1);
        }
        if let Response::Message(answered) = &response {
            self.count(answered.as_ref(), address, now);
        }
        response
    }

    fn count(&self, answered: Option<&Answered>, client: IpAddr, now: Timestamp) {
        self.meters.count(answered);
        if let Some(answered) = answered {
            let asked = answered.zone.zip(answered.address);
            self.top.lock().count(client, asked, 1, now);
        }
    }

    /// What time it is.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl DnsServer {
    /// Makes a server for `zone`; the clock tells which listings are over.
    #[must_use]
    pub fn new(config: &PublishConfig, zone: Arc<Zone>, clock: Clock) -> Self {
        Self {
            zone,
            clock,
            config: config.clone(),
            tcp_limits: TcpLimits::new(config),
        }
    }

    /// Answers on all `sockets` until `stop`; connections then finish the answer that they are writing.
    ///
    /// Ends sooner only if a part of it breaks. Then all of it ends: half a server would go on unseen.
    pub async fn serve(self, sockets: Vec<DnsSockets>, stop: CancellationToken) {
        let by_udp = Service::new(Arc::clone(&self.zone), self.clock.clone(), Transport::Udp);
        let by_tcp = Service::new(Arc::clone(&self.zone), self.clock.clone(), Transport::Tcp);
        let stop = stop.child_token();
        let mut wake = Wake::default();
        let mut parts = JoinSet::new();
        for teller in self.tellers() {
            parts.spawn(transfer::tell(teller, stop.clone()));
        }
        let limits = Arc::new(self.tcp_limits);
        for DnsSockets { udp, tcp, .. } in sockets {
            let sockets = one_for_each_thread(udp, &self.config);
            let threads = sockets.len();
            for socket in sockets {
                let socket = wake.watch(socket);
                let limiter = RateLimiter::new(&self.config, threads);
                let (service, stop) = (Arc::clone(&by_udp), stop.clone());
                parts.spawn_blocking(move || udp::serve(&socket, &service, limiter, &stop));
            }
            parts.spawn(tcp::serve(
                tcp,
                Arc::clone(&by_tcp),
                Arc::clone(&limits),
                stop.clone(),
            ));
        }
        let ended = stop.clone();
        parts.spawn(async move {
            ended.cancelled().await;
            drop(wake);
        });
        while let Some(ended) = parts.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the DNS server broke; the server ends");
            }
            stop.cancel();
        }
    }

    /// Those who tell the secondaries, one for each.
    fn tellers(&self) -> Vec<Teller> {
        let zones = self.zone.published().iter().count();
        let told = self.zone.secondaries().told();
        let tellers = told.flat_map(|(to, key)| {
            (0..zones).map(move |number| Teller {
                zone: Arc::clone(&self.zone),
                number,
                clock: self.clock.clone(),
                to,
                key: key.clone(),
                wait: self.config.notify_wait.duration(),
            })
        });
        tellers.collect()
    }
}
