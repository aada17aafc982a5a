//! The stream of a connection, before and after STARTTLS.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use atalaya_model::Tls;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{ProtocolVersion, ServerConnection};
use tokio_rustls::server::TlsStream;

/// A stream that may become a TLS stream.
#[derive(Debug)]
pub(super) enum Transport<S> {
    /// As it came.
    Plain(S),
    /// Under TLS.
    Tls(Box<TlsStream<S>>),
    /// Lost in a handshake that failed.
    Lost,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Transport<S> {
    /// Begins TLS and tells what was agreed on; none if it did not come about, after which there is no stream any more.
    pub(super) async fn begin_tls(&mut self, acceptor: &TlsAcceptor) -> Option<Tls> {
        let Self::Plain(stream) = std::mem::replace(self, Self::Lost) else {
            return None;
        };
        let stream = acceptor.accept(stream).await.ok()?;
        let tls = agreed(stream.get_ref().1)?;
        *self = Self::Tls(Box::new(stream));
        Some(tls)
    }
}

/// What is kept of a TLS session. More would be a fingerprint, which is not made.
fn agreed(connection: &ServerConnection) -> Option<Tls> {
    let version = match connection.protocol_version()? {
        ProtocolVersion::TLSv1_3 => "TLSv1.3",
        ProtocolVersion::TLSv1_2 => "TLSv1.2",
        _ => "TLS",
    };
    Some(Tls {
        version: version.to_owned(),
        cipher: format!("{:?}", connection.negotiated_cipher_suite()?.suite()),
        server_name: connection.server_name().map(str::to_owned),
    })
}

/// What a stream says that is there no more.
fn lost() -> io::Error {
    io::ErrorKind::NotConnected.into()
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Transport<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Lost => Poll::Ready(Err(lost())),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Transport<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Lost => Poll::Ready(Err(lost())),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
            Self::Lost => Poll::Ready(Err(lost())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Lost => Poll::Ready(Err(lost())),
        }
    }
}
