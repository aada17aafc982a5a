//! Whether a mail reports on another mail or answers one by itself.
//!
//! Such a mail was sent by a server that was fooled by a forged sender. It is kept and never counts against its source, so a sign that
//! ordinary bulk mail bears for its own ends is none: `Auto-Submitted: auto-generated`, `Precedence`, and a `Return-Path` that the sender
//! wrote into the mail. What is left costs a spammer his text (a report has parts of its own) or says that it answers somebody.

use super::{Field, Head};

/// Most bytes of a field that are looked at.
const MAX_VALUE: usize = 1_024;

/// Local parts that only send reports, with `-` and `_` taken out.
const REPORTERS: &[&str] = &["mailerdaemon", "maildaemon"];

/// What a multipart/report can be about (RFC 3464, RFC 8098, RFC 5965).
const REPORT_TYPES: &[&str] = &["delivery-status", "disposition-notification", "feedback-report"];

/// The parts of a report, where one is the whole mail (RFC 3464, RFC 8098, RFC 6533).
const REPORT_PARTS: &[&str] = &[
    "message/delivery-status",
    "message/disposition-notification",
    "message/global-delivery-status",
];

/// Whether the fields of a mail say that it is a delivery report or an automatic answer; `from` is the address in `From`.
pub(super) fn is_report(head: &Head<'_>, from: Option<&str>) -> bool {
    let automatic = head.first("Auto-Submitted").map(first_word).unwrap_or_default();
    head.first("Content-Type").is_some_and(is_report_type)
        || automatic == "auto-replied"
        || from.is_some_and(is_reporter)
            && (head.first("X-Failed-Recipients").is_some() || automatic == "auto-generated")
}

/// `multipart/report` of a known kind (RFC 6522), or one of its parts as the whole mail.
fn is_report_type(field: &Field<'_>) -> bool {
    let kind = first_word(field);
    let line = field.line(MAX_VALUE).to_ascii_lowercase();
    let parameters = line.split(';').filter_map(|parameter| parameter.split_once('='));
    let is_known = |(name, value): (&str, &str)| {
        name.trim() == "report-type" && REPORT_TYPES.contains(&value.trim().trim_matches('"'))
    };
    REPORT_PARTS.contains(&kind.as_str())
        || kind == "multipart/report" && parameters.into_iter().any(is_known)
}

/// An address that only servers write from.
fn is_reporter(address: &str) -> bool {
    let local = address.rsplit_once('@').map_or(address, |(local, _)| local);
    let plain: String = local.chars().filter(|c| !['-', '_'].contains(c)).collect();
    REPORTERS.contains(&plain.to_ascii_lowercase().as_str())
}

/// The first word of a value in lower case, comments and parameters left off.
fn first_word(field: &Field<'_>) -> String {
    let line = field.line(MAX_VALUE).to_ascii_lowercase();
    let end = line.find([';', '(', ' ']).unwrap_or(line.len());
    line.get(..end).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::glance;

    fn is_report(field: &str) -> bool {
        glance(format!("{field}\nSubject: x\n\n").as_bytes()).is_report
    }

    #[test]
    fn reports_and_automatic_answers_are_known() {
        for field in [
            "Content-Type: multipart/report; report-type=delivery-status;\n boundary=x",
            "content-type: MULTIPART/REPORT;report-type=\"disposition-notification\"",
            "Content-Type: multipart/report; boundary=x; report-type=feedback-report",
            "Content-Type: message/delivery-status",
            "Content-Type: message/global-delivery-status",
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: Auto-Replied (vacation)",
            "From: Mail Delivery System <MAILER-DAEMON@b.example>\nX-Failed-Recipients: a@b.example",
            "From: mailer_daemon@b.example (Mail Daemon)\nAuto-Submitted: auto-generated (failure)",
        ] {
            assert!(is_report(field), "{field}");
        }
    }

    #[test]
    fn ordinary_mail_is_none_whatever_it_claims() {
        for field in [
            "Content-Type: multipart/mixed; boundary=report",
            "Content-Type: text/plain (multipart/report)",
            "Content-Type: multipart/report; boundary=x",
            "Content-Type: multipart/report; report-type=offer",
            "Auto-Submitted: no",
            "Auto-Submitted: auto-generated",
            "X-Autoreply: yes",
            "X-Failed-Recipients: a@b.example",
            "Return-Path: <>",
            "Return-Path: <a@b.example>",
            "Precedence: auto_reply",
            "Precedence: bulk",
            "From: MAILER-DAEMON@b.example",
            "From: \"Mailer-Daemon\" <shop@b.example>\nAuto-Submitted: auto-generated",
            "From: postmaster@b.example",
            "X-Auto-Response-Suppress: All",
        ] {
            assert!(!is_report(field), "{field}");
        }
    }
}
