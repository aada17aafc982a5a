//! What a person set by hand: for a prefix around the address, or for the domain of its reverse name. The finder reads it from the store for each
//! search, so that a running server uses it at once; here it becomes a step and an answer.
//!
//! It goes before all but the operator's file. That file is configuration, under the care of whoever runs the machine, and may say that nobody is to be
//! told, which no click may overrule. Unlike the file's word a mailbox of this one does not end the search: where it is dead, the next candidate is told.
//! That nobody is to be told does.

use atalaya_formats::Holding;
use atalaya_model::MailAddress;
use atalaya_store::SetContact;

use super::Source;
use crate::contact::answer::{Answer, Outcome};
use crate::contact::step::Search;

/// What the search has of it.
pub(super) fn said(search: &mut Search) -> Outcome {
    let Some(set) = search.by_hand.clone() else {
        return Outcome::Unknown;
    };
    search.begin();
    let subject = set.subject.to_string();
    search.end(Source::Hand.name(), subject, sentence(&set));
    let contact = set.into_contact(search.address);
    let is_nobody = contact.addresses.is_empty();
    let answer = Answer {
        prefix: contact.prefix,
        network: contact.network,
        holding: Holding::Assigned,
        addresses: contact.addresses,
        source: contact.source,
        confidence: contact.confidence,
        dated: Some(contact.found_at),
    };
    if is_nobody {
        return Outcome::NobodyAtAll(answer);
    }
    Outcome::Contact(answer)
}

/// `abuse@isp.example since 2026-11-27, until 2027-01-31: They asked by phone.` Or `nobody is to be told since 2026-11-27: …`
fn sentence(set: &SetContact) -> String {
    let mailboxes: Vec<_> = set.mailboxes.iter().map(MailAddress::as_str).collect();
    let whom = if set.is_nobody() {
        "nobody is to be told".to_owned()
    } else {
        mailboxes.join(", ")
    };
    let until = match set.until {
        Some(until) => format!(", until {}", until.date()),
        None => String::new(),
    };
    format!("{whom} since {}{until}: {}", set.since.date(), set.reason)
}
