//! The envelope of a kept mail, as the mailbox's server wrote it into the fields (RFC 5321 section 4.4 and common practice).

use atalaya_formats::message::Head;
use atalaya_formats::received::Hop;
use atalaya_model::Envelope;

/// Fields that hold the reverse path, the best first.
const SENDER_FIELDS: &[&str] = &["Return-Path", "X-Envelope-From"];
/// Fields that hold the address that the mail was for, the best first. The first two hold what the sender wrote in the envelope; the others
/// what it became, or what he wrote in the mail.
const RECIPIENT_FIELDS: &[&str] = &[
    "X-Original-To",
    "Envelope-To",
    "X-Envelope-To",
    "Delivered-To",
    "To",
];
/// Longest address that is kept (RFC 5321 section 4.5.3.1.3).
const MAX_ADDRESS: usize = 256;
/// Most addresses of one field that are kept.
const MAX_RECIPIENTS: usize = 100;
/// Most bytes of a field that are read for them.
const MAX_VALUE: usize = MAX_ADDRESS * MAX_RECIPIENTS;

/// Reads the envelope. What is not told stays empty.
pub(super) fn envelope(head: &Head<'_>, hop: &Hop) -> Envelope {
    let first = |names: &[&str]| {
        names
            .iter()
            .find_map(|name| head.first(name))
            .map(|field| addresses(&field.line(MAX_VALUE)))
            .unwrap_or_default()
    };
    Envelope {
        helo: hop.helo.clone().unwrap_or_default(),
        mail_from: first(SENDER_FIELDS).into_iter().next().unwrap_or_default(),
        recipients: first(RECIPIENT_FIELDS),
    }
}

/// Whether the reverse path is there and null.
pub(super) fn has_null_sender(head: &Head<'_>) -> bool {
    let field = SENDER_FIELDS.iter().find_map(|name| head.first(name));
    field.is_some_and(|field| field.line(MAX_VALUE).split_whitespace().collect::<String>() == "<>")
}

/// The addresses in a list of them: what stands in angle brackets, else the word that holds an `@`. Names and comments are left out.
fn addresses(line: &str) -> Vec<String> {
    line.split(',')
        .filter_map(|item| {
            let address = match item.rsplit_once('<') {
                Some((_, inner)) => inner.split_once('>').map_or(inner, |(inner, _)| inner),
                None => item.split_whitespace().find(|word| word.contains('@'))?,
            };
            let address: String = address.trim().chars().take(MAX_ADDRESS).collect();
            address.contains('@').then_some(address)
        })
        .take(MAX_RECIPIENTS)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fields: &str) -> Envelope {
        let hop = Hop::read(b"from h (n.example [192.0.2.1]) by mx.example with ESMTP");
        envelope(&Head::read(fields.as_bytes()), &hop)
    }

    #[test]
    fn the_best_field_is_taken() {
        let seen = of(
            "Delivered-To: box@mx.example\nX-Original-To: trap@mx.example\nTo: a@b.example\nReturn-Path: <s@t.example>\n\n",
        );
        assert_eq!(seen.helo, "h");
        assert_eq!(seen.mail_from, "s@t.example");
        assert_eq!(seen.recipients, ["trap@mx.example"]);
    }

    #[test]
    fn lists_are_cut_into_addresses() {
        let seen = of("To: \"A, B\" <a@b.example>,\n c@d.example (C), undisclosed-recipients:;, \n\n");
        assert_eq!(seen.recipients, ["a@b.example", "c@d.example"]);
        assert_eq!(of("Subject: x\n\n").recipients, [""; 0]);
    }

    #[test]
    fn what_is_absurd_is_cut() {
        let seen = of(&format!(
            "To: {}\nReturn-Path: <{}@x>\n\n",
            "a@b.example,".repeat(9_999),
            "l".repeat(9_999)
        ));
        assert_eq!(seen.recipients.len(), MAX_RECIPIENTS);
        assert!(seen.mail_from.len() <= MAX_ADDRESS);
    }

    #[test]
    fn a_null_sender_is_told_from_none() {
        let null = |fields: &str| has_null_sender(&Head::read(fields.as_bytes()));
        assert!(null("Return-Path: <>\n\n"));
        assert!(!null("Return-Path: <a@b.example>\n\n"));
        assert!(!null("Subject: x\n\n"));
    }
}
