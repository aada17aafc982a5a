//! UDP for questions and answers, in batches: one call to the kernel takes up to 64 questions, one or two send their answers.
//!
//! Sent from a socket that is bound to every address of the machine (0.0.0.0 or ::), an answer would leave from the address that the
//! route prefers, and a client drops what comes from where it did not ask (RFC 2181 section 4.1). So the kernel tells of each
//! datagram to which address it came (`IP_PKTINFO`, `IPV6_RECVPKTINFO`), and each answer names that one as its source. A socket that
//! is bound to one address needs none of this.
//!
//! Receiving blocks, so that each socket wants a thread of its own. Several sockets may share a port: the kernel spreads the clients over
//! them.

mod exchange;

use std::fmt;
use std::io;
use std::net::{IpAddr, Shutdown, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::cmsg_space;
use nix::libc::{in_pktinfo, in6_pktinfo};
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo, RcvBuf, RcvBufForce};
use rustix::net::sockopt::{
    Ipv4PathMtuDiscovery, Ipv6PathMtuDiscovery, set_ip_mtu_discover, set_ipv6_mtu_discover,
};
use socket2::{Domain, Protocol, Socket, Type};

use self::exchange::{AnyExchange, Exchange, Met};

/// Datagrams of one call. More make no answer cheaper, and hold the first ones up.
const BATCH: usize = 64;
/// The longest question that is taken whole; what is longer is cut. Not a power of two: all would share a few lines of the cache.
const MOST_BYTES: usize = 4096 + 64;
/// Space for most answers without growing.
const USUAL_ANSWER: usize = 512;
/// How long a call waits at most, so that a thread whose wake-up was lost ends all the same.
const WAIT: Duration = Duration::from_secs(1);

/// A UDP socket for questions and answers.
#[derive(Debug)]
pub struct Datagrams {
    socket: Socket,
    address: SocketAddr,
    is_stopped: AtomicBool,
}

/// The space for a batch of questions and their answers, used again and again.
pub struct Batch {
    questions: Box<[[u8; MOST_BYTES]; BATCH]>,
    /// The datagrams of the batch; none for one that the kernel names no sender of.
    met: Vec<Option<Met>>,
    answers: Vec<Vec<u8>>,
    exchange: AnyExchange,
}

/// One question of a batch, and the space for its answer.
#[derive(Debug)]
pub struct Letter<'a> {
    /// What was asked.
    pub question: &'a [u8],
    /// Who asked.
    pub client: IpAddr,
    /// The answer; nothing is sent where it stays empty.
    pub answer: &'a mut Vec<u8>,
}

impl Datagrams {
    /// Binds a port that nobody else has.
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = open(address)?;
        socket.bind(&address.into())?;
        // Only now, so that it fails where another process has the port.
        socket.set_reuse_port(true)?;
        Self::new(socket)
    }

    /// Binds one more socket to the same port. The kernel spreads the clients over all of them.
    ///
    /// # Errors
    /// The kernel does not.
    pub fn another(&self) -> io::Result<Self> {
        let socket = open(self.address)?;
        socket.set_reuse_port(true)?;
        socket.bind(&self.address.into())?;
        Self::new(socket)
    }

    fn new(socket: Socket) -> io::Result<Self> {
        let address = socket
            .local_addr()?
            .as_socket()
            .ok_or(io::ErrorKind::AddrNotAvailable)?;
        if address.ip().is_unspecified() {
            match address {
                SocketAddr::V4(_) => setsockopt(&socket, Ipv4PacketInfo, &true)?,
                SocketAddr::V6(_) => setsockopt(&socket, Ipv6RecvPacketInfo, &true)?,
            }
        }
        socket.set_read_timeout(Some(WAIT))?;
        Ok(Self {
            socket,
            address,
            is_stopped: AtomicBool::new(false),
        })
    }

    /// The address that it is bound to.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Makes the queue for questions that wait so many bytes long, or as long as the kernel allows (`net.core.rmem_max`).
    ///
    /// # Errors
    /// The kernel does not.
    pub fn set_queue(&self, bytes: usize) -> io::Result<()> {
        // The first needs CAP_NET_ADMIN and knows no limit.
        setsockopt(&self.socket, RcvBufForce, &bytes)
            .or_else(|_denied| setsockopt(&self.socket, RcvBuf, &bytes))?;
        Ok(())
    }

    /// Sends no answer in fragments, which can be forged and are often thrown away (RFC 9715): IPv4 answers carry DF, and what anybody tells
    /// of the path makes none smaller. An answer that is too long for the interface is not sent. The kernel need not number the
    /// answers then, which is a hash for each.
    ///
    /// # Errors
    /// The kernel does not.
    pub fn forbid_fragments(&self) -> io::Result<()> {
        match self.address {
            SocketAddr::V4(_) => set_ip_mtu_discover(&self.socket, Ipv4PathMtuDiscovery::PROBE)?,
            SocketAddr::V6(_) => set_ipv6_mtu_discover(&self.socket, Ipv6PathMtuDiscovery::PROBE)?,
        }
        Ok(())
    }

    /// Whether it was stopped: nothing will come any more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.is_stopped.load(Ordering::Acquire)
    }

    /// Makes whoever waits in [`Batch::receive`] come back, now and ever after. Answers can still be sent.
    pub fn stop(&self) {
        self.is_stopped.store(true, Ordering::Release);
        // It says "not connected", and wakes the waiting all the same.
        drop(self.socket.shutdown(Shutdown::Read));
    }
}

impl Batch {
    /// Datagrams that come together at most.
    pub const MOST: usize = BATCH;

    /// Makes the space for batches of this socket.
    #[must_use]
    pub fn new(socket: &Datagrams) -> Self {
        let is_told = socket.address.ip().is_unspecified();
        let exchange = match socket.address {
            SocketAddr::V4(_) => AnyExchange::V4(Exchange::new(|| is_told.then(|| cmsg_space!(in_pktinfo)))),
            SocketAddr::V6(_) => AnyExchange::V6(Exchange::new(|| is_told.then(|| cmsg_space!(in6_pktinfo)))),
        };
        Self {
            questions: Box::new([[0; MOST_BYTES]; BATCH]),
            met: Vec::with_capacity(BATCH),
            answers: (0..BATCH).map(|_| Vec::with_capacity(USUAL_ANSWER)).collect(),
            exchange,
        }
    }

    /// Waits for questions, and takes as many as there are. It may come back with none.
    ///
    /// # Errors
    /// The socket cannot receive.
    pub fn receive(&mut self, socket: &Datagrams) -> io::Result<()> {
        self.met.clear();
        self.answers.iter_mut().for_each(Vec::clear);
        match &mut self.exchange {
            AnyExchange::V4(exchange) => exchange.receive(socket, &mut self.questions, &mut self.met),
            AnyExchange::V6(exchange) => exchange.receive(socket, &mut self.questions, &mut self.met),
        }
    }

    /// How many datagrams came.
    #[must_use]
    pub fn len(&self) -> usize {
        self.met.len()
    }

    /// Whether none came.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.met.is_empty()
    }

    /// The questions of the batch.
    pub fn letters(&mut self) -> impl Iterator<Item = Letter<'_>> {
        let space = self.questions.iter().zip(&mut self.answers);
        space.zip(&self.met).filter_map(|((question, answer), met)| {
            let met = met.as_ref()?;
            Some(Letter {
                question: question.get(..met.length)?,
                client: met.client,
                answer,
            })
        })
    }

    /// Sends the answers; tells how many the network did not take.
    pub fn send(&mut self, socket: &Datagrams) -> usize {
        match &mut self.exchange {
            AnyExchange::V4(exchange) => exchange.send(socket, &self.met, &self.answers),
            AnyExchange::V6(exchange) => exchange.send(socket, &self.met, &self.answers),
        }
    }
}

/// Opens a socket of the family of an address.
fn open(address: SocketAddr) -> io::Result<Socket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("met", &self.met.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
