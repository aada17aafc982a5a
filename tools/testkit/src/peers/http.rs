//! An HTTP server that answers `GET` by a script, one request a connection.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use super::{Asked, attend};

/// How long a server that drips waits for its next byte.
const DRIP: Duration = Duration::from_millis(20);

/// What to answer.
#[derive(Debug, Clone)]
pub enum HttpReply {
    /// A status, further header lines (`Name: value`), and a body.
    Full(u16, Vec<String>, Vec<u8>),
    /// Status 200 with a body that repeats these bytes for ever.
    Endless(Vec<u8>),
    /// Status 200 that promises this body and stops half way, with the connection open.
    Half(Vec<u8>),
    /// Status 200 that promises this body and gives a byte of it now and then.
    Drip(Vec<u8>),
    /// Nothing, with the connection open.
    Silence,
    /// These bytes in place of any HTTP.
    Raw(Vec<u8>),
}

impl HttpReply {
    /// A right answer of RDAP.
    #[must_use]
    pub fn rdap(body: impl Into<Vec<u8>>) -> Self {
        Self::Full(
            200,
            vec!["Content-Type: application/rdap+json".to_owned()],
            body.into(),
        )
    }

    /// A status without a body.
    #[must_use]
    pub const fn status(status: u16) -> Self {
        Self::Full(status, Vec::new(), Vec::new())
    }

    /// A redirect.
    #[must_use]
    pub fn redirect(location: &str) -> Self {
        Self::Full(302, vec![format!("Location: {location}")], Vec::new())
    }
}

/// The server. It ends when dropped.
#[derive(Debug)]
pub struct HttpPeer {
    address: SocketAddr,
    asked: Asked,
    task: JoinHandle<()>,
}

impl HttpPeer {
    /// Starts a server on a free port of 127.0.0.1. The script is given the path of each request.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(script: impl Fn(&str) -> HttpReply + Send + Sync + 'static) -> io::Result<Self> {
        Self::start_with_headers(move |path, _headers| script(path)).await
    }

    /// The same, where the script is given the header lines of each request too.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start_with_headers(
        script: impl Fn(&str, &[String]) -> HttpReply + Send + Sync + 'static,
    ) -> io::Result<Self> {
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

    /// The URL of a path that begins with a slash.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The paths that were asked for.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.all()
    }
}

impl Drop for HttpPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    stream: TcpStream,
    script: Arc<impl Fn(&str, &[String]) -> HttpReply + Send + Sync>,
    asked: Asked,
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut first = String::new();
    stream.read_line(&mut first).await?;
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        if line.trim().is_empty() {
            break;
        }
        headers.push(line.trim_end().to_owned());
    }
    let path = first.split(' ').nth(1).unwrap_or_default().to_owned();
    asked.note(&path);
    reply(&mut stream, script(&path, &headers)).await?;
    stream.shutdown().await
}

pub(super) async fn reply(stream: &mut BufReader<TcpStream>, reply: HttpReply) -> io::Result<()> {
    let head = |status: u16, headers: &str, length: usize| {
        format!("HTTP/1.1 {status} X\r\n{headers}Connection: close\r\nContent-Length: {length}\r\n\r\n")
            .into_bytes()
    };
    match reply {
        HttpReply::Full(status, headers, body) => {
            let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
            stream
                .write_all(&[head(status, &headers, body.len()), body].concat())
                .await
        }
        HttpReply::Endless(chunk) => {
            stream
                .write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
                .await?;
            loop {
                stream.write_all(&chunk).await?;
            }
        }
        HttpReply::Half(body) => {
            let half = body.get(..body.len() / 2).unwrap_or_default();
            stream
                .write_all(&[&head(200, "", body.len()), half].concat())
                .await?;
            stream.flush().await?;
            std::future::pending().await
        }
        HttpReply::Drip(body) => {
            stream.write_all(&head(200, "", body.len())).await?;
            for byte in body {
                stream.write_all(&[byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(DRIP).await;
            }
            Ok(())
        }
        HttpReply::Silence => std::future::pending().await,
        HttpReply::Raw(bytes) => stream.write_all(&bytes).await,
    }
}
