//! A server that reads one line and answers by a script, as WHOIS does (RFC 3912).

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Asked, attend};

/// What to answer.
#[derive(Debug, Clone)]
pub enum LineReply {
    /// These bytes, then the end.
    Text(Vec<u8>),
    /// These bytes for ever.
    Endless(Vec<u8>),
    /// These bytes, then nothing, with the connection open.
    Stuck(Vec<u8>),
}

impl LineReply {
    /// A text, then the end.
    #[must_use]
    pub fn text(text: impl Into<Vec<u8>>) -> Self {
        Self::Text(text.into())
    }
}

/// The server. It ends when dropped.
#[derive(Debug)]
pub struct LinePeer {
    address: SocketAddr,
    asked: Asked,
    task: JoinHandle<()>,
}

impl LinePeer {
    /// Starts a server on a free port of 127.0.0.1. The script is given each line without its end.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(script: impl Fn(&str) -> LineReply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, asked, script) = (listener.local_addr()?, Asked::default(), Arc::new(script));
        let notes = asked.clone();
        let task = attend(listener, move |stream| {
            serve(stream, Arc::clone(&script), notes.clone())
        });
        Ok(Self { address, asked, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The lines that it was asked.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.all()
    }
}

impl Drop for LinePeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    script: Arc<impl Fn(&str) -> LineReply + Send + Sync>,
    asked: Asked,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let line = line.trim_end();
    asked.note(line);
    match script(line) {
        LineReply::Text(text) => stream.write_all(&text).await?,
        LineReply::Endless(chunk) => loop {
            stream.write_all(&chunk).await?;
        },
        LineReply::Stuck(text) => {
            stream.write_all(&text).await?;
            stream.flush().await?;
            std::future::pending::<()>().await;
        }
    }
    stream.shutdown().await
}
