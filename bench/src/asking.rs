//! One request on a connection of its own.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::ensure;

/// The longest wait for more of an answer.
const PATIENCE: Duration = Duration::from_secs(120);
/// The front of a good answer.
const GOOD: &[u8] = b"HTTP/1.1 200";

/// What came.
pub(super) struct Answer {
    /// From the request to the last byte.
    pub(super) took: Duration,
    /// All of it, header first.
    pub(super) bytes: Vec<u8>,
}

/// Asks for a page, with more lines of the header if wished, and reads it to its last byte.
///
/// # Errors
/// It does not come, or is no page.
pub(super) fn ask(server: SocketAddr, path: &str, header: &str) -> anyhow::Result<Answer> {
    let begun = Instant::now();
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n{header}\r\n");
    stream.write_all(request.as_bytes())?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer)?;
    ensure!(
        answer.starts_with(GOOD),
        "{path} is {:?}",
        String::from_utf8_lossy(answer.get(..80).unwrap_or(&answer))
    );
    Ok(Answer {
        took: begun.elapsed(),
        bytes: answer,
    })
}
