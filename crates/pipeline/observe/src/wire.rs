//! Connections on which mail servers ask: taken one after the other, and the bytes of each, with how long they may take to come. What they say is the
//! matter of a [`Reads`].

use std::io;
use std::time::Duration;

use atalaya_formats::{milter, policy};
use atalaya_net::{Acceptor, Listening};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Bytes that are read at once: a usual message has fewer than a thousand.
const PIECE: usize = 8_192;

/// Takes connections until `stop`, each on a task of its own as long as its visit takes; one for which there is no visit is closed. Ends when all
/// visits have.
pub(crate) async fn take_visits<L: Listening, V>(
    listener: L,
    visit: impl Fn(L::Stream, L::Peer) -> Option<V>,
    stop: CancellationToken,
) where
    V: Future<Output = ()> + Send + 'static,
{
    let tasks = TaskTracker::new();
    let mut acceptor = Acceptor::new(listener);
    loop {
        let (stream, peer) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = acceptor.next() => accepted,
        };
        if let Some(visit) = visit(stream, peer) {
            let stop = stop.clone();
            tasks.spawn(async move {
                tokio::select! {
                    () = stop.cancelled() => {}
                    () = visit => {}
                }
            });
        }
    }
    drop(acceptor);
    tasks.close();
    tasks.wait().await;
}

/// What makes messages of bytes.
pub(crate) trait Reads: Default {
    /// A message.
    type Message;

    /// Whether one has begun and not ended.
    fn is_inside(&self) -> bool;

    /// Reads up to the end of one and leaves what comes behind it in `input`; none where more has to come.
    ///
    /// # Errors
    /// This is none (`InvalidData`).
    fn read(&mut self, input: &mut &[u8]) -> io::Result<Option<Self::Message>>;
}

impl Reads for milter::Reader {
    type Message = milter::Command;

    fn is_inside(&self) -> bool {
        self.is_inside()
    }

    fn read(&mut self, input: &mut &[u8]) -> io::Result<Option<milter::Command>> {
        self.read(input).map_err(invalid)
    }
}

impl Reads for policy::Reader {
    type Message = policy::Request;

    fn is_inside(&self) -> bool {
        self.is_inside()
    }

    fn read(&mut self, input: &mut &[u8]) -> io::Result<Option<policy::Request>> {
        self.read(input).map_err(invalid)
    }
}

fn invalid(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

/// A connection on which messages come.
#[derive(Debug)]
pub(crate) struct Wire<S, R> {
    stream: S,
    reader: R,
    piece: Vec<u8>,
    /// How much of the piece was read by the reader, and how much there is.
    done: usize,
    filled: usize,
    idle: Duration,
    whole: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin, R: Reads> Wire<S, R> {
    /// A connection that may be silent for `idle`, and take `whole` for a message that it began.
    pub(crate) fn new(stream: S, idle: Duration, whole: Duration) -> Self {
        Self {
            stream,
            reader: R::default(),
            piece: vec![0; PIECE],
            done: 0,
            filled: 0,
            idle,
            whole,
        }
    }

    /// The next message; none at the end.
    ///
    /// # Errors
    /// The connection broke, it took too long, or what came is none (`InvalidData`).
    pub(crate) async fn next(&mut self) -> io::Result<Option<R::Message>> {
        if let Some(message) = self.take()? {
            return Ok(Some(message));
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
    pub(crate) async fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() {
            return Ok(());
        }
        timeout(self.whole, self.stream.write_all(bytes)).await?
    }

    /// The rest of a message that has begun.
    async fn rest(&mut self) -> io::Result<Option<R::Message>> {
        loop {
            if let Some(message) = self.take()? {
                return Ok(Some(message));
            }
            if !self.fill().await? {
                return Ok(None);
            }
        }
    }

    /// A message that is in hand.
    fn take(&mut self) -> io::Result<Option<R::Message>> {
        let mut input = self.piece.get(self.done..self.filled).unwrap_or_default();
        let read = self.reader.read(&mut input);
        self.done = self.filled.saturating_sub(input.len());
        read
    }

    /// Waits for more; tells whether there was any.
    async fn fill(&mut self) -> io::Result<bool> {
        self.filled = self.stream.read(&mut self.piece).await?;
        self.done = 0;
        Ok(self.filled > 0)
    }
}
