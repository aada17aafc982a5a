//! A primary, and a secondary that asks it for what has changed.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::ensure;
use atalaya_model::{Clock, Serial};
use atalaya_publish::{DnsServer, DnsSockets, PublishConfig, Set, Zone};
use tokio_util::sync::CancellationToken;

use super::ours::config;
use super::peers::ZONE;

/// Decisions that a difference can reach back: more than any day has.
const JOURNAL: u32 = 400_000;
/// Types of records (RFC 1035 section 3.2.2, RFC 1995 section 2).
const SOA: u8 = 6;
const IXFR: u8 = 251;

/// Whether secondaries get the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Texts {
    Sent,
    LeftOut,
}

/// A primary on loopback.
pub(super) struct Primary {
    pub(super) zone: Arc<Zone>,
    address: SocketAddr,
    _runtime: tokio::runtime::Runtime,
}

/// A difference that was fetched.
pub(super) struct Transfer {
    pub(super) bytes: usize,
    pub(super) took: Duration,
}

impl Primary {
    /// Starts it with an empty list.
    ///
    /// # Errors
    /// There is no port for it.
    pub(super) fn start(texts: Texts) -> anyhow::Result<Self> {
        let config = PublishConfig {
            transfer_to: vec!["127.0.0.0/8".parse()?],
            transfer_texts: texts == Texts::Sent,
            transfer_journal: JOURNAL,
            ..config(1)?
        };
        let zone = Arc::new(Zone::new(&config, "http://127.0.0.1")?);
        drop(zone.load(Set::default(), Serial(0)));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let sockets = runtime.block_on(async { DnsSockets::bind(([127, 0, 0, 1], 0).into()) })?;
        let address = sockets.address();
        let server = DnsServer::new(&config, Arc::clone(&zone), Clock::system());
        runtime.spawn(server.serve(vec![sockets], CancellationToken::new()));
        Ok(Self {
            zone,
            address,
            _runtime: runtime,
        })
    }

    /// Fetches the difference since a serial. A question behind it on the same connection says where it ends.
    ///
    /// # Errors
    /// It is refused.
    pub(super) fn difference(&self, known: Serial) -> anyhow::Result<Transfer> {
        let started = Instant::now();
        let mut stream = TcpStream::connect(self.address)?;
        let ixfr = [&question(1, IXFR, 1)[..], &soa(known)].concat();
        for query in [ixfr, question(2, SOA, 0)] {
            stream.write_all(&u16::try_from(query.len())?.to_be_bytes())?;
            stream.write_all(&query)?;
        }
        let (mut bytes, mut stream) = (0, BufReader::new(stream));
        loop {
            let mut length = [0; 2];
            stream.read_exact(&mut length)?;
            let mut message = vec![0; usize::from(u16::from_be_bytes(length))];
            stream.read_exact(&mut message)?;
            ensure!(
                message.get(3).is_some_and(|flags| flags & 15 == 0),
                "the transfer was refused"
            );
            if message.starts_with(&[0, 2]) {
                return Ok(Transfer {
                    bytes,
                    took: started.elapsed(),
                });
            }
            bytes += message.len();
        }
    }
}

/// A question about the zone, with so many records in its authority section.
fn question(id: u8, rtype: u8, authority: u8) -> Vec<u8> {
    let mut message = vec![0, id, 0, 0, 0, 1, 0, 0, 0, authority, 0, 0];
    for label in ZONE.split('.') {
        message.push(u8::try_from(label.len()).unwrap_or(63));
        message.extend(label.as_bytes());
    }
    message.extend([0, 0, rtype, 0, 1]);
    message
}

/// The SOA record that a secondary has, with root names and nothing but its serial.
fn soa(known: Serial) -> Vec<u8> {
    let mut record = vec![0xc0, 12, 0, SOA, 0, 1, 0, 0, 0, 0, 0, 22, 0, 0];
    record.extend(known.soa().to_be_bytes());
    record.extend([0; 16]);
    record
}
