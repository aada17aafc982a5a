//! Answers about the zone of contacts, through the same reading and writing of messages as answers about the list.

use atalaya_formats::dnsbl;
use atalaya_model::Timestamp;
use domain::base::Name;
use domain::base::iana::{Rcode, Rtype};
use domain::base::name::Label;
use domain::rdata::Txt;

use super::reply::Reply;
use super::request::{Question, Request};
use super::resolve::{self, Resolved};
use super::{Answered, Client, records, written};
use crate::access::Admission;
use crate::contacts::{ContactZone, Found};
use crate::published::LEAST_KEY_LABEL;
use crate::zone::Zone;

/// Answers a query about the zone of contacts; none where it is about something else. Who may ask, and by which key, is as for the list.
pub(crate) fn answer_from_contacts(
    request: &Request<'_>,
    contacts: &ContactZone,
    zone: &Zone,
    client: Client,
    now: Timestamp,
) -> Option<Option<Answered>> {
    let version = request.edns.as_ref().map_or(0, |edns| edns.version);
    // What cannot be answered whatever it asks is told so by the list.
    if request.fault.is_some() || version > 0 {
        return None;
    }
    let question = request.question.as_ref()?;
    let name: &Name<[u8]> = question.name.for_slice();
    if !name.ends_with(&contacts.apex().zone) {
        return None;
    }
    let resolved = Resolved {
        reply: if resolve::is_of_records(question) {
            reply(question, contacts, zone, client, now)
        } else {
            Reply::failed(Rcode::REFUSED)
        },
        zone: None,
        address: None,
        is_listed: false,
    };
    Some(written(request, resolved, zone, client, now))
}

fn reply<'a>(
    question: &'a Question<'_>,
    contacts: &'a ContactZone,
    zone: &'a Zone,
    client: Client,
    now: Timestamp,
) -> Reply<'a> {
    let name: &Name<[u8]> = question.name.for_slice();
    let (apex, serial) = (contacts.apex(), contacts.serial());
    let front = name.label_count().saturating_sub(apex.zone.label_count());
    let Some(nearest) = front.checked_sub(1) else {
        return resolve::at_apex(question, zone, apex, serial);
    };
    if let Some(reply) = resolve::at_name_server(question, apex, serial) {
        return reply;
    }
    let key = name.iter().nth(nearest).map(Label::as_slice);
    let key = key.filter(|label| label.len() >= LEAST_KEY_LABEL);
    let labels = front.saturating_sub(usize::from(key.is_some()));
    let meaning = dnsbl::read(name.iter().take(labels).map(Label::as_slice));
    let admission = match meaning.address() {
        Some(_whole) => zone.access().admit(client.address, key, now),
        None => zone.access().recognise(client.address, key, now),
    };
    if admission == Admission::Refused {
        return Reply::failed(Rcode::REFUSED);
    }
    let Some(address) = meaning.address() else {
        // A part of an address may have others below it, and so has the name of a key.
        return if labels == 0 || meaning.prefixes().next().is_some() {
            Reply::found(Vec::new(), apex, serial)
        } else {
            Reply::no_such_name(apex, serial)
        };
    };
    if !contacts.is_loaded() {
        return Reply::failed(Rcode::SERVFAIL);
    }
    match contacts.find(address, now) {
        Found::Mailboxes(mailboxes, ttl) => {
            let wants = matches!(question.rtype, Rtype::TXT | Rtype::ANY);
            let text = Txt::<Vec<u8>>::build_from_slice(mailboxes.as_bytes()).ok();
            let record = text.map(|text| records::record(name, ttl, text.into()));
            Reply::found(record.into_iter().filter(|_| wants).collect(), apex, serial)
        }
        Found::Nothing => Reply::no_such_name(apex, serial),
    }
}
