//! UDP for questions and answers, in batches: one call to the kernel takes up to 64 questions, one or two send their answers.
//!
//! Sent from a socket that is bound to every address of the machine (0.0.0.0 or ::), an answer would leave from the address that the
//! route prefers, and a client drops what comes from where it did not ask (RFC 2181 section 4.1). So the kernel tells of each
//! datagram to which address it came (`IP_PKTINFO`, `IPV6_RECVPKTINFO`), and each answer names that one as its source. A socket that
//! is bound to one address needs none of this.
//!
//! Receiving blocks, so that each socket wants a thread of its own. Several sockets may share a port: the kernel spreads the clients over
//! them.

use std::fmt;
use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::cmsg_space;
use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::sockopt::{Ipv4PacketInfo, Ipv6RecvPacketInfo, RcvBuf, RcvBufForce};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrStorage, recvmmsg,
    sendmmsg, setsockopt,
};
use socket2::{Domain, Protocol, Socket, Type};

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

/// An address of ours that was asked; an address of one link only means nothing without its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    V4(Ipv4Addr),
    V6(Ipv6Addr, u32),
}

/// Where a datagram came from, and to which address of ours: the way back for its answer.
#[derive(Debug, Clone, Copy)]
struct WayBack {
    client: SockaddrStorage,
    ours: Option<Ours>,
}

/// The space for a batch of questions and their answers, used again and again.
pub struct Batch {
    receiving: Headers,
    sending: Headers,
    /// The same, with space for the source of each answer.
    sending_from: Headers,
    questions: Box<[[u8; MOST_BYTES]; BATCH]>,
    /// For each datagram of the batch its length and its way back; none where the kernel names no sender.
    met: Vec<Option<(usize, WayBack)>>,
    answers: Vec<Vec<u8>>,
    clients: Vec<Option<SockaddrStorage>>,
}

/// What the kernel reads and fills for each datagram of a call.
type Headers = MultiHeaders<SockaddrStorage>;

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
    /// Makes the space for batches of this socket.
    #[must_use]
    pub fn new(socket: &Datagrams) -> Self {
        let space = || match socket.address {
            SocketAddr::V4(_) => Some(cmsg_space!(in_pktinfo)),
            SocketAddr::V6(_) => Some(cmsg_space!(in6_pktinfo)),
        };
        Self {
            receiving: Headers::preallocate(BATCH, space()),
            sending: Headers::preallocate(BATCH, None),
            sending_from: Headers::preallocate(BATCH, space()),
            questions: Box::new([[0; MOST_BYTES]; BATCH]),
            met: Vec::with_capacity(BATCH),
            answers: (0..BATCH).map(|_| Vec::with_capacity(USUAL_ANSWER)).collect(),
            clients: Vec::with_capacity(BATCH),
        }
    }

    /// Waits for questions, and takes as many as there are. It may come back with none.
    ///
    /// # Errors
    /// The socket cannot receive.
    pub fn receive(&mut self, socket: &Datagrams) -> io::Result<()> {
        self.met.clear();
        self.answers.iter_mut().for_each(Vec::clear);
        let mut space = self
            .questions
            .each_mut()
            .map(|question| [IoSliceMut::new(question)]);
        let received = recvmmsg(
            socket.socket.as_raw_fd(),
            &mut self.receiving,
            space.iter_mut(),
            MsgFlags::MSG_WAITFORONE,
            None,
        );
        match received {
            Ok(received) => self.met.extend(received.map(|datagram| way_back(&datagram))),
            Err(Errno::EAGAIN | Errno::EINTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
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
            let (length, way_back) = met.as_ref()?;
            Some(Letter {
                question: question.get(..*length)?,
                client: way_back.address()?,
                answer,
            })
        })
    }

    /// Sends the answers; tells how many the network did not take.
    pub fn send(&mut self, socket: &Datagrams) -> usize {
        let mut unsent = 0_usize;
        let mut rest: &[_] = &self.met;
        let mut answers = self.answers.as_slice();
        // What leaves from the same address goes out together: all of it, unless the socket is bound to every address.
        while let Some(first) = rest.first() {
            let ours = source_of(first);
            let run = rest.iter().take_while(|met| source_of(met) == ours).count();
            let headers = if ours.is_some() {
                &mut self.sending_from
            } else {
                &mut self.sending
            };
            let mut slices = [[IoSlice::new(&[])]; BATCH];
            self.clients.clear();
            let alike = rest.iter().zip(answers).take(run);
            let answered = alike.filter(|(met, answer)| met.is_some() && !answer.is_empty());
            for (slice, (met, answer)) in slices.iter_mut().zip(answered) {
                *slice = [IoSlice::new(answer)];
                self.clients
                    .push(met.as_ref().map(|(_, way_back)| way_back.client));
            }
            unsent = unsent.saturating_add(send_all(socket, headers, &slices, &self.clients, ours));
            rest = rest.get(run..).unwrap_or_default();
            answers = answers.get(run..).unwrap_or_default();
        }
        unsent
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

/// Sends answers to their clients; tells how many the network did not take.
fn send_all(
    socket: &Datagrams,
    headers: &mut Headers,
    answers: &[[IoSlice<'_>; 1]],
    clients: &[Option<SockaddrStorage>],
    ours: Option<Ours>,
) -> usize {
    let (v4, v6);
    let source = match ours {
        Some(Ours::V4(address)) => {
            v4 = from_v4(address);
            Some(ControlMessage::Ipv4PacketInfo(&v4))
        }
        Some(Ours::V6(address, interface)) => {
            v6 = from_v6(address, interface);
            Some(ControlMessage::Ipv6PacketInfo(&v6))
        }
        None => None,
    };
    let (mut done, mut unsent) = (0_usize, 0_usize);
    while let (Some(answers), Some(clients @ [_, ..])) = (answers.get(done..), clients.get(done..)) {
        let fd = socket.socket.as_raw_fd();
        let sent = sendmmsg(
            fd,
            headers,
            answers,
            clients,
            source.as_slice(),
            MsgFlags::empty(),
        );
        match sent {
            Ok(sent) => done = done.saturating_add(sent.count().max(1)),
            Err(Errno::EINTR) => {}
            // The first of them: a forged or unreachable client. The others are not to suffer for it.
            Err(_refused) => {
                unsent = unsent.saturating_add(1);
                done = done.saturating_add(1);
            }
        }
    }
    unsent
}

/// The length of a datagram, and the way back for its answer.
fn way_back(datagram: &RecvMsg<'_, '_, SockaddrStorage>) -> Option<(usize, WayBack)> {
    // What has no bytes is no question; it also stands for the end of a socket that was stopped, and has no sender then.
    if datagram.bytes == 0 {
        return None;
    }
    let ours = datagram.cmsgs().ok()?.find_map(|told| match told {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(to_v4(&info)),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(to_v6(&info)),
        _ => None,
    });
    let client = datagram.address?;
    Some((datagram.bytes, WayBack { client, ours }))
}

/// The address of ours that an answer must leave from.
fn source_of(met: &Option<(usize, WayBack)>) -> Option<Ours> {
    met.as_ref().and_then(|(_, way_back)| way_back.ours)
}

impl WayBack {
    /// The address of the client.
    fn address(&self) -> Option<IpAddr> {
        let v4 = self.client.as_sockaddr_in().map(|client| IpAddr::V4(client.ip()));
        v4.or_else(|| Some(IpAddr::V6(self.client.as_sockaddr_in6()?.ip())))
    }
}

fn to_v4(info: &in_pktinfo) -> Ours {
    Ours::V4(Ipv4Addr::from(info.ipi_addr.s_addr.to_ne_bytes()))
}

fn to_v6(info: &in6_pktinfo) -> Ours {
    let address = Ipv6Addr::from(info.ipi6_addr.s6_addr);
    let interface = if address.is_unicast_link_local() {
        info.ipi6_ifindex
    } else {
        0
    };
    Ours::V6(address, interface)
}

/// The route chooses the interface: it need not be the one that the question came by.
fn from_v4(address: Ipv4Addr) -> in_pktinfo {
    let source = in_addr {
        s_addr: u32::from_ne_bytes(address.octets()),
    };
    in_pktinfo {
        ipi_ifindex: 0,
        ipi_spec_dst: source,
        ipi_addr: source,
    }
}

const fn from_v6(address: Ipv6Addr, interface: u32) -> in6_pktinfo {
    in6_pktinfo {
        ipi6_addr: in6_addr {
            s6_addr: address.octets(),
        },
        ipi6_ifindex: interface,
    }
}

impl fmt::Debug for Batch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("met", &self.met.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;
    use crate::bind_udp;

    fn client(address: IpAddr) -> UdpSocket {
        let client = UdpSocket::bind(SocketAddr::new(address, 0)).unwrap();
        client.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        client
    }

    fn bound(address: &str) -> Datagrams {
        bind_udp(SocketAddr::new(address.parse().unwrap(), 0)).unwrap()
    }

    /// Answers one batch with the questions themselves; tells how many there were.
    fn echo(batch: &mut Batch, server: &Datagrams) -> usize {
        batch.receive(server).unwrap();
        let mut count = 0;
        for letter in batch.letters() {
            letter.answer.extend(letter.question);
            count += 1;
        }
        assert_eq!(batch.send(server), 0);
        count
    }

    /// Asks at `address` of a socket bound to `bound`, with a client on loopback that takes answers from there only.
    fn is_answered_from(address: &str, at: &str) {
        let address: IpAddr = address.parse().unwrap();
        let loopback = if address.is_ipv4() {
            IpAddr::from([127, 0, 0, 1])
        } else {
            address
        };
        let server = bound(at);
        let client = client(loopback);
        client
            .connect(SocketAddr::new(address, server.address().port()))
            .unwrap();
        client.send(b"question").unwrap();
        let mut batch = Batch::new(&server);
        assert_eq!(echo(&mut batch, &server), 1);
        let mut buffer = [0; 64];
        let length = client.recv(&mut buffer).unwrap();
        assert_eq!(&buffer[..length], b"question", "{address} at {at}");
    }

    #[test]
    fn an_answer_leaves_from_the_address_that_was_asked() {
        for address in ["127.0.0.1", "127.0.0.2", "127.9.9.9"] {
            is_answered_from(address, "0.0.0.0");
        }
        is_answered_from("127.0.0.2", "127.0.0.2");
    }

    #[test]
    fn over_ipv6_it_does_too() {
        if UdpSocket::bind("[::1]:0").is_err() {
            atalaya_testkit::skip("this machine has no IPv6");
            return;
        }
        is_answered_from("::1", "::");
        is_answered_from("::1", "::1");
    }

    #[test]
    fn a_batch_mixes_clients_and_addresses_and_leaves_out_what_gets_no_answer() {
        let server = bound("0.0.0.0");
        let port = server.address().port();
        let clients: Vec<UdpSocket> = (0..200_u8)
            .map(|at| {
                let client = client([127, 0, 0, 1].into());
                client
                    .connect(SocketAddr::from(([127, 0, 1 + at % 3, 1], port)))
                    .unwrap();
                client.send(&[at; 9]).unwrap();
                client
            })
            .collect();
        let mut batch = Batch::new(&server);
        let mut count = 0;
        while count < clients.len() {
            batch.receive(&server).unwrap();
            for letter in batch.letters() {
                count += 1;
                let is_left_out = letter.question[0].is_multiple_of(7);
                letter
                    .answer
                    .extend(letter.question.iter().filter(|_byte| !is_left_out));
            }
            assert_eq!(batch.send(&server), 0);
        }
        for (at, client) in (0_u8..).zip(&clients) {
            let mut buffer = [0; 64];
            client.set_nonblocking(true).unwrap();
            let heard = client.recv(&mut buffer);
            match at % 7 {
                0 => assert!(heard.is_err()),
                _ => assert_eq!((heard.unwrap(), buffer[0]), (9, at)),
            }
        }
    }

    #[test]
    fn an_unreachable_client_costs_only_its_own_answer() {
        let server = bound("127.0.0.1");
        let good = client([127, 0, 0, 1].into());
        for _twice in 0..2 {
            good.send_to(b"question", server.address()).unwrap();
        }
        let mut batch = Batch::new(&server);
        let mut met = 0;
        while met < 2 {
            batch.receive(&server).unwrap();
            met += batch.letters().count();
        }
        for letter in batch.letters() {
            letter.answer.extend(b"answer");
        }
        // Port 0 is nobody's: the kernel refuses it.
        let nobody = SockaddrStorage::from(SocketAddr::from(([127, 0, 0, 1], 0)));
        let whole = batch.met.len() == 2;
        if let Some(Some((_, way_back))) = batch.met.first_mut() {
            way_back.client = nobody;
        }
        assert_eq!(batch.send(&server), 1);
        let mut buffer = [0; 64];
        if whole {
            assert_eq!(good.recv(&mut buffer).unwrap(), 6);
        }
    }

    #[test]
    fn sockets_of_one_port_share_the_clients_and_no_other_process_gets_in() {
        let first = bound("127.0.0.1");
        let second = first.another().unwrap();
        assert_eq!(first.address(), second.address());
        assert!(UdpSocket::bind(first.address()).is_err());
        let clients: Vec<UdpSocket> = (0..64).map(|_| client([127, 0, 0, 1].into())).collect();
        for client in &clients {
            client.send_to(b"question", first.address()).unwrap();
        }
        let counts = [&first, &second].map(|server| {
            let mut batch = Batch::new(server);
            echo(&mut batch, server)
        });
        assert_eq!(counts.iter().sum::<usize>(), clients.len());
        assert!(counts.iter().all(|count| *count > 0), "{counts:?}");
    }

    #[test]
    fn whoever_waits_comes_back_when_it_is_stopped() {
        let server = bound("127.0.0.1");
        let mut batch = Batch::new(&server);
        std::thread::scope(|scope| {
            scope.spawn(|| server.stop());
            batch.receive(&server).unwrap();
        });
        assert!(server.is_stopped());
        assert_eq!(batch.letters().count(), 0);
        batch.receive(&server).unwrap();
        assert_eq!(batch.letters().count(), 0);
    }
}
