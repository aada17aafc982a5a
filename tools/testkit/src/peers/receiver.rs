//! An HTTP server that takes what is posted to it, and answers by a script.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::attend;
use super::http::{HttpReply, reply};

/// The largest body that is taken.
const MAX_BODY: usize = 16 << 20;

/// What was posted.
#[derive(Debug, Clone)]
pub struct Posted {
    /// The path.
    pub path: String,
    /// The header lines.
    pub headers: Vec<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Posted {
    /// The value of a header.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.headers.iter().filter_map(|line| line.split_once(':'));
        let found = lines.find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }
}

/// The server. It ends when dropped.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    posted: Arc<Mutex<Vec<Posted>>>,
    task: JoinHandle<()>,
}

impl Receiver {
    /// Starts a server on a free port of 127.0.0.1. The script is given how many requests came before.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(script: impl Fn(usize) -> HttpReply + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let (address, posted, script) = (listener.local_addr()?, Arc::default(), Arc::new(script));
        let notes = Arc::clone(&posted);
        let task = attend(listener, move |stream| {
            serve(stream, Arc::clone(&script), Arc::clone(&notes))
        });
        Ok(Self {
            address,
            posted,
            task,
        })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What was posted so far.
    #[must_use]
    pub fn posted(&self) -> Vec<Posted> {
        self.posted.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    script: Arc<impl Fn(usize) -> HttpReply + Send + Sync>,
    posted: Arc<Mutex<Vec<Posted>>>,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let path = lines.first().and_then(|first| first.split(' ').nth(1));
    let mut received = Posted {
        path: path.unwrap_or_default().to_owned(),
        headers: lines,
        body: Vec::new(),
    };
    let length = received
        .header("content-length")
        .and_then(|text| text.parse().ok());
    let mut body = vec![0; length.unwrap_or(0).min(MAX_BODY)];
    stream.read_exact(&mut body).await?;
    received.body = body;
    let before = {
        let mut posted = posted.lock().unwrap_or_else(PoisonError::into_inner);
        posted.push(received);
        posted.len().saturating_sub(1)
    };
    reply(&mut stream, script(before)).await?;
    stream.shutdown().await
}
