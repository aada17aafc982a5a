//! What a query gets: records, "no such records", "no such name", or a refusal. An error never becomes a listing.

use std::net::IpAddr;

use atalaya_formats::dnsbl;
use atalaya_model::{Serial, Timestamp};
use domain::base::Name;
use domain::base::iana::{Class, OptRcode, Rcode, Rtype};
use domain::base::name::Label;

use super::records;
use super::reply::Reply;
use super::request::{Question, Request};
use crate::access::Admission;
use crate::apex::{Apex, NameServer};
use crate::published::Place;
use crate::set::Held;
use crate::zone::{Finding, Zone};

/// What a query gets, and what is counted of it.
#[derive(Debug)]
pub(super) struct Resolved<'a> {
    /// The answer.
    pub(super) reply: Reply<'a>,
    /// The number of the zone that the question is about.
    pub(super) zone: Option<usize>,
    /// The address that it is about.
    pub(super) address: Option<IpAddr>,
    /// Whether the answer says that it is listed.
    pub(super) is_listed: bool,
}

impl<'a> Resolved<'a> {
    /// An answer that is about no zone of ours.
    fn elsewhere(reply: Reply<'a>) -> Self {
        Self {
            reply,
            zone: None,
            address: None,
            is_listed: false,
        }
    }
}

/// Finds out what a query gets.
pub(super) fn resolve<'a>(
    request: &'a Request<'_>,
    zone: &'a Zone,
    client: IpAddr,
    now: Timestamp,
) -> Resolved<'a> {
    let elsewhere = |rcode| Resolved::elsewhere(Reply::failed(rcode));
    if let Some(fault) = request.fault {
        return elsewhere(OptRcode::from(fault));
    }
    // RFC 6891 section 6.1.3: a version that is not ours is told so, whatever the question.
    if request.edns.as_ref().is_some_and(|edns| edns.version > 0) {
        return elsewhere(OptRcode::BADVERS);
    }
    let Some(question) = &request.question else {
        // It wants a cookie, which every answer has (RFC 7873 section 5.4).
        return elsewhere(OptRcode::NOERROR);
    };
    if question.class == Class::CH {
        return Resolved::elsewhere(zone.identity().answer(question));
    }
    match zone.published().locate(question.name.for_slice()) {
        Some(place) if is_of_records(question) => resolve_in_zone(question, zone, &place, (client, now)),
        _ => elsewhere(OptRcode::REFUSED),
    }
}

/// Whether a question is about records on the Internet.
pub(super) fn is_of_records(question: &Question<'_>) -> bool {
    let is_meta = matches!(
        question.rtype,
        // Zone transfers come later; the others are no types of records (RFC 6895 section 3.1).
        Rtype::AXFR | Rtype::IXFR | Rtype::MAILA | Rtype::MAILB | Rtype::TSIG | Rtype::TKEY | Rtype::OPT
    );
    question.class == Class::IN && !is_meta
}

/// Answers a question about a name in one of the zones.
fn resolve_in_zone<'a>(
    question: &'a Question<'_>,
    zone: &'a Zone,
    place: &Place<'a, '_>,
    (client, now): (IpAddr, Timestamp),
) -> Resolved<'a> {
    let name: &Name<[u8]> = question.name.for_slice();
    let meaning = dnsbl::read(name.iter().take(place.labels).map(Label::as_slice));
    let resolved = |reply| Resolved {
        reply,
        zone: Some(place.number),
        address: meaning.address(),
        is_listed: false,
    };
    // Before the set is there "not listed" would be a guess, and the test entries would say that all is well.
    let Some((serial, finding)) = zone.find(&meaning, place.zone.classes, now) else {
        return resolved(Reply::failed(Rcode::SERVFAIL));
    };
    // The zones themselves and their name servers are told to everybody: without them no resolver finds the way.
    if let Some(reply) = at_zone(question, zone, place, serial) {
        return resolved(reply);
    }
    let admission = match meaning.address() {
        Some(_whole) => zone.access().admit(client, place.key, now),
        None => zone.access().recognise(client, place.key, now),
    };
    if admission == Admission::Refused {
        return resolved(Reply::failed(Rcode::REFUSED));
    }
    let apex = &place.zone.apex;
    match finding {
        Finding::Listed(address, listings) => Resolved {
            is_listed: matches!(question.rtype, Rtype::A | Rtype::TXT | Rtype::ANY),
            ..resolved(at_listing(
                question,
                zone,
                apex,
                (address, &listings, serial),
                now,
            ))
        },
        // Below the name of a key stands all of the zone.
        Finding::Nothing if place.labels > 0 => resolved(Reply::no_such_name(apex, serial)),
        Finding::Above | Finding::Nothing => resolved(Reply::found(Vec::new(), apex, serial)),
    }
}

/// Answers a question about an address that is listed.
fn at_listing<'a>(
    question: &'a Question<'_>,
    zone: &Zone,
    apex: &'a Apex,
    (address, listings, serial): (IpAddr, &[Held], Serial),
    now: Timestamp,
) -> Reply<'a> {
    let name = question.name.for_slice();
    let records = match question.rtype {
        // RFC 8482 section 4.1: one set of records is an answer to ANY, and codes are what clients act on.
        Rtype::A | Rtype::ANY => records::codes(name, listings, apex, now),
        Rtype::TXT => records::texts(name, address, listings, zone, now),
        _ => Vec::new(),
    };
    Reply::found(records, apex, serial)
}

/// Answers a question about a zone itself or about a name server.
fn at_zone<'a>(
    question: &'a Question<'_>,
    zone: &'a Zone,
    place: &Place<'a, '_>,
    serial: Serial,
) -> Option<Reply<'a>> {
    let apex = &place.zone.apex;
    if place.labels > 0 || place.key.is_some() {
        return at_name_server(question, apex, serial);
    }
    // What is known of a zone's keys stands in the zone above it (RFC 4035 section 2.4).
    if question.rtype == Rtype::DS && place.number > 0 {
        return Some(Reply::found(Vec::new(), zone.apex(), serial));
    }
    Some(at_apex(question, zone, apex, serial))
}

/// Answers a question about the zone itself.
pub(super) fn at_apex<'a>(
    question: &'a Question<'_>,
    zone: &'a Zone,
    apex: &'a Apex,
    serial: Serial,
) -> Reply<'a> {
    let name = question.name.for_slice();
    match question.rtype {
        Rtype::SOA | Rtype::ANY => {
            let soa = records::soa(name, apex.ttl, apex, serial);
            Reply::found(vec![soa], apex, serial)
        }
        Rtype::NS => {
            let mut reply = Reply::found(records::name_servers(name, apex), apex, serial);
            // Addresses of names outside our zones are not ours to tell, and nobody would believe them.
            reply.additional = apex
                .name_servers
                .iter()
                .filter(|server| server.name().ends_with(&zone.apex().zone))
                .flat_map(|server| records::addresses(server.name(), server, apex, Rtype::ANY))
                .collect();
            reply
        }
        // The zone may be the name of its own server.
        _ => at_name_server(question, apex, serial).unwrap_or_else(|| Reply::found(Vec::new(), apex, serial)),
    }
}

/// Answers a question about a name server of ours in the zone, or about a name between it and the zone.
pub(super) fn at_name_server<'a>(
    question: &'a Question<'_>,
    apex: &'a Apex,
    serial: Serial,
) -> Option<Reply<'a>> {
    let name: &Name<[u8]> = question.name.for_slice();
    let own = || {
        apex.name_servers
            .iter()
            .filter(|server| !server.addresses().is_empty())
    };
    let at: Vec<&NameServer> = own().filter(|server| server.name() == name).collect();
    if at.is_empty() && !own().any(|server| server.name().ends_with(name)) {
        return None;
    }
    let records = at
        .into_iter()
        .flat_map(|server| records::addresses(name, server, apex, question.rtype))
        .collect();
    Some(Reply::found(records, apex, serial))
}
