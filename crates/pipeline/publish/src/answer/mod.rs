//! One query in, one answer out: the whole of DNS between the sockets and the zone, as a pure function.
//!
//! [`answer`] never fails, never panics and looks at nothing but its arguments. Reading the query is in `request`, deciding what it gets in
//! `resolve`, the records in `records`, writing and cutting to size in `reply`, with names shortened in `compress`. `cookies` shows which
//! clients are real, `identity` says what the server tells about itself.

mod compress;
mod cookies;
mod fast;
mod from_contacts;
mod from_files;
mod identity;
mod records;
mod reply;
mod request;
mod resolve;

use std::net::IpAddr;

use atalaya_model::Timestamp;
use domain::base::iana::OptRcode;

pub(crate) use self::fast::{Moment, PreparedZones, Question, Usual};
pub(crate) use self::from_contacts::answer_from_contacts;
pub(crate) use self::from_files::{Strangers, answer_from_files};
pub(crate) use self::records::text;
use self::reply::{Options, Reply, Written};
pub(crate) use self::request::Request;
use self::resolve::Resolved;
use crate::zone::Zone;

pub(crate) use self::cookies::Cookies;
pub(crate) use self::identity::Identity;

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

impl Answered {
    /// A message about none of our zones, or about no address.
    pub(crate) const fn plain(bytes: Vec<u8>, rcode: OptRcode) -> Self {
        Self {
            bytes,
            rcode,
            is_cut: false,
            zone: None,
            address: None,
            is_listed: false,
            has_valid_cookie: false,
        }
    }
}

impl From<Written> for Answered {
    fn from(written: Written) -> Self {
        Self {
            is_cut: written.is_cut,
            ..Self::plain(written.bytes, written.rcode)
        }
    }
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
    /// The number of the zone that was asked, if it is ours.
    pub(crate) zone: Option<usize>,
    /// The address that was asked for.
    pub(crate) address: Option<IpAddr>,
    /// Whether it is listed, and was to be told.
    pub(crate) is_listed: bool,
    /// Whether the client has shown that its address is not forged.
    pub(crate) has_valid_cookie: bool,
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
    answer_request(&Request::read(query)?, zone, client, now)
}

/// The same for a query that was read already.
pub(crate) fn answer_request(
    request: &Request<'_>,
    zone: &Zone,
    client: Client,
    now: Timestamp,
) -> Option<Answered> {
    let resolved = resolve::resolve(request, zone, client.address, now);
    written(request, resolved, zone, client, now)
}

/// Writes what a query gets.
fn written(
    request: &Request<'_>,
    resolved: Resolved<'_>,
    zone: &Zone,
    client: Client,
    now: Timestamp,
) -> Option<Answered> {
    let Resolved {
        reply,
        zone: number,
        address,
        is_listed,
    } = resolved;
    let cookie = request.cookie();
    let wants_identity = request.edns.as_ref().is_some_and(|edns| edns.wants_identity);
    let options = Options {
        cookie: cookie.map(|cookie| zone.cookies().renewed(cookie, client.address, now)),
        identity: zone.identity().nsid().filter(|_name| wants_identity),
    };
    let written = reply.write(
        request,
        &options,
        most_bytes(request, zone.max_udp_answer(), client.transport),
    )?;
    Some(Answered {
        bytes: written.bytes,
        rcode: written.rcode,
        is_cut: written.is_cut,
        zone: number,
        address,
        is_listed,
        has_valid_cookie: cookie.is_some_and(|cookie| zone.cookies().is_valid(cookie, client.address, now)),
    })
}

/// Answers one query with nothing but "ask over TCP".
pub(crate) fn truncated(query: &[u8]) -> Option<Answered> {
    let request = Request::read(query)?;
    let reply = match request.fault {
        Some(fault) => Reply::failed(fault),
        None => Reply::truncated(),
    };
    let written = reply.write(&request, &Options::default(), LEAST_UDP_ANSWER)?;
    Some(written.into())
}

/// Whether a query brings a cookie of ours, so that its sender is who he says.
pub(crate) fn has_valid_cookie(query: &[u8], cookies: &Cookies, client: IpAddr, now: Timestamp) -> bool {
    let request = Request::read(query);
    let cookie = request.as_ref().and_then(Request::cookie);
    cookie.is_some_and(|cookie| cookies.is_valid(cookie, client, now))
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
