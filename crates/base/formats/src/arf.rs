//! The machine-readable part of a feedback report (ARF, RFC 5965 section 3).
//!
//! In: what is known of one spam mail. Out: the fields of a `message/feedback-report` part, plain ASCII in lines that end in CRLF. Values
//! come from the sender of the spam: whatever could end a line or is no visible ASCII is replaced, so nobody can add a field.

use std::fmt::Write;
use std::net::IpAddr;

use atalaya_model::Timestamp;

/// Longest value; a line may have 998 characters (RFC 5322 section 2.1.1).
const MAX_VALUE: usize = 900;
/// Most recipients that are named.
const MAX_RECIPIENTS: usize = 20;

/// What a feedback report of type `abuse` says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedbackReport {
    /// The program that reports, with its version.
    pub user_agent: String,
    /// The address that the mail came from.
    pub source: IpAddr,
    /// The port that it came from, where known (RFC 6692).
    pub source_port: Option<u16>,
    /// The envelope sender, without angle brackets; empty for the null sender.
    pub mail_from: String,
    /// The envelope recipients, without angle brackets, as they may be shown.
    pub recipients: Vec<String>,
    /// When the mail arrived.
    pub arrived: Timestamp,
    /// The server that took the mail, where it may be named.
    pub reporting_mta: Option<String>,
    /// How many incidents this report stands for.
    pub incidents: u64,
}

impl FeedbackReport {
    /// The body of the `message/feedback-report` part.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        field(&mut out, "Feedback-Type", "abuse");
        field(&mut out, "User-Agent", &self.user_agent);
        field(&mut out, "Version", "1");
        field(&mut out, "Source-IP", &self.source.to_string());
        if let Some(port) = self.source_port {
            field(&mut out, "Source-Port", &port.to_string());
        }
        field(&mut out, "Original-Mail-From", &format!("<{}>", self.mail_from));
        for recipient in self.recipients.iter().take(MAX_RECIPIENTS) {
            field(&mut out, "Original-Rcpt-To", &format!("<{recipient}>"));
        }
        field(&mut out, "Arrival-Date", &self.arrived.rfc5322());
        if let Some(name) = &self.reporting_mta {
            field(&mut out, "Reporting-MTA", &format!("dns; {name}"));
        }
        field(&mut out, "Incidents", &self.incidents.to_string());
        out
    }
}

fn field(out: &mut String, name: &str, value: &str) {
    let value: String = value
        .chars()
        .take(MAX_VALUE)
        .map(|c| if c.is_ascii_graphic() || c == ' ' { c } else { '?' })
        .collect();
    // Writing into a String cannot fail.
    write!(out, "{name}: {value}\r\n").unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> FeedbackReport {
        FeedbackReport {
            user_agent: "Atalaya/0.1".to_owned(),
            source: "2001:db8::7".parse().unwrap(),
            source_port: Some(40_125),
            mail_from: "x@spam.example".to_owned(),
            recipients: vec!["hidden-1@hidden-2.invalid".to_owned()],
            arrived: "2026-11-23T22:10:00Z".parse().unwrap(),
            reporting_mta: None,
            incidents: 10,
        }
    }

    #[test]
    fn all_fields_are_written() {
        assert_eq!(
            report().to_text(),
            "Feedback-Type: abuse\r\nUser-Agent: Atalaya/0.1\r\nVersion: 1\r\nSource-IP: 2001:db8::7\r\n\
             Source-Port: 40125\r\nOriginal-Mail-From: <x@spam.example>\r\n\
             Original-Rcpt-To: <hidden-1@hidden-2.invalid>\r\n\
             Arrival-Date: Mon, 23 Nov 2026 22:10:00 +0000\r\nIncidents: 10\r\n"
        );
    }

    #[test]
    fn no_value_can_add_a_field_or_a_long_line() {
        let evil = FeedbackReport {
            mail_from: format!("a\r\nIncidents: 9\0\u{85}é{}", "x".repeat(5_000)),
            recipients: vec!["r\nX: y".to_owned(); 50],
            reporting_mta: Some("mx\r\n\r\nbody".to_owned()),
            ..report()
        };
        let text = evil.to_text();
        assert!(text.is_ascii() && !text.contains("\r\n\r\n") && !text.contains('\0'));
        assert_eq!(text.matches("\r\nIncidents: ").count(), 1);
        assert_eq!(text.matches("\r\nOriginal-Rcpt-To: ").count(), MAX_RECIPIENTS);
        assert!(
            text.split("\r\n")
                .all(|line| line.len() < 998 && !line.contains('\n'))
        );
    }
}
