//! The first packet of a TCP connection, as Linux keeps it for whoever listens and asks: no capture and no privilege are needed.
//!
//! A listener is told once with [`save_syns`]; each connection that it accepts later can then be asked with [`saved_syn`]. What comes back is
//! the IP header and the TCP header with their options, never what stood behind them.

use std::fmt;
use std::io;
use std::os::fd::AsFd;

use tokio::net::{TcpListener, TcpStream};

use crate::sys;

/// The longest packet that is taken: a whole IPv4 header and TCP header are 120 bytes, those of IPv6 100 and its extensions.
const MOST_BYTES: usize = 512;

/// The headers of the packet that opened a connection.
#[derive(Clone, PartialEq, Eq)]
pub struct SavedSyn {
    bytes: [u8; MOST_BYTES],
    length: usize,
}

impl AsRef<[u8]> for SavedSyn {
    fn as_ref(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for SavedSyn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SavedSyn").field(&self.as_ref()).finish()
    }
}

/// Asks the kernel to keep the first packet of each connection that is made to this listener from now on.
///
/// # Errors
/// The system does not know how.
pub fn save_syns(listener: &TcpListener) -> io::Result<()> {
    sys::save_syns(listener.as_fd())
}

/// Takes the first packet of a connection. A second call finds nothing: the kernel keeps it only until it was read.
///
/// None where it was not kept: [`save_syns`] was not called in time, the kernel answered with SYN cookies under a flood, or the headers are longer
/// than any that is sent in earnest.
#[must_use]
pub fn saved_syn(stream: &TcpStream) -> Option<SavedSyn> {
    let mut bytes = [0; MOST_BYTES];
    let length = sys::saved_syn(stream.as_fd(), &mut bytes).ok()?;
    (length > 0).then_some(SavedSyn { bytes, length })
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use socket2::{Domain, Protocol, Socket, Type};

    use super::*;
    use crate::{Acceptor, bind_tcp};

    /// Accepts one connection from this address of loopback.
    async fn accepted(listener: TcpListener, from: &str) -> TcpStream {
        let port = listener.local_addr().unwrap().port();
        let at = SocketAddr::new(from.parse().unwrap(), port);
        let (_client, (stream, _)) = tokio::join!(TcpStream::connect(at), async {
            Acceptor::new(listener).next().await
        });
        stream
    }

    fn listener(address: &str) -> TcpListener {
        let listener = bind_tcp(SocketAddr::new(address.parse().unwrap(), 0)).unwrap();
        save_syns(&listener).unwrap();
        listener
    }

    #[tokio::test]
    async fn the_headers_of_ipv4_are_given_once() {
        let stream = accepted(listener("127.0.0.1"), "127.0.0.1").await;
        let syn = saved_syn(&stream).unwrap();
        let bytes = syn.as_ref();
        assert_eq!((bytes[0] >> 4, bytes[9]), (4, 6), "IPv4 with TCP");
        assert_eq!(bytes[12..16], [127, 0, 0, 1]);
        let header = usize::from(bytes[0] & 15) * 4;
        assert_eq!(bytes[header + 13] & 0x3f, 2, "a SYN and nothing else");
        let port = u16::from_be_bytes([bytes[header], bytes[header + 1]]);
        assert_eq!(port, stream.peer_addr().unwrap().port());
        assert_eq!(bytes.len(), header + usize::from(bytes[header + 12] >> 4) * 4);
        assert_eq!(saved_syn(&stream), None, "the kernel forgot it");
    }

    #[tokio::test]
    async fn the_headers_of_ipv6_are_given_where_there_is_ipv6() {
        let Ok(bound) = bind_tcp("[::1]:0".parse().unwrap()) else {
            return atalaya_testkit::skip("no IPv6 on loopback");
        };
        save_syns(&bound).unwrap();
        let stream = accepted(bound, "::1").await;
        let syn = saved_syn(&stream).unwrap();
        assert_eq!((syn.as_ref()[0] >> 4, syn.as_ref()[6]), (6, 6), "IPv6 with TCP");
    }

    #[tokio::test]
    async fn a_listener_of_both_gives_ipv4_as_ipv4() {
        let Ok(socket) = Socket::new(Domain::IPV6, Type::STREAM, Some(Protocol::TCP)) else {
            return atalaya_testkit::skip("no IPv6");
        };
        socket.set_only_v6(false).unwrap();
        socket.set_nonblocking(true).unwrap();
        if socket
            .bind(&"[::]:0".parse::<SocketAddr>().unwrap().into())
            .is_err()
        {
            return atalaya_testkit::skip("no IPv6");
        }
        socket.listen(16).unwrap();
        let both = TcpListener::from_std(socket.into()).unwrap();
        save_syns(&both).unwrap();
        let stream = accepted(both, "127.0.0.1").await;
        assert!(stream.peer_addr().unwrap().is_ipv6(), "mapped into IPv6");
        assert_eq!(saved_syn(&stream).unwrap().as_ref()[0] >> 4, 4);
    }

    #[tokio::test]
    async fn nothing_is_given_where_nobody_asked_for_it() {
        let listener = bind_tcp("127.0.0.1:0".parse().unwrap()).unwrap();
        let stream = accepted(listener, "127.0.0.1").await;
        assert_eq!(saved_syn(&stream), None);
    }

    #[tokio::test]
    async fn what_does_not_fit_stays_kept() {
        let stream = accepted(listener("127.0.0.1"), "127.0.0.1").await;
        let error = sys::saved_syn(stream.as_fd(), &mut [0; 20]).unwrap_err();
        assert_eq!(error.raw_os_error(), Some(nix::libc::EINVAL));
        assert!(saved_syn(&stream).is_some());
    }
}
