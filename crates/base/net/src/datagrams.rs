//! UDP that answers from the address at which it was asked.
//!
//! Sent from a socket that is bound to every address of the machine (0.0.0.0 or ::), an answer would leave from the address that the
//! route prefers, and a client drops what comes from where it did not ask (RFC 2181 section 4.1). So the kernel tells of each
//! datagram to which address it came (`IP_PKTINFO`, `IPV6_RECVPKTINFO`), and each answer names that one as its source.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::os::fd::AsRawFd;

use nix::cmsg_space;
use nix::libc::{in_pktinfo, in6_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, SockaddrStorage, recvmsg, sendmsg, setsockopt,
};
use tokio::io::Interest;
use tokio::net::UdpSocket;

/// A UDP socket for questions and answers. Several tasks may wait on it.
#[derive(Debug)]
pub struct Datagrams {
    socket: UdpSocket,
}

/// Where a datagram came from, and to which address of ours: the way back for its answer.
#[derive(Debug, Clone, Copy)]
pub struct WayBack {
    client: SockaddrStorage,
    ours: Option<Ours>,
}

/// An address of ours, as the kernel takes it for the source of an answer.
#[derive(Debug, Clone, Copy)]
enum Ours {
    V4(in_pktinfo),
    V6(in6_pktinfo),
}

impl WayBack {
    /// The address of the client.
    #[must_use]
    pub fn client(&self) -> IpAddr {
        let v4 = self.client.as_sockaddr_in().map(|client| IpAddr::V4(client.ip()));
        let v6 = || {
            self.client
                .as_sockaddr_in6()
                .map(|client| IpAddr::V6(client.ip()))
        };
        // A socket of ours has one of these two families.
        v4.or_else(v6).unwrap_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED))
    }
}

impl Datagrams {
    /// Makes the kernel tell to which address each datagram of `socket` comes.
    ///
    /// # Errors
    /// The kernel does not.
    pub(crate) fn new(socket: UdpSocket) -> io::Result<Self> {
        match socket.local_addr()? {
            SocketAddr::V4(_) => setsockopt(&socket, Ipv4PacketInfo, &true)?,
            SocketAddr::V6(_) => setsockopt(&socket, Ipv6RecvPacketInfo, &true)?,
        }
        Ok(Self { socket })
    }

    /// The address that it is bound to.
    ///
    /// # Errors
    /// The kernel does not say.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Waits for a datagram, and tells its length. Can be dropped while waiting without losing one.
    ///
    /// # Errors
    /// The socket cannot receive.
    pub async fn receive(&self, buffer: &mut [u8]) -> io::Result<(usize, WayBack)> {
        let receive = || receive_now(&self.socket, buffer);
        self.socket.async_io(Interest::READABLE, receive).await
    }

    /// Sends an answer.
    ///
    /// # Errors
    /// The network does not take it.
    pub async fn answer(&self, bytes: &[u8], way_back: &WayBack) -> io::Result<()> {
        let send = || send_now(&self.socket, bytes, way_back);
        self.socket.async_io(Interest::WRITABLE, send).await
    }
}

/// Takes a datagram if there is one.
fn receive_now(socket: &UdpSocket, buffer: &mut [u8]) -> io::Result<(usize, WayBack)> {
    let mut space = cmsg_space!(in6_pktinfo);
    let mut parts = [IoSliceMut::new(buffer)];
    let received = recvmsg::<SockaddrStorage>(
        socket.as_raw_fd(),
        &mut parts,
        Some(&mut space),
        MsgFlags::empty(),
    )?;
    let ours = received.cmsgs()?.find_map(|told| match told {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(Ours::V4(source_v4(info))),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(Ours::V6(source_v6(info))),
        _ => None,
    });
    let client = received.address.ok_or(io::ErrorKind::InvalidData)?;
    Ok((received.bytes, WayBack { client, ours }))
}

/// Sends an answer if the socket takes it now.
fn send_now(socket: &UdpSocket, bytes: &[u8], way_back: &WayBack) -> io::Result<()> {
    let parts = [IoSlice::new(bytes)];
    let source = match &way_back.ours {
        Some(Ours::V4(info)) => Some(ControlMessage::Ipv4PacketInfo(info)),
        Some(Ours::V6(info)) => Some(ControlMessage::Ipv6PacketInfo(info)),
        None => None,
    };
    sendmsg(
        socket.as_raw_fd(),
        &parts,
        source.as_slice(),
        MsgFlags::empty(),
        Some(&way_back.client),
    )?;
    Ok(())
}

/// The source that stands for the destination of a datagram. The route chooses the interface: it need not be the one that it came by.
fn source_v4(destination: in_pktinfo) -> in_pktinfo {
    in_pktinfo {
        ipi_ifindex: 0,
        ..destination
    }
}

/// The same for IPv6, where an address of one link only means nothing without its interface.
fn source_v6(destination: in6_pktinfo) -> in6_pktinfo {
    let address = Ipv6Addr::from(destination.ipi6_addr.s6_addr);
    in6_pktinfo {
        ipi6_ifindex: if address.is_unicast_link_local() {
            destination.ipi6_ifindex
        } else {
            0
        },
        ..destination
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::bind_udp;

    /// How long to wait for what must come.
    const LIMIT: Duration = Duration::from_secs(20);

    /// Asks at `address` of a socket bound to `bound`, with a client on loopback that takes answers from there only.
    async fn is_answered_from(address: &str, bound: &str) -> bool {
        let address: IpAddr = address.parse().unwrap();
        let loopback = if address.is_ipv4() {
            IpAddr::from([127, 0, 0, 1])
        } else {
            address
        };
        let server = bind_udp(SocketAddr::new(bound.parse().unwrap(), 0)).unwrap();
        let port = server.local_addr().unwrap().port();
        let client = UdpSocket::bind(SocketAddr::new(loopback, 0)).await.unwrap();
        client.connect(SocketAddr::new(address, port)).await.unwrap();
        client.send(b"question").await.unwrap();
        let mut buffer = [0; 64];
        let (length, way_back) = server.receive(&mut buffer).await.unwrap();
        assert_eq!(&buffer[..length], b"question");
        server.answer(b"answer", &way_back).await.unwrap();
        let heard = tokio::time::timeout(LIMIT, client.recv(&mut buffer)).await;
        matches!(heard, Ok(Ok(length)) if &buffer[..length] == b"answer")
    }

    #[tokio::test]
    async fn an_answer_leaves_from_the_address_that_was_asked() {
        for address in ["127.0.0.1", "127.0.0.2", "127.9.9.9"] {
            assert!(is_answered_from(address, "0.0.0.0").await, "{address}");
        }
        assert!(is_answered_from("127.0.0.2", "127.0.0.2").await);
    }

    #[tokio::test]
    async fn an_answer_leaves_from_the_ipv6_address_that_was_asked() {
        if std::net::UdpSocket::bind("[::1]:0").is_err() {
            atalaya_testkit::skip("this machine has no IPv6");
            return;
        }
        for bound in ["::", "::1"] {
            assert!(is_answered_from("::1", bound).await, "{bound}");
        }
    }
}
