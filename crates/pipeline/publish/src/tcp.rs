//! DNS over TCP (RFC 7766): many queries on one connection, each behind two bytes of length.
//!
//! Queries are answered in their order, those that arrived together in one write; a copy of the zone goes out message by message. Each connection has its share of time and no more:
//! for the next whole query, however its bytes trickle in, and for taking the answers. One that sends what is no query is closed.
//! Connections are limited in all and per client. So a slow or broken client costs others nothing.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use atalaya_net::{Acceptor, Gate};
use bytes::{Buf, BufMut, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::config::PublishConfig;
use crate::meters::ConnectionMeters;
use crate::service::Service;
use crate::transfer::{Copy, Response};

/// Bytes of the length before each message (RFC 1035 section 4.2.2).
const LENGTH_BYTES: usize = 2;
/// The longest query: a name has 255 bytes at most, and cookies, padding and a signature together stay below this. Bounds what a
/// connection can hold.
const MOST_QUERY_BYTES: usize = 4096;
/// Space made before each read, so that one is enough for any query.
const READ_BYTES: usize = LENGTH_BYTES.saturating_add(MOST_QUERY_BYTES);
/// Answers are written once they have this many bytes, even if more queries wait: bounds what a connection can hold.
const FLUSH_BYTES: usize = 16 * 1024;
/// How much less time a connection has for its next query when more than half of the places are taken.
const HURRY: u32 = 5;

/// What connections may take.
#[derive(Debug)]
pub(crate) struct TcpLimits {
    gate: Gate,
    many: usize,
    idle: Duration,
    write: Duration,
}

impl TcpLimits {
    /// As configured.
    pub(crate) fn new(config: &PublishConfig) -> Self {
        let most = usize::from(config.max_connections);
        Self {
            gate: Gate::new(most, usize::from(config.max_connections_per_client)),
            many: most.div_euclid(2),
            idle: config.idle_timeout.duration(),
            write: config.write_timeout.duration(),
        }
    }

    /// How long a connection may take for its next query, as full as it is now.
    fn patience(&self) -> Duration {
        if self.gate.open() > self.many {
            self.idle.checked_div(HURRY).unwrap_or(self.idle)
        } else {
            self.idle
        }
    }
}

/// Takes connections until `stop`, then waits for those that are open to finish what they are writing.
pub(crate) async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    limits: Arc<TcpLimits>,
    stop: CancellationToken,
) {
    let meters = Arc::new(ConnectionMeters::default());
    let mut acceptor = Acceptor::new(listener);
    let connections = TaskTracker::new();
    loop {
        let (stream, client) = tokio::select! {
            biased;
            () = stop.cancelled() => break,
            accepted = acceptor.next() => accepted,
        };
        let Ok(pass) = limits.gate.enter(client.ip()) else {
            meters.turned_away.increment(1);
            continue;
        };
        let (service, limits, meters) = (Arc::clone(&service), Arc::clone(&limits), Arc::clone(&meters));
        let stop = stop.clone();
        connections.spawn(async move {
            meters.open.increment(1);
            let ended = converse(stream, client.ip(), &service, &limits, &stop).await;
            if ended.is_err_and(|error| error.kind() == io::ErrorKind::TimedOut) {
                meters.timed_out.increment(1);
            }
            meters.open.decrement(1);
            drop(pass);
        });
    }
    connections.close();
    connections.wait().await;
}

/// Answers one connection until its client ends it, sends what is no query or takes too long.
async fn converse(
    mut stream: TcpStream,
    client: IpAddr,
    service: &Service,
    limits: &TcpLimits,
    stop: &CancellationToken,
) -> io::Result<()> {
    // An answer is one write; waiting to fill a packet would only make it late.
    stream.set_nodelay(true)?;
    let mut received = BytesMut::new();
    let mut answers = Vec::new();
    loop {
        while let Some(query) = take_message(&mut received) {
            match service.respond(&query, client) {
                Response::Message(Some(answered)) => put_message(&mut answers, &answered.bytes),
                // It would renew its time with every scrap.
                Response::Message(None) => return flush(&mut stream, &mut answers, limits.write).await,
                // It may take long, and the client can have it again from whoever is started next.
                Response::Copy(copy) => tokio::select! {
                    biased;
                    () = stop.cancelled() => return Ok(()),
                    sent = send_copy(&mut stream, *copy, &mut answers, service, limits) => sent?,
                },
            }
            if answers.len() >= FLUSH_BYTES {
                flush(&mut stream, &mut answers, limits.write).await?;
            }
        }
        flush(&mut stream, &mut answers, limits.write).await?;
        let more = tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            more = timeout(limits.patience(), receive_message(&mut stream, &mut received)) => more,
        };
        if more.map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))?? {
            continue;
        }
        return Ok(());
    }
}

/// Sends a copy of the zone behind the answers that wait, message by message as the client takes them.
async fn send_copy(
    stream: &mut TcpStream,
    copy: Copy,
    answers: &mut Vec<u8>,
    service: &Service,
    limits: &TcpLimits,
) -> io::Result<()> {
    // A large difference takes longer than others should wait for their answers.
    let prepared = spawn_blocking(|| copy.prepare()).await?;
    let Some(mut transfer) = prepared else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    while let Some(message) = transfer.next_message(service.now()) {
        put_message(answers, &message);
        flush(stream, answers, limits.write).await?;
    }
    Ok(())
}

/// Receives until there is a whole message; `false` when the client has ended the connection, or begins a message that is too long.
async fn receive_message(stream: &mut TcpStream, received: &mut BytesMut) -> io::Result<bool> {
    while message_bytes(received).is_none_or(|bytes| received.len() < bytes) {
        received.reserve(READ_BYTES);
        let is_too_long = message_bytes(received).is_some_and(|bytes| bytes > READ_BYTES);
        if is_too_long || stream.read_buf(received).await? == 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Sends the answers that wait.
async fn flush(stream: &mut TcpStream, answers: &mut Vec<u8>, patience: Duration) -> io::Result<()> {
    if !answers.is_empty() {
        timeout(patience, stream.write_all(answers))
            .await
            .map_err(|_elapsed| io::Error::from(io::ErrorKind::TimedOut))??;
        answers.clear();
    }
    Ok(())
}

/// The bytes of the first message with its length, once that is known.
fn message_bytes(received: &[u8]) -> Option<usize> {
    let length = u16::from_be_bytes(*received.first_chunk()?);
    Some(usize::from(length).saturating_add(LENGTH_BYTES))
}

/// Takes the first message if it is whole.
fn take_message(received: &mut BytesMut) -> Option<BytesMut> {
    let bytes = message_bytes(received)?;
    if received.len() < bytes {
        return None;
    }
    let mut message = received.split_to(bytes);
    message.advance(LENGTH_BYTES);
    Some(message)
}

/// Puts the length and the message behind what waits. An answer is never longer than a length can say.
fn put_message(answers: &mut Vec<u8>, answer: &[u8]) {
    if let Ok(length) = u16::try_from(answer.len()) {
        answers.put_u16(length);
        answers.put_slice(answer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_taken_only_when_whole() {
        let mut received = BytesMut::new();
        for byte in [0_u8, 2, 7] {
            received.put_u8(byte);
            assert_eq!(take_message(&mut received), None);
        }
        received.put_slice(&[8, 0, 0, 0]);
        assert_eq!(take_message(&mut received).as_deref(), Some(&[7, 8][..]));
        assert_eq!(take_message(&mut received).as_deref(), Some(&[][..]));
        assert_eq!(take_message(&mut received), None);
        assert_eq!(received.len(), 1);
    }

    #[test]
    fn patience_shrinks_when_many_are_there() {
        let config = PublishConfig {
            max_connections: 2,
            ..PublishConfig::default()
        };
        let limits = TcpLimits::new(&config);
        assert_eq!(limits.patience(), Duration::from_secs(10));
        let address = IpAddr::from([192, 0, 2, 1]);
        let _passes = [limits.gate.enter(address), limits.gate.enter(address)];
        assert_eq!(limits.patience(), Duration::from_secs(2));
    }
}
