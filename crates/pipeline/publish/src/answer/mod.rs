//! One query in, one answer out: the whole of DNS between the sockets and the zone, as a pure function.
//!
//! [`answer`] never fails, never panics and looks at nothing but its arguments. Reading the query is in `request`, deciding what it gets in
//! `resolve`, the records in `records`, writing and cutting to size in `reply`, with names shortened in `compress`.

mod compress;
mod from_files;
mod records;
mod reply;
mod request;
mod resolve;

use std::net::IpAddr;

use atalaya_model::Timestamp;
use domain::base::iana::OptRcode;

pub(crate) use self::from_files::{Strangers, answer_from_files};
use self::request::Request;
use crate::zone::Zone;

/// What every client takes over UDP, with or without EDNS (RFC 1035 section 2.3.4, RFC 6891 section 6.2.3).
pub(crate) const LEAST_UDP_ANSWER: u16 = 512;

/// How a query came, which limits how long its answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// One datagram: the answer must fit what the client takes and what passes the network.
    Udp,
    /// A stream: the answer may have 65,535 bytes.
    Tcp,
}

/// Who asks, as far as the network tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    /// Its address; over UDP anybody can forge one.
    pub address: IpAddr,
    /// How its query came.
    pub transport: Transport,
}

/// An answer, and what is counted of it.
#[derive(Debug)]
pub(crate) struct Answered {
    /// The message.
    pub(crate) bytes: Vec<u8>,
    /// The result.
    pub(crate) rcode: OptRcode,
    /// Whether records were left out, because they do not fit.
    pub(crate) is_cut: bool,
}

/// Answers one query. Nothing is to be sent where the bytes hold no header or are an answer themselves.
///
/// ```
/// # use atalaya_publish::{answer, Client, PublishConfig, Set, Transport, Zone};
/// # use atalaya_model::{Serial, Timestamp};
/// let zone = Zone::new(&PublishConfig::default(), "http://127.0.0.1:8080")?;
/// zone.load(Set::default(), Serial(7));
/// // id 1, RD, one question: the SOA record of the zone.
/// let query = b"\0\x01\x01\0\0\x01\0\0\0\0\0\0\x02bl\x07atalaya\x04test\0\0\x06\0\x01";
/// let client = Client { address: [192, 0, 2, 1].into(), transport: Transport::Udp };
/// let reply = answer(query, &zone, client, Timestamp::EPOCH).unwrap_or_default();
/// assert_eq!(reply.get(..4), Some(&[0, 1, 0x85, 0][..]), "same id; QR, AA and RD; no error");
/// # Ok::<(), atalaya_publish::PublishError>(())
/// ```
#[must_use]
pub fn answer(query: &[u8], zone: &Zone, client: Client, now: Timestamp) -> Option<Vec<u8>> {
    answer_counted(query, zone, client, now).map(|answered| answered.bytes)
}

/// The same with what is counted of it.
pub(crate) fn answer_counted(query: &[u8], zone: &Zone, client: Client, now: Timestamp) -> Option<Answered> {
    let request = Request::read(query)?;
    let reply = resolve::resolve(&request, zone, now);
    reply.write(
        &request,
        most_bytes(&request, zone.max_udp_answer(), client.transport),
    )
}

/// How long the answer to a query may be.
fn most_bytes(request: &Request<'_>, max_udp_answer: u16, transport: Transport) -> u16 {
    match (transport, &request.edns) {
        (Transport::Tcp, _) => u16::MAX,
        (Transport::Udp, None) => LEAST_UDP_ANSWER,
        (Transport::Udp, Some(edns)) => edns.udp_payload.min(max_udp_answer).max(LEAST_UDP_ANSWER),
    }
}

#[cfg(test)]
mod tests;
