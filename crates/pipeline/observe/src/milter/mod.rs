//! The milter: a Postfix or Sendmail tells what its clients send, and is answered from the set in memory.
//!
//! In: commands of mail servers that the configuration names, over TCP or a unix socket. Out: what to do about each message of a listed client, and an
//! observation with the message where a client wrote to a trap. Never waits for the store, and never makes up a listing: with no list loaded, and
//! whatever goes wrong here, mail goes on.

mod config;
mod message;
mod seen;
mod session;
#[cfg(test)]
mod tests;

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use atalaya_formats::milter::Reader;
use atalaya_model::{Clock, Sensor};
use atalaya_net::{Budget, Gate};
use atalaya_store::Store;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream, UnixListener};
use tokio_util::sync::CancellationToken;

pub use self::config::MilterConfig;
use self::session::{Heard, Session};
use crate::advice::Adviser;
use crate::again::Again;
use crate::behind::{Behind, Waiting};
use crate::wire::{Wire, take_visits};
pub(crate) use seen::TRUNCATED;

/// The part of `milter.max_memory` that one address may have; never less than what the longest message takes.
const ADDRESS_PART: usize = 4;

/// What all connections share.
#[derive(Debug)]
struct Shared {
    config: MilterConfig,
    adviser: Arc<Adviser>,
    clock: Clock,
    /// The memory for messages to traps.
    memory: Budget,
    again: Again,
}

/// The service. It may serve several listeners; they share its limits.
#[derive(Debug)]
pub struct Milter {
    shared: Arc<Shared>,
    gate: Gate,
    behind: Behind,
    /// Whether it was told that somebody came who may not ask.
    is_told: AtomicBool,
}

impl Milter {
    /// Makes a service, and the work of keeping what it sees in `store`, which ends after the service is dropped. The configuration must have
    /// passed its check.
    pub fn new(
        config: MilterConfig,
        adviser: Arc<Adviser>,
        store: Store,
        clock: Clock,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (behind, keeping) = Behind::new(Sensor::Milter, config.queue, store);
        let memory = config.max_memory.bytes();
        let largest = config.max_message_size.bytes();
        let milter = Self {
            // All come from a few mail servers.
            gate: Gate::new(config.max_connections, config.max_connections),
            shared: Arc::new(Shared {
                memory: Budget::new(memory, memory.div_euclid(ADDRESS_PART).max(largest)),
                again: Again::default(),
                config,
                adviser,
                clock,
            }),
            behind,
            is_told: AtomicBool::new(false),
        };
        (milter, keeping)
    }

    /// Answers at a TCP port until `stop`.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, stop: CancellationToken) {
        let visit = |stream: TcpStream, peer: SocketAddr| {
            let peer = tcp_peer(&stream, peer);
            counted(self.may_ask(peer).then_some(()), "not a client")?;
            self.visit(stream, peer)
        };
        take_visits(listener, visit, stop).await;
    }

    /// Answers at a unix socket until `stop`.
    pub async fn serve_socket(self: Arc<Self>, listener: UnixListener, stop: CancellationToken) {
        let visit = |stream, _peer| self.visit(stream, Ipv4Addr::LOCALHOST.into());
        take_visits(listener, visit, stop).await;
    }

    /// The conversation of one who may ask and finds a place. A connection without a place is closed, and the mail server does what it was told for
    /// that case.
    fn visit(
        self: &Arc<Self>,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        peer: IpAddr,
    ) -> Option<impl Future<Output = ()> + Send + 'static> {
        let pass = counted(self.gate.enter(peer).ok(), "crowded")?;
        let milter = Arc::clone(self);
        Some(async move {
            let ended = milter.converse(stream).await;
            count_end(reason(&ended));
            drop(pass);
        })
    }

    /// Whether one may ask over TCP. Tells of the first who may not: it may be a mail server that nobody named.
    fn may_ask(&self, peer: IpAddr) -> bool {
        let clients = &self.shared.config.clients;
        let is_client = clients.iter().any(|known| known.contains(peer));
        if !is_client && !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(%peer, "a connection to the milter is closed: if it is a mail server of yours, name it in milter.clients");
        }
        is_client
    }

    /// Hands on what was seen, to be written behind. What is lost there takes no number.
    fn hand_on(&self, seen: Waiting, session: &mut Session) {
        let nth = seen.observation.nth;
        if !self.behind.push(seen) {
            session.lose(nth);
        }
    }

    /// Answers one command after the other until the server goes.
    async fn converse(&self, stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        let config = &self.shared.config;
        let (idle, whole) = (config.idle_timeout.duration(), config.packet_timeout.duration());
        let mut wire: Wire<_, Reader> = Wire::new(stream, idle, whole);
        let mut session = Session::new(Arc::clone(&self.shared));
        let mut out = Vec::new();
        while let Some(command) = wire.next().await? {
            let heard = session.hear(command, &mut out);
            match heard.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))? {
                Heard::Rest => {}
                Heard::Saw(seen) => self.hand_on(*seen, &mut session),
                Heard::End => return Ok(()),
            }
            wire.say(&out).await?;
            out.clear();
        }
        Ok(())
    }
}

/// Who made a connection: as it was when it came, because a socket that was reset since does not know any more.
fn tcp_peer(stream: &TcpStream, peer: SocketAddr) -> IpAddr {
    // Answers are written whole. A socket that is gone already will say so later.
    drop(stream.set_nodelay(true));
    peer.ip().to_canonical()
}

/// Counts a connection that is not let in.
fn counted<T>(admitted: Option<T>, reason: &'static str) -> Option<T> {
    if admitted.is_none() {
        count_end(reason);
    }
    admitted
}

/// Why a conversation ended, in a word for the metrics. A peer that is gone is nobody's trouble but its own.
fn reason(ended: &io::Result<()>) -> &'static str {
    match ended {
        Ok(()) => "over",
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            tracing::debug!(%error, "a client of the milter speaks another protocol");
            "garbage"
        }
        Err(error) if error.kind() == io::ErrorKind::TimedOut => "too slow",
        Err(_gone) => "broken",
    }
}

fn count_end(reason: &'static str) {
    metrics::counter!("atalaya_observe_milter_connections_total", "ended" => reason).increment(1);
}
