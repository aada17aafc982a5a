//! What a query gets: records, "no such records", "no such name", or a refusal. An error never becomes a listing.

use atalaya_formats::dnsbl;
use atalaya_model::{Serial, Timestamp};
use domain::base::Name;
use domain::base::iana::{Class, OptRcode, Rcode, Rtype};
use domain::base::name::Label;

use super::records;
use super::reply::Reply;
use super::request::{Question, Request};
use crate::apex::{Apex, NameServer};
use crate::zone::{Finding, Zone};

/// Finds out what a query gets.
pub(super) fn resolve<'a>(request: &'a Request<'_>, zone: &'a Zone, now: Timestamp) -> Reply<'a> {
    if let Some(fault) = request.fault {
        return Reply::failed(fault);
    }
    // RFC 6891 section 6.1.3: a version that is not ours is told so, whatever the question.
    if request.edns.is_some_and(|edns| edns.version > 0) {
        return Reply::failed(OptRcode::BADVERS);
    }
    let apex = zone.apex();
    match &request.question {
        Some(question) if is_ours(question, apex) => resolve_in_zone(question, zone, now),
        _ => Reply::failed(Rcode::REFUSED),
    }
}

/// Whether a question is about our zone and of a kind that we answer.
fn is_ours(question: &Question<'_>, apex: &Apex) -> bool {
    let is_meta = matches!(
        question.rtype,
        // Zone transfers come later; the others are no types of records (RFC 6895 section 3.1).
        Rtype::AXFR | Rtype::IXFR | Rtype::MAILA | Rtype::MAILB | Rtype::TSIG | Rtype::TKEY | Rtype::OPT
    );
    question.class == Class::IN && !is_meta && question.name.ends_with(&apex.zone)
}

/// Answers a question about a name in the zone.
fn resolve_in_zone<'a>(question: &'a Question<'_>, zone: &'a Zone, now: Timestamp) -> Reply<'a> {
    let apex = zone.apex();
    let name = question.name.for_slice();
    let labels = name.label_count().saturating_sub(apex.zone.label_count());
    let meaning = dnsbl::read(name.iter().take(labels).map(Label::as_slice));
    // Before the set is there "not listed" would be a guess, and the test entries would say that all is well.
    let Some((serial, finding)) = zone.find(&meaning, now) else {
        return Reply::failed(Rcode::SERVFAIL);
    };
    if labels == 0 {
        return at_apex(question, apex, serial);
    }
    if let Some(reply) = at_name_server(question, apex, serial) {
        return reply;
    }
    match finding {
        Finding::Listed(address, listings) => {
            let records = match question.rtype {
                // RFC 8482 section 4.1: one set of records is an answer to ANY, and codes are what clients act on.
                Rtype::A | Rtype::ANY => records::codes(name, &listings, apex, now),
                Rtype::TXT => records::texts(name, address, &listings, zone, now),
                _ => Vec::new(),
            };
            Reply::found(records, apex, serial)
        }
        Finding::Above => Reply::found(Vec::new(), apex, serial),
        Finding::Nothing => Reply::no_such_name(apex, serial),
    }
}

/// Answers a question about the zone itself.
fn at_apex<'a>(question: &'a Question<'_>, apex: &'a Apex, serial: Serial) -> Reply<'a> {
    let name = question.name.for_slice();
    match question.rtype {
        Rtype::SOA | Rtype::ANY => {
            let soa = records::soa(name, apex.ttl, apex, serial);
            Reply::found(vec![soa], apex, serial)
        }
        Rtype::NS => {
            let mut reply = Reply::found(records::name_servers(name, apex), apex, serial);
            // Addresses of names outside the zone are not ours to tell, and nobody would believe them.
            reply.additional = apex
                .name_servers
                .iter()
                .filter(|server| server.name().ends_with(&apex.zone))
                .flat_map(|server| records::addresses(server.name(), server, apex, Rtype::ANY))
                .collect();
            reply
        }
        // The zone may be the name of its own server.
        _ => at_name_server(question, apex, serial).unwrap_or_else(|| Reply::found(Vec::new(), apex, serial)),
    }
}

/// Answers a question about a name server of ours in the zone, or about a name between it and the zone.
fn at_name_server<'a>(question: &'a Question<'_>, apex: &'a Apex, serial: Serial) -> Option<Reply<'a>> {
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
