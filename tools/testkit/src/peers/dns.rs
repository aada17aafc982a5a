//! A name server over UDP that answers by a script. It writes its messages byte by byte, so that it can also write wrong ones.

use std::io;
use std::net::{IpAddr, SocketAddr};

use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::Asked;

/// Types of records (RFC 1035 section 3.2.2, RFC 3596).
const A: u16 = 1;
const NS: u16 = 2;
const SOA: u16 = 6;
const PTR: u16 = 12;
const HINFO: u16 = 13;
const MX: u16 = 15;
const TXT: u16 = 16;
const AAAA: u16 = 28;
/// Bytes of a message before its question.
const HEADER: usize = 12;

/// What to answer.
#[derive(Debug, Clone)]
pub enum DnsReply {
    /// Those of these records that have the type that is asked for, and beside the answer any SOA.
    Records(Vec<DnsRecord>),
    /// No record, and this status: 2 is a failure, 3 no such name.
    Status(u8),
    /// These bytes behind the number of the question.
    Raw(Vec<u8>),
    /// Nothing.
    Silence,
}

/// A record. Names are written without the last dot.
#[derive(Debug, Clone)]
pub struct DnsRecord {
    owner: String,
    kind: u16,
    data: Vec<u8>,
}

impl DnsRecord {
    fn new(owner: &str, kind: u16, data: Vec<u8>) -> Self {
        Self {
            owner: owner.to_owned(),
            kind,
            data,
        }
    }

    /// An address.
    #[must_use]
    pub fn address(owner: &str, address: IpAddr) -> Self {
        match address {
            IpAddr::V4(address) => Self::new(owner, A, address.octets().to_vec()),
            IpAddr::V6(address) => Self::new(owner, AAAA, address.octets().to_vec()),
        }
    }

    /// A text, in strings of up to 255 bytes.
    #[must_use]
    pub fn txt(owner: &str, text: &str) -> Self {
        let strings = text.as_bytes().chunks(255).flat_map(string);
        Self::new(owner, TXT, strings.collect())
    }

    /// A name of the reverse tree.
    #[must_use]
    pub fn ptr(owner: &str, name: &str) -> Self {
        Self::new(owner, PTR, wire(name.split('.').map(str::as_bytes)))
    }

    /// A name server.
    #[must_use]
    pub fn ns(zone: &str, server: &str) -> Self {
        Self::new(zone, NS, wire(server.split('.').map(str::as_bytes)))
    }

    /// A mail server.
    #[must_use]
    pub fn mx(owner: &str, server: &str) -> Self {
        let server = wire(server.split('.').map(str::as_bytes));
        Self::new(owner, MX, [vec![0, 10], server].concat())
    }

    /// What a host is.
    #[must_use]
    pub fn hinfo(owner: &str, kind: &str) -> Self {
        Self::new(owner, HINFO, string(kind.as_bytes()).chain(string(b"")).collect())
    }

    /// Who runs a zone: `local@domain`.
    #[must_use]
    pub fn soa(zone: &str, mailbox: &str) -> Self {
        let (local, domain) = mailbox.rsplit_once('@').unwrap_or((mailbox, ""));
        let labels = std::iter::once(local).chain(domain.split('.')).map(str::as_bytes);
        let data = [wire(["ns".as_bytes()]), wire(labels), vec![0; 20]].concat();
        Self::new(zone, SOA, data)
    }

    /// Whether it is asked for by this name: its own, and for a SOA any name in the zone.
    #[must_use]
    pub fn is_about(&self, name: &str) -> bool {
        let rest = name.strip_suffix(self.owner.as_str());
        rest.is_some_and(|rest| rest.is_empty() || self.kind == SOA && rest.ends_with('.'))
    }

    fn write(&self, message: &mut Vec<u8>) {
        message.extend(wire(self.owner.split('.').map(str::as_bytes)));
        message.extend(self.kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 60]);
        message.extend(u16::try_from(self.data.len()).unwrap_or(u16::MAX).to_be_bytes());
        message.extend(&self.data);
    }
}

/// The server. It ends when dropped.
#[derive(Debug)]
pub struct DnsPeer {
    address: SocketAddr,
    asked: Asked,
    task: JoinHandle<()>,
}

impl DnsPeer {
    /// Starts a server on a free port of 127.0.0.1. The script is given each name, in lower case.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(script: impl Fn(&str) -> DnsReply + Send + Sync + 'static) -> io::Result<Self> {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let (address, asked) = (socket.local_addr()?, Asked::default());
        let notes = asked.clone();
        let reply = move |question: &[u8]| {
            let (name, kind) = read(question)?;
            notes.note(&name);
            answer(question, kind, script(&name))
        };
        let task = tokio::spawn(serve(socket, reply));
        Ok(Self { address, asked, task })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The names that were asked for.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        self.asked.all()
    }
}

impl Drop for DnsPeer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Answers one question after another.
async fn serve(socket: UdpSocket, reply: impl Fn(&[u8]) -> Option<Vec<u8>>) {
    let mut datagram = vec![0; 4_096];
    while let Ok((size, peer)) = socket.recv_from(&mut datagram).await {
        if let Some(answer) = datagram.get(..size).and_then(&reply) {
            drop(socket.send_to(&answer, peer).await);
        }
    }
}

/// The name and the type of a question.
fn read(question: &[u8]) -> Option<(String, u16)> {
    let (mut rest, mut labels) = (question.get(HEADER..)?, Vec::new());
    loop {
        let (length, after) = rest.split_first()?;
        let (label, after) = after.split_at_checked(usize::from(*length))?;
        if label.is_empty() {
            let kind = after.get(..2)?;
            return Some((labels.join("."), u16::from_be_bytes(kind.try_into().ok()?)));
        }
        labels.push(String::from_utf8_lossy(label).to_ascii_lowercase());
        rest = after;
    }
}

fn answer(question: &[u8], kind: u16, reply: DnsReply) -> Option<Vec<u8>> {
    let number = question.get(..2)?;
    let (status, records) = match reply {
        DnsReply::Silence => return None,
        DnsReply::Raw(bytes) => return Some([number, &bytes].concat()),
        DnsReply::Status(status) => (status, Vec::new()),
        DnsReply::Records(records) => (0, records),
    };
    let (inside, others): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| record.kind == kind);
    let beside: Vec<_> = others.into_iter().filter(|record| record.kind == SOA).collect();
    let count = |records: &[DnsRecord]| u16::try_from(records.len()).unwrap_or(u16::MAX).to_be_bytes();
    let mut message = [number, &[0x81, 0x80 | status, 0, 1]].concat();
    message.extend(count(&inside));
    message.extend(count(&beside));
    message.extend([0, 0]);
    // Whatever stands behind the question, as the options of a client, is not repeated.
    let end = question.get(HEADER..)?.iter().position(|byte| *byte == 0)?;
    message.extend(question.get(HEADER..HEADER + end + 5)?);
    inside
        .iter()
        .chain(&beside)
        .for_each(|record| record.write(&mut message));
    Some(message)
}

/// Labels as they are sent.
fn wire<'a>(labels: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let labels = labels.into_iter().filter(|label| !label.is_empty());
    let mut name: Vec<u8> = labels.flat_map(string).collect();
    name.push(0);
    name
}

/// Bytes with their number before them.
fn string(bytes: &[u8]) -> impl Iterator<Item = u8> {
    std::iter::once(u8::try_from(bytes.len()).unwrap_or(u8::MAX)).chain(bytes.iter().copied())
}
