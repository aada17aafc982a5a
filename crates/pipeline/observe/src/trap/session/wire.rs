//! The bytes of one connection: waits with a limit, buffers with a limit.
//!
//! Answers are collected and go out when nothing more can be read without waiting, so that a client that pipelines gets them in one
//! piece (RFC 2920).

use std::time::Duration;

use atalaya_net::{Budget, Share};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::TrapConfig;
use crate::trap::reply::{Goodbye, Reply};

/// Bytes read at once while commands are expected: thousands of idle connections must stay cheap.
const NARROW: usize = 2 * 1024;
/// Bytes read at once while a message comes, taken from the memory of all messages.
const WIDE: usize = 32 * 1024;
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
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expected {
    /// A command.
    Command,
    /// More of a message.
    Message,
}

/// What came before the banner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Heard {
    /// Nothing, as it should be.
    Nothing,
    /// Words.
    Words,
}

/// The bytes of one connection.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    stops: Stops,
    input: BytesMut,
    /// The memory of a wide input buffer, while there is one.
    wide: Option<Share>,
    memory: Budget,
    unsaid: Vec<u8>,
    reply_timeout: Duration,
    ends_at: Instant,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// Takes a connection over, which lasts as long as a session may from now.
    pub(super) fn new(stream: S, stops: Stops, memory: &Budget, config: &TrapConfig) -> Self {
        Self {
            stream,
            stops,
            input: BytesMut::new(),
            wide: None,
            memory: memory.clone(),
            unsaid: Vec::new(),
            reply_timeout: config.reply_timeout.duration(),
            ends_at: Instant::now() + config.session_timeout.duration(),
        }
    }

    /// What was read and not used yet.
    pub(super) fn input(&self) -> &[u8] {
        &self.input
    }

    /// Drops bytes that were used.
    pub(super) fn advance(&mut self, used: usize) {
        self.input.advance(used);
    }

    /// Has something to say at the next occasion.
    pub(super) fn say(&mut self, reply: &Reply) {
        reply.write(&mut self.unsaid);
    }

    /// Listens for `delay` to whether the client speaks first.
    pub(super) async fn listen(&mut self, delay: Duration) -> Result<Heard, End> {
        if delay.is_zero() {
            return Ok(Heard::Nothing);
        }
        self.fit_input(Expected::Command);
        match timeout(delay, self.stream.read_buf(&mut self.input)).await {
            Ok(Ok(length)) if length > 0 => Ok(Heard::Words),
            Ok(_) => Err(End::Gone),
            Err(_elapsed) => Ok(Heard::Nothing),
        }
    }

    /// Waits for more, at most until `until`.
    pub(super) async fn fill(&mut self, expected: Expected, until: Instant) -> Result<(), End> {
        self.fit_input(expected);
        let stop = match expected {
            Expected::Message => &self.stops.now,
            Expected::Command => &self.stops.soon,
        };
        let limit = until.min(self.ends_at);
        let read = tokio::select! {
            // In this order: who speaks without a pause must hear of the end as well.
            biased;
            () = stop.cancelled() => return Err(End::Goodbye(Goodbye::Shutdown)),
            read = timeout_at(limit, self.stream.read_buf(&mut self.input)) => read,
        };
        match read {
            Ok(Ok(length)) if length > 0 => Ok(()),
            Ok(_) => Err(End::Gone),
            Err(_elapsed) if limit == self.ends_at => Err(End::Goodbye(Goodbye::Long)),
            Err(_elapsed) => Err(End::Goodbye(Goodbye::Slow)),
        }
    }

    /// Gives the input buffer the size that fits what is expected.
    fn fit_input(&mut self, expected: Expected) {
        if expected == Expected::Message {
            if self.wide.is_none() {
                let mut share = self.memory.share();
                self.wide = share.take(WIDE).then_some(share);
            }
        } else if self.wide.is_some() && self.input.is_empty() {
            self.wide = None;
            self.input = BytesMut::new();
        }
        // An empty buffer is used again from its start by this, without taking memory.
        if self.input.is_empty() || self.input.capacity() == self.input.len() {
            self.input
                .reserve(if self.wide.is_some() { WIDE } else { NARROW });
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
        if self.unsaid.is_empty() {
            return Ok(());
        }
        let sent = tokio::select! {
            // In this order: what can be said at once is said, even at the very end.
            biased;
            sent = timeout(self.reply_timeout, self.stream.write_all(&self.unsaid)) => sent,
            () = self.stops.now.cancelled() => return Err(End::Gone),
        };
        self.unsaid.clear();
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(End::Gone),
        }
    }

    /// Says what is left to be said and closes the connection.
    pub(super) async fn close(&mut self) {
        if self.flush().await.is_ok() {
            // The client may be gone already, and nothing more is to be told.
            drop(timeout(self.reply_timeout, self.stream.shutdown()).await);
        }
    }
}
