//! Binding sockets and accepting connections, through every trouble that passes by itself.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::unix::SocketAddr as UnixAddress;
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};

use crate::{Datagrams, NetError};

/// Connections that may wait to be accepted. The kernel cuts this to `net.core.somaxconn`.
const BACKLOG: i32 = 4096;
/// First wait when no connection can be accepted, for want of file descriptors or memory.
const FIRST_BACK_OFF: Duration = Duration::from_millis(10);
/// Longest such wait: descriptors become free whenever a connection ends.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

/// Binds a TCP port; port 0 takes any free one. Must be called inside a tokio runtime.
///
/// An IPv6 socket takes IPv6 only, so that both families can be bound side by side.
///
/// # Errors
/// The address is not ours, is taken, or needs privileges.
pub fn bind_tcp(address: SocketAddr) -> Result<TcpListener, NetError> {
    let bind = || {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
        prepare(&socket, address)?;
        // A port of a process that ended a moment ago can be taken over at once.
        socket.set_reuse_address(true)?;
        socket.bind(&address.into())?;
        socket.listen(BACKLOG)?;
        TcpListener::from_std(socket.into())
    };
    bind().map_err(|source| NetError::Bind { address, source })
}

/// Binds a UDP port; port 0 takes any free one. [`Datagrams::another`] makes more sockets of it.
///
/// An IPv6 socket takes IPv6 only, as with [`bind_tcp`].
///
/// # Errors
/// The address is not ours, is taken, or needs privileges.
pub fn bind_udp(address: SocketAddr) -> Result<Datagrams, NetError> {
    Datagrams::bind(address).map_err(|source| NetError::Bind { address, source })
}

fn prepare(socket: &Socket, address: SocketAddr) -> io::Result<()> {
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    socket.set_nonblocking(true)
}

/// Where connections come in: a TCP port or a unix socket.
pub trait Listening {
    /// A connection.
    type Stream;
    /// Who made it.
    type Peer;

    /// Waits for the next one.
    fn next_connection(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Peer)>> + Send;
}

impl Listening for TcpListener {
    type Stream = TcpStream;
    type Peer = SocketAddr;

    fn next_connection(&self) -> impl Future<Output = io::Result<(TcpStream, SocketAddr)>> + Send {
        self.accept()
    }
}

impl Listening for UnixListener {
    type Stream = UnixStream;
    type Peer = UnixAddress;

    fn next_connection(&self) -> impl Future<Output = io::Result<(UnixStream, UnixAddress)>> + Send {
        self.accept()
    }
}

/// Accepts connections one after the other and never fails.
///
/// When the process has no file descriptor left (EMFILE, ENFILE) or the kernel no memory, the connections wait in the backlog while
/// this backs off; spinning would take the processor from those who could end a connection.
#[derive(Debug)]
pub struct Acceptor<L = TcpListener> {
    listener: L,
    back_off: Option<Duration>,
}

impl<L: Listening> Acceptor<L> {
    /// Accepts from `listener`.
    #[must_use]
    pub const fn new(listener: L) -> Self {
        Self {
            listener,
            back_off: None,
        }
    }

    /// The next connection and who made it. Can be dropped while waiting without losing a connection.
    pub async fn next(&mut self) -> (L::Stream, L::Peer) {
        loop {
            match self.listener.next_connection().await {
                Ok(accepted) => {
                    self.recovered();
                    return accepted;
                }
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    let wait = self.next_back_off(&error);
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Tells once that the trouble is over.
    fn recovered(&mut self) {
        if self.back_off.take().is_some() {
            tracing::info!("connections are accepted again");
        }
    }

    /// Tells once of the trouble, then doubles the wait.
    fn next_back_off(&mut self, error: &io::Error) -> Duration {
        let wait = match self.back_off {
            None => {
                tracing::error!(%error, "no connection can be accepted: raise the limit of open files");
                FIRST_BACK_OFF
            }
            Some(last) => last.saturating_mul(2).min(LONGEST_BACK_OFF),
        };
        self.back_off = Some(wait);
        wait
    }
}

/// EPROTO of Linux, for which [`io::ErrorKind`] has no name.
const PROTOCOL_ERROR: i32 = 71;

/// Whether the error speaks of the connection at the head of the queue only: accept(2) passes its pending network errors on.
fn is_of_one_connection(error: &io::Error) -> bool {
    let is_protocol_error = cfg!(target_os = "linux") && error.raw_os_error() == Some(PROTOCOL_ERROR);
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::Interrupted
            | io::ErrorKind::NetworkDown
            | io::ErrorKind::NetworkUnreachable
            | io::ErrorKind::TimedOut
    ) || is_protocol_error
}

/// Whether the peer has sent something already. Asks the kernel, takes nothing, does not wait.
#[must_use]
pub fn has_spoken(stream: &TcpStream) -> bool {
    let mut first = [std::mem::MaybeUninit::uninit()];
    SockRef::from(stream)
        .peek(&mut first)
        .is_ok_and(|length| length > 0)
}

/// Says one short thing to a connection that was just accepted and closes it. Does not wait: what the kernel does not take at once is lost.
pub fn turn_away(stream: &TcpStream, words: &[u8]) {
    let socket = SockRef::from(stream);
    // Nobody can be told if this fails, and the connection closes either way.
    if socket.send(words).is_ok() {
        drop(socket.shutdown(std::net::Shutdown::Write));
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn any_port() -> SocketAddr {
        SocketAddr::from(([127, 0, 0, 1], 0))
    }

    #[tokio::test]
    async fn a_taken_port_is_named_in_the_error() {
        let first = bind_tcp(any_port()).unwrap();
        let address = first.local_addr().unwrap();
        let error = bind_tcp(address).unwrap_err();
        assert!(error.to_string().contains(&address.to_string()), "{error}");
        let udp = bind_udp(any_port()).unwrap();
        assert!(bind_udp(udp.address()).is_err());
    }

    #[tokio::test]
    async fn who_is_turned_away_hears_why() {
        let listener = bind_tcp(any_port()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let (stream, _) = Acceptor::new(listener).next().await;
        turn_away(&stream, b"421 busy\r\n");
        drop(stream);
        let mut heard = String::new();
        client.read_to_string(&mut heard).await.unwrap();
        assert_eq!(heard, "421 busy\r\n");
    }

    #[tokio::test]
    async fn an_early_talker_is_seen_without_taking_its_words() {
        let listener = bind_tcp(any_port()).unwrap();
        let address = listener.local_addr().unwrap();
        let mut client = TcpStream::connect(address).await.unwrap();
        let (mut stream, _) = Acceptor::new(listener).next().await;
        assert!(!has_spoken(&stream));
        client.write_all(b"x").await.unwrap();
        stream.readable().await.unwrap();
        assert!(has_spoken(&stream));
        let mut word = [0; 1];
        stream.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"x");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn network_errors_are_of_one_connection_and_shortages_of_all() {
        // EPROTO, ENETDOWN, ENETUNREACH, ECONNABORTED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH
        for code in [71, 100, 101, 103, 104, 110, 113] {
            assert!(
                is_of_one_connection(&io::Error::from_raw_os_error(code)),
                "{code}"
            );
        }
        // ENOMEM, ENFILE, EMFILE, ENOBUFS
        for code in [12, 23, 24, 105] {
            assert!(
                !is_of_one_connection(&io::Error::from_raw_os_error(code)),
                "{code}"
            );
        }
    }

    #[tokio::test]
    async fn the_back_off_grows_to_its_limit_and_ends_with_the_trouble() {
        let mut acceptor = Acceptor::new(bind_tcp(any_port()).unwrap());
        let error = io::Error::from_raw_os_error(24);
        assert!(!is_of_one_connection(&error));
        let waits: Vec<_> = (0..10).map(|_| acceptor.next_back_off(&error)).collect();
        assert_eq!(waits[0], FIRST_BACK_OFF);
        assert_eq!(waits[9], LONGEST_BACK_OFF);
        acceptor.recovered();
        assert_eq!(acceptor.next_back_off(&error), FIRST_BACK_OFF);
    }
}
