//! The bytes of one connection of the policy service, and how long they may take to come.

use std::io;
use std::time::Duration;

use atalaya_formats::policy::{Reader, Request};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

/// Bytes that are read at once: a usual request has fewer than a thousand.
const PIECE: usize = 4_096;

/// A connection on which requests come.
#[derive(Debug)]
pub(super) struct Wire<S> {
    pub(super) stream: S,
    reader: Reader,
    piece: Vec<u8>,
    /// How much of the piece was read by the reader, and how much there is.
    done: usize,
    filled: usize,
    idle: Duration,
    whole: Duration,
}

impl<S: AsyncRead + Unpin> Wire<S> {
    /// A connection that may be silent for `idle`, and take `whole` for a request that it began.
    pub(super) fn new(stream: S, idle: Duration, whole: Duration) -> Self {
        Self {
            stream,
            reader: Reader::default(),
            piece: vec![0; PIECE],
            done: 0,
            filled: 0,
            idle,
            whole,
        }
    }

    /// The next request; none at the end.
    ///
    /// # Errors
    /// The connection broke, it took too long, or what came is no request (`InvalidData`).
    pub(super) async fn next(&mut self) -> io::Result<Option<Request>> {
        if let Some(request) = self.take()? {
            return Ok(Some(request));
        }
        if !self.reader.is_inside() && !timeout(self.idle, self.fill()).await?? {
            return Ok(None);
        }
        timeout(self.whole, self.rest()).await?
    }

    /// The rest of a request that has begun.
    async fn rest(&mut self) -> io::Result<Option<Request>> {
        loop {
            if let Some(request) = self.take()? {
                return Ok(Some(request));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// A request that is in hand.
    fn take(&mut self) -> io::Result<Option<Request>> {
        let mut input = self.piece.get(self.done..self.filled).unwrap_or_default();
        let read = self.reader.read(&mut input);
        self.done = self.filled.saturating_sub(input.len());
        read.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Waits for more; tells whether there was any.
    async fn fill(&mut self) -> io::Result<bool> {
        self.filled = self.stream.read(&mut self.piece).await?;
        self.done = 0;
        Ok(self.filled > 0)
    }
}
