//! Reading a SYN: the IPv4 or IPv6 header and the TCP header behind it.

use std::net::{IpAddr, SocketAddr};

use super::options::Options;
use super::{Quirks, Syn, Version};

/// The number of TCP among the protocols.
const TCP: u8 = 6;
/// The most extension headers of IPv6 that are skipped.
const MOST_EXTENSIONS: usize = 8;
/// The fixed part of an IPv4 header and of a TCP header.
const FIXED: usize = 20;
/// The flags of TCP by their bits (RFC 9293 section 3.1, RFC 3168 section 6.1).
mod flag {
    pub(super) const FIN: u8 = 1;
    pub(super) const SYN: u8 = 1 << 1;
    pub(super) const RST: u8 = 1 << 2;
    pub(super) const PSH: u8 = 1 << 3;
    pub(super) const ACK: u8 = 1 << 4;
    pub(super) const URG: u8 = 1 << 5;
    pub(super) const ECE: u8 = 1 << 6;
    pub(super) const CWR: u8 = 1 << 7;
}

/// Why bytes are no SYN that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoSyn {
    /// The packet is of another protocol.
    #[error("no TCP over IPv4 or IPv6")]
    NotTcp,
    /// One part of a packet that was cut on its way.
    #[error("a fragment of a packet")]
    Fragment,
    /// TCP, and not the first packet of a connection.
    #[error("no SYN")]
    OtherPacket,
    /// The headers are not all here, or contradict each other.
    #[error("headers that are cut or contradict each other")]
    BadHeader,
}

/// What the IP header says.
struct Outer<'a> {
    version: Version,
    ttl: u8,
    /// Bytes of IPv4 options or of IPv6 extension headers.
    extra: usize,
    /// Length of the IP header with these.
    header: usize,
    /// Length of the whole packet.
    total: usize,
    quirks: Quirks,
    /// From the TCP header on.
    tcp: &'a [u8],
}

impl Syn {
    /// Reads a SYN from the IP header on, as the kernel keeps it (`TCP_SAVED_SYN`) and as captures hold it.
    ///
    /// What follows the headers is not looked at and may be missing: how much it was, the IP header says.
    ///
    /// # Errors
    /// It is something else, or broken.
    pub fn read(packet: &[u8]) -> Result<Self, NoSyn> {
        tcp(&outer(packet)?)
    }
}

fn outer(packet: &[u8]) -> Result<Outer<'_>, NoSyn> {
    match packet.first().ok_or(NoSyn::NotTcp)? >> 4 {
        4 => ipv4(packet),
        6 => ipv6(packet),
        _ => Err(NoSyn::NotTcp),
    }
}

/// Two bytes as a number; 0 where they are missing, which the callers rule out.
fn number(bytes: &[u8], at: usize) -> u16 {
    let pair = bytes.get(at..).and_then(|rest| rest.first_chunk());
    pair.map_or(0, |pair| u16::from_be_bytes(*pair))
}

/// One byte; 0 where it is missing.
fn byte(bytes: &[u8], at: usize) -> u8 {
    bytes.get(at).copied().unwrap_or_default()
}

fn ipv4(packet: &[u8]) -> Result<Outer<'_>, NoSyn> {
    if packet.len() < FIXED {
        return Err(NoSyn::BadHeader);
    }
    if byte(packet, 9) != TCP {
        return Err(NoSyn::NotTcp);
    }
    let header = usize::from(byte(packet, 0) & 0x0f).saturating_mul(4);
    let (flags, id) = (number(packet, 6), number(packet, 4));
    // More fragments, or an offset.
    if flags & 0x3fff != 0 {
        return Err(NoSyn::Fragment);
    }
    let is_whole = flags & 0x4000 != 0;
    Ok(Outer {
        version: Version::V4,
        ttl: byte(packet, 8),
        extra: header.checked_sub(FIXED).ok_or(NoSyn::BadHeader)?,
        header,
        total: usize::from(number(packet, 2)),
        quirks: Quirks::holding(&[
            (Quirks::DF, is_whole),
            (Quirks::ID_WITH_DF, is_whole && id != 0),
            (Quirks::NO_ID, !is_whole && id == 0),
            (Quirks::IP_RESERVED, flags & 0x8000 != 0),
            (Quirks::ECN, byte(packet, 1) & 3 != 0),
        ]),
        tcp: packet.get(header..).ok_or(NoSyn::BadHeader)?,
    })
}

fn ipv6(packet: &[u8]) -> Result<Outer<'_>, NoSyn> {
    const HEADER: usize = 40;
    let mut rest = packet.get(HEADER..).ok_or(NoSyn::BadHeader)?;
    let mut next = byte(packet, 6);
    for _one in 0..MOST_EXTENSIONS {
        match next {
            // Hop by hop, routing, destination.
            0 | 43 | 60 => {}
            44 => return Err(NoSyn::Fragment),
            _ => break,
        }
        // Eights of bytes, the first of them not counted (RFC 8200 section 4.3).
        let length = usize::from(byte(rest, 1)).saturating_add(1).saturating_mul(8);
        next = byte(rest, 0);
        rest = rest.get(length..).ok_or(NoSyn::BadHeader)?;
    }
    if next != TCP {
        return Err(NoSyn::NotTcp);
    }
    let header = packet.len().saturating_sub(rest.len());
    let traffic_class = number(packet, 0) >> 4;
    let has_flow = byte(packet, 1) & 0x0f != 0 || number(packet, 2) != 0;
    Ok(Outer {
        version: Version::V6,
        ttl: byte(packet, 7),
        extra: header.saturating_sub(HEADER),
        header,
        total: usize::from(number(packet, 4)).saturating_add(HEADER),
        quirks: Quirks::holding(&[(Quirks::FLOW, has_flow), (Quirks::ECN, traffic_class & 3 != 0)]),
        tcp: rest,
    })
}

fn tcp(outer: &Outer<'_>) -> Result<Syn, NoSyn> {
    let header = outer.tcp;
    if header.len() < FIXED {
        return Err(NoSyn::BadHeader);
    }
    let (flags, offset) = (byte(header, 13), byte(header, 12));
    if flags & (flag::SYN | flag::ACK | flag::RST | flag::FIN) != flag::SYN {
        return Err(NoSyn::OtherPacket);
    }
    let length = usize::from(offset >> 4).saturating_mul(4);
    let options = Options::read(header.get(FIXED..length).ok_or(NoSyn::BadHeader)?);
    let headers = outer.header.saturating_add(length);
    let payload = outer.total.checked_sub(headers).ok_or(NoSyn::BadHeader)?;
    let small = |number: usize| u16::try_from(number).map_err(|_large| NoSyn::BadHeader);
    Ok(Syn {
        version: outer.version,
        ttl: outer.ttl,
        ip_options: small(outer.extra)?,
        headers: small(headers)?,
        payload: small(payload)?,
        window: number(header, 14),
        mss: options.mss,
        scale: options.scale,
        quirks: outer.quirks.with(options.quirks).with(tcp_quirks(header)),
        padding: options.padding,
        kinds: options.kinds,
    })
}

/// What is odd in the fixed part of a TCP header.
fn tcp_quirks(header: &[u8]) -> Quirks {
    let (flags, reserved) = (byte(header, 13), byte(header, 12) & 0x0f);
    let long = |at: usize| (number(header, at), number(header, at.saturating_add(2)));
    let (seq, ack, none) = (long(4), long(8), (0, 0));
    let (is_urgent, urgent) = (flags & flag::URG != 0, number(header, 18));
    Quirks::holding(&[
        // The lowest reserved bit was the nonce sum of RFC 3540.
        (
            Quirks::ECN,
            flags & (flag::ECE | flag::CWR) != 0 || reserved & 1 != 0,
        ),
        (Quirks::NO_SEQ, seq == none),
        (Quirks::ACK, ack != none),
        (Quirks::SEQ_IS_ACK, seq == ack && seq != none),
        (Quirks::URGENT, is_urgent),
        (Quirks::URGENT_POINTER, !is_urgent && urgent != 0),
        (Quirks::URGENT_VALUE, is_urgent && urgent != 0),
        (Quirks::PUSH, flags & flag::PSH != 0),
        (Quirks::TCP_RESERVED, reserved != 0),
    ])
}

/// Who speaks to whom: the addresses and ports of a TCP packet, from the IP header on.
#[must_use]
pub fn ends(packet: &[u8]) -> Option<(SocketAddr, SocketAddr)> {
    let outer = outer(packet).ok()?;
    let address = |at: usize| -> Option<IpAddr> {
        Some(match outer.version {
            Version::V4 => IpAddr::from(*packet.get(at..)?.first_chunk::<4>()?),
            Version::V6 => IpAddr::from(*packet.get(at..)?.first_chunk::<16>()?),
        })
    };
    let (source, destination) = match outer.version {
        Version::V4 => (12, 16),
        Version::V6 => (8, 24),
    };
    let ports = outer.tcp.get(..4)?;
    Some((
        SocketAddr::new(address(source)?, number(ports, 0)),
        SocketAddr::new(address(destination)?, number(ports, 2)),
    ))
}
