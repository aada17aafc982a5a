//! The text of a notice: what a person at the other network reads, complete without the parts for machines (RFC 6650 section 4).
//!
//! In: plain facts, already checked and hidden. Out: lines of at most 72 characters; only links may be longer. Values that a sender of
//! spam chose are freed of control characters and cut, so that they cannot pretend to be our words.

mod page;
mod template;
mod templates;
mod words;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::net::IpAddr;

use atalaya_formats::redact::Extent;
use atalaya_formats::view::System;
use atalaya_formats::why::Why;
use atalaya_model::{ContactSource, MailAddress, Timestamp};

use super::evidence::Evidence;
use super::language::Tongues;
use super::letter::Shown;
use super::table::{self, Row};
use super::thread::Thread;
use crate::message_part::travels_whole;
use page::Page;
use template::{Template, Values};
use templates::{Piece, Tongue};
use words::Words;

pub use templates::{TemplateError, Templates};

/// Everything that the text speaks of.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// The zone of the list.
    pub(super) zone: &'a str,
    /// Who runs the list.
    pub(super) organisation: &'a str,
    /// Where notices come from and replies go.
    pub(super) sender: &'a MailAddress,
    /// Whom this notice goes to.
    pub(super) recipient: &'a MailAddress,
    /// The languages, in their order.
    pub(super) tongues: Tongues,
    /// The templates of the text.
    pub(super) templates: &'a Templates,
    /// The newest incident.
    pub(super) newest: &'a Shown,
    /// Those before it whose evidence goes along, newest first.
    pub(super) others: &'a [Shown],
    /// All that are told, newest first, as far as the table goes.
    pub(super) rows: &'a [Row],
    /// How many incidents this notice stands for.
    pub(super) incidents: u64,
    /// What ties the notices about this network together.
    pub(super) thread: &'a Thread,
    /// Where the pages are reached, without a slash at the end.
    pub(super) public_url: &'a str,
    /// The page of the network.
    pub(super) network_page: &'a str,
    /// The page that stops notices.
    pub(super) stop: &'a str,
}

/// Whether a half of the text quotes the header of the spam.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    /// It does.
    Quoted,
    /// The half above did.
    QuotedAbove,
}

impl Facts<'_> {
    /// The page about an address.
    pub(super) fn lookup(&self, address: IpAddr) -> String {
        format!("{}/ip/{address}", self.public_url)
    }

    /// The page about the newest address.
    fn newest_page(&self) -> String {
        self.lookup(self.newest.evidence.shown.address)
    }

    /// Whether more than one listing is told.
    pub(super) const fn is_digest(&self) -> bool {
        self.rows.len() > 1
    }

    /// How many addresses are told: those in the table, or as many as there are incidents where it does not go so far.
    fn count(&self) -> u64 {
        if self.incidents > u64::from(table::MOST_ROWS) {
            return self.incidents;
        }
        let prefixes: HashSet<_> = self.rows.iter().map(|row| row.prefix).collect();
        u64::try_from(prefixes.len()).unwrap_or(u64::MAX)
    }
}

/// The subject. The word of the thread stands in it, whatever the template says.
pub(super) fn subject(facts: &Facts<'_>) -> String {
    let tongue = halves(facts.tongues).0;
    let piece = match facts.is_digest() {
        true => Piece::DigestSubject,
        false => Piece::Subject,
    };
    let Some(template) = facts.templates.get(piece, tongue) else {
        return String::new();
    };
    let subject = template.one_line(&values(facts, tongue, Header::Quoted));
    match subject.contains(&facts.thread.word) {
        true => subject,
        false => format!("{subject} [{}]", facts.thread.word),
    }
}

/// The body, its lines ended by CRLF.
pub(super) fn body(facts: &Facts<'_>) -> String {
    let (first, second) = halves(facts.tongues);
    let Some(second) = second else {
        return half(facts, first, Header::Quoted);
    };
    let rule = "=".repeat(72);
    format!(
        "{note}\r\n\r\n{above}\r\n{rule}\r\n\r\n{below}",
        note = Words::of(first).other_below,
        above = half(facts, first, Header::Quoted),
        below = half(facts, second, Header::QuotedAbove),
    )
}

/// The language that a text is in, and the one that it is repeated in.
const fn halves(tongues: Tongues) -> (Tongue, Option<Tongue>) {
    match tongues {
        Tongues::English => (Tongue::English, None),
        Tongues::Spanish => (Tongue::Spanish, None),
        Tongues::EnglishFirst => (Tongue::English, Some(Tongue::Spanish)),
        Tongues::SpanishFirst => (Tongue::Spanish, Some(Tongue::English)),
    }
}

/// The text in one language, with all that must be said.
fn half(facts: &Facts<'_>, tongue: Tongue, header: Header) -> String {
    let piece = match facts.is_digest() {
        true => Piece::Digest,
        false => Piece::Body,
    };
    let Some(template) = facts.templates.get(piece, tongue) else {
        return String::new();
    };
    let (values, mut page) = (values(facts, tongue, header), Page::default());
    let said = template.set(&values, &mut page);
    for (name, lines) in Words::of(tongue).needed {
        if !said.contains(name) {
            Template::read(lines).unwrap_or_default().set(&values, &mut page);
        }
    }
    page.finish()
}

/// Every value that a template may name.
fn values(facts: &Facts<'_>, tongue: Tongue, header: Header) -> Values {
    let words = Words::of(tongue);
    let mut values = Values::from([
        ("case", facts.thread.word.clone()),
        ("contact", facts.recipient.to_string()),
        ("count", facts.count().to_string()),
        ("lookup", facts.newest_page()),
        ("network_page", facts.network_page.to_owned()),
        ("organisation", facts.organisation.to_owned()),
        ("sender", facts.sender.to_string()),
        ("stop", facts.stop.to_owned()),
        ("zone", facts.zone.to_owned()),
    ]);
    if facts.incidents > 1 {
        values.insert("incidents", facts.incidents.to_string());
    }
    add_addresses(&mut values, facts);
    add_seen(&mut values, facts, words);
    add_listing(&mut values, facts, words);
    let quoted = match header {
        Header::Quoted => Page::default()
            .quoted_header(&facts.newest.evidence.message.bytes)
            .finish(),
        Header::QuotedAbove => words.quoted_above.to_owned(),
    };
    values.insert("evidence", quoted);
    values
}

/// The addresses that are told, as far as the text goes.
fn add_addresses(values: &mut Values, facts: &Facts<'_>) {
    let mut page = Page::default();
    for row in facts.rows.iter().take(MOST_NAMED) {
        let incident = &row.incident;
        let (class, last) = (incident.class, moment(incident.last_seen));
        page.row(
            &row.prefix.to_string(),
            &format!("{class} ({}), {last}", class.code()),
        );
    }
    values.insert("table", page.finish());
    let named = u64::try_from(facts.rows.len().min(MOST_NAMED)).unwrap_or(u64::MAX);
    let left = facts.count().saturating_sub(named);
    if left > 0 && facts.is_digest() {
        values.insert("more", left.to_string());
    }
}

/// What was seen of the newest address, and who answers for it.
fn add_seen(values: &mut Values, facts: &Facts<'_>, words: &Words) {
    let (evidence, contact) = (&facts.newest.evidence, &facts.newest.incident.contact);
    let (shown, envelope) = (&evidence.shown, &evidence.envelope);
    let network = match contact.network.as_str() {
        "" => contact.prefix.to_string(),
        name => format!("{} ({name})", contact.prefix),
    };
    values.extend([
        ("address", shown.address.to_string()),
        ("extent", extent(evidence, words).to_owned()),
        ("first_seen", moment(evidence.first_seen)),
        ("helo", envelope.helo.clone()),
        ("last_seen", moment(evidence.last_seen)),
        ("mail_from", format!("<{}>", envelope.mail_from)),
        ("messages", messages(evidence)),
        ("network", network),
        ("recipients", shown.envelope.recipients.len().to_string()),
        ("size", shown.message_size.to_string()),
        ("source", source(&contact.source)),
        ("source_date", contact.found_at.date()),
        ("subject", envelope.subject.clone()),
        ("time", moment(shown.seen_at)),
    ]);
    if let Some(port) = shown.source_port {
        values.insert("port", port.to_string());
    }
    if let Some(system) = &evidence.system {
        values.insert("system", system_text(system, words.perhaps, words.going_by));
    }
}

/// What was decided about it.
fn add_listing(values: &mut Values, facts: &Facts<'_>, words: &Words) {
    let listing = &facts.newest.listing;
    let decision = &facts.newest.decided.decision;
    // What an operator typed stands as he typed it.
    let why = Why::of(&decision.rule, &decision.reason);
    values.extend([
        ("class", listing.class.to_string()),
        ("code", listing.class.code().to_string()),
        ("decision", listing.serial.to_string()),
        ("listed", listing.prefix.to_string()),
        (
            "reason",
            why.map_or_else(|| decision.reason.clone(), |why| (words.why)(&why)),
        ),
        ("rule", listing.rule.to_string()),
        ("since", moment(listing.since)),
        (
            "until",
            listing.until.map_or_else(|| words.by_hand.to_owned(), moment),
        ),
    ]);
    if let Some(end) = listing.until {
        values.insert("end", moment(end));
    }
}

/// How much of the message goes along.
fn extent<'a>(evidence: &Evidence, words: &'a Words) -> &'a str {
    match evidence.message.extent {
        Extent::Header => words.header,
        Extent::Message { .. } if !travels_whole(&evidence.message) => words.header_and_xarf,
        Extent::Message { parts_left_out: 0 } => words.complete,
        Extent::Message { .. } => words.left_out,
    }
}

/// The most addresses that stand in the text itself.
const MOST_NAMED: usize = 20;

/// `2026-11-23 22:10:00 UTC`: a log can be searched for it.
fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

/// `RDAP rdap.db.ripe.net`: the page alone would be longer than a line.
fn source(source: &ContactSource) -> String {
    match source {
        ContactSource::Rdap { url } => format!("RDAP {}", url.split('/').nth(2).unwrap_or(url)),
        // Where files lie on our machine is nobody's business.
        ContactSource::Operator { file } | ContactSource::Bulk { file } => {
            file.rsplit('/').next().unwrap_or(file).to_owned()
        }
        other => other.to_string(),
    }
}

/// `perhaps Windows 10 or 11, going by its first packet`: the hint helps to find one of the machines behind an address.
fn system_text(system: &System, perhaps: &str, going_by: &str) -> String {
    let label = system.label.as_deref().unwrap_or_default();
    if system.certain {
        format!("{label}, {going_by}")
    } else {
        format!("{perhaps} {label}, {going_by}")
    }
}

/// How many messages, in figures; with a `+` where there are more than were counted.
fn messages(evidence: &Evidence) -> String {
    format!("{}{}", evidence.count, if evidence.has_more { "+" } else { "" })
}
