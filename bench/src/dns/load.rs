//! Load: questions in batches, a fixed number of them unanswered at a time.

use std::io::{IoSlice, IoSliceMut};
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::time::{Duration, Instant};

use anyhow::Context;
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, MultiHeaders, SockaddrIn, recvmmsg, sendmmsg};

use super::peers::ZONE;

/// Messages of one call.
const BATCH: usize = 64;
/// Questions under way at a time: fewer than the smallest receive queue among the peers holds.
const WINDOW: usize = 128;
/// When so long nothing came, what is under way counts as lost.
const LOST_AFTER: Duration = Duration::from_millis(100);
/// So many answers must come, so that they mean something on a machine with much other work; in so many times the time at most.
const ENOUGH: (u64, u32) = (100_000, 10);
/// Longest answer.
const ANSWER: usize = 1500;

/// What a run came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Load {
    /// Answers.
    pub(super) answers: u64,
    /// Answers that say "listed".
    pub(super) listed: u64,
    /// Questions that got none.
    pub(super) lost: u64,
    /// How long it took.
    pub(super) seconds: f64,
}

/// A question in wire format: type A, without EDNS.
pub(crate) fn question(name: &str) -> Vec<u8> {
    // Identifier 1, standard query without recursion, one question.
    let mut message = vec![0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    for label in name.split('.').chain(ZONE.split('.')) {
        message.push(u8::try_from(label.len()).unwrap_or(63));
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, 1, 0, 1]);
    message
}

/// Whether an answer has records: ANCOUNT is not zero.
pub(crate) fn says_listed(answer: &[u8]) -> bool {
    answer.get(6..8).is_some_and(|count| count != [0, 0])
}

/// How the load waits for answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Waiting {
    /// It asks the socket again and again, on a processor of its own: waking it would cost the server time.
    Spinning,
    /// It sleeps, because the server works on the same processor.
    Sleeping,
}

/// Asks the questions again and again for so long, beginning at the one of this number.
///
/// # Errors
/// The socket fails.
pub(super) fn run(
    server: SocketAddr,
    questions: &[Vec<u8>],
    first: usize,
    duration: Duration,
    waiting: Waiting,
) -> anyhow::Result<Load> {
    let socket = UdpSocket::bind("127.0.0.1:0")?;
    socket.connect(server)?;
    socket.set_read_timeout(Some(LOST_AFTER))?;
    let mut socket = Batches::new(socket, waiting);
    let mut load = Load::default();
    let (mut next, mut under_way) = (first % questions.len(), 0_usize);
    let started = Instant::now();
    let mut heard = started;
    while started.elapsed() < duration || (load.answers < ENOUGH.0 && started.elapsed() < duration * ENOUGH.1)
    {
        let room = WINDOW.saturating_sub(under_way).min(BATCH);
        if room >= BATCH / 2 {
            let end = questions.len().min(next + room);
            let sent = socket.send(questions.get(next..end).unwrap_or_default())?;
            next = (next + sent) % questions.len();
            under_way += sent;
        }
        let (answers, listed) = socket.receive()?;
        load.answers += answers as u64;
        load.listed += listed;
        under_way = under_way.saturating_sub(answers);
        if answers > 0 {
            heard = Instant::now();
        } else if heard.elapsed() >= LOST_AFTER {
            load.lost += under_way as u64;
            under_way = 0;
            heard = Instant::now();
        }
    }
    load.seconds = started.elapsed().as_secs_f64();
    Ok(load)
}

/// A connected socket that sends and receives many messages in one call.
struct Batches {
    socket: UdpSocket,
    flags: MsgFlags,
    sending: MultiHeaders<SockaddrIn>,
    receiving: MultiHeaders<SockaddrIn>,
    buffers: Vec<[u8; ANSWER]>,
}

impl Batches {
    fn new(socket: UdpSocket, waiting: Waiting) -> Self {
        Self {
            socket,
            flags: match waiting {
                Waiting::Spinning => MsgFlags::MSG_DONTWAIT,
                Waiting::Sleeping => MsgFlags::MSG_WAITFORONE,
            },
            sending: MultiHeaders::preallocate(BATCH, None),
            receiving: MultiHeaders::preallocate(BATCH, None),
            buffers: vec![[0; ANSWER]; BATCH],
        }
    }

    /// Sends as many of these as the kernel takes now.
    fn send(&mut self, messages: &[Vec<u8>]) -> anyhow::Result<usize> {
        let slices: Vec<[IoSlice<'_>; 1]> = messages.iter().map(|message| [IoSlice::new(message)]).collect();
        let connected = vec![None; slices.len()];
        let socket = self.socket.as_raw_fd();
        match sendmmsg(
            socket,
            &mut self.sending,
            &slices,
            connected,
            [],
            MsgFlags::empty(),
        ) {
            Ok(sent) => Ok(sent.count()),
            Err(Errno::EAGAIN | Errno::ENOBUFS | Errno::ECONNREFUSED) => Ok(0),
            Err(error) => Err(error).context("the load cannot be sent"),
        }
    }

    /// Takes what came: the number of answers, and of those that say "listed".
    fn receive(&mut self) -> anyhow::Result<(usize, u64)> {
        let mut slices: Vec<[IoSliceMut<'_>; 1]> = self
            .buffers
            .iter_mut()
            .map(|buffer| [IoSliceMut::new(buffer)])
            .collect();
        let socket = self.socket.as_raw_fd();
        match recvmmsg(socket, &mut self.receiving, slices.iter_mut(), self.flags, None) {
            Ok(received) => Ok(received.fold((0, 0), |(answers, listed), message| {
                let is_listed = message.iovs().next().is_some_and(says_listed);
                (answers + 1, listed + u64::from(is_listed))
            })),
            Err(Errno::EAGAIN | Errno::ECONNREFUSED | Errno::EINTR) => Ok((0, 0)),
            Err(error) => Err(error).context("the answers cannot be received"),
        }
    }
}
