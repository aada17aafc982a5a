//! Lines of Exim. The HELO name stands in parentheses before the address, and Exim may be told to take any text for one: where more than one
//! address could be meant, the line says nothing.

use atalaya_model::Kind;

use super::client::{Client, bracketed, is_name, spaced};
use super::prefix::Written;
use super::{LogEntry, between};

/// What ends the HELO name and begins the address.
const AFTER_HELO: &str = ") [";
/// How rejections of unknown recipients begin, in lower case: Exim's own words and those of common configurations.
const UNKNOWN: [&str; 5] = [
    "unknown user",
    "unrouteable address",
    "user unknown",
    "no such user",
    "no such recipient",
];

/// Reads a message of Exim.
pub(super) fn read(written: &Written<'_>) -> Option<LogEntry> {
    let message = written.message;
    rejected(message)
        .or_else(|| failed_login(message))
        .or_else(|| too_soon(message))
        .or_else(|| broken(message))
}

/// A client as Exim writes it.
struct Host<'a> {
    client: Client,
    helo: &'a str,
    /// What follows.
    rest: &'a str,
}

/// Reads `name (helo) [address]:port`, where name, helo and port may be missing.
fn host(text: &str) -> Option<Host<'_>> {
    if let Some((client, rest)) = spaced(text) {
        return Some(Host {
            client,
            helo: "",
            rest,
        });
    }
    let name = text.bytes().take_while(|byte| is_name(*byte)).count();
    let said = text.get(name..)?.trim_start_matches(' ').strip_prefix('(')?;
    let (helo, _after) = said.split_once(AFTER_HELO)?;
    let (client, rest) = bracketed(said.get(helo.len()..)?.strip_prefix(") ")?)?;
    (!rest.contains(AFTER_HELO)).then_some(Host { client, helo, rest })
}

impl Host<'_> {
    /// What is said against it.
    fn entry(&self, kind: Kind) -> LogEntry {
        LogEntry {
            helo: self.helo.to_owned(),
            ..LogEntry::new(self.client, kind)
        }
    }
}

/// `H=name (helo) [address] F=<from> rejected RCPT <to>: reason`.
fn rejected(message: &str) -> Option<LogEntry> {
    let host = host(message.strip_prefix("H=")?)?;
    let (fields, rest) = host.rest.split_once(" rejected RCPT ")?;
    if fields.ends_with(" temporarily") {
        return None;
    }
    let (to, reason) = match rest.strip_prefix('<') {
        Some(rest) => rest.split_once(">: ")?,
        None => rest.split_once(": ")?,
    };
    let reason = reason.to_ascii_lowercase();
    let kind = if reason.starts_with("relay not permitted") {
        Kind::RelayAttempt
    } else if UNKNOWN.iter().any(|unknown| reason.starts_with(unknown)) {
        Kind::UnknownRecipient
    } else {
        return None;
    };
    let from = fields.split_once(" F=").map_or("", |(_before, from)| from);
    Some(LogEntry {
        mail_from: from.trim_start_matches('<').trim_end_matches('>').to_owned(),
        recipient: Some(to.to_owned()),
        ..host.entry(kind)
    })
}

/// `login authenticator failed for name (helo) [address]: 535 Incorrect authentication data (set_id=name)`.
fn failed_login(message: &str) -> Option<LogEntry> {
    let (name, rest) = message.split_once(" authenticator failed for ")?;
    let (rest, _claimed) = rest.rsplit_once(": 535 Incorrect authentication data")?;
    if name.contains(' ') {
        return None;
    }
    Some(host(rest)?.entry(Kind::LoginAttack))
}

/// `SMTP protocol synchronization error (…): rejected …`.
fn too_soon(message: &str) -> Option<LogEntry> {
    let rest = message.strip_prefix("SMTP protocol synchronization error (")?;
    if let Some(rest) =
        rest.strip_prefix("input sent without waiting for greeting): rejected connection from H=")
    {
        // Nobody has said HELO yet.
        let (client, _input) = spaced(rest)?;
        return Some(LogEntry::new(client, Kind::EarlyTalker));
    }
    let (_command, rest) = between(rest, "): rejected \"", "\" H=")?;
    // The command and the next input are both the client's text.
    if rest.contains("\" H=") {
        return None;
    }
    Some(host(rest)?.entry(Kind::Protocol))
}

/// Commands that are none, and too many of them.
fn broken(message: &str) -> Option<LogEntry> {
    let starts = ["SMTP protocol error in \"", "SMTP syntax error in \""];
    if let Some(rest) = starts.iter().find_map(|start| message.strip_prefix(start)) {
        let (_command, rest) = rest.split_once("\" H=")?;
        // The command is the client's text, and so is some of what is said of it behind the host.
        if rest.contains("\" H=") {
            return None;
        }
        return Some(host(rest)?.entry(Kind::Protocol));
    }
    if let Some(rest) = message.strip_prefix("SMTP call from ") {
        let (rest, _why) = rest.rsplit_once(" dropped: too many ")?;
        return Some(host(rest)?.entry(Kind::Protocol));
    }
    let starts = ["rejected EHLO from ", "rejected HELO from "];
    let host = host(starts.iter().find_map(|start| message.strip_prefix(start))?)?;
    let invalid = host.rest.starts_with(": syntactically invalid argument(s)");
    invalid.then(|| host.entry(Kind::Protocol))
}
