//! The DNS server: takes bound sockets and answers on them until it is stopped.

use std::sync::Arc;

use atalaya_model::Clock;
use tokio::net::{TcpListener, UdpSocket};
use tokio_util::sync::CancellationToken;

use crate::answer::{Transport, answer};
use crate::config::PublishConfig;
use crate::meters::Meters;
use crate::tcp::TcpLimits;
use crate::zone::Zone;
use crate::{tcp, udp};

/// The DNS server of one zone.
#[derive(Debug)]
pub struct DnsServer {
    zone: Arc<Zone>,
    clock: Clock,
    udp_tasks: u16,
    tcp_limits: TcpLimits,
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

    /// Answers one query and counts it.
    pub(crate) fn answer(&self, query: &[u8]) -> Option<Vec<u8>> {
        let answer = answer(query, &self.zone, self.transport, self.clock.now());
        match &answer {
            Some(answer) => self.meters.answered(answer),
            None => self.meters.dropped.increment(1),
        }
        answer
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
            tcp_limits: TcpLimits::new(config),
        }
    }

    /// Answers on both sockets until `stop`; connections then finish the answer that they are writing.
    pub async fn serve(self, udp: UdpSocket, tcp: TcpListener, stop: CancellationToken) {
        let by_udp = Service::new(Arc::clone(&self.zone), self.clock.clone(), Transport::Udp);
        let by_tcp = Service::new(self.zone, self.clock, Transport::Tcp);
        tokio::join!(
            udp::serve(udp, by_udp, self.udp_tasks, stop.clone()),
            tcp::serve(tcp, by_tcp, self.tcp_limits, stop),
        );
    }
}
