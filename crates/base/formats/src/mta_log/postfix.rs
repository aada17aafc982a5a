//! Lines of Postfix: its SMTP server and postscreen. The client stands before anything that it said.

use atalaya_model::Kind;

use super::client::{Client, bracketed, named};
use super::prefix::Written;
use super::{LogEntry, between};

/// What `smtpd` writes between its words and the client, when the protocol was broken: `too many errors after RCPT from name[address]`.
const BROKEN: [&str; 4] = [
    "lost connection after ",
    "improper command pipelining after ",
    "too many errors after ",
    "bare <LF> received after ",
];
/// Where a connection that was lost tells of a bad network and not of a bad client.
const INNOCENT: [&str; 3] = ["DATA", "BDAT", "END-OF-MESSAGE"];
/// What postscreen writes before the client, when the protocol was broken.
const BROKEN_EARLY: [&str; 6] = [
    "BARE NEWLINE from ",
    "BARE LF from ",
    "NON-SMTP COMMAND from ",
    "COMMAND PIPELINING from ",
    "COMMAND COUNT LIMIT from ",
    "COMMAND LENGTH LIMIT from ",
];
/// Failed logins that are the server's own trouble, or a client's that asks for what is not offered.
const NO_GUESS: [&str; 3] = [
    "Connection lost to authentication server",
    "Temporary authentication failure",
    "Invalid authentication mechanism",
];

/// Reads a message of Postfix.
pub(super) fn read(written: &Written<'_>) -> Option<LogEntry> {
    let (_instance, service) = written.program.rsplit_once('/')?;
    let message = written.after_queue_id();
    match service {
        "smtpd" => rejected(message)
            .or_else(|| broken(message))
            .or_else(|| failed_login(message)),
        "postscreen" => rejected(message).or_else(|| screened(message)),
        _ => None,
    }
}

/// `reject: RCPT from name[address]: 550 5.1.1 <to>: reason; from=<…> to=<…> proto=ESMTP helo=<…>`.
fn rejected(message: &str) -> Option<LogEntry> {
    let (command, rest) = message.strip_prefix("reject: ")?.split_once(" from ")?;
    let (client, rest) = named(rest)?;
    let mut words = rest.strip_prefix(": ")?.splitn(3, ' ');
    let (code, status, text) = (words.next()?, words.next()?, words.next()?);
    let relay = || {
        let reason = between(text, "<", ">: ").map(|(_value, reason)| reason);
        reason.is_some_and(|reason| reason.starts_with("Relay access denied"))
    };
    let kind = match (command, code.as_bytes().first()?, status) {
        ("RCPT" | "VRFY", b'5', "5.1.1") => Kind::UnknownRecipient,
        ("RCPT", b'4' | b'5', "4.7.1" | "5.7.1") if relay() => Kind::RelayAttempt,
        _ => return None,
    };
    Some(with_envelope(LogEntry::new(client, kind), text))
}

/// The claims at the end of a rejection, in Postfix's order; postscreen puts commas between them.
fn with_envelope(entry: LogEntry, text: &str) -> LogEntry {
    let Some((_reason, tail)) = text.split_once("; ") else {
        return entry;
    };
    let value = |name: &str, next: &[&str]| {
        let (_before, value) = tail.split_once(name)?;
        let ends = next.iter().filter_map(|next| value.find(next));
        let end = ends.min().or_else(|| value.rfind('>'))?;
        value.get(..end).map(str::to_owned)
    };
    LogEntry {
        mail_from: value("from=<", &["> to=<", ">, to=<"]).unwrap_or_default(),
        recipient: value("to=<", &["> proto=", ">, proto="]),
        helo: value("helo=<", &[]).unwrap_or_default(),
        ..entry
    }
}

/// `lost connection after CONNECT from name[address]` and its like, and `warning: non-SMTP command from name[address]: …`.
fn broken(message: &str) -> Option<LogEntry> {
    if let Some(rest) = message.strip_prefix("warning: non-SMTP command from ") {
        return Some(LogEntry::new(named(rest)?.0, Kind::Protocol));
    }
    let start = BROKEN.iter().find(|start| message.starts_with(**start))?;
    let (command, rest) = message.strip_prefix(start)?.split_once(" from ")?;
    if command.contains(' ') && !command.starts_with("DATA (") {
        return None;
    }
    let innocent = INNOCENT.iter().any(|innocent| command.starts_with(innocent));
    if innocent && start.starts_with("lost") {
        return None;
    }
    Some(LogEntry::new(named(rest)?.0, Kind::Protocol))
}

/// `warning: name[address]: SASL LOGIN authentication failed: reason`.
fn failed_login(message: &str) -> Option<LogEntry> {
    let (client, rest) = named(message.strip_prefix("warning: ")?)?;
    let (_mechanism, rest) = rest.strip_prefix(": SASL ")?.split_once(' ')?;
    let reason = rest.strip_prefix("authentication failed:")?.trim_start();
    if NO_GUESS.iter().any(|no_guess| reason.starts_with(no_guess)) {
        return None;
    }
    Some(LogEntry::new(client, Kind::LoginAttack))
}

/// What postscreen says of a client before it lets it talk to the server.
fn screened(message: &str) -> Option<LogEntry> {
    for (start, kind) in [("PREGREET ", Kind::EarlyTalker), ("HANGUP ", Kind::Protocol)] {
        if let Some(rest) = message.strip_prefix(start) {
            return Some(LogEntry::new(after_numbers(rest)?, kind));
        }
    }
    let mut starts = BROKEN_EARLY.iter();
    let rest = starts.find_map(|start| message.strip_prefix(start))?;
    Some(LogEntry::new(bracketed(rest)?.0, Kind::Protocol))
}

/// The client behind `14 after 0.08 from ` or `after 16 from `.
fn after_numbers(text: &str) -> Option<Client> {
    let (numbers, rest) = text.split_once("from ")?;
    let plain =
        |word: &str| word == "after" || word.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    if !numbers.split_whitespace().all(plain) {
        return None;
    }
    Some(bracketed(rest)?.0)
}
