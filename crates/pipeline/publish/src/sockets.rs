//! The sockets of the DNS server: one port over UDP and TCP, and over UDP one socket for each thread.

use std::net::SocketAddr;
use std::sync::Arc;

use atalaya_net::{Datagrams, NetError, bind_tcp, bind_udp};
use tokio::net::TcpListener;

use crate::config::PublishConfig;

/// Free ports tried where any will do: one that is free for TCP is nearly always free for UDP too.
const PORTS_TRIED: u32 = 16;
/// Answers up to so many bytes pass every path in one piece, as good as (RFC 9715 section 3). Who allows longer ones wants fragments.
const LEAST_PATH: u16 = 1400;

/// The sockets of one address: the same port over UDP and over TCP.
#[derive(Debug)]
pub struct DnsSockets {
    address: SocketAddr,
    pub(crate) udp: Datagrams,
    pub(crate) tcp: TcpListener,
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

/// The UDP sockets at work. Their threads wait in the kernel; dropping this brings them back, also where nobody waits for their end.
#[derive(Debug, Default)]
pub(crate) struct Wake(Vec<Arc<Datagrams>>);

impl Wake {
    /// Adds one.
    pub(crate) fn watch(&mut self, socket: Datagrams) -> Arc<Datagrams> {
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
pub(crate) fn one_for_each_thread(first: Datagrams, config: &PublishConfig) -> Vec<Datagrams> {
    let others: Vec<_> = (1..threads(config)).map(|_| first.another()).collect();
    let mut sockets = vec![first];
    for other in others {
        match other {
            Ok(other) => sockets.push(other),
            Err(error) => tracing::warn!(%error, "one thread less answers DNS over UDP"),
        }
    }
    for socket in &sockets {
        set_up(socket, config);
    }
    sockets
}

/// Sets what the kernel does for a socket.
fn set_up(socket: &Datagrams, config: &PublishConfig) {
    if let Err(error) = socket.set_queue(config.udp_queue.bytes()) {
        tracing::warn!(%error, "the queue of DNS queries stays short");
    }
    if config.max_udp_answer <= LEAST_PATH
        && let Err(error) = socket.forbid_fragments()
    {
        tracing::warn!(%error, "DNS answers may leave in fragments");
    }
}
