//! The usual question, answered straight from the wire: an address asked for with type A, in a datagram.
//!
//! Nothing here allocates, and everything else is left alone: whatever is not quite usual is for [`answer`](super::answer) to read and
//! to answer, such as options of EDNS and keys in the name. Where this answers, both give the same bytes, and a test holds them to it.

mod address;
mod prepared;

use std::net::IpAddr;

use atalaya_model::{Serial, Timestamp};

use self::address::read_address;
use self::prepared::Prepared;
use super::LEAST_UDP_ANSWER;
use super::reply::OUR_UDP_PAYLOAD;
use crate::published::PublishedZones;
use crate::set::{Codes, Place, View};

/// Bytes of the header of a message (RFC 1035 section 4.1.1).
const HEADER: usize = 12;
/// Bytes of type and class behind the name of the question.
const TYPE_AND_CLASS: usize = 4;
/// Type A, class IN.
const A_IN: [u8; TYPE_AND_CLASS] = [0, 1, 0, 1];

/// The zones, each with what its answers begin from, by its number; none where names of its own look like addresses.
#[derive(Debug)]
pub(crate) struct PreparedZones(Vec<(usize, Prepared)>);

/// A usual question.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Question {
    /// What is asked.
    pub(crate) address: IpAddr,
    /// Where its zone stands among those that are prepared.
    zone: usize,
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
    /// Where the address of the question stands in it.
    pub(crate) place: &'z Place<'z>,
    pub(crate) serial: Serial,
    pub(crate) now: Timestamp,
}

/// What came of a usual question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Usual {
    /// What was asked.
    pub(crate) address: IpAddr,
    /// The number of the zone that it was asked in.
    pub(crate) zone: usize,
    /// Whether it is listed there.
    pub(crate) is_listed: bool,
}

impl PreparedZones {
    /// Prepares the answers of all zones.
    pub(crate) fn new(zones: &PublishedZones) -> Self {
        let prepared = zones.iter().map(Prepared::new);
        Self(
            (0..)
                .zip(prepared)
                .filter_map(|(number, zone)| Some((number, zone?)))
                .collect(),
        )
    }

    /// Answers a usual question, which was read from `query`, into `answer`; none, and nothing written, where the answer is too long.
    pub(crate) fn answer(
        &self,
        query: &[u8],
        question: &Question,
        answer: &mut Vec<u8>,
        moment: &Moment<'_>,
    ) -> Option<Usual> {
        let Moment {
            view,
            place,
            serial,
            now,
        } = *moment;
        let address = question.address;
        let (number, zone) = self.0.get(question.zone)?;
        let codes = view.codes_at(place, zone.classes, now);
        answer.extend_from_slice(query.get(..question.end)?);
        if codes.is_empty() {
            zone.put_soa(answer, question.zone_at, serial)?;
        } else {
            zone.put_codes(answer, codes, now);
        }
        if let Some(flags) = question.edns {
            let [high, low] = OUR_UDP_PAYLOAD.to_be_bytes();
            answer.extend_from_slice(&[0, 0, 41, high, low, 0, 0, flags & 0x80, 0, 0, 0]);
        }
        set_header(answer, codes, u8::from(question.edns.is_some()));
        if answer.len() > usize::from(LEAST_UDP_ANSWER) {
            answer.clear();
            return None;
        }
        Some(Usual {
            address,
            zone: *number,
            is_listed: !codes.is_empty(),
        })
    }

    /// Reads a usual question; none where the query asks another.
    pub(crate) fn read(&self, query: &[u8]) -> Option<Question> {
        let (head, rest) = query.split_first_chunk::<HEADER>()?;
        let &[_, _, flags, _, 0, 1, 0, 0, 0, 0, 0, additional @ (0 | 1)] = head else {
            return None;
        };
        // A query (QR), of the usual kind (opcode), whole (TC), from nobody who claims authority (AA).
        if flags & 0xfe != 0 {
            return None;
        }
        let (address, in_front) = read_address(rest)?;
        let rest = rest.get(in_front..)?;
        let is_below = |zone: &Prepared| {
            rest.get(..zone.zone.len())
                .is_some_and(|name| name.eq_ignore_ascii_case(&zone.zone))
        };
        let (at, (_, zone)) = self.0.iter().enumerate().find(|(_, (_, zone))| is_below(zone))?;
        let (asked, rest) = rest
            .get(zone.zone.len()..)?
            .split_first_chunk::<TYPE_AND_CLASS>()?;
        if *asked != A_IN {
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
            zone: at,
            zone_at: HEADER.saturating_add(in_front),
            end: query.len().saturating_sub(rest.len()),
            edns,
        })
    }
}

/// The header: the id and RD of the query, which stand there already, and ours for the rest (RFC 1035 section 4.1.1).
fn set_header(answer: &mut [u8], codes: Codes, opt_records: u8) {
    let Some([_, _, flags, more, _, _, _, answers, _, authority, _, additional]) =
        answer.first_chunk_mut::<HEADER>()
    else {
        return;
    };
    // QR and AA.
    *flags = 0x84 | (*flags & 0x01);
    // NXDOMAIN where nothing is listed.
    *more = if codes.is_empty() { 3 } else { 0 };
    *answers = codes.count();
    *authority = u8::from(codes.is_empty());
    *additional = opt_records;
}

#[cfg(test)]
mod tests;
