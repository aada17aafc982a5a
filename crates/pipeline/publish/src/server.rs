//! The DNS server: binds sockets, any number of them, and answers on all until it is stopped.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use atalaya_model::{Clock, Timestamp};
use atalaya_net::{Datagrams, NetError, bind_tcp, bind_udp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::answer::{Client, Transport};
use crate::config::PublishConfig;
use crate::meters::Meters;
use crate::tcp::TcpLimits;
use crate::transfer::{self, Response, Teller};
use crate::zone::Zone;
use crate::{tcp, udp};

/// The DNS server of one zone.
#[derive(Debug)]
pub struct DnsServer {
    zone: Arc<Zone>,
    clock: Clock,
    udp_tasks: u16,
    notify_wait: Duration,
    tcp_limits: TcpLimits,
}

/// Free ports tried where any will do: one that is free for TCP is nearly always free for UDP too.
const PORTS_TRIED: u32 = 16;

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
    zone: Arc<Zone>,
    clock: Clock,
    transport: Transport,
    /// What is counted for it.
    pub(crate) meters: Meters,
}

impl Service {
    fn new(zone: Arc<Zone>, clock: Clock, transport: Transport) -> Arc<Self> {
        let meters = Meters::new(match transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        });
        Arc::new(Self {
            zone,
            clock,
            transport,
            meters,
        })
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
        let response = transfer::respond(query, &self.zone, client, self.clock.now());
        if let Response::Message(answered) = &response {
            self.meters.count(answered.as_ref());
        }
        response
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
            udp_tasks: config.udp_tasks.max(1),
            notify_wait: config.notify_wait.duration(),
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
        let mut parts = JoinSet::new();
        for teller in self.tellers() {
            parts.spawn(transfer::tell(teller, stop.clone()));
        }
        let limits = Arc::new(self.tcp_limits);
        for DnsSockets { udp, tcp, .. } in sockets {
            let udp = Arc::new(udp);
            for _task in 0..self.udp_tasks {
                parts.spawn(udp::serve(Arc::clone(&udp), Arc::clone(&by_udp), stop.clone()));
            }
            parts.spawn(tcp::serve(
                tcp,
                Arc::clone(&by_tcp),
                Arc::clone(&limits),
                stop.clone(),
            ));
        }
        while let Some(ended) = parts.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the DNS server broke; the server ends");
            }
            stop.cancel();
        }
    }

    /// Those who tell the secondaries, one for each.
    fn tellers(&self) -> Vec<Teller> {
        let told = self.zone.secondaries().told();
        let tellers = told.map(|(to, key)| Teller {
            zone: Arc::clone(&self.zone),
            clock: self.clock.clone(),
            to,
            key,
            wait: self.notify_wait,
        });
        tellers.collect()
    }
}
