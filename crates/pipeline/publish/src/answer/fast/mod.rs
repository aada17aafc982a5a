//! The usual question, answered straight from the wire: an address asked for with type A, in a datagram.
//!
//! Nothing here allocates, and everything else is left alone: whatever is not quite usual is for [`answer`](super::answer) to read and
//! to answer. Where this answers, both give the same bytes, and a test holds them to it.

mod address;

use std::net::IpAddr;

use atalaya_model::{Serial, Timestamp};
use domain::base::Name;
use domain::base::name::Label;

use self::address::read_address;
use super::LEAST_UDP_ANSWER;
use super::reply::{OUR_UDP_PAYLOAD, Reply};
use super::request::Request;
use crate::apex::Apex;
use crate::set::{Classes, View};

/// Bytes of the header of a message (RFC 1035 section 4.1.1).
const HEADER: usize = 12;
/// Bytes of type and class behind the name of the question.
const TYPE_AND_CLASS: usize = 4;
/// What marks the two bytes of a pointer.
const POINTER: u16 = 0xc000;
/// Type A, class IN.
const A_IN: [u8; TYPE_AND_CLASS] = [0, 1, 0, 1];
/// Bytes in front of the data of a record whose owner is a pointer.
const BEFORE_DATA: usize = 12;

/// What stays the same from answer to answer.
#[derive(Debug)]
pub(crate) struct Prepared {
    /// The name of the zone in wire format.
    zone: Box<[u8]>,
    /// The SOA record of negative answers, with serial 0.
    soa: Box<[u8]>,
    /// The pointers in it: where each stands, and how far behind the beginning of the zone's name it points to.
    pointers: Vec<(usize, u16)>,
    /// Where the serial stands in it.
    serial_at: usize,
    /// How long a listing may be kept, in seconds.
    listing_ttl: u32,
}

/// A usual question.
struct Question {
    address: IpAddr,
    /// Where the name of the zone begins in the message.
    zone_at: usize,
    /// Where the question ends.
    end: usize,
    /// The flags of EDNS, where it was used.
    edns: Option<u8>,
}

/// What is answered from, and when.
#[derive(Debug)]
pub(crate) struct Moment<'z> {
    pub(crate) view: &'z View,
    pub(crate) serial: Serial,
    pub(crate) now: Timestamp,
}

/// What came of a usual question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Usual {
    /// It has codes.
    Listed,
    /// It has none.
    NotListed,
}

impl Prepared {
    /// Prepares the answers of a zone; none where names of its own look like addresses in front of it.
    pub(crate) fn new(apex: &Apex) -> Option<Self> {
        let zone = apex.zone.as_slice();
        let is_like_an_address = |name: &Name<[u8]>| {
            let labels = name.label_count().checked_sub(apex.zone.label_count());
            let inside = labels.filter(|_| name.ends_with(&apex.zone));
            inside.is_some_and(|labels| name.iter().take(labels).any(is_numeric))
        };
        if apex.own_names().any(is_like_an_address) {
            return None;
        }
        // The ordinary way of answering writes the record, so that both are the same.
        let question = [&[1, b'1', 1, b'1', 1, b'1', 2, b'1', b'1'][..], zone, &A_IN].concat();
        let query = [&[0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0][..], &question].concat();
        let request = Request::read(&query)?;
        let answered = Reply::no_such_name(apex, Serial(0)).write(&request, u16::MAX)?;
        let soa = answered.bytes.get(query.len()..)?;
        let zone_at = query.len().checked_sub(zone.len().checked_add(TYPE_AND_CLASS)?)?;
        let mut at = 0;
        let mut pointers = Vec::new();
        // The owner; name server and mailbox behind what stands in front of the data.
        for name_at in [Some(0), Some(BEFORE_DATA), None] {
            at = skip_name(soa, name_at.unwrap_or(at))?;
            let last = at.checked_sub(2)?;
            let pointer = u16::from_be_bytes(*soa.get(last..)?.first_chunk()?);
            if let Some(to) = pointer.checked_sub(POINTER) {
                pointers.push((last, to.checked_sub(u16::try_from(zone_at).ok()?)?));
            }
        }
        Some(Self {
            zone: zone.into(),
            soa: soa.into(),
            pointers,
            serial_at: at,
            listing_ttl: apex.listing_ttl.as_secs(),
        })
    }

    /// Answers a usual question into `answer`; none, and nothing written, where the question is another.
    pub(crate) fn answer(&self, query: &[u8], answer: &mut Vec<u8>, moment: &Moment<'_>) -> Option<Usual> {
        let Moment { view, serial, now } = *moment;
        let question = self.read(query)?;
        let classes = view.classes_of(question.address, now);
        answer.extend_from_slice(query.get(..question.end)?);
        let usual = if classes.is_empty() {
            self.put_soa(answer, question.zone_at, serial)?;
            Usual::NotListed
        } else {
            self.put_codes(answer, classes, now);
            Usual::Listed
        };
        if let Some(flags) = question.edns {
            let [high, low] = OUR_UDP_PAYLOAD.to_be_bytes();
            answer.extend_from_slice(&[0, 0, 41, high, low, 0, 0, flags & 0x80, 0, 0, 0]);
        }
        set_header(answer, classes, u8::from(question.edns.is_some()));
        if answer.len() > usize::from(LEAST_UDP_ANSWER) {
            answer.clear();
            return None;
        }
        Some(usual)
    }

    fn put_codes(&self, answer: &mut Vec<u8>, classes: Classes, now: Timestamp) {
        let lasts = classes.first_end().map_or(u32::MAX, |end| {
            u32::try_from(end.since(now).as_secs()).unwrap_or(u32::MAX)
        });
        let [ttl_1, ttl_2, ttl_3, ttl_4] = self.listing_ttl.min(lasts).to_be_bytes();
        for class in classes.iter() {
            let [a, b, c, d] = class.code().octets();
            // The name of the question, type A, class IN, the TTL, and four bytes of data.
            answer.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, ttl_1, ttl_2, ttl_3, ttl_4, 0, 4, a, b, c, d]);
        }
    }

    fn put_soa(&self, answer: &mut Vec<u8>, zone_at: usize, serial: Serial) -> Option<()> {
        let start = answer.len();
        answer.extend_from_slice(&self.soa);
        let soa = answer.get_mut(start..)?;
        let zone_at = POINTER.saturating_add(u16::try_from(zone_at).ok()?);
        for (at, to) in &self.pointers {
            let pointer = zone_at.saturating_add(*to).to_be_bytes();
            *soa.get_mut(*at..)?.first_chunk_mut()? = pointer;
        }
        *soa.get_mut(self.serial_at..)?.first_chunk_mut()? = serial.soa().to_be_bytes();
        Some(())
    }

    /// Reads a usual question.
    fn read(&self, query: &[u8]) -> Option<Question> {
        let (head, rest) = query.split_first_chunk::<HEADER>()?;
        let &[_, _, flags, _, 0, 1, 0, 0, 0, 0, 0, additional @ (0 | 1)] = head else {
            return None;
        };
        // A query (QR), of the usual kind (opcode), whole (TC), from nobody who claims authority (AA).
        if flags & 0xfe != 0 {
            return None;
        }
        let (address, in_front) = read_address(rest)?;
        let (zone, rest) = rest.get(in_front..)?.split_at_checked(self.zone.len())?;
        let (asked, rest) = rest.split_first_chunk::<TYPE_AND_CLASS>()?;
        if *asked != A_IN || !zone.eq_ignore_ascii_case(&self.zone) {
            return None;
        }
        let edns = match (additional, rest) {
            (0, []) => None,
            // No options: those are for the other path.
            (1, &[0, 0, 41, _, _, 0, 0, flags, _, 0, 0]) => Some(flags),
            _ => return None,
        };
        Some(Question {
            address,
            zone_at: HEADER.saturating_add(in_front),
            end: query.len().saturating_sub(rest.len()),
            edns,
        })
    }
}

/// The header: the id and RD of the query, which stand there already, and ours for the rest (RFC 1035 section 4.1.1).
fn set_header(answer: &mut [u8], classes: Classes, opt_records: u8) {
    let Some([_, _, flags, more, _, _, _, answers, _, authority, _, additional]) =
        answer.first_chunk_mut::<HEADER>()
    else {
        return;
    };
    // QR and AA.
    *flags = 0x84 | (*flags & 0x01);
    // NXDOMAIN where nothing is listed.
    *more = if classes.is_empty() { 3 } else { 0 };
    *answers = classes.count();
    *authority = u8::from(classes.is_empty());
    *additional = opt_records;
}

/// Where a name ends that may end in a pointer.
fn skip_name(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = *bytes.get(at)?;
        match length {
            0 => return at.checked_add(1),
            0xc0.. => return at.checked_add(2),
            _ => at = at.checked_add(usize::from(length))?.checked_add(1)?,
        }
    }
}

/// Whether a label could be an octet or a nibble of an address.
fn is_numeric(label: &Label) -> bool {
    matches!(label.as_slice(), [nibble] if nibble.is_ascii_hexdigit())
        || label.as_slice().iter().all(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests;
