//! Lines of each server, lines that lie, times, patterns, and real logs.

mod lies;
mod patterns;
mod real;
mod servers;

use super::*;

/// A Thursday evening.
pub(super) fn clock() -> LogClock {
    LogClock {
        now: "2026-11-26T19:30:00Z".parse().unwrap(),
        zone: TimeZone::UTC,
    }
}

/// What a line says, without patterns.
pub(super) fn of(server: MailServer, line: &str) -> Option<LogEntry> {
    LogReader::new(server, Patterns::default()).read(line.as_bytes(), &clock())
}

/// Kind and address of a line of Postfix's SMTP server.
pub(super) fn smtpd(message: &str) -> Option<(Kind, String)> {
    short(of(
        MailServer::Postfix,
        &format!("Nov 26 10:00:00 mx postfix/smtpd[1]: {message}"),
    ))
}

/// Kind and address of a line of Exim.
pub(super) fn exim(message: &str) -> Option<(Kind, String)> {
    short(of(MailServer::Exim, &format!("2026-11-26 10:00:00 {message}")))
}

/// Kind and address of a line of Sendmail.
pub(super) fn sendmail(message: &str) -> Option<(Kind, String)> {
    short(of(
        MailServer::Sendmail,
        &format!("Nov 26 10:00:00 mx sm-mta[1]: 5AQA00aa000001: {message}"),
    ))
}

fn short(entry: Option<LogEntry>) -> Option<(Kind, String)> {
    entry.map(|entry| (entry.kind, entry.address.to_string()))
}
