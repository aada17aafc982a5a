//! X-ARF 0.1 and 0.2: a mail with a part of fields, written as YAML writes them.
//!
//! The header `X-XARF` is not asked for: many forget it, and versions with JSON have it too. The part is known by three fields that each
//! version wants. Of YAML only `name: value` lines are read, with or without quotation marks; nobody writes more.
//!
//! `Port` is the port of the service that was attacked, so it is no source port.

use std::net::IpAddr;

use atalaya_model::Prefix;

use super::arf::{complete, embedded, once};
use super::source;
use super::values::{address, incidents, moment, path, push, word};
use super::{Abuse, Complaint, Format, NoSource, Refused};
use crate::message::Head;
use crate::parts::Part;

/// The fields by which the part is known.
const KNOWN_BY: [&str; 3] = ["Reported-From", "Report-Type", "Source"];
/// Most bytes of a part that are looked at: the longest with every field of the standard is below 2 kB.
const MAX_BYTES: usize = 16 * 1_024;

/// Reads the report; none where no part has the fields. Several that say the same of the same source are one report of so many incidents.
pub(super) fn read(parts: &[Part<'_>], trusted: &[Prefix]) -> Result<Option<Complaint>, Refused> {
    let heads: Vec<Head<'_>> = parts.iter().filter_map(report).collect();
    let mut complaints = heads.iter().map(complaint);
    let Some(first) = complaints.next() else {
        return Ok(None);
    };
    let (mut complaint, stated) = first?;
    for other in complaints {
        let (other, other_stated) = other?;
        if (&other.word, &other.uris, &other.reporter.mailbox, other_stated)
            != (
                &complaint.word,
                &complaint.uris,
                &complaint.reporter.mailbox,
                stated,
            )
        {
            return Err(Refused::Several("a part with Reported-From"));
        }
        complaint.incidents = complaint.incidents.saturating_add(other.incidents);
    }
    complaint.message = embedded(parts)?;
    complete(&mut complaint, trusted, |trace| match stated {
        Some(_) => source::find(stated, trace),
        None => Err(NoSource::NotAnAddress),
    });
    Ok(Some(complaint))
}

/// What one part says, and the address that it names.
fn complaint(head: &Head<'_>) -> Result<(Complaint, Option<IpAddr>), Refused> {
    let mut complaint = Complaint::new(Format::XarfFields);
    let kind = value(head, "Report-Type")?.unwrap_or_default();
    complaint.abuse = Abuse::of_report_type(&kind);
    complaint.word = match value(head, "Category")? {
        Some(category) => word(&format!("{category}/{kind}")),
        None => kind,
    };
    complaint.version = value(head, "Version")?.unwrap_or_default();
    complaint.reporter.mailbox = value(head, "Reported-From")?.and_then(|text| path(&text));
    complaint.reporter.user_agent = value(head, "User-Agent")?;
    complaint.arrived = value(head, "Date")?.and_then(|text| moment(&text));
    // The first spelling is that of fail2ban.
    let count = value(head, "Occurances")?.or(value(head, "Occurrences")?);
    complaint.incidents = count.and_then(|text| incidents(&text)).unwrap_or(1);
    let named = value(head, "Source")?.unwrap_or_default();
    let stated = address(&named);
    let others = [value(head, "Domain")?, value(head, "Download-Link")?];
    let named = Some(named).filter(|_| stated.is_none());
    for text in named.into_iter().chain(others.into_iter().flatten()) {
        name(&mut complaint, &text);
    }
    Ok((complaint, stated))
}

/// The fields of the part, if it is the one.
fn report<'a>(part: &'a Part<'_>) -> Option<Head<'a>> {
    if !part.kind.starts_with("text/") && !part.kind.starts_with("application/") {
        return None;
    }
    let bytes = part.body.trim_ascii_start();
    let head = Head::read(bytes.get(..MAX_BYTES).unwrap_or(bytes));
    KNOWN_BY
        .iter()
        .all(|name| head.first(name).is_some())
        .then_some(head)
}

/// A value without quotation marks.
fn value(head: &Head<'_>, name: &'static str) -> Result<Option<String>, Refused> {
    let value = once(head, name)?;
    Ok(value.map(|text| text.trim_matches(['"', '\'']).to_owned()))
}

/// Keeps what is named as a URI or a domain.
fn name(complaint: &mut Complaint, text: &str) {
    let list = if text.contains("://") {
        &mut complaint.uris
    } else {
        &mut complaint.domains
    };
    push(list, text);
}
