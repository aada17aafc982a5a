//! Received fields (RFC 5321 section 4.4): which way a mail came, as each server on the way wrote it down.
//!
//! In: the fields of a mail, from the top. Out: [`Hop`]s, and the [`Source`]: the address that handed the mail to the first server that we
//! trust, or the reason why that cannot be said. Who gets listed depends on this, so nothing is guessed: a field that can be
//! understood in two ways gives no address at all.
//!
//! Each server puts its field on top of those that came with the mail. All below the first field that was written by a server of the
//! sender is what the sender says, and is never read.

mod clauses;
mod client;
mod source;
mod tokens;

use std::net::IpAddr;

use atalaya_model::Timestamp;

use crate::message::{Field, Head, moment};
use clauses::Clauses;

pub use source::{Source, Unsourced, source};

/// Most fields that are read: mail that passed more servers goes in a circle (RFC 5321 section 6.3).
pub const MAX_HOPS: usize = 100;
/// Longest field that is read. A longer one is unreadable, since the part that matters could be pushed out.
const MAX_VALUE: usize = 8 * 1024;
/// Longest name that is kept: a domain name of RFC 1035 section 2.3.4 with room for what clients write instead.
const MAX_NAME_CHARS: usize = 300;

/// How a mail came to the server that wrote the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arrival {
    /// From the client with this address.
    Address(IpAddr),
    /// The server handed it to itself: from one of its programs that received it to the next. What it received from outside stands in the
    /// field below, which it wrote itself. These are fields without a from clause, with a mail protocol or none (`by H with SMTP id …`,
    /// `by H (Postfix) id …`), and qmail's `(qmail 1 invoked from network)`.
    Passed,
    /// A user or program of that server handed it in: `from userid`, `invoked by uid`, `with local`, `(from user@localhost)`, HTTP. It may
    /// be a filter that puts mail back, or the sender himself, whose inventions then stand below: nobody can tell the two apart.
    HandedIn,
    /// The field does not say so beyond doubt.
    Unclear,
}

/// One server on the way, as its Received field tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hop {
    /// How the mail came to this server.
    pub arrival: Arrival,
    /// What the client called itself: text of the client.
    pub helo: Option<String>,
    /// The name of the client's address, as far as the server says.
    pub name: Option<String>,
    /// The server that wrote the field, as it calls itself.
    pub by: Option<String>,
    /// The protocol, as written: `ESMTP`, `Microsoft SMTP Server`.
    pub protocol: Option<String>,
    /// Whether the server fetched the mail from a mailbox (IMAP, POP3) instead of being sent it.
    pub is_fetched: bool,
    /// Whether the client was a user of the server who logged in to hand in a new mail, as RFC 3848 tells by a final `A` (`ESMTPSA`).
    pub is_submitted: bool,
    /// When the server wrote the field.
    pub date: Option<Timestamp>,
}

impl Hop {
    /// The address of the client, if it is beyond doubt.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        match self.arrival {
            Arrival::Address(address) => Some(address),
            Arrival::Passed | Arrival::HandedIn | Arrival::Unclear => None,
        }
    }

    /// Reads the value of one Received field. Total.
    #[must_use]
    pub fn read(value: &[u8]) -> Self {
        if value.len() > MAX_VALUE {
            return Self::unclear();
        }
        let line = Field::one_line(value);
        let clauses = clauses::clauses(&line);
        let read = client::read(&clauses);
        let arrival = match read.address {
            _ if clauses.is_broken => Arrival::Unclear,
            Some(_) if clauses.by.is_none() || clauses.from_words.is_empty() => Arrival::Unclear,
            Some(address) => Arrival::Address(address),
            None => arrival(&clauses),
        };
        Self {
            arrival,
            helo: read.helo.map(|name| cut(&name)),
            name: read.name.map(|name| cut(&name)),
            by: clauses.by.map(cut),
            protocol: Some(cut(&clauses.protocol.join(" "))).filter(|name| !name.is_empty()),
            is_fetched: !clauses.is_broken && is_fetched(&clauses),
            is_submitted: is_submitted(&clauses),
            date: clauses.date.and_then(moment),
        }
    }

    /// A hop of which nothing is known.
    const fn unclear() -> Self {
        Self {
            arrival: Arrival::Unclear,
            helo: None,
            name: None,
            by: None,
            protocol: None,
            is_fetched: false,
            is_submitted: false,
            date: None,
        }
    }
}

/// The hops of a mail, from the top; at most [`MAX_HOPS`].
#[must_use]
pub fn hops(head: &Head<'_>) -> Vec<Hop> {
    head.all("Received")
        .take(MAX_HOPS)
        .map(|field| Hop::read(field.value()))
        .collect()
}

/// Tells the kinds of arrival without an address apart.
fn arrival(clauses: &Clauses<'_>) -> Arrival {
    let starts = |comments: &[&str], start: &str| comments.iter().any(|comment| comment.starts_with(start));
    let protocol = protocol(clauses);
    if protocol.as_deref() == Some("local") {
        return Arrival::HandedIn;
    }
    if clauses.has_from {
        return Arrival::Unclear;
    }
    if clauses.by.is_none() {
        return qmail(&clauses.from_comments);
    }
    if starts(&clauses.marks, "Postfix, from userid") || starts(&clauses.from_comments, "from ") {
        return Arrival::HandedIn;
    }
    match protocol.as_deref() {
        // Some servers keep the address of a user to themselves.
        Some(word) if is_mail(word) && !is_submitted(clauses) => Arrival::Passed,
        None if clauses.from_comments.is_empty() => Arrival::Passed,
        Some(_) | None => Arrival::HandedIn,
    }
}

/// The first word of the protocol, in lower case.
fn protocol(clauses: &Clauses<'_>) -> Option<String> {
    clauses.protocol.first().map(|word| word.to_ascii_lowercase())
}

/// Whether a protocol is one between mail servers.
fn is_mail(protocol: &str) -> bool {
    protocol.contains("smtp") || protocol.contains("lmtp")
}

/// Whether a user logged in to hand in a new mail (RFC 3848; `asmtp` in older Exim). HTTPS says nothing: Exchange moves mail with it.
fn is_submitted(clauses: &Clauses<'_>) -> bool {
    protocol(clauses).is_some_and(|word| is_mail(&word) && (word.ends_with('a') || word == "asmtp"))
}

/// qmail writes two fields for each mail: the one of qmail-queue says only which program called it.
fn qmail(comments: &[&str]) -> Arrival {
    match comments {
        [comment] if comment.starts_with("qmail ") && comment.contains(" invoked from network") => {
            Arrival::Passed
        }
        [comment] if comment.starts_with("qmail ") && comment.contains(" invoked ") => Arrival::HandedIn,
        _ => Arrival::Unclear,
    }
}

/// Whether the mail was fetched from a mailbox: the protocol is one to read mail with, or the program is one that fetches.
fn is_fetched(clauses: &Clauses<'_>) -> bool {
    let is_reading =
        protocol(clauses).is_some_and(|word| word.starts_with("imap") || word.starts_with("pop"));
    let is_fetcher = |comment: &&str| comment.starts_with("fetchmail") || comment.starts_with("getmail");
    clauses.by.is_some() && (is_reading || clauses.marks.iter().any(is_fetcher))
}

/// A name cut to the length that is kept.
fn cut(name: &str) -> String {
    name.chars().take(MAX_NAME_CHARS).collect()
}

#[cfg(test)]
mod tests;
