//! The DNS server: answers on any number of sockets until it is stopped.

use std::sync::Arc;

use atalaya_model::Clock;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::answer::Transport;
use crate::config::PublishConfig;
use crate::contacts::ContactZone;
use crate::files::FileZones;
use crate::rate::RateLimiter;
use crate::service::{Service, Sources};
use crate::sockets::{DnsSockets, Wake, one_for_each_thread};
use crate::tcp::TcpLimits;
use crate::transfer::{self, Teller};
use crate::zone::Zone;
use crate::{tcp, udp};

/// The DNS server of the list, of zones made of files, or of both.
#[derive(Debug)]
pub struct DnsServer {
    sources: Sources,
    clock: Clock,
    config: PublishConfig,
    tcp_limits: TcpLimits,
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

    /// Answers for the zone of contacts too, which is asked before the list.
    #[must_use]
    pub fn with_contacts(mut self, contacts: Arc<ContactZone>) -> Self {
        self.sources.contacts = Some(contacts);
        self
    }

    fn of(config: &PublishConfig, zone: Option<Arc<Zone>>, clock: Clock) -> Self {
        Self {
            sources: Sources {
                zone,
                files: None,
                contacts: None,
                max_udp_answer: config.max_udp_answer,
            },
            clock,
            config: config.clone(),
            tcp_limits: TcpLimits::new(config),
        }
    }

    /// Answers on all `sockets` until `stop`; connections then finish the answer that they are writing.
    ///
    /// Ends sooner only if a part of it breaks. Then all of it ends: half a server would go on unseen.
    pub async fn serve(self, sockets: Vec<DnsSockets>, stop: CancellationToken) {
        let service = |transport| Service::new(self.sources.clone(), self.clock.clone(), transport);
        let (by_udp, by_tcp) = (service(Transport::Udp), service(Transport::Tcp));
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
                let service = Arc::clone(&by_udp);
                parts.spawn_blocking(move || udp::serve(&socket, &service, limiter));
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

    /// Those who tell the secondaries, one for each secondary and each zone.
    fn tellers(&self) -> Vec<Teller> {
        let Some(zone) = &self.sources.zone else {
            return Vec::new();
        };
        let zones = zone.published().iter().count();
        let tellers = zone.secondaries().told().flat_map(|(to, key)| {
            (0..zones).map(move |number| Teller {
                zone: Arc::clone(zone),
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
