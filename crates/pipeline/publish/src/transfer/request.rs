//! Queries that need more than an answer: those with a signature, and those for a copy of the zone.

use std::net::IpAddr;
use std::sync::Arc;

use atalaya_model::{Serial, Timestamp};
use atalaya_net::Pass;
use domain::base::iana::{Class as DnsClass, Opcode, Rcode, Rtype};
use domain::base::{Message, MessageBuilder, Question, ToName};
use domain::rdata::Soa;
use metrics::counter;

use super::records;
use super::records::{Part, Records};
use super::signature::{Signature, may_be_signed};
use super::stream::Transfer;
use super::walk::{Version, Walk};
use crate::answer::{Answered, Client, LEAST_UDP_ANSWER, Request, Transport, answer_counted, answer_request};
use crate::published::PublishedZone;
use crate::set::Classes;
use crate::zone::{Difference, Zone};

/// Half of the numbers: what is further away than this lies behind (RFC 1982 section 3.2).
const HALF: u32 = 1 << 31;

/// What a query gets.
#[derive(Debug)]
pub(crate) enum Response {
    /// One message, or none, and what is counted of it.
    Message(Option<Answered>),
    /// A copy of the zone.
    Copy(Box<Copy>),
}

/// A copy of the zone that was asked for and may be had.
#[derive(Debug)]
pub(crate) struct Copy {
    zone: Arc<Zone>,
    /// The number of the zone among those that are published.
    number: usize,
    asked: Message<Vec<u8>>,
    signature: Option<Signature>,
    /// The serial that the client has, if it asks for the difference.
    known: Option<u32>,
    pass: Pass,
}

/// What is wanted of the zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    /// All of it.
    Whole,
    /// What has changed since this serial.
    Since(u32),
}

/// Answers a query, whatever it is; `request` is what was read of it.
pub(crate) fn respond(
    query: &[u8],
    request: &Request<'_>,
    zone: &Arc<Zone>,
    client: Client,
    now: Timestamp,
) -> Response {
    if !may_be_signed(query) && !may_be_transfer(query) {
        return Response::Message(answer_request(request, zone, client, now));
    }
    let Ok(mut message) = Message::from_octets(query.to_vec()) else {
        return Response::Message(None);
    };
    let signature = match Signature::check(zone.secondaries().keys(), &mut message, now) {
        Ok(signature) => signature,
        Err(refusal) => {
            counter!("atalaya_publish_bad_signatures_total").increment(1);
            return Response::Message(refusal.map(|(bytes, rcode)| counted(bytes, rcode)));
        }
    };
    let key = signature.as_ref().map(Signature::key);
    let wanted = wanted(&message, zone).filter(|_| zone.secondaries().may_copy(client.address, key));
    let answered = match (wanted, client.transport) {
        (Some((number, wanted)), Transport::Tcp) => match begin(wanted, zone, &message, client.address) {
            Ok((known, pass)) => {
                return Response::Copy(Box::new(Copy {
                    zone: Arc::clone(zone),
                    number,
                    asked: message,
                    signature,
                    known,
                    pass,
                }));
            }
            Err(answered) => answered,
        },
        // The serial alone says that the client is to come over TCP (RFC 1995 section 2).
        (Some((number, Wanted::Since(_))), Transport::Udp) => serial_alone(&message, zone, number),
        _ => answer_counted(message.as_slice(), zone, client, now),
    };
    let signed = |answered: Answered| match signature {
        None => Some(answered),
        Some(signature) => Some(Answered {
            bytes: signature.sign(answered.bytes, most_bytes(&message, zone, client.transport), now)?,
            ..answered
        }),
    };
    Response::Message(answered.and_then(signed))
}

/// Whether a query may ask for a transfer. Cheap, because every query is asked.
fn may_be_transfer(query: &[u8]) -> bool {
    // Type AXFR or IXFR, class IN: what stands behind the name in the question.
    [[0, 252, 0, 1], [0, 251, 0, 1]]
        .iter()
        .any(|mark| memchr::memmem::find(query, mark).is_some())
}

/// What of which zone a query wants, if that is what it wants.
fn wanted(message: &Message<Vec<u8>>, zone: &Zone) -> Option<(usize, Wanted)> {
    let question: Question<_> = message.sole_question().ok()?;
    if question.qclass() != DnsClass::IN || message.header().opcode() != Opcode::QUERY {
        return None;
    }
    let is_it = |published: &PublishedZone| question.qname().name_eq(&published.apex.zone);
    let number = zone.published().iter().position(is_it)?;
    let wanted = match question.qtype() {
        Rtype::AXFR => Some(Wanted::Whole),
        Rtype::IXFR => {
            // RFC 1995 section 3: the SOA record that the client has stands in the authority section.
            let mut authority = message.authority().ok()?.limit_to::<Soa<_>>();
            let soa = authority.next()?.ok()?;
            Some(Wanted::Since(soa.data().serial().into_int()))
        }
        _ => None,
    };
    Some((number, wanted?))
}

/// Lets a transfer begin, or says why not.
fn begin(
    wanted: Wanted,
    zone: &Zone,
    message: &Message<Vec<u8>>,
    client: IpAddr,
) -> Result<(Option<u32>, Pass), Option<Answered>> {
    let later = || failed(message, Rcode::SERVFAIL);
    if zone.whole().is_none() {
        return Err(later());
    }
    let pass = zone.secondaries().begin(client).map_err(|_crowded| {
        counter!("atalaya_publish_transfers_turned_away_total").increment(1);
        later()
    })?;
    let known = match wanted {
        Wanted::Whole => None,
        Wanted::Since(serial) => Some(serial),
    };
    Ok((known, pass))
}

impl Copy {
    /// Puts together what is sent. Takes some time where much has changed.
    pub(crate) fn prepare(self) -> Option<Transfer> {
        let parts = self.parts()?;
        let records = Records::new(self.zone, self.number, parts);
        Transfer::new(&self.asked, records, self.signature, self.pass)
    }

    fn parts(&self) -> Option<Vec<Part>> {
        let (view, serial) = self.zone.whole()?;
        let classes = self.zone.published().get(self.number)?.classes;
        let kind = |kind| counter!("atalaya_publish_transfers_total", "kind" => kind).increment(1);
        if let Some(known) = self.known {
            // RFC 1995 section 2: who has the newest, or a newer one, gets the serial alone.
            let behind = serial.soa().wrapping_sub(known);
            if behind == 0 || behind >= HALF {
                warn_if_newer(behind, known, serial);
                kind("unchanged");
                return Some(vec![Part::Soa(serial)]);
            }
            let known = Serial(serial.0.saturating_sub(behind.into()));
            if let Some(difference) = self.zone.difference(known) {
                kind("difference");
                return Some(difference_parts(difference, classes, known));
            }
        }
        kind("whole");
        let walk = Walk::whole(Version::new(view, classes));
        Some(vec![
            Part::Soa(serial),
            Part::Apex,
            Part::Added(walk),
            Part::Soa(serial),
        ])
    }
}

/// RFC 1995 section 4: the old serial and what goes, the new one and what comes, all between the new serial twice.
fn difference_parts(difference: Difference, classes: Classes, known: Serial) -> Vec<Part> {
    let Difference {
        before,
        after,
        touched,
        serial,
    } = difference;
    let [before, after] = [before, after].map(|view| Version::new(view, classes));
    let walk = || Walk::difference(before.clone(), after.clone(), touched.clone());
    vec![
        Part::Soa(serial),
        Part::Soa(known),
        Part::Removed(walk()),
        Part::Soa(serial),
        Part::Added(walk()),
        Part::Soa(serial),
    ]
}

/// A secondary that is ahead of us never asks for what is new: the operator must act.
fn warn_if_newer(behind: u32, known: u32, serial: Serial) {
    if behind != 0 {
        tracing::warn!(
            secondary.serial = known,
            serial = serial.soa(),
            "a secondary has a newer zone than we: was the store put back? Make it fetch the whole zone again, or it goes on answering from the old one"
        );
    }
}

/// The SOA record as the whole answer.
fn serial_alone(message: &Message<Vec<u8>>, zone: &Zone, number: usize) -> Option<Answered> {
    let Some((_, serial)) = zone.whole() else {
        return failed(message, Rcode::SERVFAIL);
    };
    let mut answer = MessageBuilder::new_vec()
        .start_answer(message, Rcode::NOERROR)
        .ok()?;
    answer.header_mut().set_aa(true);
    answer
        .push(records::soa(&zone.published().get(number)?.apex, serial))
        .ok()?;
    Some(counted(answer.finish(), Rcode::NOERROR))
}

/// An answer that says why there is none.
fn failed(message: &Message<Vec<u8>>, rcode: Rcode) -> Option<Answered> {
    let answer = MessageBuilder::new_vec().start_answer(message, rcode).ok()?;
    Some(counted(answer.finish(), rcode))
}

fn counted(bytes: Vec<u8>, rcode: Rcode) -> Answered {
    Answered::plain(bytes, rcode.into())
}

/// How long the answer to a query may be.
fn most_bytes(message: &Message<Vec<u8>>, zone: &Zone, transport: Transport) -> usize {
    let udp = || {
        let most = message.opt().map_or(0, |opt| opt.udp_payload_size());
        most.min(zone.max_udp_answer()).max(LEAST_UDP_ANSWER)
    };
    match transport {
        Transport::Tcp => u16::MAX.into(),
        Transport::Udp => udp().into(),
    }
}
