//! One question and one answer over TCP, as WHOIS does it (RFC 3912): send a line, read until the server closes.
//!
//! The answer is bounded in size, the whole exchange in time, however slowly the server sends.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::reach::{OutOfReach, Reach};

/// The port of WHOIS.
pub const WHOIS_PORT: u16 = 43;

/// How much one exchange may take.
#[derive(Debug, Clone, Copy)]
pub struct ExchangeLimits {
    /// How long, from the first byte to the last.
    pub timeout: Duration,
    /// How large the answer may be, in bytes.
    pub max_answer: usize,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The server may not be asked.
    #[error(transparent)]
    OutOfReach(#[from] OutOfReach),
    /// It took too long.
    #[error("no whole answer within {0:?}")]
    TimedOut(Duration),
    /// It went on sending.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The connection failed.
    #[error("the connection failed")]
    Connection(#[from] std::io::Error),
}

/// Sends `question` with a line end to port `port` of `host` and reads the whole answer.
///
/// # Errors
/// If there is no whole answer within the limits. The caller may ask again later.
pub async fn ask(
    host: &str,
    port: u16,
    question: &str,
    limits: ExchangeLimits,
    reach: &Reach,
) -> Result<Vec<u8>, AskError> {
    reach.check(host, port, &[WHOIS_PORT])?;
    match timeout(
        limits.timeout,
        exchange(host, port, question, limits.max_answer, reach),
    )
    .await
    {
        Ok(answer) => answer,
        Err(_elapsed) => Err(AskError::TimedOut(limits.timeout)),
    }
}

async fn exchange(
    host: &str,
    port: u16,
    question: &str,
    max: usize,
    reach: &Reach,
) -> Result<Vec<u8>, AskError> {
    let addresses = reach.resolve(host, port).await?;
    let mut stream = TcpStream::connect(addresses.as_slice()).await?;
    stream.write_all(format!("{question}\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    // One byte more than allowed tells an answer that is too large from one that just fits.
    let most = u64::try_from(max).unwrap_or(u64::MAX).saturating_add(1);
    if let Err(error) = stream.take(most).read_to_end(&mut answer).await {
        // Some servers reset the connection right behind their last line.
        let after_the_end = error.kind() == std::io::ErrorKind::ConnectionReset && answer.ends_with(b"\n");
        if !after_the_end {
            return Err(error.into());
        }
    }
    if answer.len() > max {
        Err(AskError::TooLarge(max))
    } else {
        Ok(answer)
    }
}
