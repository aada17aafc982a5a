//! A connection whose other side can only say so much at a time.
//!
//! The SMTP client reads whole lines before it looks at their length. A server that never ends a line would fill the memory for as long
//! as it is listened to; here it is cut off.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// Most bytes that a server may send for anything that we sent: the longest answer that the client takes (100,000), or the
/// certificates of a TLS handshake, with room to spare.
const MOST: usize = 256 * 1_024;

/// The connection.
#[derive(Debug)]
pub(super) struct Bounded {
    stream: TcpStream,
    received: usize,
}

impl Bounded {
    pub(super) const fn new(stream: TcpStream) -> Self {
        Self { stream, received: 0 }
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
        let read = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let fresh = buffer.filled().len().saturating_sub(before);
        self.received = self.received.saturating_add(fresh);
        read
    }
}

impl AsyncWrite for Bounded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.received = 0;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
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
