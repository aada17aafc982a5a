//! Whether a mail reports on another mail or answers by itself.
//!
//! Such a mail was sent by a server that was fooled by a forged sender. It is kept, and it never counts against its source, so every
//! sign suffices: a spammer who puts one on purpose gains nothing but to have his mail sorted out as automatic by everybody.

use super::{Field, Head};

/// Most bytes of a field that are looked at.
const MAX_VALUE: usize = 1_024;

/// Fields that only automatic answers have.
const TELLING_FIELDS: &[&str] = &["X-Failed-Recipients", "X-Autoreply", "X-Autorespond"];

/// Local parts that only send reports, with `-` and `_` taken out.
const REPORTERS: &[&str] = &["mailerdaemon", "maildaemon"];

/// Whether the fields of a mail say that it is a delivery report or another automatic answer; `from` is the address in `From`.
pub(super) fn is_report(head: &Head<'_>, from: Option<&str>) -> bool {
    TELLING_FIELDS.iter().any(|name| head.first(name).is_some())
        || head.first("Content-Type").is_some_and(is_report_type)
        || head.first("Auto-Submitted").is_some_and(is_automatic)
        || head.first("Return-Path").is_some_and(is_null)
        || head
            .first("Precedence")
            .is_some_and(|field| first_word(field) == "auto_reply")
        || from.is_some_and(is_reporter)
}

/// `multipart/report` of any kind (RFC 6522), or one of its parts as the whole mail (RFC 3464, RFC 8098).
fn is_report_type(field: &Field<'_>) -> bool {
    let kind = first_word(field);
    [
        "multipart/report",
        "message/delivery-status",
        "message/disposition-notification",
    ]
    .contains(&kind.as_str())
        || kind == "message/global-delivery-status"
}

/// Any word but `no` (RFC 3834 section 5).
fn is_automatic(field: &Field<'_>) -> bool {
    !["", "no"].contains(&first_word(field).as_str())
}

/// The null reverse path (RFC 5321 section 4.5.5).
fn is_null(field: &Field<'_>) -> bool {
    field.line(MAX_VALUE).split_whitespace().collect::<String>() == "<>"
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
            "content-type: MULTIPART/REPORT;report-type=disposition-notification",
            "Content-Type: message/delivery-status",
            "Content-Type: message/global-delivery-status",
            "Auto-Submitted: auto-replied",
            "Auto-Submitted: auto-generated (rejected)",
            "X-Failed-Recipients: a@b.example",
            "Return-Path: <>",
            "Return-Path: < >",
            "Precedence: auto_reply",
            "From: Mail Delivery System <MAILER-DAEMON@b.example>",
            "From: mailer_daemon@b.example (Mail Daemon)",
        ] {
            assert!(is_report(field), "{field}");
        }
    }

    #[test]
    fn ordinary_mail_is_none() {
        for field in [
            "Content-Type: multipart/mixed; boundary=report",
            "Content-Type: text/plain (multipart/report)",
            "Auto-Submitted: no",
            "Auto-Submitted: No ",
            "Return-Path: <a@b.example>",
            "Precedence: bulk",
            "From: \"Mailer-Daemon\" <shop@b.example>",
            "From: postmaster@b.example",
            "X-Auto-Response-Suppress: All",
        ] {
            assert!(!is_report(field), "{field}");
        }
    }
}
