//! What the log of a mail server says against a client: one line in, at most one [`LogEntry`] out.
//!
//! Postfix, Exim and Sendmail write what strangers said (HELO names, senders, recipients, commands) into the same line as the address of who
//! said it. The address is therefore read only where the server itself writes it, by the server's own order and quoting; a line in which
//! text of a stranger could stand in that place says nothing. The envelope is what the stranger claimed, cut to a bounded length.
//! From one line to the next only that is remembered which a Sendmail tells in two, and that is bounded.

mod client;
mod exim;
mod pattern;
mod postfix;
mod prefix;
mod sendmail;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use atalaya_model::{Kind, Timestamp};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};

pub use self::pattern::{BadPatterns, Patterns};
use crate::smtp::path::mailbox;

/// The longest line that is read, in bytes. Syslog daemons cut lines at 8 KiB or below, Exim's own buffer holds 16.
pub const MAX_LINE: usize = 16 * 1024;
/// The longest HELO name, sender or recipient that is given, in characters (RFC 5321 section 4.5.3.1.3: a path has 256).
pub const MAX_FIELD: usize = 256;

/// Which mail server wrote the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MailServer {
    /// Postfix, over syslog or its own log daemon.
    Postfix,
    /// Exim's main log or reject log, or the same over syslog.
    Exim,
    /// Sendmail, over syslog.
    Sendmail,
}

/// The clock by which lines are read that tell neither year nor zone.
#[derive(Debug, Clone)]
pub struct LogClock {
    /// Now: a line without a year is of the youngest that does not lie ahead of it.
    pub now: Timestamp,
    /// The zone of the machine that wrote the log.
    pub zone: TimeZone,
}

/// What a line says against a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogEntry {
    /// The client, as the mail server wrote it.
    pub address: IpAddr,
    /// The port that it spoke from, if the line tells.
    pub port: Option<u16>,
    /// What it did.
    pub kind: Kind,
    /// What it said after HELO or EHLO; empty where the line does not tell.
    pub helo: String,
    /// The sender that it gave.
    pub mail_from: String,
    /// The recipient that it gave, if the line tells.
    pub recipient: Option<String>,
    /// When, by the clock that wrote it, if the line tells. It may be wrong, and ahead.
    pub at: Option<Timestamp>,
}

/// Reads the lines of one log, in their order.
#[derive(Debug)]
pub struct LogReader {
    server: MailServer,
    patterns: Patterns,
    rejected: sendmail::Rejected,
}

impl LogReader {
    /// One that knows this server and these patterns beside.
    #[must_use]
    pub fn new(server: MailServer, patterns: Patterns) -> Self {
        Self {
            server,
            patterns,
            rejected: sendmail::Rejected::default(),
        }
    }

    /// What a line says against a client, if it says anything: by the operator's patterns first, then by what is known of the server.
    pub fn read(&mut self, line: &[u8], clock: &LogClock) -> Option<LogEntry> {
        if line.len() > MAX_LINE {
            return None;
        }
        let line = String::from_utf8_lossy(line);
        let written = match self.server {
            MailServer::Exim => prefix::exim(line.trim_end(), clock),
            MailServer::Postfix | MailServer::Sendmail => prefix::syslog(line.trim_end(), clock),
        }?;
        let found = self.patterns.read(&written).or_else(|| match self.server {
            MailServer::Postfix => postfix::read(&written),
            MailServer::Exim => exim::read(&written),
            MailServer::Sendmail => sendmail::read(&written, &mut self.rejected),
        });
        found.map(|entry| entry.finish(written.at))
    }
}

impl LogEntry {
    /// An entry with no envelope.
    const fn new((address, port): (IpAddr, Option<u16>), kind: Kind) -> Self {
        Self {
            address,
            port,
            kind,
            helo: String::new(),
            mail_from: String::new(),
            recipient: None,
            at: None,
        }
    }

    /// Bounds what the client claimed, and puts the time to it.
    fn finish(self, at: Option<Timestamp>) -> Self {
        Self {
            address: self.address.to_canonical(),
            helo: bounded(&self.helo),
            mail_from: bounded(&self.mail_from),
            recipient: self.recipient.as_deref().map(|path| mailbox(&bounded(path))),
            at,
            ..self
        }
    }
}

/// The text on one line, cut.
fn bounded(text: &str) -> String {
    let shown = |letter: char| if letter.is_control() { '?' } else { letter };
    text.chars().take(MAX_FIELD).map(shown).collect()
}

/// The text between `before` and the next `after`, and what follows.
fn between<'a>(text: &'a str, before: &str, after: &str) -> Option<(&'a str, &'a str)> {
    text.split_once(before)?.1.split_once(after)
}
