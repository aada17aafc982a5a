//! A small client of resolvers: a few kinds of questions, over UDP, and over TCP where the answer does not fit.
//!
//! It asks the resolvers of the configuration and believes them; it follows no name itself. Each question has a port and a number of its own,
//! and an answer counts only if it repeats both the number and the question.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use domain::base::iana::Rcode;
use domain::base::{Message, MessageBuilder, Name, Rtype};
use domain::rdata::{A, Aaaa, Mx, Txt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};
use tokio::time::timeout;

/// How long one resolver has for one answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often all resolvers are asked before a question counts as unanswered.
const ROUNDS: usize = 2;
/// The largest answer over UDP that is taken.
const MAX_DATAGRAM: usize = 4_096;
/// Records taken of one answer: whoever has more is no mail domain.
pub(crate) const MOST_RECORDS: usize = 256;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum DnsError {
    /// What is asked is no name.
    #[error("`{0}` is no domain name")]
    BadName(String),
    /// No resolver gave an answer that can be used.
    #[error("no resolver answers about {0}")]
    Unanswered(String),
}

/// What a DNS blocklist says of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Codes {
    /// The addresses that it answers with; none where it does not list.
    pub addresses: Vec<Ipv4Addr>,
    /// How long that holds, where it lists.
    pub ttl: Duration,
}

/// Where mail for a domain goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exchanges {
    /// To these servers, best first.
    Servers(Vec<String>),
    /// Nowhere: the domain says that it takes no mail (RFC 7505).
    NoMail,
    /// Nothing is said of it: to the address of the name itself, where it has one.
    Unsaid,
}

/// The resolvers that are asked.
#[derive(Debug, Clone)]
pub struct Resolver {
    servers: Vec<SocketAddr>,
}

impl Resolver {
    /// Asks these, in this order.
    #[must_use]
    pub const fn new(servers: Vec<SocketAddr>) -> Self {
        Self { servers }
    }

    /// The texts of a name, each with its strings joined.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn texts(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let answer = self.ask(name, Rtype::TXT).await?;
        let records = answer.answer().map_err(|_cut| unanswered(name))?;
        let texts = records.limit_to::<Txt<_>>().take(MOST_RECORDS).flatten();
        let text = |record: domain::base::Record<_, Txt<_>>| -> Vec<u8> { record.data().text() };
        Ok(texts
            .map(|record| String::from_utf8_lossy(&text(record)).into_owned())
            .collect())
    }

    /// The addresses of a name, of both families.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn addresses(&self, name: &str) -> Result<Vec<IpAddr>, DnsError> {
        let four = self.ask(name, Rtype::A).await?;
        let six = self.ask(name, Rtype::AAAA).await?;
        let cut = |_cut| unanswered(name);
        let four = four.answer().map_err(cut)?.limit_to::<A>().take(MOST_RECORDS);
        let mut addresses: Vec<IpAddr> = four.flatten().map(|record| record.data().addr().into()).collect();
        let six = six.answer().map_err(cut)?.limit_to::<Aaaa>().take(MOST_RECORDS);
        addresses.extend(six.flatten().map(|record| IpAddr::from(record.data().addr())));
        Ok(addresses)
    }

    /// The names of the mail servers of a name.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn mail_servers(&self, name: &str) -> Result<Vec<String>, DnsError> {
        let answer = self.ask(name, Rtype::MX).await?;
        let records = answer.answer().map_err(|_cut| unanswered(name))?;
        let servers = records.limit_to::<Mx<_>>().take(MOST_RECORDS).flatten();
        let names = servers.map(|record| record.data().exchange().to_string());
        // The root stands for "takes no mail" (RFC 7505).
        Ok(names.filter(|name| !matches!(name.as_str(), "" | ".")).collect())
    }

    /// Where mail for a domain goes, best first; among equals the order is left to chance (RFC 5321 section 5.1).
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn exchanges(&self, domain: &str) -> Result<Exchanges, DnsError> {
        let answer = self.ask(domain, Rtype::MX).await?;
        let records = answer.answer().map_err(|_cut| unanswered(domain))?;
        let servers = records.limit_to::<Mx<_>>().take(MOST_RECORDS).flatten();
        let mut found: Vec<(u16, u32, String)> = servers
            .map(|record| {
                let mx = record.data();
                (mx.preference(), rand::random(), mx.exchange().to_string())
            })
            .collect();
        found.sort_unstable();
        let names = found.into_iter().map(|(_preference, _chance, name)| name);
        let (null, names): (Vec<_>, Vec<_>) = names.partition(|name| matches!(name.as_str(), "" | "."));
        Ok(match (null.is_empty(), names.is_empty()) {
            (_, false) => Exchanges::Servers(names),
            (false, true) => Exchanges::NoMail,
            (true, true) => Exchanges::Unsaid,
        })
    }

    /// The IPv4 addresses of a name, as a DNS blocklist answers with them; none where there is no such name.
    ///
    /// # Errors
    /// No resolver answers, or what is asked is no name.
    pub async fn codes(&self, name: &str) -> Result<Codes, DnsError> {
        let answer = self.ask(name, Rtype::A).await?;
        let records = answer.answer().map_err(|_cut| unanswered(name))?;
        let records: Vec<_> = records.limit_to::<A>().take(MOST_RECORDS).flatten().collect();
        let ttl = records.iter().map(|record| record.ttl().into_duration()).min();
        Ok(Codes {
            addresses: records.iter().map(|record| record.data().addr()).collect(),
            ttl: ttl.unwrap_or_default(),
        })
    }

    /// Asks the resolvers in turn until one answers.
    pub(crate) async fn ask(&self, name: &str, rtype: Rtype) -> Result<Message<Vec<u8>>, DnsError> {
        for server in self
            .servers
            .iter()
            .cycle()
            .take(self.servers.len().saturating_mul(ROUNDS))
        {
            let question = question(name, rtype)?;
            if let Ok(Some(answer)) = timeout(PATIENCE, ask_one(*server, &question)).await {
                return Ok(answer);
            }
        }
        Err(unanswered(name))
    }
}

pub(crate) fn unanswered(name: &str) -> DnsError {
    DnsError::Unanswered(name.to_owned())
}

/// The message that asks.
fn question(name: &str, rtype: Rtype) -> Result<Message<Vec<u8>>, DnsError> {
    let bad = || DnsError::BadName(name.to_owned());
    let mut builder = MessageBuilder::new_vec();
    builder.header_mut().set_id(rand::random());
    builder.header_mut().set_rd(true);
    let mut question = builder.question();
    let parsed: Name<Vec<u8>> = Name::vec_from_str(name).map_err(|_bad| bad())?;
    question.push((parsed, rtype)).map_err(|_full| bad())?;
    Message::from_octets(question.finish()).map_err(|_short| bad())
}

/// Asks one resolver; none where it gives nothing that can be used.
async fn ask_one(server: SocketAddr, question: &Message<Vec<u8>>) -> Option<Message<Vec<u8>>> {
    let answer = ask_udp(server, question).await?;
    let answer = if answer.header().tc() {
        ask_tcp(server, question).await?
    } else {
        answer
    };
    // A name that is not there is an answer, without records.
    matches!(answer.header().rcode(), Rcode::NOERROR | Rcode::NXDOMAIN).then_some(answer)
}

async fn ask_udp(server: SocketAddr, question: &Message<Vec<u8>>) -> Option<Message<Vec<u8>>> {
    let here: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let socket = UdpSocket::bind(here).await.ok()?;
    socket.connect(server).await.ok()?;
    socket.send(question.as_slice()).await.ok()?;
    let mut datagram = vec![0; MAX_DATAGRAM];
    loop {
        let size = socket.recv(&mut datagram).await.ok()?;
        let answer = Message::from_octets(datagram.get(..size)?.to_vec()).ok();
        // Whatever else arrives was not asked for.
        if let Some(answer) = answer.filter(|answer| answer.is_answer(question)) {
            return Some(answer);
        }
    }
}

async fn ask_tcp(server: SocketAddr, question: &Message<Vec<u8>>) -> Option<Message<Vec<u8>>> {
    let mut stream = TcpStream::connect(server).await.ok()?;
    let length = u16::try_from(question.as_slice().len()).ok()?;
    let framed = [&length.to_be_bytes()[..], question.as_slice()].concat();
    stream.write_all(&framed).await.ok()?;
    let mut answer = vec![0; usize::from(stream.read_u16().await.ok()?)];
    stream.read_exact(&mut answer).await.ok()?;
    let answer = Message::from_octets(answer).ok()?;
    answer.is_answer(question).then_some(answer)
}
