//! The bytes of one connection of the milter, and how long they may take to come.

use std::io;
use std::time::Duration;

use atalaya_formats::milter::{Command, Reader};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;

/// Bytes that are read at once: most packets have fewer than a hundred.
const PIECE: usize = 8_192;

/// A connection on which commands come.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    reader: Reader,
    piece: Vec<u8>,
    /// How much of the piece was read by the reader, and how much there is.
    done: usize,
    filled: usize,
    idle: Duration,
    whole: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// A connection that may be silent for `idle`, and take `whole` for a packet that it began.
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

    /// The next command; none at the end.
    ///
    /// # Errors
    /// The connection broke, it took too long, or what came is no command (`InvalidData`).
    pub(super) async fn next(&mut self) -> io::Result<Option<Command>> {
        if let Some(command) = self.take()? {
            return Ok(Some(command));
        }
        if !self.reader.is_inside() && !timeout(self.idle, self.fill()).await?? {
            return Ok(None);
        }
        timeout(self.whole, self.rest()).await?
    }

    /// Says something, where there is something to say.
    ///
    /// # Errors
    /// The connection broke, or the peer does not take it.
    pub(super) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        timeout(self.whole, self.stream.write_all(bytes)).await?
    }

    /// The rest of a packet that has begun.
    async fn rest(&mut self) -> io::Result<Option<Command>> {
        loop {
            if let Some(command) = self.take()? {
                return Ok(Some(command));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// A command that is in hand.
    fn take(&mut self) -> io::Result<Option<Command>> {
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
