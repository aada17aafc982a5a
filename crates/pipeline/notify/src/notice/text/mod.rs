//! The text of a notice: what a person at the other network reads, complete without the parts for machines (RFC 6650 section 4).
//!
//! In: plain facts, already checked and hidden. Out: lines of at most 72 characters; only links may be longer. Values that a sender of
//! spam chose are freed of control characters and cut, so that they cannot pretend to be our words.

mod english;
mod page;
mod spanish;

#[cfg(test)]
mod tests;

use std::net::IpAddr;

use atalaya_formats::view::System;
use atalaya_model::{ContactSource, MailAddress, Timestamp};

use super::evidence::Evidence;
use super::language::Tongues;
use super::letter::Shown;
use super::table::Row;
use super::thread::Thread;
use page::Page;

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

    /// Whether more than one incident is told.
    pub(super) const fn is_digest(&self) -> bool {
        self.rows.len() > 1
    }
}

/// The subject. Its last word is the same in all notices to this contact about this network.
pub(super) fn subject(facts: &Facts<'_>) -> String {
    let (address, zone) = (facts.newest.evidence.shown.address, facts.zone);
    let (count, word) = (facts.incidents, &facts.thread.word);
    match (facts.tongues, facts.is_digest()) {
        (Tongues::English | Tongues::EnglishFirst, false) => {
            format!("Spam from {address}, listed in {zone} [{word}]")
        }
        (Tongues::English | Tongues::EnglishFirst, true) => {
            format!("Spam from {count} addresses of your network, listed in {zone} [{word}]")
        }
        (Tongues::Spanish | Tongues::SpanishFirst, false) => {
            format!("Spam desde {address}, incluida en {zone} [{word}]")
        }
        (Tongues::Spanish | Tongues::SpanishFirst, true) => {
            format!("Spam desde {count} direcciones de su red, incluidas en {zone} [{word}]")
        }
    }
}

/// The body, its lines ended by CRLF.
pub(super) fn body(facts: &Facts<'_>) -> String {
    let rule = format!("{}\r\n\r\n", "=".repeat(72));
    match facts.tongues {
        Tongues::English => english::write(facts, None, Header::Quoted),
        Tongues::Spanish => spanish::write(facts, None, Header::Quoted),
        Tongues::EnglishFirst => {
            let note = Some("(El mismo aviso en español, más abajo.)");
            let above = english::write(facts, note, Header::Quoted);
            format!(
                "{above}\r\n{rule}{}",
                spanish::write(facts, None, Header::QuotedAbove)
            )
        }
        Tongues::SpanishFirst => {
            let note = Some("(The same notice in English is below.)");
            let above = spanish::write(facts, note, Header::Quoted);
            format!(
                "{above}\r\n{rule}{}",
                english::write(facts, None, Header::QuotedAbove)
            )
        }
    }
}

/// The most addresses that stand in the text itself.
const MOST_NAMED: usize = 20;

/// The addresses that are told, as rows; `more` says how many stand in the table alone.
fn name_addresses(page: &mut Page, facts: &Facts<'_>, more: impl Fn(u64) -> String) {
    for row in facts.rows.iter().take(MOST_NAMED) {
        let incident = &row.incident;
        page.row(
            &row.prefix.to_string(),
            &format!(
                "{} ({}), {}",
                incident.class,
                incident.class.code(),
                moment(incident.last_seen)
            ),
        );
    }
    let named = u64::try_from(facts.rows.len().min(MOST_NAMED)).unwrap_or(u64::MAX);
    let left = facts.incidents.saturating_sub(named);
    if left > 0 {
        page.line(&format!("  {}", more(left)));
    }
    page.blank();
}

/// `2026-11-23 22:10:00 UTC`: a log can be searched for it.
fn moment(at: Timestamp) -> String {
    at.to_string().replace('T', " ").replace('Z', " UTC")
}

/// `RDAP rdap.db.ripe.net`: the page alone would be longer than a line.
fn source(source: &ContactSource) -> String {
    match source {
        ContactSource::Rdap { url } => format!("RDAP {}", url.split('/').nth(2).unwrap_or(url)),
        ContactSource::Whois { server } => format!("WHOIS {server}"),
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
