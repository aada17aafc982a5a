//! The bytes of one connection: waits with a limit, buffers with a limit.
//!
//! Answers are collected and go out when nothing more can be read without waiting, so that a client that pipelines gets them in one
//! piece (RFC 2920). In a tarpit they go out line by line, with a wait before each.

use std::time::Duration;

use atalaya_model::Tls;
use atalaya_net::Share;
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::recorder::{Part, Recorder};
use super::transport::Transport;
use crate::TrapConfig;
use crate::trap::reply::{Goodbye, Reply};

/// Bytes read at once while commands are expected: thousands of idle connections must stay cheap.
const NARROW: usize = 2 * 1024;
/// Bytes read at once while a message comes, taken from the memory of all messages.
pub(super) const WIDE: usize = 32 * 1024;
/// Answers that wait for the client at most, in bytes, before nothing more is read.
const MAX_UNSAID: usize = 8 * 1024;

/// When to end before the client does.
#[derive(Debug, Clone)]
pub(crate) struct Stops {
    /// The program ends: say goodbye before the next command.
    pub(crate) soon: CancellationToken,
    /// The time for that is over: break off.
    pub(crate) now: CancellationToken,
}

/// Why a conversation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The trap ends it and says why.
    Goodbye(Goodbye),
    /// The client is gone, or does not listen.
    Gone,
    /// TLS did not come about.
    NoTls,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A command.
    Command,
    /// More of a message.
    Message,
    /// The rest of a message that is thrown away.
    Rest,
}

/// What came before the banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing, as it should be.
    Nothing,
    /// Words.
    Words,
}

/// How a client is held up.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tarpit {
    /// The wait before each line.
    pub(super) delay: Duration,
    /// When that ends.
    pub(super) until: Instant,
}

/// The bytes of one connection.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: Transport<S>,
    stops: Stops,
    input: BytesMut,
    recorder: Recorder,
    tarpit: Option<Tarpit>,
    /// The memory of a wide input buffer, while there is one.
    wide: Share,
    unsaid: Vec<u8>,
    reply_timeout: Duration,
    ends_at: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Takes a connection over, which lasts as long as a session may from now. `wide` is where a wide input buffer is taken from.
    pub(super) fn new(stream: S, stops: Stops, wide: Share, config: &TrapConfig, recorder: Recorder) -> Self {
        Self {
            stream: Transport::Plain(stream),
            stops,
            input: BytesMut::new(),
            recorder,
            tarpit: None,
            wide,
            unsaid: Vec::new(),
            reply_timeout: config.reply_timeout.duration(),
            ends_at: Instant::now() + config.session_timeout.duration(),
        }
    }

    /// What was read and not used yet.
    pub(super) fn input(&self) -> &[u8] {
        &self.input
    }

    /// What is written down of the conversation.
    pub(super) const fn recorder(&mut self) -> &mut Recorder {
        &mut self.recorder
    }

    /// Answers slowly from now on.
    pub(super) const fn slow_down(&mut self, tarpit: Tarpit) {
        self.tarpit = Some(tarpit);
    }

    /// Answers quickly again.
    pub(super) const fn hurry(&mut self) {
        self.tarpit = None;
    }

    /// Drops bytes that were used, and writes down what they were.
    pub(super) fn advance(&mut self, used: usize, part: Part) {
        self.recorder
            .understood(self.input.get(..used).unwrap_or_default(), part);
        self.input.advance(used);
    }

    /// Has something to say at the next occasion.
    pub(super) fn say(&mut self, reply: &Reply) {
        reply.write(&mut self.unsaid);
    }

    /// Speaks TLS from now on. What came in behind the command that asked for it was not protected and is dropped, or else whoever sits in
    /// between could put commands into the mouth of the client (CVE-2011-0411). Says whether something was dropped.
    pub(super) async fn begin_tls(
        &mut self,
        acceptor: &TlsAcceptor,
        limit: Duration,
    ) -> Result<(Tls, Heard), End> {
        self.hurry();
        self.flush().await?;
        let dropped = if self.input.is_empty() {
            Heard::Nothing
        } else {
            Heard::Words
        };
        self.input = BytesMut::new();
        self.recorder.drop_waiting();
        let until = self.ends_at.min(Instant::now() + limit);
        let begun = tokio::select! {
            biased;
            () = self.stops.now.cancelled() => return Err(End::Gone),
            begun = timeout_at(until, self.stream.begin_tls(acceptor)) => begun,
        };
        match begun {
            Ok(Some(tls)) => {
                self.recorder.began_tls();
                Ok((tls, dropped))
            }
            Ok(None) | Err(_) => Err(End::NoTls),
        }
    }

    /// Listens for `delay` to whether the client speaks first.
    pub(super) async fn listen(&mut self, delay: Duration) -> Result<Heard, End> {
        if delay.is_zero() {
            return Ok(Heard::Nothing);
        }
        self.fit_input(Expected::Command);
        let heard = tokio::select! {
            () = self.stops.soon.cancelled() => return Err(End::Goodbye(Goodbye::Shutdown)),
            heard = timeout(delay, self.stream.read_buf(&mut self.input)) => heard,
        };
        match heard {
            Ok(Ok(length)) if length > 0 => {
                self.recorder.arrived(length);
                Ok(Heard::Words)
            }
            Ok(_) => Err(End::Gone),
            Err(_elapsed) => Ok(Heard::Nothing),
        }
    }

    /// Waits for more, at most until `until`.
    pub(super) async fn fill(&mut self, expected: Expected, until: Instant) -> Result<(), End> {
        self.fit_input(expected);
        let stop = match expected {
            Expected::Message | Expected::Rest => &self.stops.now,
            Expected::Command => &self.stops.soon,
        };
        let limit = until.min(self.ends_at);
        let late = if limit == self.ends_at {
            Goodbye::Long
        } else {
            Goodbye::Slow
        };
        // A read that need not wait goes before a timer that has run out: who never pauses would never end.
        if Instant::now() >= limit {
            return Err(End::Goodbye(late));
        }
        let read = tokio::select! {
            // In this order: who speaks without a pause must hear of the end as well.
            biased;
            () = stop.cancelled() => return Err(End::Goodbye(Goodbye::Shutdown)),
            read = timeout_at(limit, self.stream.read_buf(&mut self.input)) => read,
        };
        match read {
            Ok(Ok(length)) if length > 0 => {
                self.recorder.arrived(length);
                Ok(())
            }
            Ok(_) => Err(End::Gone),
            Err(_elapsed) => Err(End::Goodbye(late)),
        }
    }

    /// Gives the input buffer the size that fits what is expected.
    fn fit_input(&mut self, expected: Expected) {
        if expected == Expected::Message {
            // Without memory the narrow one has to do.
            let _is_wide = self.wide.taken() > 0 || self.wide.take(WIDE);
        } else if self.wide.taken() > 0 && self.input.is_empty() {
            self.wide.give_back();
            self.input = BytesMut::new();
        }
        // An empty buffer is used again from its start by this, without taking memory.
        if self.input.is_empty() || self.input.capacity() == self.input.len() {
            self.input
                .reserve(if self.wide.taken() > 0 { WIDE } else { NARROW });
        }
    }

    /// Says what is to be said if it has become much: who asks and does not listen must not fill the memory.
    pub(super) async fn flush_some(&mut self) -> Result<(), End> {
        if self.unsaid.len() > MAX_UNSAID {
            self.flush().await?;
        }
        Ok(())
    }

    /// Says what is to be said.
    pub(super) async fn flush(&mut self) -> Result<(), End> {
        while let Some(Tarpit { delay, until }) = self.tarpit {
            if self.unsaid.is_empty() {
                return Ok(());
            }
            if Instant::now() >= until {
                self.hurry();
                break;
            }
            self.hold_up(delay).await?;
            let end = memchr::memchr(b'\n', &self.unsaid).map_or(self.unsaid.len(), |at| at + 1);
            let rest = self.unsaid.split_off(end);
            self.send().await?;
            self.unsaid = rest;
        }
        self.send().await
    }

    /// Waits, and hears meanwhile what the client says, as far as there is room, and whether it goes.
    async fn hold_up(&mut self, delay: Duration) -> Result<(), End> {
        let until = self.ends_at.min(Instant::now() + delay);
        loop {
            let has_room = self.input.len() < NARROW;
            let read = tokio::select! {
                biased;
                // Who is to end has no time for this.
                () = self.stops.soon.cancelled() => return Ok(()),
                () = sleep_until(until) => return Ok(()),
                read = self.stream.read_buf(&mut self.input), if has_room => read,
            };
            match read {
                Ok(length) if length > 0 => self.recorder.arrived(length),
                _ => return Err(End::Gone),
            }
        }
    }

    /// Sends everything that is to be said now.
    async fn send(&mut self) -> Result<(), End> {
        if self.unsaid.is_empty() {
            return Ok(());
        }
        // At the end of the session only what need not wait goes out.
        let until = self.ends_at.min(Instant::now() + self.reply_timeout);
        let (stream, unsaid) = (&mut self.stream, &self.unsaid);
        let sending = async move {
            stream.write_all(unsaid).await?;
            stream.flush().await
        };
        let sent = tokio::select! {
            // In this order: what can be said at once is said, even at the very end.
            biased;
            sent = timeout_at(until, sending) => sent,
            () = self.stops.now.cancelled() => return Err(End::Gone),
        };
        self.recorder.said(&self.unsaid);
        self.unsaid.clear();
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says what is left to be said and closes the connection.
    pub(super) async fn close(&mut self) {
        self.hurry();
        if self.flush().await.is_ok() {
            // The client may be gone already, and nothing more is to be told.
            drop(timeout(self.reply_timeout, self.stream.shutdown()).await);
        }
    }
}
