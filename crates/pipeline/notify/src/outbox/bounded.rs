//! A connection whose other side can only say so much at a time.
//!
//! The SMTP client reads whole lines before it looks at their length. A server that never ends a line would fill the memory for as long
//! as it is listened to; here it is cut off. In the clear the client gets line by line, as [`Answers`] tells; once it asked for TLS and the
//! server was heard, all as it comes.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::answers::Answers;

/// Most bytes that a server may send for anything that we sent: the longest answer that the client takes (100,000), or the
/// certificates of a TLS handshake, with room to spare.
const MOST: usize = 256 * 1_024;
/// Most bytes that are read at once in the clear.
const PIECE: usize = 2_048;
/// The command behind which the next thing that is sent is TLS.
const STARTTLS: &[u8] = b"STARTTLS\r\n";

/// What is spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Speech {
    Clear,
    /// TLS was asked for.
    Asked,
    Tls,
}

/// The connection.
#[derive(Debug)]
pub(super) struct Bounded {
    stream: TcpStream,
    received: usize,
    answers: Answers,
    speech: Speech,
}

impl Bounded {
    /// A connection that speaks in the clear until the client asks for TLS.
    pub(super) fn new(stream: TcpStream) -> Self {
        Self {
            stream,
            received: 0,
            answers: Answers::default(),
            speech: Speech::Clear,
        }
    }

    fn read_line(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.answers.is_empty() {
            let mut room = [0; PIECE];
            let mut piece = ReadBuf::new(&mut room);
            ready!(Pin::new(&mut self.stream).poll_read(cx, &mut piece))?;
            self.answers.add(piece.filled());
        }
        self.answers.give_line(buffer);
        Poll::Ready(Ok(()))
    }

    fn read_all(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.answers.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buffer);
        }
        self.answers.give_rest(buffer);
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Bounded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.received > MOST {
            return Poll::Ready(Err(io::Error::other("the server talks without end")));
        }
        let before = buffer.filled().len();
        let read = match self.speech {
            Speech::Clear | Speech::Asked => self.read_line(cx, buffer),
            Speech::Tls => self.read_all(cx, buffer),
        };
        let fresh = buffer.filled().len().saturating_sub(before);
        self.received = self.received.saturating_add(fresh);
        read
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.received = 0;
        let written = ready!(Pin::new(&mut self.stream).poll_write(cx, bytes))?;
        self.speech = match self.speech {
            Speech::Clear if bytes == STARTTLS => Speech::Asked,
            Speech::Clear => Speech::Clear,
            Speech::Asked | Speech::Tls => Speech::Tls,
        };
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Bounded {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.stream.peer_addr()
    }
}
