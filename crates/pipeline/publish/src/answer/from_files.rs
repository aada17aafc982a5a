//! Answers about zones made of files, through the same reading and writing of messages as answers about the list.

use domain::base::iana::{Class, OptRcode, Rcode, Rtype};
use domain::base::name::Label;
use domain::base::{Name, Ttl};
use domain::rdata::{A, Aaaa, Mx, Ns, Soa, Txt, ZoneRecordData};

use atalaya_formats::rbldnsd::{Data, Key};
use atalaya_model::Timestamp;

use super::records::{OurRecord, record};
use super::reply::{Options, Reply};
use super::request::{Question, Request};
use super::{Answered, Client, most_bytes};
use crate::apex::OwnName;
use crate::files::{FileZones, Found, Outcome, ServedZone, say};

/// What is done with questions about names that no file makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strangers {
    /// Somebody else answers them.
    Left,
    /// They are refused.
    Refused,
}

/// Answers a query about a zone made of files: with an answer, with silence, or not at all where it is left to somebody else.
pub(crate) fn answer_from_files(
    request: &Request<'_>,
    files: &FileZones,
    (client, max_udp_answer): (Client, u16),
    now: Timestamp,
    strangers: Strangers,
) -> Option<Option<Answered>> {
    let write = |reply: Reply<'_>| {
        let most = most_bytes(request, max_udp_answer, client.transport);
        let written = reply.write(request, &Options::default(), most);
        Some(written.map(Answered::from))
    };
    let stranger = |rcode: OptRcode| match strangers {
        Strangers::Left => None,
        Strangers::Refused => write(Reply::failed(rcode)),
    };
    // Whose zone it is about makes no difference.
    if let Some(fault) = unanswerable(request) {
        return stranger(fault);
    }
    let Some((question, key)) = request.question.as_ref().and_then(read) else {
        return stranger(Rcode::REFUSED.into());
    };
    let served = files.served();
    match say(&served, &key, client.address, now) {
        Outcome::NotOurs => stranger(Rcode::REFUSED.into()),
        Outcome::Silence => Some(None),
        Outcome::Refused => write(Reply::failed(Rcode::REFUSED)),
        Outcome::Failed => write(Reply::failed(Rcode::SERVFAIL)),
        Outcome::Found(_) if !is_answered(question) => write(Reply::failed(Rcode::REFUSED)),
        Outcome::Found(found) => {
            let names = mail_servers(&found);
            write(reply(question, &found, &names))
        }
    }
}

/// Why a query cannot be answered whatever it asks.
fn unanswerable(request: &Request<'_>) -> Option<OptRcode> {
    let version = request.edns.as_ref().map_or(0, |edns| edns.version);
    let fault = request.fault.map(OptRcode::from);
    fault.or_else(|| (version > 0).then_some(OptRcode::BADVERS))
}

/// A question with the key of its name.
fn read<'a, 'q>(question: &'a Question<'q>) -> Option<(&'a Question<'q>, Key)> {
    let name: &Name<[u8]> = question.name.for_slice();
    let labels: Vec<&[u8]> = name
        .iter()
        .map(Label::as_slice)
        .filter(|label| !label.is_empty())
        .collect();
    Some((question, Key::of_labels(labels.into_iter())?))
}

/// Whether a question is of a kind that we answer.
fn is_answered(question: &Question<'_>) -> bool {
    let is_meta = matches!(
        question.rtype,
        Rtype::AXFR | Rtype::IXFR | Rtype::MAILA | Rtype::MAILB | Rtype::TSIG | Rtype::TKEY | Rtype::OPT
    );
    question.class == Class::IN && !is_meta
}

/// The mail servers of a name, which an answer points to.
fn mail_servers(found: &Found<'_>) -> Vec<(Ttl, u16, OwnName)> {
    let records = found.records.iter().filter_map(|(ttl, data)| match data {
        Data::Mx(preference, server) => {
            Some((Ttl::from_secs(*ttl), *preference, crate::files::wire(server)?))
        }
        _ => None,
    });
    records.collect()
}

/// The answer about a name that is ours.
fn reply<'a>(question: &'a Question<'_>, found: &Found<'a>, servers: &'a [(Ttl, u16, OwnName)]) -> Reply<'a> {
    let name = question.name.for_slice();
    let zone = found.zone;
    let wants = |rtype: Rtype| question.rtype == rtype || question.rtype == Rtype::ANY;
    let is_about_zone = found.is_apex && matches!(question.rtype, Rtype::SOA | Rtype::NS | Rtype::ANY);
    let mut records = Vec::new();
    if found.is_apex {
        records.extend(apex(name, zone).filter(|record| wants(record.rtype())));
    }
    let data = found.codes.iter().map(|(ttl, code)| (*ttl, A::new(*code).into()));
    let texts = found
        .texts
        .iter()
        .filter_map(|(ttl, text)| Some((*ttl, txt(text)?)));
    let plain = found
        .records
        .iter()
        .filter_map(|(ttl, data)| Some((*ttl, plain(data)?)));
    let listed = data.chain(texts).chain(plain);
    records.extend(listed.map(|(ttl, data)| record(name, Ttl::from_secs(ttl), data)));
    let mail = servers
        .iter()
        .map(|(ttl, preference, server)| record(name, *ttl, Mx::new(*preference, server.for_slice()).into()));
    records.extend(mail);
    records.retain(|record| wants(record.rtype()));
    level_ttls(&mut records);
    // A zone without these records cannot say that it has none.
    if is_about_zone && records.is_empty() {
        return Reply::failed(Rcode::REFUSED);
    }
    let rcode = if found.exists {
        Rcode::NOERROR
    } else {
        Rcode::NXDOMAIN
    };
    Reply::of_files(rcode, records, soa(zone.name.for_slice(), zone))
}

/// Gives all records of a type the same time to live, the least that one of them has (RFC 2181 section 5.2).
fn level_ttls(records: &mut [OurRecord<'_>]) {
    let all: Vec<(Rtype, Ttl)> = records
        .iter()
        .map(|record| (record.rtype(), record.ttl()))
        .collect();
    for record in records {
        let same = all.iter().filter(|(rtype, _)| *rtype == record.rtype());
        if let Some(least) = same.map(|(_, ttl)| *ttl).min() {
            record.set_ttl(least);
        }
    }
}

/// The records of the zone itself.
fn apex<'a>(name: &'a Name<[u8]>, zone: &'a ServedZone) -> impl Iterator<Item = OurRecord<'a>> {
    let soa = zone.soa.as_ref().and_then(|own| {
        let mut record = soa(name, zone)?;
        record.set_ttl(own.ttl);
        Some(record)
    });
    let servers = zone.name_servers.iter();
    soa.into_iter()
        .chain(servers.map(|server| record(name, zone.name_servers_ttl, Ns::new(server.for_slice()).into())))
}

/// The SOA record as it stands beside "there is none".
fn soa<'a>(name: &'a Name<[u8]>, zone: &'a ServedZone) -> Option<OurRecord<'a>> {
    let own = zone.soa.as_ref()?;
    let [refresh, retry, expire, minimum] = own.times;
    let (primary, contact) = (own.primary.for_slice(), own.contact.for_slice());
    let data = Soa::new(primary, contact, own.serial, refresh, retry, expire, minimum);
    Some(record(name, own.negative_ttl(), data.into()))
}

fn txt<'a>(text: &[u8]) -> Option<ZoneRecordData<Vec<u8>, &'a Name<[u8]>>> {
    Some(Txt::<Vec<u8>>::build_from_slice(text).ok()?.into())
}

/// The data of a plain record that names nobody.
fn plain<'a>(data: &Data) -> Option<ZoneRecordData<Vec<u8>, &'a Name<[u8]>>> {
    match data {
        Data::A(address) => Some(A::new(*address).into()),
        Data::Aaaa(address) => Some(Aaaa::new(*address).into()),
        Data::Txt(text) => txt(text),
        Data::Mx(..) => None,
    }
}
