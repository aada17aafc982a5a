//! What passes between a batch and the kernel: addresses of the family of the socket, and the source of each answer.

use std::io::{self, IoSlice, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::os::fd::AsRawFd;

use nix::errno::Errno;
use nix::libc::{in_addr, in_pktinfo, in6_addr, in6_pktinfo};
use nix::sys::socket::{
    ControlMessage, ControlMessageOwned, MsgFlags, MultiHeaders, RecvMsg, SockaddrIn, SockaddrIn6,
    SockaddrLike, recvmmsg, sendmmsg,
};

use super::{BATCH, Datagrams, MOST_BYTES};

/// What passes between us and the kernel, in the family of the socket: an address of any family takes 128 bytes, which are copied often.
pub(super) enum AnyExchange {
    V4(Exchange<SockaddrIn>),
    V6(Exchange<SockaddrIn6>),
}

/// What the kernel reads and fills for the datagrams of a call.
pub(super) struct Exchange<S> {
    receiving: MultiHeaders<S>,
    sending: MultiHeaders<S>,
    /// The same, with space for the source of each answer.
    sending_from: MultiHeaders<S>,
    /// Where each datagram came from.
    pub(super) clients: Vec<Option<S>>,
    /// Where the answers go that are sent together.
    answered: Vec<Option<S>>,
}

/// The address of a client as the kernel writes it.
pub(super) trait Client: SockaddrLike + Copy {
    /// Without its port.
    fn address(&self) -> IpAddr;
}

/// An address of ours that was asked; an address of one link only means nothing without its interface.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ours {
    V4(Ipv4Addr),
    V6(Ipv6Addr, u32),
}

/// A datagram that came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Met {
    pub(super) length: usize,
    pub(super) client: IpAddr,
    /// To which address of ours it came, where the kernel tells.
    ours: Option<Ours>,
}

impl<S: Client> Exchange<S> {
    /// Makes the space; `control` gives the space for what the kernel tells of a datagram.
    pub(super) fn new(control: impl Fn() -> Option<Vec<u8>>) -> Self {
        Self {
            receiving: MultiHeaders::preallocate(BATCH, control()),
            sending: MultiHeaders::preallocate(BATCH, None),
            sending_from: MultiHeaders::preallocate(BATCH, control()),
            clients: Vec::with_capacity(BATCH),
            answered: Vec::with_capacity(BATCH),
        }
    }

    /// Waits for datagrams, and takes as many as there are.
    pub(super) fn receive(
        &mut self,
        socket: &Datagrams,
        questions: &mut [[u8; MOST_BYTES]; BATCH],
        met: &mut Vec<Option<Met>>,
    ) -> io::Result<()> {
        self.clients.clear();
        let mut space = questions.each_mut().map(|question| [IoSliceMut::new(question)]);
        let fd = socket.socket.as_raw_fd();
        let flags = MsgFlags::MSG_WAITFORONE;
        match recvmmsg(fd, &mut self.receiving, space.iter_mut(), flags, None) {
            Ok(received) => {
                for datagram in received {
                    met.push(read(&datagram));
                    self.clients.push(datagram.address);
                }
                Ok(())
            }
            Err(Errno::EAGAIN | Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sends the answers; tells how many the network did not take.
    pub(super) fn send(&mut self, socket: &Datagrams, met: &[Option<Met>], answers: &[Vec<u8>]) -> usize {
        let mut unsent = 0_usize;
        let (mut met, mut answers, mut clients) = (met, answers, self.clients.as_slice());
        // What leaves from the same address goes out together: all of it, unless the socket is bound to every address.
        while let Some(first) = met.first() {
            let ours = source_of(first);
            let run = met.iter().take_while(|met| source_of(met) == ours).count();
            let headers = if ours.is_some() {
                &mut self.sending_from
            } else {
                &mut self.sending
            };
            let mut slices = [[IoSlice::new(&[])]; BATCH];
            self.answered.clear();
            let alike = met.iter().zip(answers).zip(clients).take(run);
            let answered = alike.filter(|((met, answer), _)| met.is_some() && !answer.is_empty());
            for (slice, ((_, answer), client)) in slices.iter_mut().zip(answered) {
                *slice = [IoSlice::new(answer)];
                self.answered.push(*client);
            }
            unsent = unsent.saturating_add(send_all(socket, headers, &slices, &self.answered, ours));
            met = met.get(run..).unwrap_or_default();
            answers = answers.get(run..).unwrap_or_default();
            clients = clients.get(run..).unwrap_or_default();
        }
        unsent
    }
}

impl Client for SockaddrIn {
    fn address(&self) -> IpAddr {
        self.ip().into()
    }
}

impl Client for SockaddrIn6 {
    fn address(&self) -> IpAddr {
        self.ip().into()
    }
}

/// Sends answers to their clients; tells how many the network did not take.
fn send_all<S: Client>(
    socket: &Datagrams,
    headers: &mut MultiHeaders<S>,
    answers: &[[IoSlice<'_>; 1]],
    clients: &[Option<S>],
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

/// What the kernel tells of a datagram.
fn read<S: Client>(datagram: &RecvMsg<'_, '_, S>) -> Option<Met> {
    // What has no bytes is no question; it also stands for the end of a socket that was stopped, and has no sender then.
    if datagram.bytes == 0 {
        return None;
    }
    let ours = datagram.cmsgs().ok()?.find_map(|told| match told {
        ControlMessageOwned::Ipv4PacketInfo(info) => Some(to_v4(&info)),
        ControlMessageOwned::Ipv6PacketInfo(info) => Some(to_v6(&info)),
        _ => None,
    });
    Some(Met {
        length: datagram.bytes,
        client: datagram.address?.address(),
        ours,
    })
}

/// The address of ours that an answer must leave from.
fn source_of(met: &Option<Met>) -> Option<Ours> {
    met.as_ref().and_then(|met| met.ours)
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
