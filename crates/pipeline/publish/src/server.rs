//! The DNS server: binds sockets, any number of them, and answers on all until it is stopped.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use atalaya_model::{Clock, Timestamp};
use atalaya_net::{Datagrams, NetError, bind_tcp, bind_udp};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::answer::{Answered, Client, Strangers, Transport, answer_counted, answer_from_files};
use crate::config::PublishConfig;
use crate::files::FileZones;
use crate::meters::Meters;
use crate::tcp::TcpLimits;
use crate::zone::Zone;
use crate::{tcp, udp};

/// The DNS server of the list, of zones made of files, or of both.
#[derive(Debug)]
pub struct DnsServer {
    sources: Sources,
    clock: Clock,
    udp_tasks: u16,
    tcp_limits: TcpLimits,
}

/// Where answers come from.
#[derive(Debug, Clone)]
struct Sources {
    /// The list.
    zone: Option<Arc<Zone>>,
    /// Zones made of files, which are asked first.
    files: Option<Arc<FileZones>>,
    max_udp_answer: u16,
}

impl Sources {
    /// Answers one query.
    fn answer(&self, query: &[u8], client: Client, now: Timestamp) -> Option<Answered> {
        let strangers = match &self.zone {
            Some(_) => Strangers::Left,
            None => Strangers::Refused,
        };
        if let Some(files) = &self.files
            && let Some(answered) =
                answer_from_files(query, files, (client, self.max_udp_answer), now, strangers)
        {
            return answered;
        }
        answer_counted(query, self.zone.as_ref()?, client, now)
    }
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
    sources: Sources,
    clock: Clock,
    transport: Transport,
    /// What is counted for it.
    pub(crate) meters: Meters,
}

impl Service {
    fn new(sources: Sources, clock: Clock, transport: Transport) -> Arc<Self> {
        let meters = Meters::new(match transport {
            Transport::Udp => "udp",
            Transport::Tcp => "tcp",
        });
        Arc::new(Self {
            sources,
            clock,
            transport,
            meters,
        })
    }

    /// Answers one query and counts it.
    pub(crate) fn answer(&self, query: &[u8], address: IpAddr) -> Option<Vec<u8>> {
        let client = Client {
            address,
            transport: self.transport,
        };
        let answered = self.sources.answer(query, client, self.clock.now());
        self.meters.count(answered.as_ref());
        answered.map(|answered| answered.bytes)
    }
}

impl DnsServer {
    /// Makes a server for `zone`; the clock tells which listings are over.
    #[must_use]
    pub fn new(config: &PublishConfig, zone: Arc<Zone>, clock: Clock) -> Self {
        Self::of(config, Some(zone), clock)
    }

    /// Makes a server for zones made of files and nothing else.
    #[must_use]
    pub fn of_files(config: &PublishConfig, files: Arc<FileZones>, clock: Clock) -> Self {
        Self::of(config, None, clock).with_files(files)
    }

    /// Answers for these zones too; they are asked before the list.
    #[must_use]
    pub fn with_files(mut self, files: Arc<FileZones>) -> Self {
        self.sources.files = Some(files);
        self
    }

    fn of(config: &PublishConfig, zone: Option<Arc<Zone>>, clock: Clock) -> Self {
        Self {
            sources: Sources {
                zone,
                files: None,
                max_udp_answer: config.max_udp_answer,
            },
            clock,
            udp_tasks: config.udp_tasks.max(1),
            tcp_limits: TcpLimits::new(config),
        }
    }

    /// Answers on all `sockets` until `stop`; connections then finish the answer that they are writing.
    ///
    /// Ends sooner only if a part of it breaks. Then all of it ends: half a server would go on unseen.
    pub async fn serve(self, sockets: Vec<DnsSockets>, stop: CancellationToken) {
        let by_udp = Service::new(self.sources.clone(), self.clock.clone(), Transport::Udp);
        let by_tcp = Service::new(self.sources, self.clock, Transport::Tcp);
        let limits = Arc::new(self.tcp_limits);
        let stop = stop.child_token();
        let mut parts = JoinSet::new();
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
}
