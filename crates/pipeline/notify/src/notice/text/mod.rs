//! The text of a notice: what a person at the other network reads, complete without the parts for machines (RFC 6650 section 4).
//!
//! In: plain facts, already checked and hidden. Out: lines of at most 72 characters; only links may be longer. Values that a sender of
//! spam chose are freed of control characters and cut, so that they cannot pretend to be our words.

mod english;
mod page;
mod spanish;

#[cfg(test)]
mod tests;

use atalaya_formats::view::System;
use atalaya_model::{Contact, ContactSource, Decision, Listing, MailAddress, Timestamp};

use super::config::Language;
use super::evidence::Evidence;

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
    /// The contact, with its origin.
    pub(super) contact: &'a Contact,
    /// The decision that it tells of.
    pub(super) decision: &'a Decision,
    /// The listing as it stands now.
    pub(super) listing: &'a Listing,
    /// What was seen.
    pub(super) evidence: &'a Evidence,
    /// How many incidents this notice stands for.
    pub(super) incidents: u64,
    /// The page about the address.
    pub(super) lookup: &'a str,
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

/// The subject.
pub(super) fn subject(language: Language, facts: &Facts<'_>) -> String {
    let (address, zone, serial) = (facts.evidence.shown.address, facts.zone, facts.listing.serial);
    match language {
        Language::En | Language::Both => format!("Spam from {address}, listed in {zone} [{serial}]"),
        Language::Es => format!("Spam desde {address}, incluida en {zone} [{serial}]"),
    }
}

/// The body, its lines ended by CRLF.
pub(super) fn body(language: Language, facts: &Facts<'_>) -> String {
    match language {
        Language::En => english::write(facts, None),
        Language::Es => spanish::write(facts, Header::Quoted),
        Language::Both => {
            let rule = "=".repeat(72);
            let note = Some("(El mismo aviso en español, más abajo.)");
            format!(
                "{}\r\n{rule}\r\n\r\n{}",
                english::write(facts, note),
                spanish::write(facts, Header::QuotedAbove)
            )
        }
    }
}

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
