//! Lines of Sendmail. What the client said may stand before the address: a line that holds the words before an address twice says nothing.
//!
//! Where no rule set rejects it, an unknown recipient and the client stand in two lines, which are joined by the name of the mail in the queue.

use std::collections::VecDeque;

use atalaya_model::Kind;

use super::client::spaced;
use super::prefix::Written;
use super::{LogEntry, bounded};

/// What stands before the client.
const RELAY: &str = ", relay=";
/// What may stand behind it at the end of a line.
const ENDS: [&str; 2] = ["", " (may be forged)"];
/// What stands behind a recipient that is none.
const UNKNOWN: [&str; 2] = [">... User unknown", ">... No such user here"];
/// Rejections whose client is waited for. It is told within the same conversation.
const MOST_WAITING: usize = 1_024;

/// Unknown recipients whose client a later line tells: each with the name of the mail in the queue.
#[derive(Debug, Default)]
pub(super) struct Rejected(VecDeque<(String, String)>);

/// Reads a message of Sendmail.
pub(super) fn read(written: &Written<'_>, waiting: &mut Rejected) -> Option<LogEntry> {
    if !written.program.starts_with("sendmail") && !written.program.starts_with("sm-") {
        return None;
    }
    let message = written.after_queue_id();
    rejected(message)
        .or_else(|| failed_login(message))
        .or_else(|| broken(message))
        .or_else(|| waiting.read(written))
}

impl Rejected {
    /// `<to>... User unknown`, and later `from=<…>, size=0, …, relay=name [address]`: the client ends the line.
    fn read(&mut self, written: &Written<'_>) -> Option<LogEntry> {
        let (id, message) = written.queued()?;
        let to = message.strip_prefix('<');
        if let Some(to) = to.and_then(|to| UNKNOWN.iter().find_map(|reason| to.strip_suffix(reason))) {
            if self.0.len() >= MOST_WAITING {
                self.0.pop_front();
            }
            self.0.push_back((id.to_owned(), bounded(to)));
            return None;
        }
        let (fields, relay) = message.strip_prefix("from=")?.split_once(RELAY)?;
        let at = self.0.iter().position(|(known, _to)| known == id)?;
        let (_id, to) = self.0.remove(at)?;
        self.0.retain(|(known, _to)| known != id);
        let (client, rest) = spaced(relay)?;
        let from = fields.rsplit_once(", size=").map_or("", |(from, _rest)| from);
        ENDS.contains(&rest).then(|| LogEntry {
            mail_from: from.trim_start_matches('<').trim_end_matches('>').to_owned(),
            recipient: Some(to),
            ..LogEntry::new(client, Kind::UnknownRecipient)
        })
    }
}

/// `ruleset=check_rcpt, arg1=<to>, relay=name [address] (may be forged), reject=550 5.1.1 <to>... User unknown`.
fn rejected(message: &str) -> Option<LogEntry> {
    let rest = message.strip_prefix("ruleset=check_rcpt, arg1=")?;
    let (to, rest) = rest.split_once(RELAY)?;
    if rest.contains(RELAY) {
        return None;
    }
    let (client, rest) = spaced(rest)?;
    let rest = rest.strip_prefix(" (may be forged)").unwrap_or(rest);
    let mut words = rest.strip_prefix(", reject=")?.splitn(3, ' ');
    let (code, status, text) = (words.next()?, words.next()?, words.next()?);
    let reason = text.rsplit_once("... ").map_or(text, |(_to, reason)| reason);
    let kind = match (code.as_bytes().first()?, status) {
        (b'5', "5.1.1") => Kind::UnknownRecipient,
        (b'5', "5.7.1") if reason.starts_with("Relaying denied") => Kind::RelayAttempt,
        _ => return None,
    };
    let to = to
        .strip_prefix('<')
        .and_then(|to| to.strip_suffix('>'))
        .unwrap_or(to);
    Some(LogEntry {
        recipient: Some(to.to_owned()),
        ..LogEntry::new(client, kind)
    })
}

/// `AUTH failure (LOGIN): authentication failure (-13) …, user=name, relay=name [address]`: the client ends the line.
fn failed_login(message: &str) -> Option<LogEntry> {
    let rest = message.strip_prefix("AUTH failure (")?;
    let (_reason, relay) = rest.rsplit_once(RELAY)?;
    let (client, rest) = spaced(relay)?;
    ENDS.contains(&rest)
        .then(|| LogEntry::new(client, Kind::LoginAttack))
}

/// Talking before the banner, going away in the middle, and too many bad commands.
fn broken(message: &str) -> Option<LogEntry> {
    if let Some(rest) = message.strip_prefix("rejecting commands from ") {
        let (client, rest) = spaced(rest.trim_start())?;
        let early = rest.contains("due to pre-greeting traffic");
        return early.then(|| LogEntry::new(client, Kind::EarlyTalker));
    }
    if let Some(rest) = message.strip_prefix("lost input channel from ") {
        let (client, rest) = spaced(rest)?;
        let innocent = rest.ends_with(" after data");
        return (!innocent).then(|| LogEntry::new(client, Kind::Protocol));
    }
    let (client, rest) = spaced(message)?;
    let rest = rest.strip_prefix(" (may be forged)").unwrap_or(rest);
    rest.starts_with(": possible SMTP attack: command=")
        .then(|| LogEntry::new(client, Kind::Protocol))
}
